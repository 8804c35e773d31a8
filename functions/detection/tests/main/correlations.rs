//! Correlations over several alerts: their windows are remembered in between.

use agent::{Ctx, proofs::prove};
use domain::{Event, delivery::Door};
use serde_json::{Value, json};

use crate::{
    alert, detection, event,
    memory::{reports, world},
};

const TITLE: &str = "Access taken from many users";

/// Somebody deletes a user's password, so many seconds after nine.
fn taken(user: usize, seconds: usize) -> Event {
    let record: Value = json!({
        "eventID": format!("e{user}"), "eventTime": format!("2026-01-06T09:{:02}:{:02}Z", seconds / 60, seconds % 60),
        "eventSource": "iam.amazonaws.com", "eventName": "DeleteLoginProfile", "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333", "sourceIPAddress": "203.0.113.24", "userAgent": "aws-cli/2.15.30",
        "userIdentity": {
            "type": "IAMUser", "userName": "nora", "arn": "arn:aws:iam::111122223333:user/nora",
            "accountId": "111122223333", "accessKeyId": "AKIAEXAMPLENORA00001",
        },
        "requestParameters": {"userName": format!("u{user}")},
    });
    event(&record, Door::Logs)
}

async fn found(ctx: &Ctx, key: &str, events: &[Event], drill: bool) -> u32 {
    prove(&detection(""), ctx, key, alert(events, drill)).await.findings
}

#[tokio::test]
async fn windows_are_remembered_between_alerts() {
    let events: Vec<Event> = (0..8).map(|n| taken(n, n * 20)).collect();
    let (ctx, _) = world(&events, None).await;
    assert_eq!(found(&ctx, "1", &events[..3], false).await, 0);
    assert_eq!(found(&ctx, "2", &events[3..6], false).await, 1, "the fifth user makes it a burst");
    assert_eq!(found(&ctx, "3", &events[6..], false).await, 0, "a burst is one finding");
    let reports = reports(&ctx).await;
    let [finding] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!((finding.title.as_str(), &finding.event), (TITLE, &events[4].id));
    let matched: Vec<_> = finding.matched.iter().map(|m| (m.field.as_str(), m.value.as_str())).collect();
    assert_eq!(
        matched,
        [("userIdentity.arn", "arn:aws:iam::111122223333:user/nora"), ("counted together", "5")]
    );
}

#[tokio::test]
async fn alerts_out_of_order_find_the_same() {
    let events: Vec<Event> = (0..6).map(|n| taken(n, n * 20)).collect();
    let (ctx, _) = world(&events, None).await;
    let turned = [events[5].clone(), events[1].clone(), events[3].clone()];
    assert_eq!(found(&ctx, "1", &turned, false).await, 0);
    let rest = [events[4].clone(), events[0].clone(), events[2].clone()];
    assert_eq!(found(&ctx, "2", &rest, false).await, 1);
}

/// What is played in a drill does not add up with what is real.
#[tokio::test]
async fn drills_have_windows_of_their_own() {
    let events: Vec<Event> = (0..6).map(|n| taken(n, n * 20)).collect();
    let (ctx, _) = world(&events, None).await;
    assert_eq!(found(&ctx, "1", &events[..3], true).await, 0);
    assert_eq!(found(&ctx, "2", &events[3..], false).await, 0);
    assert_eq!(found(&ctx, "3", &events[3..], true).await, 1);
}
