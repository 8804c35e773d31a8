//! Sigma detection rules, compiled and matched.
//!
//! This implements the Sigma Rules Specification 2.x as far as its features are named in this crate. A rule that uses
//! anything else is refused by name, with its file and line; the other rules still load. So a rule that loads means what
//! it says.
//!
//! How a field's name finds its value is a back end's own business in Sigma. Here it is a dotted path: an array on the
//! way, or at its end, stands for any of its elements; a string on the way that holds a JSON document, as IAM policies
//! in CloudTrail do, is looked into; an object at the end is matched as its canonical JSON (keys sorted, no white space).

mod condition;
mod correlation;
mod error;
mod index;
mod item;
mod path;
mod pattern;
mod rule;

use std::collections::BTreeSet;

use serde_json::Value;

pub use correlation::{
    Correlation, Correlations, Fired, GroupKey, GroupValue, Kind, Observation, Table, Window,
};
pub use error::RuleError;
pub use rule::{LogSource, Rule};

use index::Index;

/// Rules that are ready to match.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    index: Index,
}

/// A rule that matched an event, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The fields that it asked for, with the value as text that matched. Hostile text.
    pub fields: Vec<(String, String)>,
}

impl RuleSet {
    /// Compiles rules from (path, text); files that are not YAML by name (`.yml`, `.yaml`) are passed over. What cannot be
    /// compiled comes back as an error, a rule whose id another one has too.
    pub fn load(files: &[(String, String)]) -> (Self, Vec<RuleError>) {
        let (mut rules, mut errors, mut ids) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".yml") || file.ends_with(".yaml"))
        {
            match Rule::compile(text) {
                Ok(rule) if !ids.insert(rule.id.clone()) => {
                    let problem =
                        error::Problem::at(&rule.id, format!("another rule has the id {} too", rule.id));
                    errors.push(problem.in_file(file, text));
                }
                Ok(rule) => rules.push(rule),
                Err(problem) => errors.push(problem.in_file(file, text)),
            }
        }
        let index = Index::of(&rules);
        (Self { rules, index }, errors)
    }

    /// Its rules, in the order in which they were loaded.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules that match an event of this log, in the order in which they were loaded.
    pub fn matches(&self, source: &LogSource, event: &Value) -> Vec<Match<'_>> {
        let mut matches = Vec::new();
        for rule in self.index.candidates(source, event).into_iter().filter_map(|place| self.rules.get(place))
        {
            let mut fields = Vec::new();
            if rule.detection.matches(event, &mut fields) {
                matches.push(Match { rule, fields });
            }
        }
        matches
    }
}
