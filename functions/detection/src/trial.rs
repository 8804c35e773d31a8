//! Rules on trial: each file of rules against the events that stand beside it.
//!
//! `NAME.tests.json` holds `{"match": […], "ignore": […]}`. A case is an event; or a list of events, for what only several of
//! them mean; in a list, `{"repeat": 20, "seconds": 5, "event": {…}, "vary": {"requestParameters.key": "file"}}` stands for as many
//! events, each so many seconds after the one before, and each with a number of its own behind the values that vary. An event
//! without a time happens a second after the one before. In a matching case some rule of the file must raise a finding, in an
//! ignored one none.

use std::collections::BTreeMap;

use domain::Time;
use json::Document;
use serde::Deserialize;
use serde_json::{Map, Value};
use sigma::{LogSource, Rule, RuleSet, Table};

/// Most events that one case may stand for.
const MOST: u32 = 10_000;
/// When the first event happens that does not say so: 2026-01-05T03:00:00Z.
const BEGIN: i64 = 1_767_582_000_000;

/// What came of a file's trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How many cases there were.
    pub cases: usize,
    /// What is wrong, a sentence each.
    pub faults: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    r#match: Vec<Value>,
    ignore: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    repeat: u32,
    #[serde(default)]
    seconds: i64,
    event: Value,
    #[serde(default)]
    vary: BTreeMap<String, Value>,
}

/// Tries a file's rules, as they are among all others: `text` is the file, `cases` what stands beside it.
pub fn verdict(all: &RuleSet, text: &str, cases: &str) -> Verdict {
    let cases: Cases = match serde_json::from_str(cases) {
        Ok(cases) => cases,
        Err(error) => {
            return Verdict { cases: 0, faults: vec![format!("the cases cannot be read: {error}")] };
        }
    };
    let (mut faults, raising) = (Vec::new(), raising(all, text));
    let log = of_file(all, text).map(|rule| &rule.logsource).find(|log| **log != LogSource::default());
    let Some(log) = log.filter(|_| !raising.is_empty()) else {
        return Verdict {
            cases: 0,
            faults: vec!["no rule of the file was loaded that raises findings".into()],
        };
    };
    for (word, wanted, cases) in [("match", true, &cases.r#match), ("ignore", false, &cases.ignore)] {
        if cases.is_empty() {
            faults.push(format!("there is no case to {word}"));
        }
        for (place, case) in cases.iter().enumerate() {
            match raised(all, log, case, &raising) {
                Ok(raised) if raised == wanted => {}
                Ok(_) if wanted => faults.push(format!("case {place} to match raises nothing")),
                Ok(_) => faults.push(format!("case {place} to ignore raises a finding")),
                Err(reason) => faults.push(format!("case {place} to {word} cannot be read: {reason}")),
            }
        }
    }
    Verdict { cases: cases.r#match.len() + cases.ignore.len(), faults }
}

/// The rules of a file that raise findings.
pub fn raising<'r>(all: &'r RuleSet, text: &str) -> Vec<&'r Rule> {
    of_file(all, text).filter(|rule| rule.raises).collect()
}

/// All rules of a file, those too that only serve correlations.
pub fn of_file<'r>(all: &'r RuleSet, text: &str) -> impl Iterator<Item = &'r Rule> {
    let ids: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix("id:")).map(|id| id.trim().to_owned()).collect();
    all.rules().iter().filter(move |rule| ids.contains(&rule.id))
}

/// Whether one of these rules raises a finding anywhere in the case.
fn raised(all: &RuleSet, log: &LogSource, case: &Value, raising: &[&Rule]) -> Result<bool, String> {
    let mut windows = Table::new(MOST as usize);
    let is_of_file = |rule: &Rule| raising.contains(&rule);
    let mut found = false;
    for (number, (at, event)) in (0..).zip(events(case)?) {
        let text = event.to_string();
        let record = Document::parse(text.as_bytes()).map_err(|error| error.to_string())?;
        let matches = all.matches(log, &record);
        found |= matches.iter().any(|matched| is_of_file(matched.rule));
        let observations = all.observations(&matches, log, &record, at, number);
        let fired = windows.observe(all.correlations(), observations);
        found |= fired.iter().filter_map(|(seen, _)| all.observed_by(seen)).any(is_of_file);
    }
    Ok(found)
}

/// The events of a case, each with its time in milliseconds since 1970.
fn events(case: &Value) -> Result<Vec<(i64, Value)>, String> {
    let list = match case {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut events = Vec::new();
    let mut next = BEGIN;
    for entry in list {
        let repeat = if entry.get("repeat").is_some() {
            Repeat::deserialize(entry).map_err(|error| error.to_string())?
        } else {
            Repeat { repeat: 1, seconds: 0, event: entry.clone(), vary: BTreeMap::new() }
        };
        if repeat.repeat > MOST {
            return Err(format!("it repeats an event more than {MOST} times"));
        }
        let begin = time(&repeat.event).unwrap_or(next);
        for number in 0..repeat.repeat {
            let at = begin + i64::from(number) * repeat.seconds * 1000;
            let mut event = repeat.event.clone();
            for (path, value) in &repeat.vary {
                set(&mut event, path, numbered(value, number));
            }
            next = at + 1000;
            events.push((at, event));
        }
    }
    Ok(events)
}

/// When it happened, by the field that its log has for it.
fn time(event: &Value) -> Option<i64> {
    let text = ["eventTime", "requestReceivedTimestamp", "stageTimestamp"].map(|field| event.get(field));
    let text = text.into_iter().flatten().find_map(Value::as_str);
    let told = text.and_then(|text| text.parse::<Time>().ok()).map(Time::millis);
    told.or_else(|| event.get("start").and_then(Value::as_i64).map(|seconds| seconds * 1000))
}

fn numbered(value: &Value, number: u32) -> Value {
    match value {
        Value::Number(first) => {
            first.as_i64().map_or(Value::Null, |first| (first + i64::from(number)).into())
        }
        Value::String(text) => format!("{text}-{number}").into(),
        other => other.clone(),
    }
}

/// Puts a value at a dotted path; objects on the way that are not there are made, and of lists the first element is meant.
fn set(event: &mut Value, path: &str, value: Value) {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    match event {
        Value::Array(list) => {
            if let Some(first) = list.first_mut() {
                set(first, path, value);
            }
        }
        Value::Object(map) => match rest {
            None => drop(map.insert(key.to_owned(), value)),
            Some(rest) => {
                set(map.entry(key).or_insert_with(|| Value::Object(Map::new())), rest, value);
            }
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "\
title: Call
name: call
id: 11111111-0000-4000-8000-000000000001
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection:
    eventName: Call
  condition: selection
---
title: Calls
id: 11111111-0000-4000-8000-000000000002
level: medium
correlation:
  type: value_count
  rules: [call]
  group-by: [who]
  timespan: 1m
  condition: {field: what, gte: 3}
";

    #[test]
    fn cases_are_judged_over_all_their_events() {
        let (all, errors) = RuleSet::load(&[("calls.yml".into(), RULES.into())]);
        assert_eq!(errors, []);
        let judge = |cases: &str| verdict(&all, RULES, cases).faults;
        let three = |seconds: u32, vary: &str| {
            format!(
                r#"[{{"repeat": 3, "seconds": {seconds}, "event": {{"eventName": "Call", "who": "a", "what": "x"}}, "vary": {{{vary}}}}}]"#
            )
        };
        let (burst, slow, same) = (three(5, r#""what": "x""#), three(60, r#""what": "x""#), three(5, ""));
        let cases =
            |matching: &str, ignored: &str| format!(r#"{{"match": [{matching}], "ignore": [{ignored}]}}"#);
        assert_eq!(judge(&cases(&burst, &format!("{slow}, {same}"))), [""; 0]);
        assert_eq!(
            judge(&cases(&slow, &burst)),
            ["case 0 to match raises nothing", "case 0 to ignore raises a finding"]
        );
        assert_eq!(judge(&cases("", &same)), ["there is no case to match"]);
        assert!(
            judge(&cases(r#"{"repeat": 99999, "event": {}}"#, &same))[0].contains("more than 10000 times")
        );
        assert!(judge("{}")[0].contains("cannot be read"));
        assert!(
            verdict(&all, "id: another", &cases(&burst, &same)).faults[0].contains("no rule of the file")
        );
    }

    #[test]
    fn values_vary_by_path() {
        let case = serde_json::json!([{"repeat": 2, "seconds": 1, "event": {"start": 10, "a": [{"b": 1}]},
            "vary": {"a.b": 7, "c.d": "x"}}]);
        let events = events(&case).unwrap();
        assert_eq!(events[0], (10_000, serde_json::json!({"start": 10, "a": [{"b": 7}], "c": {"d": "x-0"}})));
        assert_eq!(events[1], (11_000, serde_json::json!({"start": 10, "a": [{"b": 8}], "c": {"d": "x-1"}})));
    }
}
