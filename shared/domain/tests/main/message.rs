//! The envelope in JSON.

use std::collections::BTreeMap;

use domain::{
    AccountWrite, ActionState, ApprovalRequest, Ballot, Digest, Effect, Finding, Level, Message, Outcome,
    Party, Payload, Receipt, Risk, Status, StepOutcome, Verdict,
    account::{KeyStatus, NetworkAclEntry, PublicAccessBlock, SecurityGroupRule},
    approval::Answer,
    finding::Matched,
    message::{
        ActionUpdate, Alert, ApprovalSettled, BallotCast, BlastRadiusDrawn, Command, EventGlimpse,
        IncidentUpdate, Notice, Record, Severity, VerdictGiven,
    },
};
use serde_json::{Value, json};

use super::{arn, at, plan};

fn verdict() -> Verdict {
    Verdict {
        effect: Effect::Approval,
        reasons: vec!["risk is high".into()],
        approvers: 2,
        expires_seconds: 900,
        on_expiry: vec!["act-1".into()],
        observe: Vec::new(),
        policy: "digest".into(),
    }
}

fn finding() -> Finding {
    Finding {
        id: "fnd-1".into(),
        rule: "rule".into(),
        title: "title".into(),
        description: "why".into(),
        level: Level::High,
        risk: Risk::new(71),
        contributions: vec![domain::Contribution {
            name: "rule level".into(),
            points: -3,
            why: "low".into(),
        }],
        attack: vec![domain::Technique { id: "T1098.001".into(), tactic: "persistence".into() }],
        playbook: None,
        event: "e".into(),
        time: at(7),
        operation: "CreateUser".into(),
        actor: None,
        origin: Some("198.51.100.7".into()),
        account: None,
        resources: vec![],
        matched: vec![Matched { field: "a.b".into(), value: "\u{202e}<script>".into() }],
        false_positives: vec![],
        opinion: None,
        drill: true,
    }
}

fn calls() -> Vec<AccountWrite> {
    let entry = NetworkAclEntry {
        rule_number: 77,
        egress: true,
        allow: false,
        protocol: "-1".into(),
        cidr: "2001:db8::7/128".parse().unwrap(),
    };
    let rule =
        SecurityGroupRule { protocol: "tcp".into(), from_port: 0, to_port: 65535, peer: "0.0.0.0/0".into() };
    vec![
        AccountWrite::UpdateAccessKey {
            user: "ann".into(),
            access_key: "AKIA".into(),
            status: KeyStatus::Inactive,
        },
        AccountWrite::PutRolePolicy {
            role: "r".into(),
            policy_name: "p".into(),
            document: json!({"a": [1, null, 0.5]}),
        },
        AccountWrite::CreateNetworkAclEntry { network_acl: "acl-1".into(), entry },
        AccountWrite::RevokeSecurityGroupEgress { group: "sg-1".into(), rule },
        AccountWrite::PutPublicAccessBlock { bucket: "b".into(), block: PublicAccessBlock::ALL },
        AccountWrite::CreateTags { resource: "i-1".into(), tags: BTreeMap::from([("k".into(), "v".into())]) },
    ]
}

/// A payload of each kind, and of each form that a kind has.
fn every() -> Vec<Payload> {
    let plan = plan();
    let settled = |outcome| {
        Payload::ApprovalSettled(ApprovalSettled { incident: "inc-1".into(), plan: Digest::zero(), outcome })
    };
    let cast = |answer| {
        let ballot = Ballot { plan: plan.hash.clone(), answer };
        Payload::ApproveAction(BallotCast { incident: "inc-1".into(), by: "zoe".into(), ballot })
    };
    let mut receipt = Receipt::default();
    receipt.reach("opened", at(5));
    receipt.credential_alive_until.insert(arn("ann"), at(9));
    let glimpse = EventGlimpse { time: at(1), operation: "o".into(), actor: "a".into(), origin: "i".into() };
    let update = |last, error| {
        Payload::ActionUpdate(ActionUpdate {
            incident: "inc-1".into(),
            action: "act-1".into(),
            does: "does".into(),
            state: ActionState::Failed,
            last,
            error,
        })
    };
    let mut all = vec![
        Payload::Alert(Alert {
            delivery: Digest::of(b"x"),
            name: "log.json".into(),
            events: vec!["e1".into()],
            sample: vec![glimpse],
            drill: false,
        }),
        Payload::Report(Box::new(finding())),
        Payload::Incident(IncidentUpdate {
            incident: "inc-1".into(),
            title: "t".into(),
            status: Status::AwaitingApproval,
            risk: Risk::MAX,
            change: "c".into(),
        }),
        Payload::Verdict(VerdictGiven {
            incident: "inc-1".into(),
            plan: plan.hash.clone(),
            revision: 2,
            verdict: verdict(),
        }),
        Payload::ApprovalRequired(Box::new(ApprovalRequest::new(&plan, &verdict(), vec![arn("ann")], at(3)))),
        cast(Answer::Approve { actions: vec![Digest::zero()] }),
        cast(Answer::Reject { reason: "no".into() }),
        settled(Outcome::Approved { actions: vec![Digest::zero()], by: vec!["zoe".into()] }),
        settled(Outcome::Rejected { by: "zoe".into(), reason: "no".into() }),
        settled(Outcome::Expired { actions: vec![] }),
        settled(Outcome::Superseded),
        Payload::BlastRadiusUpdate(BlastRadiusDrawn {
            incident: "inc-1".into(),
            reachable: 7,
            crown_jewels: 1,
            graph: Digest::zero(),
        }),
        Payload::Command(Command::Undo {
            incident: "inc-1".into(),
            action: "act-1".into(),
            by: "zoe".into(),
            reason: "r".into(),
        }),
        update(None, None),
        update(Some(StepOutcome::Observed), None),
        update(Some(StepOutcome::Refused("NoSuchEntity".into())), Some("it is gone".into())),
        Payload::Record(Record { incident: "inc-1".into(), status: Status::Contained, receipt }),
        Payload::Notice(Notice { severity: Severity::Warning, text: "look".into() }),
    ];
    all.extend(calls().into_iter().map(|call| {
        Payload::Command(Command::Call { incident: "inc-1".into(), action: "act-1".into(), call, undo: true })
    }));
    all
}

fn message(payload: Payload) -> Message {
    Message {
        message_id: "msg-1".into(),
        correlation_id: "inc-1".into(),
        causation_id: Some("msg-0".into()),
        sender: Party::Console,
        receiver: Party::Dashboard,
        time: at(1_700_000_000_123),
        risk_score: Some(0.57),
        payload,
    }
}

#[test]
fn each_kind_has_the_documented_keys_and_can_be_read_again() {
    let mut kinds = std::collections::BTreeSet::new();
    for payload in every() {
        let (kind, message) = (payload.kind(), message(payload));
        let value = serde_json::to_value(&message).unwrap();
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        let documented = [
            "causation_id",
            "correlation_id",
            "message_id",
            "payload",
            "receiver",
            "risk_score",
            "sender",
            "time",
            "type",
        ];
        assert_eq!(keys, documented, "{kind}");
        assert_eq!((&value["type"], &value["risk_score"]), (&json!(kind), &json!(0.57)));
        assert!(value["payload"].is_object());
        assert_eq!(serde_json::from_value::<Message>(value).unwrap(), message, "{kind}");
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message, "{kind}, as text");
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 12, "each kind is in the table: {kinds:?}");
}

#[test]
fn what_is_not_known_is_absent() {
    let bare = Message {
        causation_id: None,
        risk_score: None,
        ..message(Payload::Notice(Notice { severity: Severity::Info, text: String::new() }))
    };
    let value = serde_json::to_value(&bare).unwrap();
    assert_eq!((value.get("risk_score"), value.get("causation_id")), (None, None));
    assert_eq!(serde_json::from_value::<Message>(value).unwrap(), bare);
}

#[test]
fn every_risk_survives_the_wire() {
    for points in 0..=100 {
        let risk_score = Some(Risk::new(points).score());
        let sent = Message { risk_score, ..message(every().remove(0)) };
        let read: Message = serde_json::from_str(&serde_json::to_string(&sent).unwrap()).unwrap();
        assert_eq!(read, sent);
        assert_eq!(Digest::of_json(&read), Digest::of_json(&sent), "the ledger attests what was said");
    }
}

#[test]
fn a_time_is_rfc_3339_in_utc_to_the_millisecond() {
    for (text, millis) in [
        ("2023-11-14T22:13:20.123Z", 1_700_000_000_123),
        ("2023-11-14T23:13:20.1239+01:00", 1_700_000_000_123),
        ("1970-01-01T00:00:00Z", 0),
    ] {
        let time: domain::Time = text.parse().unwrap();
        assert_eq!(time.millis(), millis);
        assert_eq!(
            serde_json::from_value::<domain::Time>(Value::from(text)).unwrap(),
            time,
            "one time, one form"
        );
        let value = serde_json::to_value(time).unwrap();
        assert!(value.as_str().unwrap().ends_with('Z'), "{value}");
        assert_eq!(serde_json::from_value::<domain::Time>(value).unwrap(), time);
    }
    assert!(serde_json::from_value::<domain::Time>(Value::from("soon")).is_err());
}
