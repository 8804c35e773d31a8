//! `asoc migrate`, `asoc export` and `asoc import` as their users run them.

use std::{
    path::Path,
    process::{Command, Output},
};

use servers::shared_postgres;

use crate::databases::migrated;

fn asoc(home: &Path, database: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asoc"));
    command.args(arguments).arg("--home").arg(home).env("ASOC_LOG", "off").env_remove("DATABASE_URL");
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A drill is played on SQLite; what came of it moves to PostgreSQL and back.
#[tokio::test(flavor = "multi_thread")]
async fn an_incident_moves_there_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let file = |name: &str| path(name).display().to_string();
    let played = asoc(&path("one"), None, &["drill", "leaked-key", "--speed", "0"]);
    assert!(played.status.success(), "{}", said(&played));
    let exported = asoc(&path("one"), None, &["export", &file("first")]);
    assert!(exported.status.success() && said(&exported).contains("ledger.key"), "{}", said(&exported));
    let again = asoc(&path("one"), None, &["export", &file("first")]);
    assert!(!again.status.success(), "no file is overwritten");

    let database = migrated(shared_postgres().unwrap()).await;
    let imported = asoc(&path("two"), Some(&database.app), &["import", &file("first")]);
    assert!(imported.status.success() && said(&imported).contains("every one holds"), "{}", said(&imported));
    let full = asoc(&path("two"), Some(&database.app), &["import", &file("first")]);
    assert!(!full.status.success() && said(&full).contains("not empty"), "{}", said(&full));
    let listed = asoc(&path("two"), Some(&database.app), &["incidents", "--json"]);
    assert_eq!(said(&listed), said(&asoc(&path("one"), None, &["incidents", "--json"])));
    let verified = asoc(&path("two"), Some(&database.app), &["verify"]);
    assert!(verified.status.success(), "{}", said(&verified));

    let database = migrated(shared_postgres().unwrap()).await;
    asoc(&path("three"), Some(&database.app), &["import", &file("first")]);
    asoc(&path("three"), Some(&database.app), &["export", &file("second")]);
    let imported = asoc(&path("four"), None, &["import", &file("second")]);
    assert!(imported.status.success(), "{}", said(&imported));
    asoc(&path("four"), None, &["export", &file("third")]);
    let read = |name: &str| std::fs::read(path(name)).unwrap();
    assert!(read("first") == read("second") && read("first") == read("third"), "the same rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_migrated_before_it_is_used_and_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let server = shared_postgres().unwrap();
    let database = server.database().unwrap();
    let as_owner = asoc(dir.path(), Some(&database.owner), &["incidents"]);
    assert!(!as_owner.status.success() && said(&as_owner).contains("asoc migrate"), "{}", said(&as_owner));
    let mut migrate = Command::new(env!("CARGO_BIN_EXE_asoc"));
    migrate.args(["migrate", "--app-role", &database.app_role]).env("DATABASE_URL", &database.owner);
    let without = migrate.output().unwrap();
    assert!(!without.status.success() && said(&without).contains("ASOC_APP_PASSWORD"), "{}", said(&without));
    let migrated = migrate.env("ASOC_APP_PASSWORD", database.password()).output().unwrap();
    assert!(migrated.status.success(), "{}", said(&migrated));
    assert!(!said(&migrated).contains(database.password()));

    let holder = store::SqlStore::connect(&database.app).await.unwrap();
    holder.hold().await.unwrap();
    let second = asoc(dir.path(), Some(&database.app), &["incidents"]);
    assert!(said(&second).contains("another asoc uses this database"), "{}", said(&second));
    holder.close().await;
    let listed = asoc(dir.path(), Some(&database.app), &["incidents"]);
    assert!(listed.status.success(), "{}", said(&listed));
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    assert!(!log.contains(database.password()), "the server's log has no password");
}
