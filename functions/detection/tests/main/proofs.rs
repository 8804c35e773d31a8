//! Detection against a store and an account: what every agent must prove, and where its context comes from.

use std::sync::Arc;

use agent::{
    Account, AccountError, Ctx, Write,
    proofs::{
        outside::{outside, put},
        prove,
        store::incident,
    },
};
use async_trait::async_trait;
use detection::OBTAINED_BY_SUBJECT;
use domain::{
    AccountWrite, Event, FindingId, Inventory, Level, Payload, Risk, Status, account::Scope, delivery::Door,
    incident::FindingSummary,
};
use sandbox::Sandbox;
use serde_json::json;
use store::SqlStore;

use crate::{alert, detection, drills::play, event, now};

struct Silent;

#[async_trait]
impl Account for Silent {
    async fn describe(&self, _: &Scope) -> Result<Inventory, AccountError> {
        Err(AccountError::Unavailable("throttled".into()))
    }

    async fn write(&self, _: &AccountWrite) -> Result<(), AccountError> {
        Err(AccountError::Unavailable("throttled".into()))
    }
}

async fn world(account: Arc<dyn Account>, events: &[Event]) -> Ctx {
    let store = Arc::new(SqlStore::open_in_memory().await.unwrap());
    let ctx = outside(store, account, now()).0;
    put(&ctx, "events", Write::Events(events.to_vec())).await;
    ctx
}

/// For each finding that was reported, its title and the parts of its risk.
async fn reported(ctx: &Ctx) -> Vec<(String, Vec<(String, i32)>)> {
    let log = ctx.store.messages(0, 100).await.unwrap();
    log.into_iter()
        .filter_map(|logged| match logged.message.payload {
            Payload::Report(finding) => Some(*finding),
            _ => None,
        })
        .map(|finding| {
            (finding.title, finding.contributions.into_iter().map(|c| (c.name, c.points)).collect())
        })
        .collect()
}

fn points(parts: &[(String, i32)], name: &str) -> Option<i32> {
    parts.iter().find(|(n, _)| n == name).map(|(_, points)| *points)
}

#[tokio::test]
async fn findings_know_power_worth_and_what_came_before() {
    let account = Arc::new(Sandbox::new(sandbox::default_account().unwrap()));
    let events: Vec<_> = ["leaked-key", "stolen-instance-credential"]
        .into_iter()
        .flat_map(play)
        .map(|record| event(&record, Door::Drill))
        .collect();
    let ctx = world(account, &events).await;
    let mut earlier = incident("inc-1", 1, now().millis());
    earlier.keys = vec!["arn:aws:iam::111122223333:user/ci-deploy".into()];
    earlier.findings = vec![FindingSummary {
        id: FindingId::from("fnd-0"),
        title: "Earlier".into(),
        risk: Risk::new(30),
        time: now(),
    }];
    put(&ctx, "incident", Write::Incident(Box::new(earlier))).await;

    let answer = prove(&detection(""), &ctx, "1", alert(&events, true)).await;
    let reported = reported(&ctx).await;
    assert_eq!(reported.len(), usize::try_from(answer.findings).unwrap());
    let (_, key) = reported.iter().find(|(title, _)| title == "Access key created for another user").unwrap();
    assert_eq!((points(key, "principal's power"), points(key, "related findings")), (Some(7), Some(5)));
    let jewels: Vec<_> = reported
        .iter()
        .filter(|(_, parts)| points(parts, "resource's worth") == Some(15))
        .map(|(t, _)| t)
        .collect();
    assert_eq!(
        jewels,
        ["Instance credential used outside of AWS"],
        "only the read of the orders touches one"
    );
}

#[tokio::test]
async fn an_account_that_does_not_answer_costs_no_finding() {
    let events: Vec<_> =
        play("blinded-and-exposed").iter().map(|record| event(record, Door::Drill)).collect();
    let ctx = world(Arc::new(Silent), &events).await;
    let answer = prove(&detection(""), &ctx, "1", alert(&events, true)).await;
    assert_eq!(answer.findings, 3);
    assert!(reported(&ctx).await.iter().all(|(_, parts)| points(parts, "principal's power") == Some(0)));
}

#[tokio::test]
async fn everyday_events_ask_the_account_nothing() {
    let mut record = play("leaked-key").remove(2);
    record["eventName"] = json!("ListAccessKeys");
    let events = vec![event(&record, Door::Logs)];
    let ctx = world(Arc::new(Silent), &events).await;
    assert_eq!(prove(&detection(""), &ctx, "1", alert(&events, false)).await.findings, 0);
}

/// A role assumed, a key made and a password set count if a subject of an incident that is not closed does it; the same by
/// anybody else, or without such an incident, is everyday.
#[tokio::test]
async fn a_subject_that_obtains_a_credential_is_a_finding() {
    let ci = "arn:aws:iam::111122223333:user/ci-deploy";
    let steps = play("leaked-key");
    let mut password = steps[2].clone();
    password["eventName"] = json!("UpdateLoginProfile");
    password["eventID"] = json!("a-password");
    let mut refused = steps[4].clone();
    refused["errorCode"] = json!("AccessDenied");
    let mut other = steps[4].clone();
    other["userIdentity"]["arn"] = json!("arn:aws:iam::111122223333:user/tom.reyes");
    other["userIdentity"]["accessKeyId"] = json!("AKIAIOSFODNNTOMREYES");
    let mut by_key = other.clone();
    by_key["userIdentity"]["accessKeyId"] = json!("AKIAIOSFODNNCIDEPLOY");
    let mut by_service = steps[4].clone();
    by_service["userIdentity"] = json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"});

    let technique = |id: &str, tactic: &str| Some((id.to_owned(), tactic.to_owned()));
    let session = || technique("T1550.001", "lateral-movement");
    let waiting = Status::AwaitingApproval;
    let cases = [
        ("a role", &steps[4], waiting, true, session()),
        ("a key", &steps[2], Status::Open, true, technique("T1098.001", "persistence")),
        ("a password", &password, Status::Responding, true, technique("T1098.001", "persistence")),
        ("by its key", &by_key, waiting, true, session()),
        ("refused", &refused, waiting, true, None),
        ("an incident that is closed", &steps[4], Status::Contained, true, None),
        ("somebody else, from the same address", &other, waiting, true, None),
        ("a service", &by_service, waiting, true, None),
        ("another act", &steps[3], waiting, true, None),
        ("a drill's incident, and the real thing", &steps[4], waiting, false, None),
    ];
    for (name, record, status, drill, expected) in cases {
        let events = vec![event(record, Door::Drill)];
        let ctx = world(Arc::new(Silent), &events).await;
        let mut open = incident("inc-1", 1, now().millis());
        open.status = status;
        open.drill = true;
        open.keys = vec![ci.into(), "AKIAIOSFODNNCIDEPLOY".into()];
        open.principals = event(&steps[0], Door::Drill).actor.into_iter().collect();
        put(&ctx, "incident", Write::Incident(Box::new(open))).await;
        prove(&detection(""), &ctx, "1", alert(&events, drill)).await;
        let log = ctx.store.messages(0, 100).await.unwrap();
        let found = log.into_iter().find_map(|logged| match logged.message.payload {
            Payload::Report(finding) if finding.rule == OBTAINED_BY_SUBJECT => Some(*finding),
            _ => None,
        });
        assert_eq!(
            found.as_ref().map(|f| (f.attack[0].id.clone(), f.attack[0].tactic.clone())),
            expected,
            "{name}"
        );
        assert!(found.is_none_or(|f| f.level == Level::High
            && f.playbook.as_deref() == Some("compromised-user")
            && f.description.contains("inc-1")));
    }
}

#[tokio::test]
async fn everyday_credentials_ask_the_account_nothing() {
    let events = vec![event(&play("leaked-key")[4], Door::Logs)];
    let ctx = world(Arc::new(Silent), &events).await;
    assert_eq!(prove(&detection(""), &ctx, "1", alert(&events, false)).await.findings, 0);
}
