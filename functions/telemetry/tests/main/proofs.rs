//! Telemetry against a store: what every agent must prove, on an input for each branch.

use std::sync::Arc;

use agent::{
    Agent, Ctx, Observed,
    proofs::{outside::outside, prove},
};
use domain::{Delivery, Digest, EventId, delivery::Door};
use sandbox::Sandbox;
use serde_json::json;
use store::SqlStore;
use telemetry::Telemetry;

use crate::{delivery, event_id, received, record};

async fn world() -> Ctx {
    let store = Arc::new(SqlStore::open_in_memory().await.unwrap());
    outside(store, Arc::new(Sandbox::new(Default::default())), received()).0
}

async fn deliver(ctx: &Ctx, key: &str, body: &[u8], door: Door) -> (u64, u64, u64, u64) {
    ctx.store.put_blob(body).await.unwrap();
    let receipt = prove(&Telemetry::default(), ctx, key, delivery(body, door)).await;
    assert_eq!(receipt.given, receipt.read + receipt.duplicate + receipt.quarantined);
    (receipt.given, receipt.read, receipt.duplicate, receipt.quarantined)
}

#[tokio::test]
async fn deliveries_are_decided_once_and_can_be_replayed() {
    let ctx = world().await;
    let first = json!({"Records": [record("a"), record("b"), record("a"), 17]}).to_string();
    assert_eq!(deliver(&ctx, "1", first.as_bytes(), Door::Logs).await, (4, 2, 1, 1));
    // The same events in other bytes, under another key.
    let again = json!([record("b"), record("a"), record("c")]).to_string();
    assert_eq!(deliver(&ctx, "2", again.as_bytes(), Door::Drill).await, (3, 1, 2, 0));
    assert_eq!(deliver(&ctx, "3", b"\x1f\x8bnot gzip", Door::Logs).await, (1, 0, 0, 1));
    let alert = json!({"id": "7", "time": "2026-01-01T00:00:00Z", "title": "T", "severity": 1}).to_string();
    assert_eq!(deliver(&ctx, "4", alert.as_bytes(), Door::Webhook).await, (1, 1, 0, 0));

    let ids: Vec<EventId> = vec![event_id("a"), event_id("b"), event_id("c"), "webhook:7".into()];
    assert_eq!(ctx.store.events(&ids).await.unwrap().len(), 4);
    assert_eq!(ctx.store.quarantine(10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_delivery_that_the_archive_does_not_hold_is_an_error() {
    let ctx = world().await;
    let lost = Delivery { digest: Digest::of(b"lost"), ..delivery(b"", Door::Logs) };
    let error = agent::invoke(&Telemetry::default(), &ctx, "1", None, lost).await.unwrap_err();
    assert!(error.to_string().contains("the archive holds no delivery"), "{error}");
}

#[tokio::test]
async fn what_was_read_ahead_is_decided_on_as_what_the_archive_holds() {
    let ctx = world().await;
    let body = json!({"Records": [record("a"), 17, record("b"), record("a")]}).to_string();
    let asked = delivery(body.as_bytes(), Door::Logs);
    let telemetry = Telemetry::default().ahead(&asked, body.clone().into_bytes());
    // It is not in the archive yet, and is asked for there by whoever comes second.
    let ahead = telemetry.gather(&ctx, &asked).await.unwrap();
    telemetry.gather(&ctx, &asked).await.unwrap_err();
    ctx.store.put_blob(body.as_bytes()).await.unwrap();
    let fetched = telemetry.gather(&ctx, &asked).await.unwrap();
    let [ahead, fetched] = [ahead, fetched].map(|facts| Observed { now: received(), facts });
    let decided = telemetry.decide(&asked, &ahead);
    assert_eq!((decided.output.read, decided.output.duplicate, decided.output.quarantined), (2, 1, 1));
    assert_eq!(decided, telemetry.decide(&asked, &fetched));
    assert_eq!(decided, telemetry.decide(&asked, &ahead), "what was taken is read again");

    // Of another delivery it has read nothing.
    let other = json!([record("c")]).to_string();
    let telemetry = Telemetry::default().ahead(&asked, body.into_bytes());
    ctx.store.put_blob(other.as_bytes()).await.unwrap();
    let facts = telemetry.gather(&ctx, &delivery(other.as_bytes(), Door::Logs)).await.unwrap();
    assert_eq!(facts.digest, Digest::of(other.as_bytes()));
    assert_eq!(facts.body, other.into_bytes());
}
