//! The console: what the agent decides on a person's ballot or undo, and what its routes answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod agent;
mod ballots;
#[cfg(feature = "lambda")]
mod hosted;
mod routes;
mod slack;
mod undo;

use std::sync::Arc;

use ::agent::{
    Ctx, Write,
    proofs::{
        outside::{Remembered, outside, put},
        store::incident,
    },
};
use axum::{
    Extension, Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use console::api::Problem;
use domain::{
    Action, ActionRecord, ActionState, Approval, ApprovalRequest, Ballot, Digest, Effect, Facets, Incident,
    IncidentId, Message, Payload, Person, Plan, PlannedAction, Principal, PrincipalKind, Resource,
    ResourceKind, Role, Status, Time, Verdict, approval::Answer,
};
use sandbox::Sandbox;
use serde_json::Value;
use store::SqlStore;
use tower::ServiceExt;

/// When the clock begins, in milliseconds; it goes on by a second at each look.
const START: i64 = 1_000_000;
/// When the requests expire.
const EXPIRES: i64 = START + 900_000;

fn arn(user: &str) -> String {
    format!("arn:aws:iam::111122223333:user/{user}")
}

fn person(name: &str, role: Role) -> Person {
    Person { name: name.into(), role, principals: vec![arn(name)] }
}

fn approver(name: &str) -> Person {
    person(name, Role::Approver)
}

/// An incident about user ann with a plan of two actions that so many people must approve.
fn waiting(id: &str, approvers: u8) -> Incident {
    let revoke = |user: &str| {
        let target = Resource { kind: ResourceKind::User, arn: arn(user), name: user.into() };
        let action = Action::RevokeIamUser { user: user.into() };
        PlannedAction::new(&id.into(), action, target, Facets::new(), "leaked".into())
    };
    let plan = Plan::new(id.into(), 1, vec![revoke("ann"), revoke("bob")]);
    let verdict = Verdict {
        effect: Effect::Approval,
        reasons: vec![],
        approvers,
        expires_seconds: 900,
        on_expiry: vec![],
        observe: Vec::new(),
        policy: String::new(),
    };
    let subject = Principal {
        kind: PrincipalKind::User,
        arn: arn("ann"),
        name: "ann".into(),
        account: None,
        session: None,
        access_key: None,
    };
    let request = ApprovalRequest::new(&plan, &verdict, vec![arn("ann")], Time::from_millis(START));
    Incident {
        status: Status::AwaitingApproval,
        principals: vec![subject],
        approval: Some(Approval::new(request)),
        verdict: Some(verdict),
        actions: plan.actions.iter().map(|a| ActionRecord::planned(a.id.clone())).collect(),
        plan: Some(plan),
        execution: format!("execution-of-{id}"),
        ..incident(id, 1, START)
    }
}

/// A closed incident whose first action stands in the account.
fn contained(id: &str) -> Incident {
    let mut incident = Incident { status: Status::Contained, ..waiting(id, 1) };
    incident.actions[0].state = ActionState::Verified;
    incident.actions[1].state = ActionState::LeftOut;
    incident
}

/// Approves the actions at these places of the incident's plan.
fn approve(incident: &Incident, places: &[usize]) -> Ballot {
    let plan = incident.plan.as_ref().unwrap();
    let actions: Vec<Digest> = places.iter().map(|place| plan.actions[*place].hash.clone()).collect();
    Ballot { plan: plan.hash.clone(), answer: Answer::Approve { actions } }
}

fn reject(incident: &Incident, reason: &str) -> Ballot {
    let plan = incident.plan.as_ref().unwrap().hash.clone();
    Ballot { plan, answer: Answer::Reject { reason: reason.into() } }
}

/// A console around a store.
struct World {
    ctx: Ctx,
    workflows: Arc<Remembered>,
}

impl World {
    async fn with(incidents: &[Incident]) -> Self {
        Self::on(SqlStore::open_in_memory().await.unwrap(), incidents).await
    }

    async fn on(store: SqlStore, incidents: &[Incident]) -> Self {
        let account = Sandbox::new(sandbox::default_account().unwrap());
        let (ctx, workflows) = outside(Arc::new(store), Arc::new(account), Time::from_millis(START));
        for incident in incidents {
            put(&ctx, incident.id.as_str(), Write::Incident(Box::new(incident.clone()))).await;
        }
        Self { ctx, workflows }
    }

    async fn incident(&self, id: &str) -> Incident {
        self.ctx.store.incident(&IncidentId::from(id)).await.unwrap().unwrap()
    }

    /// All that was said.
    async fn said(&self) -> Vec<Message> {
        self.ctx.store.messages(0, 1000).await.unwrap().into_iter().map(|logged| logged.message).collect()
    }

    /// Its kinds, in order.
    async fn kinds(&self) -> Vec<&'static str> {
        self.said().await.iter().map(|message| message.payload.kind()).collect()
    }

    /// Text of the notices among it.
    async fn notices(&self) -> Vec<String> {
        let text = |message: Message| match message.payload {
            Payload::Notice(notice) => Some(notice.text),
            _ => None,
        };
        self.said().await.into_iter().filter_map(text).collect()
    }

    async fn fetch(&self, who: &Person, path: &str) -> (StatusCode, Value) {
        self.send(who, Method::GET, path, Body::empty()).await
    }

    async fn post(&self, who: &Person, path: &str, body: &impl serde::Serialize) -> (StatusCode, Value) {
        self.send(who, Method::POST, path, Body::from(serde_json::to_vec(body).unwrap())).await
    }

    async fn send(&self, who: &Person, method: Method, path: &str, body: Body) -> (StatusCode, Value) {
        let router: Router = console::routes::router(self.ctx.clone()).layer(Extension(who.clone()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap();
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }
}

/// What a refusal says, having checked its form.
fn problem((status, body): (StatusCode, Value), expected: StatusCode, code: &str) -> String {
    assert_eq!(status, expected, "{body}");
    let problem: Problem = serde_json::from_value(body).unwrap();
    assert_eq!(problem.code, code, "{}", problem.message);
    problem.message
}
