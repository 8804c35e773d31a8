//! Rules as the Sigma specification reads them.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod correlation;
mod correlation_oracle;
mod difference;
mod dispatch;
mod folder;
mod fuzz;
mod hostile;
mod load;
mod shipped;
mod specification;

use json::Document;
use serde_json::Value;
use sigma::{LogSource, RuleSet};

/// A rule with this `detection`, indented as it stands below that key.
fn rule(detection: &str) -> (String, String) {
    let text = format!(
        "title: Test\nid: 00000000-0000-4000-8000-000000000000\nlevel: high\ntags: [attack.persistence, attack.t1098.001]\n\
         logsource: {{product: aws, service: cloudtrail}}\ndetection:\n{detection}\n"
    );
    ("test.yml".into(), text)
}

/// A rule of one selection with this field.
fn of_item(item: &str) -> String {
    format!("  sel:\n    {item}\n  condition: sel")
}

fn cloudtrail() -> LogSource {
    LogSource::new("aws", "cloudtrail")
}

fn load(files: &[(String, String)]) -> RuleSet {
    let (rules, errors) = RuleSet::load(files);
    assert_eq!(errors, []);
    rules
}

/// The ids of the rules that match.
fn ids(rules: &RuleSet, source: &LogSource, event: &Value) -> Vec<String> {
    let text = event.to_string();
    let event = Document::parse(text.as_bytes()).unwrap();
    rules.matches(source, &event).iter().map(|found| found.rule.id.clone()).collect()
}

fn is_match(detection: &str, event: &Value) -> bool {
    !ids(&load(&[rule(detection)]), &cloudtrail(), event).is_empty()
}
