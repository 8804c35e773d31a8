//! Indicators of compromise, seen by detection.

use agent::Agent;
use detection::{Context, SEEN};
use domain::{
    Event, EventClass, EventOutcome, Finding, Level, Resource, ResourceKind, Source, delivery::Door,
};
use serde_json::{Value, json};

use crate::{alert, detection, event, evidence, findings, now};

const LIST: &str = "
198.51.100.0/24  the leak of March
203.0.113.66     level=high
evil.example
";

fn found(events: Vec<Event>) -> Vec<Finding> {
    let decision =
        detection(LIST).decide(&alert(&events, false), &evidence(events, Context::default(), vec![]));
    findings(&decision).into_iter().cloned().collect()
}

fn call(operation: &str, origin: &str) -> Value {
    json!({
        "eventID": operation, "eventTime": "2026-01-06T09:00:00Z", "eventSource": "iam.amazonaws.com",
        "eventName": operation, "awsRegion": "us-east-1", "recipientAccountId": "999988887777",
        "sourceIPAddress": origin, "userAgent": "aws-cli/2.27.41",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::999988887777:user/ann", "userName": "ann"},
        "requestParameters": {"userName": "ben"},
    })
}

fn flow(id: &str, address: &str, outcome: EventOutcome) -> Event {
    Event {
        id: id.into(),
        class: EventClass::NetworkActivity,
        source: Source::VpcFlow,
        time: now(),
        account: None,
        region: None,
        service: "vpc-flow-logs".into(),
        operation: "tcp/443".into(),
        actor: None,
        origin: Some("10.0.0.7".into()),
        user_agent: None,
        outcome,
        resources: vec![Resource { kind: ResourceKind::Instance, arn: "i-1".into(), name: "i-1".into() }],
        raw: json!({"srcaddr": "10.0.0.7", "dstaddr": address, "id": id}),
    }
}

#[test]
fn an_event_from_a_listed_address_is_a_finding() {
    for (origin, level, risk) in [("198.51.100.9", Level::Medium, 40), ("203.0.113.66", Level::High, 60)] {
        let found = found(vec![event(&call("ListAccessKeys", origin), Door::Logs)]);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((finding.rule.as_str(), finding.level, finding.risk.points()), (SEEN, level, risk));
        assert_eq!(finding.playbook.as_deref(), Some("compromised-user"));
        assert!(finding.description.contains(origin) && finding.description.contains("iocs.txt:"));
    }
    assert!(found(vec![event(&call("ListAccessKeys", "192.0.2.1"), Door::Logs)]).is_empty());
}

#[test]
fn what_a_record_mentions_adds_to_what_is_found() {
    let mut mentions = call("CreateAccessKey", "192.0.2.1");
    mentions["userAgent"] = json!("curl https://c2.evil.example/x");
    let found = found(vec![event(&mentions, Door::Logs)]);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    let part = finding.contributions.iter().find(|part| part.name == "intelligence match").unwrap();
    assert_eq!(
        (part.points, part.why.as_str()),
        (15, "c2.evil.example is listed as evil.example (iocs.txt:4).")
    );
    assert_eq!(
        finding.contributions.iter().map(|part| part.points).sum::<i32>(),
        i32::from(finding.risk.points())
    );
}

#[test]
fn flows_to_a_listed_address_are_one_finding_and_refused_ones_none() {
    let success = || EventOutcome::Success;
    let flows = vec![
        flow("1", "198.51.100.9", success()),
        flow("2", "198.51.100.9", success()),
        flow("3", "192.0.2.1", success()),
        flow("4", "203.0.113.66", EventOutcome::Failure("REJECT".into())),
    ];
    let found = found(flows);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((finding.event.as_str(), finding.playbook.as_deref()), ("1", Some("hostile-address")));
}
