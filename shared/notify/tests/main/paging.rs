//! Whom PagerDuty calls, and until when.

use domain::{Risk, Status};
use serde_json::json;

use super::{World, ann, cast, names, record, required};

#[tokio::test]
async fn a_request_calls_a_vote_quiets_and_the_end_resolves() {
    let incident = ann();
    let world = World::with(&incident).await;
    let taken = world.tell("m1", required(&incident)).await;
    let (name, event) = taken.last().unwrap();
    assert_eq!((name.as_str(), &event["dedup_key"]), ("trigger", &json!(incident.id)));
    assert_eq!(event["payload"]["severity"], "error");
    assert_eq!(event["payload"]["summary"], "Access key used from two places needs approval (risk 87)");
    assert_eq!(event["links"][0]["href"], "https://soc.example/incident/?id=inc-0123456789abcdef");

    let taken = world.tell("m2", cast(&incident, "zoe")).await;
    assert_eq!(taken.last().unwrap().1["dedup_key"], json!(incident.id));
    assert_eq!(taken.last().unwrap().0, "acknowledge");

    let over = world.becomes(|incident| incident.status = Status::Contained).await;
    let taken = world.tell("m3", record(&over)).await;
    let keys: Vec<_> = taken[2..]
        .iter()
        .map(|(name, event)| (name.as_str(), event["dedup_key"].as_str().unwrap()))
        .collect();
    assert_eq!(keys, [("resolve", "inc-0123456789abcdef"), ("resolve", "inc-0123456789abcdef/failed")]);
    assert!(world.tell("m3", record(&over)).await.is_empty(), "what comes twice is sent once");
    let late = world.tell("m4", required(&incident)).await;
    assert!(!names(&late).contains(&"trigger"), "what is over calls nobody: {late:?}");
}

#[tokio::test]
async fn a_failure_calls_though_the_request_was_acknowledged() {
    let incident = ann();
    let world = World::with(&incident).await;
    world.tell("m1", required(&incident)).await;
    world.tell("m2", cast(&incident, "zoe")).await;
    let failed = world.becomes(|incident| incident.status = Status::Failed).await;
    let taken = world.tell("m3", record(&failed)).await;
    assert_eq!(names(&taken), ["chat.update", "chat.postMessage", "resolve", "trigger"]);
    assert_eq!(taken[1].1["reply_broadcast"], true);
    assert_eq!(taken[3].1["dedup_key"], "inc-0123456789abcdef/failed");
}

#[tokio::test]
async fn severity_follows_risk() {
    for (risk, severity) in [
        (0, "info"),
        (39, "info"),
        (40, "warning"),
        (69, "warning"),
        (70, "error"),
        (89, "error"),
        (90, "critical"),
        (100, "critical"),
    ] {
        let mut incident = ann();
        incident.risk = Risk::new(risk);
        let world = World::with(&incident).await;
        let taken = world.tell("m1", required(&incident)).await;
        assert_eq!(taken.last().unwrap().1["payload"]["severity"], severity, "{risk}");
    }
}
