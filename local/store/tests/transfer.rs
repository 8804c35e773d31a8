//! Rows move from one database to the other and back, all of them or none.

use agent::{
    Call, Store, Write,
    proofs::store::{event, incident, message, record},
};
use domain::{Digest, Party, Time};
use serde_json::json;
use store::{Credential, SqlStore, StoredExecution};

use crate::postgres;

/// A store with something in every table but a few.
async fn filled() -> SqlStore {
    let store = SqlStore::open_in_memory().await.unwrap();
    let events = (0..700).map(|n| event(&format!("event {n}"), n * 40_000_000, "é\u{1f980}\"\\")).collect();
    let call = Call::Settle { execution: "x".into(), output: json!(null) };
    for (n, call) in [(1, vec![]), (2, vec![call])] {
        let writes = [Write::Incident(Box::new(incident(&n.to_string(), 1, 5)))];
        let said = [message(&format!("m{n}"), "c")];
        store.commit(&record(&n.to_string(), b"facts", call), b"facts", &writes, &said).await.unwrap();
    }
    store.commit(&record("events", b"", vec![]), b"", &[Write::Events(events)], &[]).await.unwrap();
    store.put_blob(&[0, 159, 146, 150, 255]).await.unwrap();
    store.put_refusal("step", "no").await.unwrap();
    store.put_document("doc", &json!({"a": [1, null]})).await.unwrap();
    let execution =
        StoredExecution { name: "e".into(), machine: "m".into(), status: "RUNNING".into(), body: json!(1) };
    store.begin_execution(&execution, &[json!({"id": 1}), json!({"id": 2})]).await.unwrap();
    let at = Time::from_millis;
    store.put_credential(Credential::Session, &Digest::of(b"secret"), "owner", at(0), at(9)).await.unwrap();
    store
}

async fn exported(store: &SqlStore) -> Vec<u8> {
    let mut out = Vec::new();
    store.export(&mut out, |_| {}).await.unwrap();
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn there_and_back_is_the_same() {
    let first = filled().await;
    let file = exported(&first).await;
    let server = postgres::store().await;
    let mut seen = 0;
    let moved = server.import(file.as_slice(), |moved| seen = moved.rows).await.unwrap();
    assert_eq!((moved.rows, moved.rows), (moved.of, seen));
    assert!(moved.rows > 2800, "{moved:?}");
    assert_eq!(*server.watch().borrow(), 2, "who watches the log is told");
    let from_server = exported(&server).await;
    assert!(from_server == file, "the same rows in the same order");
    let last = SqlStore::open_in_memory().await.unwrap();
    last.import(from_server.as_slice(), |_| {}).await.unwrap();
    assert!(exported(&last).await == file);
    for store in [&server, &last] {
        let said = store.commit(&record("next", b"", vec![]), b"", &[], &[message("m3", "c")]).await;
        assert_eq!(said.unwrap(), agent::Commit::Committed);
        assert_eq!(store.newest_message().await.unwrap(), 3, "the log goes on where it was");
    }
    assert_eq!(server.unfinished().await.unwrap().len(), 1);
    assert!(server.decision(Party::Console, "1").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_leaves_nothing() {
    let file = String::from_utf8(exported(&filled().await).await).unwrap();
    let lines: Vec<_> = file.lines().collect();
    let last = lines.len() - 1;
    let without = |n: usize| [&lines[..n], &lines[n + 1..]].concat().join("\n") + "\n";
    let damaged = [
        (String::new(), "cut off"),
        ("{}\n".to_owned(), "no export"),
        (file.replacen("\"schema\":1", "\"schema\":7", 1), "schema 7"),
        (without(last), "cut off"),
        (without(last / 2), ""),
        (file[..file.len() / 2].to_owned(), "cut off"),
        (
            file.replacen("\\\"reason\\\"", "\\\"raeson\\\"", 1).replacen("event 500", "event 5oo", 1),
            "damaged",
        ),
    ];
    let server = postgres::store().await;
    let local = SqlStore::open_in_memory().await.unwrap();
    for store in [&server, &local] {
        for (n, (file, why)) in damaged.iter().enumerate() {
            let error = store.import(file.as_bytes(), |_| {}).await.unwrap_err();
            assert!(format!("{error:#}").contains(why), "{n}: {error:#}");
        }
        store.import(file.as_bytes(), |_| {}).await.unwrap();
        let error = store.import(file.as_bytes(), |_| {}).await.unwrap_err();
        assert!(error.to_string().contains("not empty"), "{error:#}");
    }
}

/// A table that a migration adds must be carried too.
#[tokio::test]
async fn no_table_is_forgotten() {
    let header: serde_json::Value =
        serde_json::from_slice(exported(&filled().await).await.split(|b| *b == b'\n').next().unwrap())
            .unwrap();
    let mut carried: Vec<_> = header["tables"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|table| {
            let columns = table["columns"].as_array().unwrap();
            columns.iter().map(|c| format!("{}|{}", table["name"].as_str().unwrap(), c.as_str().unwrap()))
        })
        .collect();
    carried.sort();
    let database = postgres::database().await;
    let sql = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'asoc'
               AND table_name !~ '_default$|^_sqlx' ORDER BY table_name || '|' || column_name COLLATE \"C\"";
    let there = servers::shared_postgres().unwrap().psql(&database.name, sql).unwrap();
    assert_eq!(carried, there.lines().collect::<Vec<_>>());
}
