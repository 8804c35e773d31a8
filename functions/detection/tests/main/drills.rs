//! The drills, played through telemetry and the rules.

use std::fs;

use domain::delivery::Door;
use serde_json::Value;

use crate::{decide, event, findings, project};

/// The steps' records, with their placeholders filled in.
pub(crate) fn play(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(project(&format!("local/asoc/drills/{name}.yaml"))).unwrap();
    let script: Value = yaml_serde::from_str(&text).unwrap();
    let steps = script["steps"].as_array().unwrap();
    let fill = |(n, step): (usize, &Value)| {
        let text = step["event"].to_string();
        let text = text.replace("${time}", &format!("2026-01-06T09:00:{n:02}Z"));
        serde_json::from_str(&text.replace("${id}", &format!("{name}-{n}"))).unwrap()
    };
    steps.iter().enumerate().map(fill).collect()
}

#[test]
fn drills_are_found_step_by_step() {
    let explores = "Instance credential explores the account";
    let outside = "Instance credential used outside of AWS";
    for (drill, expected) in [
        (
            "leaked-key",
            vec![
                ("GetCallerIdentity", "Identity asked for by an unusual tool", None),
                ("ListUsers", "Permissions explored", None),
                ("CreateAccessKey", "Access key created for another user", Some("compromised-user")),
                ("AttachUserPolicy", "Administrator policy attached", Some("compromised-user")),
            ],
        ),
        (
            "stolen-instance-credential",
            vec![
                ("GetCallerIdentity", explores, None),
                ("GetCallerIdentity", outside, Some("compromised-instance")),
                ("ListBuckets", explores, None),
                ("ListBuckets", outside, Some("compromised-instance")),
                ("GetObject", outside, Some("compromised-instance")),
                ("GetSecretValue", outside, Some("compromised-instance")),
            ],
        ),
        (
            "blinded-and-exposed",
            vec![
                ("StopLogging", "CloudTrail stopped or deleted", Some("trail-stopped")),
                ("DeleteBucketPublicAccessBlock", "Public access block removed", Some("public-bucket")),
                ("PutBucketPolicy", "Bucket policy made public", Some("public-bucket")),
            ],
        ),
    ] {
        let events = play(drill).iter().map(|record| event(record, Door::Drill)).collect();
        let decision = decide(events, detection::Context::default(), true);
        let found = findings(&decision);
        let outline: Vec<_> = found.iter().map(|f| (f.operation.as_str(), f.title.as_str())).collect();
        let titles: Vec<_> = expected.iter().map(|(operation, title, _)| (*operation, *title)).collect();
        assert_eq!(outline, titles, "{drill}");
        for (finding, (_, _, playbook)) in found.iter().zip(&expected) {
            assert!(finding.drill && finding.origin.as_deref() == Some("203.0.113.66"), "{}", finding.title);
            assert!(playbook.is_none() || finding.playbook.as_deref() == *playbook, "{}", finding.title);
            assert!(
                !finding.resources.is_empty() || playbook.is_none() || drill == "stolen-instance-credential"
            );
        }
    }
}
