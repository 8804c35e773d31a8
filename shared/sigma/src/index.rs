//! Which rules an event must be held against.
//!
//! Most rules name the operations that they are about. They are looked up by these, so that an everyday event is held
//! against few rules, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    path,
    rule::{LogSource, Rule},
};

/// Fields by which rules are looked up, the most selective first.
const FIELDS: [&str; 2] = ["eventName", "eventSource"];

/// Places of rules, by log.
#[derive(Debug, Default)]
pub(crate) struct Index(BTreeMap<LogSource, Shelf>);

/// Rules of one log.
#[derive(Debug, Default)]
struct Shelf {
    /// Rules that can only match where a field of [`FIELDS`] has this value (in lower case).
    by_value: BTreeMap<(&'static str, String), Vec<usize>>,
    /// All others.
    always: Vec<usize>,
}

impl Index {
    pub(crate) fn of(rules: &[Rule]) -> Self {
        let mut index = Self::default();
        for (place, rule) in rules.iter().enumerate() {
            let shelf = index.0.entry(rule.logsource.clone()).or_default();
            let keys = FIELDS.iter().find_map(|field| Some((*field, rule.detection.required(field)?)));
            match keys {
                Some((field, values)) => {
                    for value in values {
                        shelf.by_value.entry((field, value)).or_default().push(place);
                    }
                }
                None => shelf.always.push(place),
            }
        }
        index
    }

    /// Every rule that can match, in order, and few that cannot.
    pub(crate) fn candidates(&self, source: &LogSource, event: &Value) -> BTreeSet<usize> {
        let mut keys = Vec::new();
        for field in FIELDS {
            path::any(event, field, &mut |value| {
                path::any_element(value, &mut |element| {
                    keys.push((field, path::text(element).to_lowercase()));
                    false
                })
            });
        }
        let mut places = BTreeSet::new();
        for shelf in self.0.iter().filter(|(of, _)| of.covers(source)).map(|(_, shelf)| shelf) {
            places.extend(&shelf.always);
            places.extend(keys.iter().filter_map(|key| shelf.by_value.get(key)).flatten());
        }
        places
    }
}
