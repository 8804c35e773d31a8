//! What a risk is made of, and who hears of it.

use std::collections::{BTreeMap, BTreeSet};

use detection::{Context, Power};
use domain::{Level, Party, Payload, Risk, delivery::Door};
use serde_json::{Value, json};

use crate::{decide, event, findings};

const ANN: &str = "arn:aws:iam::999988887777:user/ann";

/// A key for somebody else, by an IAM user; rule level high, persistence.
fn key_for_another() -> Value {
    json!({
        "eventID": "e1", "eventTime": "2026-01-06T09:00:00Z", "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey", "awsRegion": "us-east-1", "recipientAccountId": "999988887777",
        "sourceIPAddress": "198.51.100.9", "userAgent": "aws-cli/2.27.41",
        "userIdentity": {"type": "IAMUser", "arn": ANN, "userName": "ann", "accessKeyId": "AKIAEXAMPLE"},
        "requestParameters": {"userName": "ben"},
    })
}

fn refused_list() -> Value {
    let mut record = key_for_another();
    record["eventName"] = json!("ListUsers");
    record["errorCode"] = json!("AccessDenied");
    record["requestParameters"] = Value::Null;
    record
}

fn context() -> Context {
    Context {
        power: BTreeMap::from([(ANN.to_owned(), Power::Administrator { by: "AdministratorAccess".into() })]),
        crown_jewels: BTreeSet::from(["arn:aws:iam::999988887777:user/ben".to_owned()]),
        related: BTreeMap::from([(ANN.to_owned(), BTreeSet::from(["One".to_owned(), "Two".to_owned()]))]),
        ..Context::default()
    }
}

#[test]
fn contributions_add_up() {
    let unavailable = Context { unavailable: Some("no answer".into()), ..Context::default() };
    let weak = Context {
        power: BTreeMap::from([(ANN.to_owned(), Power::Escalates { by: "iam:passrole".into() })]),
        ..Context::default()
    };
    for (record, context, expected) in [
        (key_for_another(), Context::default(), vec![("rule level", 55), ("ATT&CK stage", 10)]),
        (
            key_for_another(),
            context(),
            vec![
                ("rule level", 55),
                ("ATT&CK stage", 10),
                ("principal's power", 10),
                ("resource's worth", 15),
                ("related findings", 10),
            ],
        ),
        (key_for_another(), weak, vec![("rule level", 55), ("ATT&CK stage", 10), ("principal's power", 7)]),
        (
            key_for_another(),
            unavailable,
            vec![("rule level", 55), ("ATT&CK stage", 10), ("principal's power", 0)],
        ),
        (refused_list(), Context::default(), vec![("rule level", 15), ("failed attempt", -15)]),
    ] {
        let decision = decide(vec![event(&record, Door::Logs)], context, false);
        let finding = findings(&decision)[0];
        let parts: Vec<_> = finding.contributions.iter().map(|c| (c.name.as_str(), c.points)).collect();
        assert_eq!(parts, expected);
        let sum: i32 = finding.contributions.iter().map(|c| c.points).sum();
        assert_eq!(finding.risk, Risk::new(i64::from(sum)));
        assert_eq!(i32::from(finding.risk.points()), sum);
    }
}

#[test]
fn what_leads_out_of_the_scale_is_taken_back() {
    let finding = json!({
        "id": "f", "type": "Impact:IAMUser/AnomalousBehavior", "severity": 10, "title": "T", "accountId": "999988887777",
        "arn": "arn:aws:guardduty:us-east-1:999988887777:detector/d/finding/f",
        "resource": {"accessKeyDetails": {"userType": "IAMUser", "userName": "ann"}},
    });
    let decision = decide(vec![event(&finding, Door::Logs)], context(), false);
    let found = findings(&decision)[0];
    assert_eq!((found.risk, found.level), (Risk::MAX, Level::Critical));
    assert_eq!(found.contributions.last().map(|c| (c.name.as_str(), c.points)), Some(("cap", -10)));
    assert_eq!(found.contributions.iter().map(|c| c.points).sum::<i32>(), 100);
}

#[test]
fn quiet_findings_are_shown_and_open_nothing() {
    for (record, receiver) in [(key_for_another(), Party::Supervisor), (refused_list(), Party::Dashboard)] {
        let decision = decide(vec![event(&record, Door::Logs)], Context::default(), false);
        let [draft] = decision.messages.as_slice() else { panic!("{:?}", decision.messages) };
        assert_eq!(draft.receiver, receiver);
        let Payload::Report(finding) = &draft.payload else { panic!("{draft:?}") };
        assert_eq!((&draft.correlation_id, draft.risk), (&finding.id.0, Some(finding.risk)));
    }
}

#[test]
fn guardduty_and_webhooks_are_findings_by_themselves() {
    let guardduty = |severity: f64, archived: bool, sample: bool| {
        json!({
            "id": "f", "type": "UnauthorizedAccess:EC2/SSHBruteForce", "severity": severity, "title": "Brute force",
            "arn": "arn:aws:guardduty:us-east-1:999988887777:detector/d/finding/f",
            "service": {"archived": archived, "additionalInfo": {"sample": sample}},
        })
    };
    for (severity, archived, sample, level) in [
        (2.0, false, false, Some(Level::Low)),
        (5.0, false, false, Some(Level::Medium)),
        (8.0, false, false, Some(Level::High)),
        (9.5, false, false, Some(Level::Critical)),
        (8.0, true, false, None),
        (8.0, false, true, Some(Level::Informational)),
    ] {
        let record = guardduty(severity, archived, sample);
        let decision = decide(vec![event(&record, Door::Logs)], Context::default(), false);
        let found = findings(&decision);
        assert_eq!(found.first().map(|f| f.level), level);
        if let Some(found) = found.first() {
            assert_eq!(
                (found.playbook.as_deref(), found.attack[0].id.as_str()),
                (Some("compromised-instance"), "T1110")
            );
        }
    }
    for (severity, level) in
        [(json!(90), Level::Critical), (json!(30), Level::Medium), (json!("low"), Level::Low)]
    {
        let body = json!({"id": "1", "time": "2026-01-06T09:00:00Z", "title": "Odd", "severity": severity, "actor": ANN});
        let decision = decide(vec![event(&body, Door::Webhook)], Context::default(), false);
        let found = findings(&decision)[0];
        assert_eq!((found.level, found.playbook.as_deref()), (level, Some("compromised-user")));
    }
}

#[test]
fn the_actor_decides_between_the_playbooks_of_identities() {
    let mut record = key_for_another();
    record["userIdentity"] =
        json!({"type": "AssumedRole", "arn": "arn:aws:sts::999988887777:assumed-role/app/x"});
    let decision = decide(vec![event(&record, Door::Logs)], Context::default(), false);
    assert_eq!(findings(&decision)[0].playbook.as_deref(), Some("compromised-role"));
}

#[test]
fn a_second_look_gives_the_same_ids() {
    let look = || decide(vec![event(&key_for_another(), Door::Logs)], Context::default(), false);
    assert_eq!(findings(&look())[0].id, findings(&look())[0].id);
    assert!(findings(&look())[0].id.as_str().starts_with("fnd-"));
}

#[test]
fn everyday_events_say_nothing() {
    let mut record = key_for_another();
    record["eventName"] = json!("ListAccessKeys");
    let decision = decide(vec![event(&record, Door::Logs)], Context::default(), false);
    assert_eq!(decision.output.findings, 0);
    assert!(findings(&decision).is_empty() && decision.messages.is_empty());
}
