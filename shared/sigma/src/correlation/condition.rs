//! How much must be counted.

use yaml_serde::Value as Yaml;

use super::{rule::Kind, yaml};
use crate::error::Problem;

/// The highest number that a condition may name: what a window holds grows with it.
const HIGHEST: u64 = 1000;

/// Comparisons that must all hold.
#[derive(Clone, Debug)]
pub(super) struct Condition(Vec<(Comparison, usize)>);

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Neq,
}

impl Condition {
    /// Reads the condition, and the fields whose values are counted.
    pub(super) fn read(
        value: Option<&Yaml>,
        kind: Kind,
        rules: usize,
    ) -> Result<(Self, Vec<String>), Problem> {
        let refuse = |what: &str| Err(Problem::at("condition", what));
        let is_temporal = matches!(kind, Kind::Temporal | Kind::TemporalOrdered);
        let map = match value {
            None if is_temporal => return Ok((Self(vec![(Comparison::Gte, rules)]), Vec::new())),
            None => return Err(Problem::at("correlation", "`condition` is missing")),
            Some(Yaml::Mapping(map)) => map,
            Some(Yaml::String(_)) => return refuse("a `condition` that is an expression is not supported"),
            Some(_) => return refuse("`condition` must be a mapping"),
        };
        let mut tests = Vec::new();
        for (key, number) in map {
            let comparison = match key.as_str().unwrap_or_default() {
                "gt" => Comparison::Gt,
                "gte" => Comparison::Gte,
                "lt" => Comparison::Lt,
                "lte" => Comparison::Lte,
                "eq" => Comparison::Eq,
                "neq" => Comparison::Neq,
                "field" if kind == Kind::ValueCount => continue,
                other => {
                    return Err(Problem::at(other, format!("`condition` with `{other}` is not supported")));
                }
            };
            match number.as_u64() {
                Some(number) if number <= HIGHEST => tests.push((comparison, number as usize)),
                _ => return refuse(&format!("a count must be a whole number up to {HIGHEST}")),
            }
        }
        let fields = yaml::texts(map, "field")?.unwrap_or_default();
        if kind == Kind::ValueCount && fields.is_empty() {
            return refuse("`field` is missing");
        }
        if tests.is_empty() {
            return refuse("`condition` needs a comparison");
        }
        let condition = Self(tests);
        let highest = if is_temporal { rules } else { condition.enough() };
        if !(1..=highest).any(|count| condition.holds(count)) {
            return refuse("`condition` can never hold");
        }
        if kind == Kind::TemporalOrdered
            && (1..=rules).any(|count| condition.holds(count) != (count == rules))
        {
            return refuse(
                "`temporal_ordered` with a condition other than all of its rules is not supported",
            );
        }
        Ok((condition, fields))
    }

    /// Whether this many tokens in a window are what is looked for.
    pub(super) fn holds(&self, count: usize) -> bool {
        self.0.iter().all(|(comparison, number)| match comparison {
            Comparison::Gt => count > *number,
            Comparison::Gte => count >= *number,
            Comparison::Lt => count < *number,
            Comparison::Lte => count <= *number,
            Comparison::Eq => count == *number,
            Comparison::Neq => count != *number,
        })
    }

    /// The count from which on the answer stays the same.
    pub(super) fn enough(&self) -> usize {
        let enough = self.0.iter().map(|(comparison, number)| match comparison {
            Comparison::Gte | Comparison::Lt => *number,
            _ => number + 1,
        });
        enough.max().unwrap_or_default().max(1)
    }
}
