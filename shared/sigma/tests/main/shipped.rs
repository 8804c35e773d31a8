//! The rules that are shipped, held against another implementation of Sigma on records of CloudTrail and on the rules' own
//! test events. What may differ stands in the table of [`crate::difference`].

#[path = "../../benches/cloudtrail.rs"]
mod cloudtrail;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use json::Document;
use rsigma_eval::{Engine, JsonEvent};
use serde_json::Value;
use sigma::{LogSource, RuleSet};
use yaml_serde::Value as Yaml;

/// Generated records; all of the benchmark's with `ASOC_RECORDS=200000`.
const RECORDS: u64 = 1_000;

/// The rules of one log, as both read them.
struct Both {
    rules: RuleSet,
    engine: Engine,
    /// Texts, by id.
    texts: BTreeMap<String, String>,
}

impl Both {
    /// The ids on which the two differ, with whether it is this crate that matches.
    fn differences(&self, source: &LogSource, event: &Value, text: &str) -> Vec<(&str, bool)> {
        let document = Document::parse(text.as_bytes()).unwrap();
        let ours: BTreeSet<_> =
            self.rules.matches(source, &document).iter().map(|found| found.rule.id.clone()).collect();
        let found = self.engine.evaluate(&JsonEvent::borrow(event));
        let theirs: BTreeSet<_> = found.into_iter().filter_map(|found| found.header.rule_id).collect();
        let differing = ours.symmetric_difference(&theirs);
        differing
            .filter_map(|id| Some((self.texts.get_key_value(id)?.0.as_str(), ours.contains(id))))
            .collect()
    }
}

/// The shipped rules by the log that they name, and the events in the tests that stand beside them.
fn shipped() -> (BTreeMap<LogSource, Both>, Vec<Value>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/detections");
    let (mut documents, mut events) = (Vec::new(), Vec::new());
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "yml") {
            let rules = text.split("\n---\n").map(|text| text.trim_start_matches("---\n").to_owned());
            documents.extend(rules.filter(|text| text.contains("\ndetection:")));
        } else {
            collect(serde_json::from_str(&text).unwrap(), 0, &mut events);
        }
    }
    let mut by_log = BTreeMap::<LogSource, Vec<String>>::new();
    for text in documents {
        let (rules, errors) = RuleSet::load(&[("x.yml".into(), text.clone())]);
        assert_eq!(errors, [], "{text}");
        by_log.entry(rules.rules()[0].logsource.clone()).or_default().push(text);
    }
    let both = |texts: Vec<String>| {
        let (mut engine, mut taken) = (Engine::new(), Vec::new());
        for text in &texts {
            let collection = rsigma_parser::parse_sigma_yaml(text).unwrap();
            let is_taken = collection.errors.is_empty() && engine.add_collection(&collection).is_ok();
            // It wants `fieldref|contains`, and takes `all` for the beginning of `all of`.
            assert!(is_taken || text.contains("|contains|fieldref") || text.contains("all or"), "{text}");
            if is_taken {
                taken.push(("x.yml".to_owned(), text.clone()));
            }
        }
        let rules = RuleSet::load(&taken).0;
        let ids = rules.rules().iter().map(|rule| rule.id.clone());
        Both { texts: ids.zip(taken.iter().map(|(_, text)| text.clone())).collect(), rules, engine }
    };
    (by_log.into_iter().map(|(log, texts)| (log, both(texts))).collect(), events)
}

/// Events of `match` and `ignore`, also in the lists that are tests of correlations.
fn collect(value: Value, depth: usize, events: &mut Vec<Value>) {
    match value {
        Value::Object(map) if depth == 0 => map.into_iter().for_each(|(_, v)| collect(v, 1, events)),
        Value::Array(list) => list.into_iter().for_each(|v| collect(v, depth + 1, events)),
        Value::Object(mut map) => events.push(map.remove("event").unwrap_or(Value::Object(map))),
        _ => {}
    }
}

#[test]
fn both_find_the_same() {
    let (logs, mut events) = shipped();
    let records = std::env::var("ASOC_RECORDS").ok().map_or(RECORDS, |number| number.parse().unwrap());
    assert!(events.len() > 1500 && logs.values().map(|both| both.texts.len()).sum::<usize>() > 400);
    let records = (0..records).map(|number| serde_json::from_str(&cloudtrail::record(number)).unwrap());
    events.extend(records);
    let mut explained = 0;
    for event in &events {
        let text = event.to_string();
        for (source, both) in &logs {
            for (id, ours) in both.differences(source, event, &text) {
                let rule: Yaml = yaml_serde::from_str(&both.texts[id]).unwrap();
                assert!(is_own(&rule["detection"], event), "{id}: {ours} here, {} there: {text}", !ours);
                explained += 1;
            }
        }
    }
    assert!(explained > 0, "nothing differs any more: the table is out of date");
}

/// Whether a field of a rule finds its value in an event by what this crate says of paths, or a list holds null.
fn is_own(selection: &Yaml, event: &Value) -> bool {
    match selection {
        Yaml::Mapping(map) => map.iter().any(|(key, value)| {
            let path = key.as_str().unwrap_or_default().split('|').next().unwrap_or_default();
            let has_null = value.as_sequence().is_some_and(|values| values.contains(&Yaml::Null));
            has_null || is_special(event, path) || is_own(value, event)
        }),
        Yaml::Sequence(list) => list.iter().any(|selection| is_own(selection, event)),
        _ => false,
    }
}

/// Whether there stands on this path a key with a dot, a text that is a document, or an object at the end.
fn is_special(value: &Value, path: &str) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|value| is_special(value, path)),
        Value::Object(_) if path.is_empty() => true,
        Value::Object(map) => map.iter().any(|(key, value)| {
            let rest = path.strip_prefix(key.as_str()).and_then(|rest| match rest {
                "" => Some(""),
                rest => rest.strip_prefix('.'),
            });
            rest.is_some_and(|rest| key.contains('.') || is_special(value, rest))
        }),
        Value::String(text) => !path.is_empty() && text.trim_start().starts_with(['{', '[']),
        _ => false,
    }
}
