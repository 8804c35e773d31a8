//! Slack and PagerDuty beside the program: people are told once each, whatever fails, and a click counts like a ballot.

use std::{process::Command, time::Instant};

use notify::proofs::{CHANNEL, ROUTING_KEY, SIGNING_SECRET, Service, TOKEN, click, signed, value};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PATIENCE, Server, command};

/// The program, told where people are.
fn told(dir: &TempDir, service: &Service) -> Command {
    let ana = json!({ "name": "ana", "role": "approver", "principals": [] });
    let slack = json!({ "bot_token": TOKEN, "signing_secret": SIGNING_SECRET, "channel": CHANNEL,
        "people": { "U0ANA": ana }, "api": format!("{}/api", service.url()) });
    let file = dir.path().join("slack.json");
    std::fs::write(&file, slack.to_string()).unwrap();
    let pagerduty = json!({ "routing_key": ROUTING_KEY, "api": format!("{}/v2", service.url()) });
    let mut command = command(dir.path());
    command.env("ASOC_SLACK_FILE", file).env("ASOC_PAGERDUTY", pagerduty.to_string());
    command
}

/// What was taken until this holds of all of it.
async fn taken(service: &Service, mut holds: impl FnMut(&[(String, Value)]) -> bool) -> Vec<(String, Value)> {
    let (begin, mut taken) = (Instant::now(), Vec::new());
    loop {
        taken.extend(service.taken());
        if holds(&taken) {
            return taken;
        }
        assert!(begin.elapsed() < PATIENCE, "people were told only: {taken:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn count(taken: &[(String, Value)], method: &str) -> usize {
    taken.iter().filter(|(name, _)| name == method).count()
}

#[tokio::test]
async fn people_are_told_and_answer_where_they_are() {
    let service = Service::start().await;
    service.answer_next(503, &[], json!({}));
    let dir = tempfile::tempdir().unwrap();
    let first = told(&dir, &service);
    let mut server = Server::start_as(dir, first);
    let incident = server.drill().await;
    let all = taken(&service, |all| {
        count(all, "trigger") > 0
            && all.iter().any(|(_, request)| request.to_string().contains("asoc_approve"))
    })
    .await;
    let begun =
        all.iter().filter(|(name, request)| name == "chat.postMessage" && request["thread_ts"].is_null());
    assert_eq!(begun.count(), 1, "an incident is talked about in one place");
    assert!(
        all.iter().any(|(_, request)| request.to_string().contains(&server.dashboard)),
        "with a way to look"
    );

    let now = jiff::Timestamp::now().as_second();
    let (headers, body) = signed(&click("U0ANA", "asoc_approve", &value(&incident)), now);
    let slack = |headers, body| server.request(Method::POST, "/v1/slack").headers(headers).body(body).send();
    assert_eq!(slack(headers.clone(), body.clone()).await.unwrap().status(), 200);
    let detail = server.fetch(&format!("/v1/incidents/{}", incident.id)).await;
    let approval = &detail["incident"]["approval"];
    assert_eq!(approval["outcome"]["by"], json!(["ana"]), "{approval}");
    assert_ne!(slack(headers, body.clone()).await.unwrap().status(), 200, "nor twice");
    let (forged, _) = signed(&json!({}), now);
    assert_eq!(slack(forged, body).await.unwrap().status(), 403);

    // Whoever was told is not told again after a restart.
    taken(&service, |all| all.iter().any(|(_, request)| request.to_string().contains("ana"))).await;
    server.terminate();
    service.taken();
    let dir = std::mem::replace(&mut server.dir, tempfile::tempdir().unwrap());
    let again = told(&dir, &service);
    let server = Server::start_as(dir, again);
    server.deliver(&["one".to_owned()]).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let after = service.taken();
    assert!(after.iter().all(|(name, _)| name != "trigger"), "{after:#?}");
    assert!(
        after.iter().all(|(name, request)| name != "chat.postMessage" || request["thread_ts"].is_string()),
        "{after:#?}"
    );
}
