//! The SQL store keeps the store's contract, and the queue its own, in SQLite and in PostgreSQL.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod cached;
mod postgres;
mod transfer;

use agent::{
    Commit, Store,
    proofs::{bulk, store as contract},
};
use domain::{Message, Party, Payload, Time, message::Alert};
use store::SqlStore;

macro_rules! keeps {
    ($($part:ident::$proof:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $proof() {
            $part::$proof(&SqlStore::open_in_memory().await.unwrap()).await;
            let dir = tempfile::tempdir().unwrap();
            $part::$proof(&SqlStore::open(&dir.path().join("a.db")).await.unwrap()).await;
            let server = postgres::store().await;
            $part::$proof(&server).await;
            server.close().await;
        }
    )*};
}

agent::store_proofs!(keeps);

#[tokio::test]
async fn a_message_waits_until_it_is_done_with() {
    waits_until_it_is_done_with(&SqlStore::open_in_memory().await.unwrap()).await;
    waits_until_it_is_done_with(&postgres::store().await).await;
}

async fn waits_until_it_is_done_with(store: &SqlStore) {
    let alert = Payload::Alert(Alert {
        delivery: domain::Digest::zero(),
        name: "x".into(),
        events: vec![],
        sample: vec![],
        drill: false,
    });
    let message = Message { receiver: Party::Detection, payload: alert, ..contract::message("m", "c") };
    let commit = store.commit(&contract::record("k", b"", vec![]), b"", &[], &[message]).await.unwrap();
    assert_eq!(commit, Commit::Committed);
    let at = Time::from_millis;

    let first = store.take(Party::Detection, at(0), at(100)).await.unwrap().unwrap();
    assert!(store.take(Party::Detection, at(99), at(200)).await.unwrap().is_none(), "hidden from others");
    let second = store.take(Party::Detection, at(100), at(200)).await.unwrap().unwrap();
    assert_eq!((first.attempts, second.attempts), (0, 1), "it comes again");
    store.failed(Party::Detection, second.seq, Some(at(150)), "why").await.unwrap();
    assert!(store.take(Party::Detection, at(150), at(200)).await.unwrap().is_some());
    assert_eq!(store.oldest(Party::Detection).await.unwrap(), Some(first.message.time));
    assert_eq!(store.oldest(Party::Supervisor).await.unwrap(), None, "of another's queue");
    store.reappear(Party::Detection).await.unwrap();
    assert!(
        store.take(Party::Detection, at(150), at(200)).await.unwrap().is_some(),
        "whoever took it is not sure"
    );
    store.failed(Party::Detection, second.seq, None, "for good").await.unwrap();
    assert_eq!(store.oldest(Party::Detection).await.unwrap(), None, "what is set aside does not wait");
    assert!(store.take(Party::Detection, at(10_000), at(20_000)).await.unwrap().is_none(), "set aside");
    let depth = store.depth(Party::Detection).await.unwrap();
    assert_eq!((depth.waiting, depth.dead), (0, 1));
    store.done(Party::Detection, second.seq).await.unwrap();
    assert_eq!(store.depth(Party::Detection).await.unwrap(), Default::default());
}
