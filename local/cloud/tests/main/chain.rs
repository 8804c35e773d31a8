//! From a log file in a bucket to a contained principal, and every other end of an incident.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::world::{World, eventually};

const EVERYTHING: (&str, &str) = (
    "ASOC_CONTAIN",
    "revoke_iam_user,deactivate_access_key,revoke_role_sessions,block_ip,snapshot_volumes,isolate_instance,\
     block_public_access,restart_trail",
);

/// The ballot that approves all of an incident's plan.
pub(crate) fn yes(detail: &Value) -> Value {
    let plan = &detail["incident"]["plan"];
    let actions: Vec<_> = plan["actions"].as_array().unwrap().iter().map(|a| a["hash"].clone()).collect();
    json!({ "plan": plan["hash"], "answer": { "decision": "approve", "actions": actions } })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attack_in_the_bucket_ends_in_a_contained_principal() {
    let daemon = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = daemon.local_addr().unwrap().to_string();
    let world = World::new(&[EVERYTHING, ("AWS_XRAY_DAEMON_ADDRESS", &address)]).await;
    let traced = std::thread::spawn(move || subsegments(&daemon));
    let (status, ticket) = world.post("ana", "analyst", "/v1/socket-ticket", Value::Null).await;
    assert_eq!(status, 200, "{ticket}");
    let ticket: Value = serde_json::from_str(&ticket).unwrap();
    let address = format!(
        "{}/live?ticket={}",
        world.stack.url().replace("http", "ws"),
        ticket["ticket"].as_str().unwrap()
    );
    let (mut socket, _) = tokio_tungstenite::connect_async(&address).await.unwrap();
    assert!(tokio_tungstenite::connect_async(&address).await.is_err(), "a ticket works once");

    world.attack("first").await;
    let detail = world.incident("awaiting_approval").await;
    let id = detail["incident"]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.user().await, (vec![], true), "nothing is applied before people agree");

    let approval = format!("/v1/incidents/{id}/approval");
    let (status, answer) = world.post("vic", "viewer", &approval, yes(&detail)).await;
    assert_eq!(status, 403, "{answer}");
    let approvers = detail["incident"]["verdict"]["approvers"].as_u64().unwrap();
    for n in 0..approvers {
        let (status, answer) =
            world.post(&format!("approver-{n}"), "approver", &approval, yes(&detail)).await;
        assert_eq!(status, 200, "{answer}");
    }
    let contained = world.incident("contained").await;
    assert_eq!(
        world.user().await,
        (vec!["AWSDenyAll".to_owned()], false),
        "{}",
        contained["incident"]["actions"]
    );

    let length = world.rest().await;
    let objects = world
        .s3
        .list_objects_v2()
        .bucket(world.stack.output("Ledger"))
        .prefix("ledger/")
        .send()
        .await
        .unwrap();
    let mut entries = 0;
    for object in objects.contents() {
        let read = world.s3.get_object().bucket(world.stack.output("Ledger")).key(object.key().unwrap());
        let object = read.send().await.unwrap();
        assert!(object.object_lock_retain_until_date.is_some(), "entries are locked");
        entries +=
            object.body.collect().await.unwrap().into_bytes().split(|b| *b == b'\n').count() as u64 - 1;
    }
    assert_eq!(entries, length, "the locked bucket holds every entry once");
    assert_eq!(world.read("/v1/ledger/verify").await["ok"], true);

    let mut seen = std::collections::BTreeSet::new();
    eventually("frame with the end", async || {
        let frame = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.ok()??.ok()?;
        let Message::Text(text) = frame else { return None };
        let feed: Value = serde_json::from_str(&text).unwrap();
        for message in feed["messages"].as_array().unwrap() {
            seen.insert(message["message"]["type"].as_str().unwrap().to_owned());
        }
        (seen.contains("RECORD") && seen.contains("APPROVAL_REQUIRED") && seen.contains("ALERT"))
            .then_some(())
    })
    .await;

    // Everything comes a second time.
    world.announce("first").await;
    for seq in 1..=length {
        let reference = json!({ "seq": seq.to_string(), "count": "1", "receiver": "any", "kind": "any" });
        world.stack.send("alerts", &reference).await.unwrap();
    }
    let again = world.rest().await;
    assert_eq!(again, length, "a second delivery of everything says nothing new");
    assert_eq!(world.read("/v1/incidents").await.as_array().unwrap().len(), 1);

    let action = contained["incident"]["actions"][0]["id"].as_str().unwrap();
    let undo = format!("/v1/incidents/{id}/actions/{action}/undo");
    let (status, answer) =
        world.post("approver-0", "approver", &undo, json!({ "reason": "a test", "accept_risk": true })).await;
    assert_eq!(status, 200, "{answer}");
    world.incident("undone").await;
    assert_eq!(world.user().await, (vec![], true), "the account is as it was");

    drop(world);
    let hops: std::collections::BTreeSet<String> = traced
        .join()
        .unwrap()
        .into_iter()
        .filter(|(_, correlation)| *correlation == id)
        .map(|(agent, _)| agent)
        .collect();
    for agent in ["supervisor", "forensics", "response", "compliance", "console"] {
        assert!(hops.contains(agent), "X-Ray finds {agent} by the incident's id: {hops:?}");
    }
}

/// What X-Ray is told, until nothing more comes: agents with correlation ids.
fn subsegments(daemon: &std::net::UdpSocket) -> Vec<(String, String)> {
    daemon.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let (mut told, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    while let Ok(length) = daemon.recv(&mut buffer) {
        let text = std::str::from_utf8(&buffer[..length]).unwrap();
        let (header, document) = text.split_once('\n').unwrap();
        assert_eq!(serde_json::from_str::<Value>(header).unwrap(), json!({ "format": "json", "version": 1 }));
        let document: Value = serde_json::from_str(document).unwrap();
        assert_eq!(document["type"], "subsegment");
        let is_hex = |value: &Value, digits: usize| {
            value
                .as_str()
                .is_some_and(|text| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        assert!(is_hex(&document["id"], 16) && is_hex(&document["parent_id"], 16), "{document}");
        assert!(document["trace_id"].as_str().unwrap().starts_with("1-5759e988-"), "{document}");
        assert!(document["end_time"].as_f64() >= document["start_time"].as_f64(), "{document}");
        let text = |name: &str| document["annotations"][name].as_str().unwrap().to_owned();
        told.push((text("agent"), text("correlation_id")));
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn without_leave_to_contain_everything_is_simulated() {
    let world = World::new(&[]).await;
    world.attack("watched").await;
    let detail = world.incident("awaiting_approval").await;
    world.approve(&detail).await;
    world.incident("simulated").await;
    assert_eq!(world.user().await, (vec![], true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_plan_changes_nothing() {
    let world = World::new(&[EVERYTHING]).await;
    world.attack("rejected").await;
    let detail = world.incident("awaiting_approval").await;
    let approval = format!("/v1/incidents/{}/approval", detail["incident"]["id"].as_str().unwrap());
    let no = json!({ "plan": detail["incident"]["plan"]["hash"], "answer": { "decision": "reject", "reason": "a test" } });
    let (status, answer) = world.post("approver-0", "approver", &approval, no).await;
    assert_eq!(status, 200, "{answer}");
    world.incident("rejected").await;
    assert_eq!(world.user().await, (vec![], true));
}

/// Policies with people given so many seconds to answer.
fn hurried(seconds: u64) -> tempfile::TempDir {
    let (own, copy) = (concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies"), tempfile::tempdir().unwrap());
    let status = std::process::Command::new("cp").arg("-r").arg(format!("{own}/.")).arg(copy.path()).status();
    assert!(status.unwrap().success());
    let path = copy.path().join("authorization/settings.json");
    let mut settings: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    settings["asoc"]["settings"]["expires_seconds"] = seconds.into();
    std::fs::write(&path, settings.to_string()).unwrap();
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_nobody_answers_expires() {
    let policies = hurried(4);
    let world = World::new(&[EVERYTHING, ("ASOC_POLICIES", policies.path().to_str().unwrap())]).await;
    world.attack("expired").await;
    world.incident("expired").await;
    assert_eq!(world.user().await, (vec![], true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_now_is_tried_again() {
    let world = World::new(&[EVERYTHING]).await;
    for (function, task) in [("supervisor", "evaluate"), ("forensics", "investigate"), ("response", "apply")]
    {
        world.stack.gateway.fail(function, task, "Transient", 2);
    }
    world.attack("retried").await;
    let detail = world.incident("awaiting_approval").await;
    world.approve(&detail).await;
    world.incident("contained").await;
    assert_eq!(world.user().await, (vec!["AWSDenyAll".to_owned()], false));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_good_is_recorded_as_failed() {
    let world = World::new(&[EVERYTHING]).await;
    world.stack.gateway.fail("response", "apply", "Permanent", 1);
    world.attack("failed").await;
    let detail = world.incident("awaiting_approval").await;
    world.approve(&detail).await;
    let failed = world.incident("failed").await;
    assert_eq!(world.user().await, (vec![], true), "nothing was applied, and nothing is said to be");
    let actions = failed["incident"]["actions"].as_array().unwrap();
    assert!(
        actions.iter().all(|action| action["state"] != "applied" && action["state"] != "verified"),
        "{actions:?}"
    );
    world.rest().await;
    assert_eq!(world.read("/v1/ledger/verify").await["ok"], true, "the failure is on the record");
}

/// Each function's program is killed at every seventh durable step, over and over.
#[tokio::test(flavor = "multi_thread")]
async fn functions_that_die_half_way_lose_and_double_nothing() {
    let world = World::new(&[EVERYTHING, ("ASOC_KILL_AT", "7")]).await;
    world.attack("killed").await;
    let detail = world.incident("awaiting_approval").await;
    let approval = format!("/v1/incidents/{}/approval", detail["incident"]["id"].as_str().unwrap());
    for n in 0..detail["incident"]["verdict"]["approvers"].as_u64().unwrap() {
        // A console that dies has no answer; the person tries again, and is told if the ballot counts already.
        let person = format!("approver-{n}");
        eventually("answer", async || {
            world.stack.ask(&person, "approver", "POST", &approval, yes(&detail)).await.ok()
        })
        .await;
    }
    world.incident("contained").await;
    assert_eq!(world.user().await, (vec!["AWSDenyAll".to_owned()], false));
    world.rest().await;
    assert_eq!(world.read("/v1/ledger/verify").await["ok"], true);
    // A report that was held up until after the containment opens an incident of its own; none is in two.
    let mut findings = Vec::new();
    for row in world.read("/v1/incidents").await.as_array().unwrap() {
        let detail = world.read(&format!("/v1/incidents/{}", row["id"].as_str().unwrap())).await;
        findings
            .extend(detail["findings"].as_array().unwrap().iter().map(|finding| finding["id"].to_string()));
    }
    let found = findings.len();
    findings.sort();
    findings.dedup();
    assert_eq!(findings.len(), found, "a finding is in one incident");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_not_reported_as_contained() {
    let world = World::new(&[EVERYTHING]).await;
    world.attack("gone").await;
    let detail = world.incident("awaiting_approval").await;
    world
        .iam
        .delete_access_key()
        .user_name(crate::attack::USER)
        .access_key_id(&world.key)
        .send()
        .await
        .unwrap();
    world.iam.delete_user().user_name(crate::attack::USER).send().await.unwrap();
    world.approve(&detail).await;
    let path = format!("/v1/incidents/{}", detail["incident"]["id"].as_str().unwrap());
    let ended = eventually("end", async || {
        let detail = world.read(&path).await;
        let status = detail["incident"]["status"].as_str()?;
        (!matches!(status, "open" | "awaiting_approval" | "responding")).then_some(detail)
    })
    .await;
    let actions = ended["incident"]["actions"].as_array().unwrap();
    assert!(actions.iter().all(|action| action["state"] != "verified"), "{actions:?}");
    assert_ne!(ended["incident"]["status"], "contained");
}
