//! Forensics is what every agent is, on a store and an account that keep what they are given.

use std::sync::Arc;

use agent::{
    Clock, Commit, Ctx, DecisionRecord, Store as _, Write,
    proofs::{outside::outside, prove},
};
use domain::{
    Action, ActionState, Digest, Incident, IncidentId, Party, ResourceKind, Status, Time,
    incident::FindingSummary,
};
use forensics::{Forensics, Task};
use sandbox::Sandbox;
use serde_json::{Value, json};
use store::SqlStore;

use crate::given::*;

/// Stands still, so that two looks see the same.
struct AnHourLater;

impl Clock for AnHourLater {
    fn now(&self) -> Time {
        at(60)
    }
}

/// A store with a theft in it, and the account it happened in.
async fn scene() -> (Ctx, Incident) {
    let account = account(json!({
        "users": {"eve": {"inline_policies": {"p": allow(json!("sts:AssumeRole"), "*")}}, "gone": {}},
        "roles": {"web": {"trust": trust(json!({"AWS": ACCOUNT})), "max_session_seconds": 7200,
                          "inline_policies": {"p": allow(json!("secretsmanager:GetSecretValue"), "*")}}},
        "secrets": {"arn:secret:db": {"name": "db"}}
    }));
    let eve = user("eve");
    let mut assumed = event("e1", at(0), "sts:AssumeRole", &eve, ATTACKER);
    assumed.resources = vec![thing(ResourceKind::Role, &arn("role", "web"))];
    assumed.raw = json!({"requestParameters": {"roleArn": arn("role", "web"), "roleSessionName": "x"},
                         "responseElements": {"credentials": {"accessKeyId": "ASIATHEIRS"}}});
    let mut by_key = session("web", "x");
    by_key.access_key = Some("ASIATHEIRS".to_owned());
    let read = event("e2", at(1), "secretsmanager:GetSecretValue", &by_key, "203.0.113.99");
    let found = finding(&assumed, "A role was assumed from a new place", "T1078.004");
    let actions = ["eve", "gone"].map(|user| Action::RevokeIamUser { user: user.to_owned() });
    let mut incident = planned(incident(vec![eve]), &account, actions.to_vec());
    incident.version = 1;
    incident.origins = vec![ATTACKER.to_owned()];
    incident.findings = vec![FindingSummary {
        id: found.id.clone(),
        title: found.title.clone(),
        risk: found.risk,
        time: found.time,
    }];

    let store = SqlStore::open_in_memory().await.unwrap();
    let seen = b"{}";
    let record = DecisionRecord {
        agent: Party::Supervisor,
        key: "before".to_owned(),
        time: at(2),
        input: Value::Null,
        evidence: Digest::of(seen),
        output: Value::Null,
        decision: Digest::zero(),
        calls: Vec::new(),
        carried_out: true,
        policies: Digest::zero(),
    };
    let writes = [
        Write::Events(vec![assumed, read]),
        Write::Finding(Box::new(found)),
        Write::Incident(Box::new(incident.clone())),
    ];
    assert_eq!(store.commit(&record, seen, &writes, &[]).await.unwrap(), Commit::Committed);
    let (ctx, _) = outside(Arc::new(store), Arc::new(Sandbox::new(account)), at(60));
    let ctx = Ctx { clock: Arc::new(AnHourLater), ..ctx };
    (ctx, incident)
}

#[tokio::test]
async fn a_preview_changes_nothing_but_the_graph() {
    let (ctx, incident) = scene().await;
    let extent = prove(&Forensics, &ctx, "preview", Task::Preview { incident: incident.id.clone() }).await;
    assert_eq!((extent.reachable, extent.crown_jewels), (2, 1));
    assert_eq!(ctx.store.incident(&incident.id).await.unwrap(), Some(incident.clone()));
    let graph = ctx.store.blast_radius(&incident.id).await.unwrap().unwrap();
    let told: Vec<_> = graph.path.iter().map(|s| s.event.as_str()).collect();
    assert_eq!(told, ["e1", "e2"], "what the session did is found by the key it was given");
    assert_eq!(graph.path[0].finding.as_deref(), Some("A role was assumed from a new place"));
}

#[tokio::test]
async fn an_investigation_leaves_out_what_is_void() {
    let (ctx, incident) = scene().await;
    let id = incident.id.clone();
    let mut changed = ctx.account.describe(&domain::account::Scope::Everything).await.unwrap();
    changed.users.remove("gone");
    let ctx = Ctx { account: Arc::new(Sandbox::new(changed)), ..ctx };
    prove(&Forensics, &ctx, "investigate", Task::Investigate { incident: id.clone() }).await;
    let written = ctx.store.incident(&id).await.unwrap().unwrap();
    assert_eq!((written.version, written.status), (2, Status::Responding));
    let states: Vec<_> = written.actions.iter().map(|r| r.state).collect();
    assert_eq!(states, [ActionState::Planned, ActionState::LeftOut]);
    assert!(written.receipt.credential_alive_until.contains_key(&arn("role", "web")));

    // Once more, as a workflow does after a lost answer: nothing that was decided is decided differently.
    prove(&Forensics, &ctx, "again", Task::Investigate { incident: id.clone() }).await;
    let again = ctx.store.incident(&id).await.unwrap().unwrap();
    assert_eq!((again.version, &again.receipt), (3, &written.receipt));
}

#[tokio::test]
async fn an_incident_that_does_not_exist_is_an_error() {
    let (ctx, _) = scene().await;
    let unknown = Task::Preview { incident: IncidentId::from("inc-unknown") };
    let error = agent::invoke(&Forensics, &ctx, "k", None, unknown).await.unwrap_err();
    assert_eq!(error.fault, agent::Fault::Permanent);
    assert!(error.to_string().contains("there is no incident inc-unknown"));
}
