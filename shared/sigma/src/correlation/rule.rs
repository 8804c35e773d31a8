//! A correlation's own words, compiled.

use std::collections::BTreeMap;

use yaml_serde::{Mapping, Value as Yaml};

use super::{
    MOST_OBSERVATIONS, Observation,
    condition::Condition,
    field::{Aliases, Field},
    key::{Digester, GroupKey, Value},
    yaml,
};
use crate::error::Problem;

/// The most rules that a correlation may refer to: for `temporal_ordered`, what a window holds grows with its square.
const MOST_RULES: usize = 32;

/// How late an event may come, where the rule does not say: 15 minutes.
const LATENESS: i64 = 15 * 60 * 1000;

const KEYS: [&str; 8] =
    ["type", "rules", "group-by", "aliases", "timespan", "condition", "generate", "lateness"];

/// A compiled correlation.
#[derive(Clone, Debug)]
pub struct Correlation {
    /// Its place among the rules.
    pub place: usize,
    /// The rule's id.
    pub id: String,
    /// What it counts.
    pub kind: Kind,
    /// The places of the rules that it refers to, in their order.
    pub rules: Vec<usize>,
    /// The length of its window, in milliseconds.
    pub timespan: i64,
    /// How long after a newer event of its group an event may come and still count: event time, in milliseconds.
    pub lateness: i64,
    /// Whether the rules that it refers to are to report their matches as well: `generate`.
    pub generate: bool,
    group_by: Vec<Field>,
    counted: Vec<Field>,
    pub(super) condition: Condition,
    /// Stands for all that decides what a window's content means.
    shape: u128,
}

/// The type of a correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Counts events.
    EventCount,
    /// Counts distinct values of a field.
    ValueCount,
    /// Counts distinct rules.
    Temporal,
    /// Wants all rules, in their order.
    TemporalOrdered,
}

impl Correlation {
    pub(super) fn compile(
        place: usize,
        document: &Mapping,
        lookup: &dyn Fn(&str) -> Option<usize>,
    ) -> Result<Self, Problem> {
        let id = document.get("id").and_then(Yaml::as_str).ok_or_else(|| Problem::new("`id` is missing"))?;
        let map = document.get("correlation").and_then(Yaml::as_mapping);
        let map = map.ok_or_else(|| Problem::at("correlation", "`correlation` must be a mapping"))?;
        yaml::only(map, "correlation", &KEYS)?;
        let kind = Kind::read(map)?;
        let rules =
            yaml::texts(map, "rules")?.ok_or_else(|| Problem::at("correlation", "`rules` is missing"))?;
        if rules.is_empty() || rules.len() > MOST_RULES {
            return Err(Problem::at("rules", format!("`rules` must name 1 to {MOST_RULES} rules")));
        }
        let find = |name: &String| {
            lookup(name).ok_or_else(|| Problem::at(name, format!("there is no rule `{name}`")))
        };
        let places = rules.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        if let Some(twice) = (1..places.len()).find(|n| places[..*n].contains(&places[*n])) {
            return Err(Problem::at("rules", format!("`{}` is named twice", rules[twice])));
        }
        let aliases = Aliases::read(map, &places, lookup)?;
        let fields = |names: Vec<String>| {
            names.into_iter().map(|name| aliases.field(name, &rules)).collect::<Result<Vec<_>, _>>()
        };
        let group_by = yaml::texts(map, "group-by")?;
        let group_by = fields(group_by.ok_or_else(|| Problem::at("correlation", "`group-by` is missing"))?)?;
        let (condition, counted) = Condition::read(map.get("condition"), kind, rules.len())?;
        let counted = fields(counted)?;

        let mut shape = Digester::default();
        shape.text(id);
        shape.text(kind.name());
        for list in [&group_by, &counted] {
            shape.number(list.len() as u128);
            list.iter().for_each(|field| shape.text(&field.name));
        }
        if matches!(kind, Kind::Temporal | Kind::TemporalOrdered) {
            rules.iter().for_each(|rule| shape.text(rule));
        }
        Ok(Self {
            place,
            id: id.to_owned(),
            kind,
            rules: places,
            timespan: yaml::span(map, "timespan")?
                .ok_or_else(|| Problem::at("correlation", "`timespan` is missing"))?,
            lateness: yaml::span(map, "lateness")?.unwrap_or(LATENESS),
            // The schema has it beside `correlation`, the text of the specification in it.
            generate: yaml::flag(document, "generate")? || yaml::flag(map, "generate")?,
            group_by,
            counted,
            condition,
            shape: shape.finish(),
        })
    }

    /// A window's content is of no use any more this long after the newest observation in it, in milliseconds.
    pub fn retention(&self) -> i64 {
        self.timespan.saturating_add(self.lateness)
    }

    /// Refuses fields that the correlations it refers to do not group by: what they found has no other values.
    pub(super) fn check_chain(&self, others: &BTreeMap<usize, Correlation>) -> Result<(), Problem> {
        for (member, other) in
            self.rules.iter().enumerate().filter_map(|(n, rule)| Some((n, others.get(rule)?)))
        {
            let fields = self.group_by.iter().chain(&self.counted);
            for path in fields.filter_map(|field| field.paths.get(member)) {
                if !other.group_by.iter().any(|field| field.name == *path) {
                    let what = format!("the correlation {} does not group by `{path}`", other.id);
                    return Err(Problem::at(path, what));
                }
            }
        }
        Ok(())
    }

    /// What an event that matched this member says. `values` gives the values of a field, `event` stands for the event.
    pub(super) fn observe(
        &self,
        member: usize,
        values: &dyn Fn(&str) -> Vec<Value>,
        at: i64,
        event: u64,
    ) -> Vec<Observation> {
        let of = |field: &Field| field.paths.get(member).map_or_else(Vec::new, |path| values(path));
        let tokens = match self.kind {
            Kind::EventCount => vec![event],
            Kind::Temporal | Kind::TemporalOrdered => vec![member as u64],
            Kind::ValueCount => {
                let lists =
                    self.counted.iter().map(|field| of(field).into_iter().map(|v| v.digest).collect());
                let token = |tuple: Vec<u128>| {
                    let mut digester = Digester::default();
                    tuple.into_iter().for_each(|digest| digester.number(digest));
                    digester.token()
                };
                tuples(lists).into_iter().map(token).collect()
            }
        };
        let groups = self.group_by.iter().map(|field| {
            let values = of(field);
            if values.is_empty() { vec![None] } else { values.into_iter().map(Some).collect() }
        });
        let names = || self.group_by.iter().map(|field| field.name.as_str());
        let observations = tuples(groups).into_iter().flat_map(|group| {
            let key = GroupKey::new(self.shape, names().zip(group));
            tokens.iter().map(move |token| Observation {
                correlation: self.place,
                key: key.clone(),
                member,
                at,
                token: *token,
            })
        });
        observations.take(MOST_OBSERVATIONS).collect()
    }
}

impl Kind {
    fn read(map: &Mapping) -> Result<Self, Problem> {
        let name = map.get("type").and_then(Yaml::as_str);
        let name = name.ok_or_else(|| Problem::at("correlation", "`type` is missing"))?;
        let kinds = [Self::EventCount, Self::ValueCount, Self::Temporal, Self::TemporalOrdered];
        let known = kinds.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| Problem::at("type", format!("the type `{name}` is not supported")))
    }

    fn name(self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount => "value_count",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
        }
    }
}

/// One value of each list, in every way, as far as they may be observed.
fn tuples<T: Clone>(lists: impl Iterator<Item = Vec<T>>) -> Vec<Vec<T>> {
    lists.fold(vec![Vec::new()], |tuples, list| {
        let longer = tuples.iter().flat_map(|tuple| {
            list.iter().map(move |value| tuple.iter().chain([value]).cloned().collect::<Vec<_>>())
        });
        longer.take(MOST_OBSERVATIONS).collect()
    })
}
