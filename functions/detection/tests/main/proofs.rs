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
use detection::Detection;
use domain::{
    AccountWrite, Event, FindingId, Inventory, Payload, Risk, account::Scope, delivery::Door,
    incident::FindingSummary,
};
use sandbox::Sandbox;
use serde_json::json;
use store::SqlStore;

use crate::{alert, drills::play, event, now, rules};

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

    let answer = prove(&Detection::new(rules()), &ctx, "1", alert(&events, true)).await;
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
    let answer = prove(&Detection::new(rules()), &ctx, "1", alert(&events, true)).await;
    assert_eq!(answer.findings, 3);
    assert!(reported(&ctx).await.iter().all(|(_, parts)| points(parts, "principal's power") == Some(0)));
}

#[tokio::test]
async fn everyday_events_ask_the_account_nothing() {
    let mut record = play("leaked-key").remove(2);
    record["eventName"] = json!("ListAccessKeys");
    let events = vec![event(&record, Door::Logs)];
    let ctx = world(Arc::new(Silent), &events).await;
    assert_eq!(prove(&Detection::new(rules()), &ctx, "1", alert(&events, false)).await.findings, 0);
}
