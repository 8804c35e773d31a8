//! What no answer ever holds, and who may read the home folder.

use std::{fs, os::unix::fs::PermissionsExt};

use domain::{Digest, Role};
use reqwest::Method;
use store::SqlStore;

use super::{Server, live::Feeds, routes::GUARDED};

#[tokio::test]
async fn no_answer_holds_a_task_token_or_a_key() {
    let mut server = Server::start();
    let mut feed = server.open_feed(0).await;
    let incident = server.drill().await;
    let cookie = server.person("vera", Role::Admin, &[]).await;
    let mut seen = feed.read_until(server.fetch("/v1/feed").await["newest"].as_u64().unwrap()).await.1;
    for (_, path) in GUARDED.iter().filter(|(method, _)| *method == "GET") {
        let path = path.replace("findings/{id}", &format!("findings/{}", incident.findings[0].id.0));
        let path = path.replace("{id}", incident.id.as_str());
        let answer = server.browser(&cookie, Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        seen += &answer.text().await.unwrap();
    }
    assert!(
        seen.contains("TaskSubmitted") && seen.contains("APPROVAL_REQUIRED"),
        "it was looked for where it could be"
    );

    server.terminate();
    let store = SqlStore::open(&server.home().join("asoc.db")).await.unwrap();
    let running = store.running_executions().await.unwrap();
    let key = fs::read_to_string(server.home().join("workflow.key")).unwrap();
    assert!(!running.is_empty());
    for stored in running {
        let execution: asl::Execution = serde_json::from_value(stored.body).unwrap();
        let task = execution.waiting(jiff::Timestamp::MAX).unwrap();
        let token = Digest::of_json(&(key.trim(), task.to_string())).0;
        assert_eq!(execution.holder_of(&token), Some(task), "this is the token");
        assert!(!seen.contains(&token));
    }
    for name in ["workflow.key", "ledger.key", "webhook.key", "operator.token", "metrics.token"] {
        assert!(!seen.contains(fs::read_to_string(server.home().join(name)).unwrap().trim()), "{name}");
    }
}

#[tokio::test]
async fn only_its_owner_may_read_the_home() {
    let server = Server::start();
    server.deliver(&["one".to_owned()]).await;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&server.home()), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(server.home()).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        // The folder may have been made by hand with a wider mode, so each file stands for itself.
        assert_eq!(mode(&entry.path()), 0o600, "{names:?}");
    }
    for name in [
        "operator.token",
        "metrics.token",
        "asoc.db",
        "ledger.key",
        "workflow.key",
        "webhook.key",
        "console.address",
    ] {
        assert!(names.iter().any(|n| n == name), "{names:?}");
    }
}
