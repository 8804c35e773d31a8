//! Sealing, closing, and what an examination of the trail finds when somebody has been at it.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

use std::{path::Path, sync::Arc};

use agent::{
    Store, Write,
    proofs::{
        outside::{outside, put},
        prove,
        store::{incident, message, record},
    },
};
use compliance::{Compliance, Input, Output, checkpoint::Notary, verify::examine};
use domain::{
    ActionId, ActionRecord, ActionState, Checkpoint, Digest, Incident, IncidentId, LedgerEntry, Status, Time,
};
use sandbox::Sandbox;
use sqlx::{Connection, SqliteConnection};
use store::SqlStore;

async fn sealed(dir: &Path, messages: usize) -> (SqlStore, Vec<Checkpoint>) {
    let store = SqlStore::open(&dir.join("a.db")).await.unwrap();
    for n in 0..messages {
        let said = [message(&format!("m{n}"), "c")];
        let evidence = format!("evidence {n}");
        let decision = record(&n.to_string(), evidence.as_bytes(), vec![]);
        store.commit(&decision, evidence.as_bytes(), &[], &said).await.unwrap();
    }
    let (ctx, _) =
        outside(Arc::new(store.clone()), Arc::new(Sandbox::new(Default::default())), Time::from_millis(0));
    let output = prove(&Compliance, &ctx, "seal/0", Input::Seal).await;
    assert_eq!(output, Output::Sealed { sealed: messages });
    let head = store.ledger_head().await.unwrap().unwrap();
    let checkpoint = Notary::new(&[7; 32]).sign(&head, Time::from_millis(5));
    (store, vec![checkpoint])
}

/// What an examination says after somebody ran this SQL on the database file.
async fn after(tamper: &[&str]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let (store, kept) = sealed(dir.path(), 6).await;
    assert_eq!(examine(&store, &kept, |_| {}).await.unwrap().faults, Vec::<String>::new());
    let url = format!("sqlite://{}", dir.path().join("a.db").display());
    let mut hand = SqliteConnection::connect(&url).await.unwrap();
    for sql in tamper {
        let changed = sqlx::query(sqlx::AssertSqlSafe((*sql).to_owned())).execute(&mut hand).await.unwrap();
        assert!(changed.rows_affected() > 0, "{sql} did something");
    }
    examine(&store, &kept, |_| {}).await.unwrap().faults
}

#[tokio::test]
async fn every_tampering_is_found_and_names_the_entry() {
    let body = |field: &str, value: &str| {
        format!("UPDATE ledger SET body = json_set(body, '$.{field}', '{value}') WHERE seq = 3")
    };
    let zeros = "0".repeat(64);
    let mut cases: Vec<(Vec<String>, &str)> = Vec::new();
    for (field, value) in [
        ("time", "2030-01-01T00:00:00Z"),
        ("message", "m1"),
        ("kind", "RECORD"),
        ("correlation", "other"),
        ("sender", "response"),
        ("content", &zeros),
        ("decision", &zeros),
        ("policies", &"1".repeat(64)),
        ("previous", &zeros),
        ("hash", &zeros),
    ] {
        cases.push((vec![body(field, value)], "entry 3"));
    }
    for (seq, named) in [(1, "entry 1 "), (4, "entry 4 "), (6, "entry 6 ")] {
        cases.push((vec![format!("DELETE FROM ledger WHERE seq = {seq}")], named));
    }
    let swap = |what: &str| {
        ["UPDATE ledger SET seq = -2 WHERE seq = 2", "UPDATE ledger SET seq = 2 WHERE seq = 5", what]
            .map(str::to_owned)
            .to_vec()
    };
    cases.push((swap("UPDATE ledger SET seq = 5 WHERE seq = -2"), "entry 5"));
    cases.push((vec!["DELETE FROM ledger WHERE seq > 3".into()], "entry 6 is missing"));
    cases.push((vec!["DELETE FROM ledger".into()], "entry 6 is missing"));
    cases.push((
        vec!["UPDATE messages SET body = replace(body, 'text of m2', 'else') WHERE id = 'm2'".into()],
        "entry 3",
    ));
    cases.push((vec!["UPDATE messages SET body = 'no JSON' WHERE id = 'm2'".into()], "entry 3"));
    cases.push((vec!["DELETE FROM messages WHERE id = 'm2'".into()], "entry 3"));
    cases.push((vec!["UPDATE messages SET decision = 'x' WHERE id = 'm2'".into()], "entry 3"));
    cases.push((
        vec!["UPDATE decisions SET body = replace(body, 'done', 'undone') WHERE key = '2'".into()],
        "entry 3",
    ));
    cases.push((vec!["DELETE FROM decisions WHERE key = '2'".into()], "entry 3"));
    cases.push((
        vec!["UPDATE blobs SET body = 'else' WHERE body = CAST('evidence 2' AS BLOB)".into()],
        "entry 3",
    ));
    cases.push((vec!["DELETE FROM blobs WHERE body = CAST('evidence 2' AS BLOB)".into()], "entry 3"));
    for (tamper, named) in cases {
        let sql: Vec<&str> = tamper.iter().map(String::as_str).collect();
        let faults = after(&sql).await;
        assert!(
            faults.iter().any(|fault| fault.starts_with(named)),
            "{tamper:?} gave {faults:?}, not {named}"
        );
    }
}

#[tokio::test]
async fn a_chain_forged_anew_does_not_fit_a_checkpoint_that_was_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (store, kept) = sealed(dir.path(), 3).await;
    let url = format!("sqlite://{}", dir.path().join("a.db").display());
    let mut hand = SqliteConnection::connect(&url).await.unwrap();
    let mut previous = Digest::zero();
    for old in store.ledger(0, 10).await.unwrap() {
        let mut entry = LedgerEntry { time: Time::from_millis(77), previous: previous.clone(), ..old };
        entry.hash = entry.expected_hash();
        previous = entry.hash.clone();
        sqlx::query("UPDATE ledger SET body = $1 WHERE seq = $2")
            .bind(serde_json::to_string(&entry).unwrap())
            .bind(i64::try_from(entry.seq).unwrap())
            .execute(&mut hand)
            .await
            .unwrap();
    }
    assert!(examine(&store, &[], |_| {}).await.unwrap().faults.is_empty(), "by itself the forgery is sound");
    let faults = examine(&store, &kept, |_| {}).await.unwrap().faults;
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with("entry 3: a checkpoint of"), "{faults:?}");

    let other =
        Notary::new(&[8; 32]).sign(&store.ledger_head().await.unwrap().unwrap(), Time::from_millis(9));
    let faults = examine(&store, &[kept[0].clone(), other], |_| {}).await.unwrap().faults;
    assert!(faults.iter().any(|f| f.contains("another key")), "{faults:?}");

    let mut forged = kept[0].clone();
    forged.hash = previous;
    let faults = examine(&store, &[forged], |_| {}).await.unwrap().faults;
    assert!(faults[0].contains("is not genuine"), "{faults:?}");
}

#[tokio::test]
async fn what_a_failed_workflow_leaves_half_done_can_be_undone() {
    use ActionState::{Applied, Applying, Failed, Planned, Undoing, Verified};
    let action = |id: &str, state| ActionRecord { state, ..ActionRecord::planned(ActionId::from(id)) };
    let table = [
        (None, [Failed, Failed, Undoing, Verified, Planned]),
        (Some("c"), [Applying, Applied, Failed, Verified, Planned]),
        (Some("d"), [Applying, Applied, Undoing, Verified, Planned]),
    ];
    for (undoing, after) in table {
        let states = [Applying, Applied, Undoing, Verified, Planned];
        let actions =
            ["a", "b", "c", "d", "e"].into_iter().zip(states).map(|(id, s)| action(id, s)).collect();
        let store = Arc::new(SqlStore::open_in_memory().await.unwrap());
        let (ctx, _) = outside(store, Arc::new(Sandbox::new(Default::default())), Time::from_millis(0));
        put(&ctx, "before", Write::Incident(Box::new(Incident { actions, ..incident("i", 1, 0) }))).await;
        let failure = Some(serde_json::json!({ "Error": "States.Timeout" }));
        let input =
            Input::Record { incident: IncidentId::from("i"), failure, action: undoing.map(ActionId::from) };
        prove(&Compliance, &ctx, "record", input).await;
        let closed = ctx.store.incident(&IncidentId::from("i")).await.unwrap().unwrap();
        assert_eq!(closed.actions.iter().map(|a| a.state).collect::<Vec<_>>(), after, "{undoing:?}");
    }
}

#[tokio::test]
async fn an_incident_is_closed_as_its_record_says() {
    let action = |state| ActionRecord { state, ..ActionRecord::planned(ActionId::from("a")) };
    let with = |states: &[ActionState]| Incident {
        actions: states.iter().map(|s| action(*s)).collect(),
        ..incident("i", 1, 0)
    };
    use ActionState::{Failed, LeftOut, Simulated, Undone, Verified};
    let failure = serde_json::json!({ "Error": "Permanent" });
    let table = [
        (with(&[]), None, Status::Noted),
        (with(&[LeftOut]), None, Status::Noted),
        (with(&[Verified, LeftOut]), None, Status::Contained),
        (with(&[Verified, Undone]), None, Status::Contained),
        (with(&[Undone, LeftOut]), None, Status::Undone),
        (with(&[Verified, Failed]), None, Status::Failed),
        (with(&[Simulated]), None, Status::Simulated),
        (with(&[Verified]), Some(failure), Status::Failed),
    ];
    for (n, (before, failure, status)) in table.into_iter().enumerate() {
        let store = Arc::new(SqlStore::open_in_memory().await.unwrap());
        let (ctx, _) = outside(store, Arc::new(Sandbox::new(Default::default())), Time::from_millis(0));
        put(&ctx, "before", Write::Incident(Box::new(before))).await;
        let input = Input::Record { incident: IncidentId::from("i"), failure, action: None };
        assert_eq!(prove(&Compliance, &ctx, "record", input).await, Output::Recorded { status }, "case {n}");
        let closed = ctx.store.incident(&IncidentId::from("i")).await.unwrap().unwrap();
        assert_eq!((closed.status, closed.version), (status, 2));
        assert!(closed.receipt.reached.contains_key("recorded"));
    }
}
