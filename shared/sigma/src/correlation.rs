//! Correlations: what several events mean together.
//!
//! This follows the Sigma Correlation Rules Specification 2.0.2, types `event_count`, `value_count`, `temporal` and
//! `temporal_ordered`. Whatever the type, a correlation counts *tokens* in a window of event time: events, values, or
//! rules, each once however often it is seen. So a delivery that comes twice changes nothing, and a correlation that is
//! a fold over a few (time, token) pairs is all there is.
//!
//! What the specification leaves open is decided here:
//!
//! - A window is looked at where it ends with an observation at `t`, and it is `[t - timespan, t]`, both ends in it.
//! - An event that matches several rules of an `event_count` is one event.
//! - A group-by field that an event lacks is a value of its own, which no text equals. A field with several values puts
//!   the event into the group of each.
//! - An event that lacks a field of a `value_count` adds no value.
//! - `temporal_ordered` lets two events of the same time stand in either order, as CloudTrail tells whole seconds.
//! - A correlation that another one refers to counts there as long as it fires, and one burst of it is one event. The
//!   other one may group by what it groups by, and by nothing else.
//!
//! Time is event time alone. An event may come after newer ones of its group, by as much as `lateness`, a key of our own
//! below `correlation` (15m where it is absent: the time within which CloudTrail mostly delivers, AWS CloudTrail user
//! guide, "How CloudTrail works"). What is answered then depends on the events that have come so far, and not on the
//! order in which they came. A later one is let go.

mod condition;
mod field;
mod fold;
mod key;
mod rule;
mod table;
mod window;
mod yaml;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use yaml_serde::Mapping;

use crate::error::{Problem, RuleError};

pub use fold::Fired;
pub use key::{GroupKey, GroupValue};
pub use rule::{Correlation, Kind};
pub use table::Table;
pub use window::Window;

/// The most groups and values that one event is counted under, for a rule of a correlation.
const MOST_OBSERVATIONS: usize = 64;

/// Correlations that are ready, by their place among all rules.
#[derive(Debug, Default)]
pub struct Correlations {
    all: BTreeMap<usize, Correlation>,
    /// By a rule's place: the correlations that refer to it, and as which of their rules.
    feeds: HashMap<usize, Vec<(usize, usize)>>,
}

/// What one event, or a correlation that fired, says to a correlation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The correlation's place among the rules.
    pub correlation: usize,
    /// The group.
    pub key: GroupKey,
    /// Which of the correlation's `rules` it comes from.
    pub member: usize,
    /// Event time, milliseconds since 1970.
    pub at: i64,
    /// What counts once: a digest of the event's id or of the value, or the member.
    pub token: u64,
}

impl Correlations {
    /// Compiles correlations: each a YAML document with its place among all rules, which `lookup` finds by id or by name.
    /// What is refused comes back with its position in `documents`.
    pub(crate) fn compile(
        documents: &[(usize, &Mapping)],
        lookup: &dyn Fn(&str) -> Option<usize>,
    ) -> (Self, Vec<(usize, Problem)>) {
        let (mut read, mut refused, mut drafts) = (Self::default(), Vec::new(), BTreeMap::new());
        for (position, (place, map)) in documents.iter().enumerate() {
            match Correlation::compile(*place, map, lookup) {
                Ok(correlation) => drop(drafts.insert(position, correlation)),
                Err(problem) => refused.push((position, problem)),
            }
        }
        // From the inside out: each is taken once those that it refers to are.
        let chained: BTreeSet<usize> = documents.iter().map(|(place, _)| *place).collect();
        let mut left = usize::MAX;
        while drafts.len() < left {
            left = drafts.len();
            for (position, draft) in std::mem::take(&mut drafts) {
                if draft.rules.iter().any(|rule| chained.contains(rule) && !read.all.contains_key(rule)) {
                    drafts.insert(position, draft);
                } else if let Err(problem) = draft.check_chain(&read.all) {
                    refused.push((position, problem));
                } else {
                    read.add(draft);
                }
            }
        }
        let circle = |draft: &Correlation| reaches(drafts.values(), draft.place);
        refused.extend(drafts.iter().map(|(position, draft)| {
            let what = if circle(draft) {
                "`rules` lead back to the rule itself"
            } else {
                "one of `rules` is refused"
            };
            (*position, Problem::at("rules", what))
        }));
        refused.sort_by_key(|(position, _)| *position);
        (read, refused)
    }

    /// Compiles the correlations among the YAML documents of one file, each in the place where it stands there. Documents
    /// without `correlation` are passed over.
    pub fn read(file: &str, text: &str, lookup: &dyn Fn(&str) -> Option<usize>) -> (Self, Vec<RuleError>) {
        use serde::Deserialize;
        let (mut documents, mut errors) = (Vec::new(), Vec::new());
        for (place, document) in yaml_serde::Deserializer::from_str(text).enumerate() {
            match Mapping::deserialize(document) {
                Ok(map) if map.contains_key("correlation") => documents.push((place, map)),
                Ok(_) => {}
                Err(error) => {
                    errors.push(Problem::yaml(&error).in_file(file, text, 0));
                    break;
                }
            }
        }
        let borrowed: Vec<_> = documents.iter().map(|(place, map)| (*place, map)).collect();
        let (read, refused) = Self::compile(&borrowed, lookup);
        errors.extend(refused.into_iter().map(|(_, problem)| problem.in_file(file, text, 0)));
        (read, errors)
    }

    fn add(&mut self, correlation: Correlation) {
        for (member, rule) in correlation.rules.iter().enumerate() {
            self.feeds.entry(*rule).or_default().push((correlation.place, member));
        }
        self.all.insert(correlation.place, correlation);
    }

    /// The correlation in this place among the rules.
    pub fn get(&self, place: usize) -> Option<&Correlation> {
        self.all.get(&place)
    }

    /// All of them, in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = &Correlation> {
        self.all.values()
    }

    /// What an event says to correlations: `matched` are the places of the rules that it matched, `field` gives the values
    /// of a field as text, `at` is its time (milliseconds since 1970) and `event` a digest of its id.
    pub fn observations(
        &self,
        matched: &[usize],
        field: &dyn Fn(&str) -> Vec<String>,
        at: i64,
        event: u64,
    ) -> Vec<Observation> {
        let mut observations = Vec::new();
        for (correlation, member) in self.fed_by(matched) {
            let values = |path: &str| field(path).iter().map(|text| key::Value::of(text)).collect();
            observations.extend(correlation.observe(member, &values, at, event));
        }
        observations
    }

    /// What a correlation that fired says to those that refer to it. They are counted like events, and never come back
    /// to it.
    pub fn chain(&self, observation: &Observation, fired: &Fired) -> Vec<Observation> {
        let mut observations = Vec::new();
        for (correlation, member) in self.fed_by(&[observation.correlation]) {
            let values = |name: &str| observation.key.value(name).into_iter().collect();
            let burst = observation.key.burst(fired.since);
            observations.extend(correlation.observe(member, &values, fired.until, burst));
        }
        observations
    }

    /// Adds an observation to the window of its correlation and key, and says whether a window that it stands in meets
    /// the condition. Pure: the same observations give the same answers, whatever the clock says.
    pub fn advance(&self, observation: &Observation, window: &mut Window) -> Option<Fired> {
        fold::advance(self.all.get(&observation.correlation)?, observation.at, observation.token, window)
    }

    fn fed_by(&self, rules: &[usize]) -> impl Iterator<Item = (&Correlation, usize)> {
        let feeds = rules.iter().filter_map(|rule| self.feeds.get(rule)).flatten();
        feeds.filter_map(|(place, member)| Some((self.all.get(place)?, *member)))
    }
}

/// Whether the rule at this place leads back to itself among these.
fn reaches<'a>(drafts: impl Iterator<Item = &'a Correlation>, place: usize) -> bool {
    let rules: BTreeMap<usize, &[usize]> =
        drafts.map(|draft| (draft.place, draft.rules.as_slice())).collect();
    let (mut seen, mut ahead) = (BTreeSet::new(), vec![place]);
    while let Some(next) = ahead.pop() {
        for rule in rules.get(&next).copied().unwrap_or_default() {
            if *rule == place {
                return true;
            }
            if seen.insert(*rule) {
                ahead.push(*rule);
            }
        }
    }
    false
}
