//! What only PostgreSQL has: rights, migrations, partitions, one owner.

use std::time::Duration;

use agent::{
    Commit, Store, StoreError, Write,
    proofs::store::{event, message, record},
};
use domain::{Digest, EventId, LedgerEntry, MessageId, Time};
use servers::{Database, shared_postgres};
use store::{AppRole, SqlStore, migrate};

/// A migrated database of its own.
pub(crate) async fn database() -> Database {
    let database = shared_postgres().unwrap().database().unwrap();
    migrate(&database.owner, Some(&app(&database))).await.unwrap();
    database
}

/// A store on a database of its own, held.
pub(crate) async fn store() -> SqlStore {
    let store = SqlStore::connect(&database().await.app).await.unwrap();
    store.hold().await.unwrap();
    store
}

fn app(database: &Database) -> AppRole {
    AppRole { name: database.app_role.clone(), password: Some(database.password().into()) }
}

fn psql(database: &Database, sql: &str) -> anyhow::Result<String> {
    shared_postgres().unwrap().psql(&database.name, sql)
}

/// The same as another role. Roles with a password sign in themselves.
fn psql_as(database: &Database, role: &str, sql: &str) -> anyhow::Result<String> {
    psql(database, &format!("SET ROLE {role}; SET search_path = asoc; {sql}"))
}

async fn refusal(url: &str) -> String {
    match SqlStore::connect(url).await {
        Err(StoreError::Refused(why)) => why,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was let in"),
    }
}

async fn put_events(store: &SqlStore, key: &str, events: Vec<domain::Event>) {
    let commit = store.commit(&record(key, b"", vec![]), b"", &[Write::Events(events)], &[]).await.unwrap();
    assert_eq!(commit, Commit::Committed);
}

fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn what_is_on_record_cannot_be_changed() {
    let database = database().await;
    let store = SqlStore::connect(&database.app).await.unwrap();
    store.hold().await.unwrap();
    let entry = LedgerEntry {
        seq: 1,
        kind: "notice".into(),
        sender: "console".into(),
        correlation: "c".into(),
        previous: Digest::zero(),
        time: Time::from_millis(0),
        message: MessageId::from("m"),
        content: Digest::zero(),
        decision: Digest::zero(),
        policies: Digest::zero(),
        hash: Digest::zero(),
    };
    let said = [message("m", "c")];
    store.commit(&record("k", b"", vec![]), b"", &[Write::Ledger(vec![entry])], &said).await.unwrap();
    let owner = database.app_role.replace("app", "owner");
    for (table, column) in [
        ("ledger", "body"),
        ("messages", "body"),
        ("checkpoints", "body"),
        ("blobs", "digest"),
        ("decisions", "body"),
    ] {
        for change in [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
        ] {
            let by_app = psql_as(&database, &database.app_role, &change).unwrap_err().to_string();
            assert!(by_app.contains(&format!("permission denied for table {table}")), "{change}: {by_app}");
            for mighty in [owner.as_str(), "postgres"] {
                let refused = psql_as(&database, mighty, &change).unwrap_err().to_string();
                assert!(
                    refused.contains(&format!("{table} is append-only")),
                    "{change} by {mighty}: {refused}"
                );
            }
        }
    }
    for sql in [
        "CREATE TABLE asoc.more (n BIGINT)",
        "DROP TABLE asoc.ledger",
        "ALTER TABLE asoc.ledger DISABLE TRIGGER ALL",
    ] {
        assert!(psql_as(&database, &database.app_role, sql).is_err(), "{sql}");
    }
    let decided = store.decision(record("k", b"", vec![]).agent, "k").await.unwrap().unwrap();
    store.carried_out(decided.agent, "k").await.unwrap();
    assert_eq!(store.ledger(0, 9).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_migrate_at_once_and_again() {
    let database = shared_postgres().unwrap().database().unwrap();
    let role = app(&database);
    let migrations = (0..4).map(|_| migrate(&database.owner, Some(&role)));
    for version in futures::future::join_all(migrations).await {
        assert_eq!(version.unwrap(), 2);
    }
    let kept = AppRole { password: None, ..role };
    migrate(&database.owner, Some(&kept)).await.unwrap();
    SqlStore::connect(&database.app).await.unwrap();
    let nobody = AppRole { name: "nobody_yet".into(), password: None };
    let refused = migrate(&database.owner, Some(&nobody)).await.unwrap_err();
    assert!(refused.to_string().contains("ASOC_APP_PASSWORD"), "{refused}");
}

#[tokio::test]
async fn whoever_could_change_the_record_is_not_let_in() {
    let database = shared_postgres().unwrap().database().unwrap();
    let owner = refusal(&database.owner).await;
    assert!(owner.contains("owns the database") && owner.contains("asoc migrate"), "{owner}");
    migrate(&database.owner, Some(&app(&database))).await.unwrap();
    let superuser = refusal(&shared_postgres().unwrap().superuser(&database.name)).await;
    assert!(superuser.contains("is a superuser"), "{superuser}");
    psql(&database, &format!("GRANT {} TO {}", database.app_role.replace("app", "owner"), database.app_role))
        .unwrap();
    assert!(
        refusal(&database.app).await.contains("owns the database or its tables"),
        "whoever can become the owner"
    );
}

#[tokio::test]
async fn a_schema_that_is_not_known_is_refused() {
    let database = shared_postgres().unwrap().database().unwrap();
    psql(&database, &format!("CREATE ROLE {} LOGIN PASSWORD '{}'", database.app_role, database.password()))
        .unwrap();
    assert!(refusal(&database.app).await.contains("run `asoc migrate`"), "there is none");
    migrate(&database.owner, None).await.unwrap();
    assert!(refusal(&database.app).await.contains("--app-role"), "the role has no rights");
    migrate(&database.owner, Some(&app(&database))).await.unwrap();
    psql(&database, "UPDATE asoc._sqlx_migrations SET checksum = 'x'").unwrap();
    assert!(refusal(&database.app).await.contains("run `asoc migrate`"), "it is another");
    psql(&database, "UPDATE asoc._sqlx_migrations SET version = 999 WHERE version = 2").unwrap();
    assert!(refusal(&database.app).await.contains("newer"));
}

#[tokio::test]
async fn one_process_owns_a_database() {
    let database = database().await;
    let first = SqlStore::connect(&database.app).await.unwrap();
    let decided = record("k", b"", vec![]);
    let unheld = first.commit(&decided, b"", &[], &[]).await;
    assert!(matches!(unheld, Err(StoreError::Refused(_))), "{unheld:?}");
    first.hold().await.unwrap();
    let second = SqlStore::connect(&database.app).await.unwrap();
    let refused = second.hold().await.unwrap_err();
    assert!(refused.to_string().contains("another asoc uses this database"), "{refused}");
    first.commit(&decided, b"", &[], &[]).await.unwrap();
    first.close().await;
    second.hold().await.unwrap();
}

/// The lock's connection is lost, and taken again; or somebody else was faster.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lock_is_taken_again_unless_somebody_was_faster() {
    let database = database().await;
    let store = SqlStore::connect(&database.app).await.unwrap();
    store.hold().await.unwrap();
    let kill = "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE l.locktype = 'advisory' AND d.datname = current_database()";
    psql(&database, kill).unwrap();
    let begin = std::time::Instant::now();
    let mut lost = false;
    loop {
        assert!(begin.elapsed() < Duration::from_secs(30), "the lock does not come back");
        match store.put_refusal("step", "why").await {
            Ok(()) if lost => break,
            Ok(()) => {}
            Err(StoreError::Unavailable(_)) => lost = true,
            Err(other) => panic!("{other}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let thief = format!("{kill}; SELECT pg_sleep(0.05), pg_advisory_lock(x'61736f63'::bigint), pg_sleep(20)");
    let name = database.clone();
    std::thread::spawn(move || psql(&name, &thief));
    tokio::time::timeout(Duration::from_secs(30), store.taken_over()).await.unwrap();
    let refused = store.put_refusal("step", "why").await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn partitions_come_and_go() {
    let database = database().await;
    let store = SqlStore::connect(&database.app).await.unwrap();
    store.hold().await.unwrap();
    let partitions = || {
        let sql = "SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'asoc.events'::regclass";
        psql(&database, sql).unwrap().parse::<u32>().unwrap()
    };
    assert_eq!(partitions(), 1, "the default one");
    let (old, new) = (event("old", now() - 200 * DAY, "x"), event("new", now(), "x"));
    put_events(&store, "both", vec![old.clone(), new.clone()]).await;
    assert_eq!(partitions(), 3);
    assert_eq!(psql(&database, "SELECT COUNT(*) FROM asoc.events_default").unwrap(), "0");
    assert_eq!(store.tidy(Time::from_millis(now()), 400).await.unwrap(), 0);
    assert!((4..=5).contains(&partitions()), "those ahead are made: {}", partitions());
    assert_eq!(store.tidy(Time::from_millis(now()), 100).await.unwrap(), 2, "the events' and the subjects'");
    assert_eq!(store.events(&[old.id.clone(), new.id.clone()]).await.unwrap(), std::slice::from_ref(&new));
    assert_eq!(store.history(&["x".into()], Time::from_millis(0), 9).await.unwrap(), [new]);
    put_events(&store, "again", vec![old.clone()]).await;
    assert_eq!(
        store.events(std::slice::from_ref(&old.id)).await.unwrap(),
        [old],
        "its partition is made anew"
    );
    let wipe = format!("SELECT asoc.drop_partitions({})", now() + 1000 * DAY);
    psql_as(&database, &database.app_role, &wipe).unwrap();
    assert_eq!(store.known_events(&[EventId::from("new")]).await.unwrap().len(), 1, "the last day stays");
}

#[tokio::test]
async fn no_event_is_refused_for_its_time_or_its_names() {
    let database = database().await;
    let store = SqlStore::connect(&database.app).await.unwrap();
    store.hold().await.unwrap();
    let times = [i64::MIN, i64::MIN / 2, -1, 0, now() + 3000 * DAY, i64::MAX / 2, i64::MAX];
    let far: Vec<_> = times.iter().map(|time| event(&format!("at {time}"), *time, "x")).collect();
    put_events(&store, "far", far.clone()).await;
    let noise: String = (0..4000).map(|_| fastrand::alphanumeric()).collect();
    for name in ["a\0b", "\0", &noise] {
        let odd = event(name, now(), name);
        put_events(&store, &format!("odd {name}"), vec![odd.clone()]).await;
        assert_eq!(store.events(std::slice::from_ref(&odd.id)).await.unwrap(), std::slice::from_ref(&odd));
        assert_eq!(store.history(&[name.to_owned()], Time::from_millis(0), 9).await.unwrap(), [odd]);
    }
    let ids: Vec<_> = far.iter().map(|event| event.id.clone()).collect();
    assert_eq!(store.known_events(&ids).await.unwrap().len(), times.len());
    store.tidy(Time::from_millis(now()), 400).await.unwrap();
    assert_eq!(store.known_events(&ids).await.unwrap().len(), 3, "what is long past is forgotten");
}

/// Events that were far ahead when they came get the partition of their month when that is made.
#[tokio::test]
async fn a_new_partition_takes_its_events_from_the_default_one() {
    let database = database().await;
    let store = SqlStore::connect(&database.app).await.unwrap();
    store.hold().await.unwrap();
    let early = format!(
        "INSERT INTO events VALUES ('early', {0}, '{{}}'); INSERT INTO event_subjects VALUES ('x', {0}, 'early')",
        now()
    );
    psql_as(&database, &database.app_role, &early).unwrap();
    put_events(&store, "k", vec![event("later", now(), "x")]).await;
    assert_eq!(psql(&database, "SELECT COUNT(*) FROM asoc.events_default").unwrap(), "0");
    assert_eq!(store.known_events(&[EventId::from("early"), EventId::from("later")]).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_long_is_compressed_as_fast_as_the_server_can() {
    let database = database().await;
    let store = SqlStore::connect(&database.app).await.unwrap();
    store.hold().await.unwrap();
    store.put_blob(&b"{\"eventName\":\"GetObject\"}".repeat(1_000)).await.unwrap();
    let able = "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'";
    let method = if psql(&database, able).unwrap().trim() == "t" { "lz4" } else { "pglz" };
    let used = psql(&database, "SELECT pg_column_compression(body) FROM asoc.blobs").unwrap();
    assert_eq!(used.trim(), method);
}
