//! Every rule against the events that stand beside it.

use std::fs;

use serde::Deserialize;
use serde_json::Value;
use sigma::LogSource;

use crate::{project, rules};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    r#match: Vec<Value>,
    ignore: Vec<Value>,
}

#[test]
fn rules_match_what_they_should_and_nothing_else() {
    let rules = rules();
    let mut files = 0;
    for entry in fs::read_dir(project("policies/detections")).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.to_str().and_then(|p| p.strip_suffix(".yml")) else { continue };
        files += 1;
        let text = fs::read_to_string(&path).unwrap();
        let rule = rules.rules().iter().find(|rule| text.contains(&rule.id)).unwrap();
        let cases =
            fs::read_to_string(format!("{name}.tests.json")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let cases: Cases = serde_json::from_str(&cases).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!cases.r#match.is_empty() && !cases.ignore.is_empty(), "{name}");
        let matches = |event: &Value| {
            let found = rules.matches(&LogSource::new("aws", "cloudtrail"), event);
            found.iter().any(|found| found.rule.id == rule.id)
        };
        for event in &cases.r#match {
            assert!(matches(event), "{name} must match {event}");
        }
        for event in &cases.ignore {
            assert!(!matches(event), "{name} must not match {event}");
        }
    }
    assert_eq!(files, rules.rules().len());
}

#[test]
fn rules_say_why_and_what_to_do() {
    for rule in rules().rules() {
        assert!(!rule.why.is_empty() && !rule.description.is_empty(), "{}", rule.title);
        assert!(!rule.attack.is_empty() && !rule.false_positives.is_empty(), "{}", rule.title);
        let known = ["compromised-user", "compromised-instance", "public-bucket", "trail-stopped"];
        assert!(rule.playbook.as_deref().is_none_or(|p| known.contains(&p)), "{}", rule.title);
    }
}
