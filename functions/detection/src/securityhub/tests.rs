use domain::{EventClass, EventOutcome, Time};
use serde_json::json;

use super::*;

fn event(raw: Value) -> Event {
    Event {
        id: "e".into(),
        class: EventClass::DetectionFinding,
        source: Source::SecurityHub,
        time: Time::from_millis(0),
        account: None,
        region: None,
        service: "securityhub.amazonaws.com".into(),
        operation: "Odd".into(),
        actor: None,
        origin: None,
        user_agent: None,
        outcome: EventOutcome::Unknown,
        resources: vec![],
        raw,
    }
}

#[test]
fn findings_claim_what_they_say() {
    let ocsf = json!({
        "class_uid": 2004, "severity_id": 4, "metadata": {"product": {"name": "Macie"}},
        "finding_info": {"uid": "x", "title": "T", "desc": "D", "types": ["Sensitive"], "attacks": [
            {"technique": {"uid": "T1530"}, "tactic": {"name": "Collection"}},
            {"technique": {"uid": "T1078"}, "sub_technique": {"uid": "T1078.004"}, "tactics": [{"name": "Initial Access"}]},
            {"technique": {"uid": "T1530'"}, "tactic": {"name": "Collection"}},
            {"technique": {"uid": "T1530"}, "tactic": {"name": "Mischief"}},
        ]},
    });
    let claim = about(&event(ocsf)).unwrap();
    let attack: Vec<_> = claim.attack.iter().map(|t| (t.id.as_str(), t.tactic.as_str())).collect();
    assert_eq!(attack, [("T1530", "collection"), ("T1078.004", "initial-access")]);
    assert_eq!((claim.title.as_str(), claim.description.as_str(), claim.level), ("T", "D", Level::High));
    assert_eq!(claim.rule, "securityhub:Macie:Sensitive");
}

#[test]
fn severity_class_and_status_decide_the_level() {
    for (raw, expected) in [
        (json!({"class_uid": 2004, "severity_id": 1}), Some(Level::Informational)),
        (json!({"class_uid": 2004, "severity_id": 2}), Some(Level::Low)),
        (json!({"class_uid": 2004, "severity_id": 3}), Some(Level::Medium)),
        (json!({"class_uid": 2004, "severity_id": 5}), Some(Level::Critical)),
        (json!({"class_uid": 2004, "severity_id": 6}), Some(Level::Critical)),
        (json!({"class_uid": 2004, "severity_id": "5"}), Some(Level::Informational)),
        (json!({"class_uid": 2003, "severity_id": 6}), Some(Level::Low)),
        (json!({"class_uid": 2002, "severity_id": 1}), Some(Level::Informational)),
        (json!({"class_uid": 2004, "severity_id": 5, "status_id": 3}), None),
        (json!({"class_uid": 2004, "severity_id": 5, "status_id": 4}), None),
        (json!({"Severity": {"Label": "CRITICAL"}}), Some(Level::Critical)),
        (json!({"Severity": {"Label": "CRITICAL"}, "Compliance": {"Status": "FAILED"}}), Some(Level::Low)),
        (json!({"Severity": {"Label": "HIGH"}, "RecordState": "ARCHIVED"}), None),
        (json!({"Severity": {"Label": "HIGH"}, "Workflow": {"Status": "SUPPRESSED"}}), None),
        (json!("bent"), Some(Level::Informational)),
    ] {
        assert_eq!(about(&event(raw.clone())).map(|claim| claim.level), expected, "{raw}");
    }
}

#[test]
fn copies_of_guardduty_are_told_by_product_and_arn() {
    let arn = "arn:aws:guardduty:us-east-1:999988887777:detector/d/finding/f1";
    let uid = "arn:aws:securityhub:us-east-1::productv2/aws/guardduty";
    for (raw, expected) in [
        (json!({"metadata": {"product": {"name": "GuardDuty"}}, "finding_info": {"uid": arn}}), Some("f1")),
        (json!({"metadata": {"product": {"uid": uid}}, "finding_info": {"uid": arn}}), Some("f1")),
        (json!({"ProductName": "GuardDuty", "Id": arn}), Some("f1")),
        (json!({"ProductName": "Macie", "Id": arn}), None),
        (json!({"metadata": {"product": {"name": "GuardDuty"}}}), None),
    ] {
        assert_eq!(of_guardduty(&event(raw.clone())), expected, "{raw}");
    }
}
