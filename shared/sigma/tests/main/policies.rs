//! The rules that are shipped, against the events that stand beside them.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

use crate::{cloudtrail, ids, load};

#[derive(Deserialize)]
struct Cases {
    r#match: Vec<Value>,
    ignore: Vec<Value>,
}

#[test]
fn rules_match_what_they_should_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/detections");
    let files: BTreeMap<String, String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    let rules = load(&files.clone().into_iter().collect::<Vec<_>>());
    let mut checked = 0;
    for (file, text) in &files {
        let Some(cases) = files.get(&file.replace(".yml", ".tests.json")).filter(|_| file.ends_with(".yml"))
        else {
            continue;
        };
        let rule = rules.rules().iter().find(|rule| text.contains(&rule.id)).unwrap();
        if rule.logsource != cloudtrail() {
            continue;
        }
        let Ok(cases) = serde_json::from_str::<Cases>(cases) else { continue };
        // Lists are the events of a correlation.
        if cases.r#match.iter().chain(&cases.ignore).any(Value::is_array) {
            continue;
        }
        let matches = |event: &Value| ids(&rules, &cloudtrail(), event).contains(&rule.id);
        cases.r#match.iter().for_each(|event| assert!(matches(event), "{file} must match {event}"));
        cases.ignore.iter().for_each(|event| assert!(!matches(event), "{file} must not match {event}"));
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}
