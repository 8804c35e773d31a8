//! Services that fail.

use std::time::Instant;

use serde_json::json;

use super::{World, ann, logged, names, required};

#[tokio::test]
async fn who_is_asked_to_wait_waits() {
    let incident = ann();
    let world = World::with(&incident).await;
    world.service.answer_next(429, &[("retry-after", "1")], json!({ "ok": false, "error": "ratelimited" }));
    let begun = Instant::now();
    let taken = world.tell("m1", required(&incident)).await;
    assert_eq!(names(&taken), ["chat.postMessage", "trigger"]);
    assert!(begun.elapsed().as_millis() >= 1000);
}

#[tokio::test]
async fn who_is_asked_to_wait_long_leaves_it_to_the_queue() {
    let incident = ann();
    let mut world = World::with(&incident).await;
    world.service.answer_next(429, &[("retry-after", "60")], json!({}));
    let begun = Instant::now();
    let error = world.try_tell(&[logged("m1", required(&incident))]).await.unwrap_err().to_string();
    assert!(error.contains("Slack does not answer for now (HTTP 429)"), "{error}");
    assert!(begun.elapsed().as_secs() < 5);
    assert_eq!(names(&world.service.taken()), ["trigger"], "one that fails does not silence the other");
    // What comes at once after it does not wait for it again.
    let error = world.try_tell(&[logged("m1", required(&incident))]).await.unwrap_err().to_string();
    assert!(error.contains("it did not a moment ago") && world.service.taken().is_empty(), "{error}");
    // The queue brings it again later: only who was not told is told.
    world.notifier.slack = Some(world.service.slack(json!({})));
    assert_eq!(names(&world.tell("m1", required(&incident)).await), ["chat.postMessage"]);
}

#[tokio::test]
async fn a_server_that_stumbles_is_asked_again_and_one_that_lies_down_is_not() {
    let incident = ann();
    let world = World::with(&incident).await;
    for _ in 0..2 {
        world.service.answer_next(502, &[], json!("bad gateway"));
    }
    assert_eq!(names(&world.tell("m1", required(&incident)).await), ["chat.postMessage", "trigger"]);
    let world = World::with(&incident).await;
    for _ in 0..3 {
        world.service.answer_next(503, &[], json!("SECRET words"));
    }
    let error = world.try_tell(&[logged("m1", required(&incident))]).await.unwrap_err().to_string();
    assert!(
        error.contains("Slack does not answer for now (HTTP 503)") && !error.contains("SECRET"),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_refused_is_told_by_name_and_nothing_else() {
    let incident = ann();
    for (status, body, told) in [
        (200, json!({ "ok": false, "error": "channel_not_found" }), "Slack refuses (channel_not_found)"),
        (200, json!({ "ok": false, "error": "SECRET <words>" }), "Slack refuses (an error without a name)"),
        (200, json!({ "ok": false, "error": "fatal_error" }), "Slack does not answer for now (fatal_error)"),
        (404, json!("SECRET"), "Slack refuses (HTTP 404)"),
    ] {
        let world = World::with(&incident).await;
        world.service.answer_next(status, &[], body);
        let error = world.try_tell(&[logged("m1", required(&incident))]).await.unwrap_err().to_string();
        assert!(error.contains(told) && !error.contains("SECRET"), "{error}");
    }
}

#[tokio::test]
async fn a_message_that_was_deleted_stops_nothing() {
    let incident = ann();
    let world = World::with(&incident).await;
    world.tell("m1", required(&incident)).await;
    world.service.answer_next(200, &[], json!({ "ok": false, "error": "message_not_found" }));
    let taken = world.tell("m2", super::cast(&incident, "zoe")).await;
    assert_eq!(names(&taken), ["chat.postMessage", "acknowledge"]);
}
