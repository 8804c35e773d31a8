//! What people are told, by services on this machine that take only what the vendors' contracts allow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod hostile;
mod paging;
mod patience;
mod signature;
mod telling;

use std::sync::Arc;

use agent::{
    Ctx, Write,
    ports::Logged,
    proofs::{
        outside::{outside, put},
        store::incident,
    },
};
use domain::{
    Action, ActionRecord, ActionState, Approval, ApprovalRequest, Ballot, Effect, Facets, Incident, Message,
    Outcome, Party, Payload, Plan, PlannedAction, Principal, PrincipalKind, Resource, ResourceKind, Status,
    Time, Verdict,
    approval::Answer,
    message::{ActionUpdate, ApprovalSettled, BallotCast, Notice, Record, Severity},
};
use notify::{Notifier, Remembered, proofs::Service};
use sandbox::Sandbox;
use serde_json::{Value, json};
use store::SqlStore;

/// When the clock begins, in milliseconds; it goes on by a second at each look.
const START: i64 = 1_700_000_000_000;

fn arn(user: &str) -> String {
    format!("arn:aws:iam::111122223333:user/{user}")
}

/// An incident about this user with a plan of these actions that two people must approve.
fn waiting(user: &str, actions: Vec<Action>) -> Incident {
    let id = "inc-0123456789abcdef";
    let planned = |action: Action| {
        let target = Resource { kind: ResourceKind::User, arn: arn(user), name: user.into() };
        PlannedAction::new(&id.into(), action, target, Facets::new(), "leaked".into())
    };
    let plan = Plan::new(id.into(), 1, actions.into_iter().map(planned).collect());
    let verdict = Verdict {
        effect: Effect::Approval,
        reasons: vec![],
        approvers: 2,
        expires_seconds: 900,
        on_expiry: vec![],
        observe: Vec::new(),
        policy: String::new(),
    };
    let subject = Principal {
        kind: PrincipalKind::User,
        arn: arn(user),
        name: user.into(),
        account: None,
        session: None,
        access_key: None,
    };
    let request = ApprovalRequest::new(&plan, &verdict, vec![arn(user)], Time::from_millis(START));
    Incident {
        title: "Access key used from two places".into(),
        status: Status::AwaitingApproval,
        risk: domain::Risk::new(87),
        principals: vec![subject],
        approval: Some(Approval::new(request)),
        verdict: Some(verdict),
        actions: plan.actions.iter().map(|a| ActionRecord::planned(a.id.clone())).collect(),
        plan: Some(plan),
        ..incident(id, 1, START)
    }
}

fn ann() -> Incident {
    let revoke = |user: &str| Action::RevokeIamUser { user: user.into() };
    waiting("ann", vec![revoke("ann"), revoke("bob")])
}

/// A store with an incident, and people who are told.
struct World {
    ctx: Ctx,
    service: Service,
    notifier: Notifier,
}

impl World {
    async fn with(incident: &Incident) -> Self {
        let store = SqlStore::open_in_memory().await.unwrap();
        let account = Sandbox::new(sandbox::default_account().unwrap());
        let (ctx, _) = outside(Arc::new(store), Arc::new(account), Time::from_millis(START));
        put(&ctx, "opened", Write::Incident(Box::new(incident.clone()))).await;
        let service = Service::start().await;
        let notifier = Notifier {
            slack: Some(service.slack(json!({}))),
            pagerduty: Some(service.pagerduty()),
            sent: Arc::new(Remembered::default()),
            origin: Some("https://soc.example".parse().unwrap()),
        };
        Self { ctx, service, notifier }
    }

    /// The incident becomes so.
    async fn becomes(&self, change: impl FnOnce(&mut Incident)) -> Incident {
        let mut incident = self.ctx.store.incident(&"inc-0123456789abcdef".into()).await.unwrap().unwrap();
        change(&mut incident);
        incident.version += 1;
        put(&self.ctx, &format!("version {}", incident.version), Write::Incident(Box::new(incident.clone())))
            .await;
        incident
    }

    /// Tells of a message; answers what was taken.
    async fn tell(&self, id: &str, payload: Payload) -> Vec<(String, Value)> {
        self.try_tell(&[logged(id, payload)]).await.unwrap();
        self.service.taken()
    }

    async fn try_tell(&self, messages: &[Logged]) -> anyhow::Result<()> {
        self.notifier.tell(&self.ctx, messages).await
    }
}

fn logged(id: &str, payload: Payload) -> Logged {
    Logged {
        seq: 1,
        message: Message {
            message_id: id.into(),
            correlation_id: "inc-0123456789abcdef".into(),
            causation_id: None,
            sender: Party::Supervisor,
            receiver: Party::Dashboard,
            time: Time::from_millis(START),
            risk_score: None,
            payload,
        },
    }
}

fn required(incident: &Incident) -> Payload {
    Payload::ApprovalRequired(Box::new(incident.approval.clone().unwrap().request))
}

fn cast(incident: &Incident, by: &str) -> Payload {
    let plan = incident.plan.as_ref().unwrap();
    let answer = Answer::Approve { actions: plan.actions.iter().map(|a| a.hash.clone()).collect() };
    let ballot = Ballot { plan: plan.hash.clone(), answer };
    Payload::ApproveAction(BallotCast { incident: incident.id.clone(), by: by.into(), ballot })
}

fn settled(incident: &Incident, outcome: Outcome) -> Payload {
    let plan = incident.plan.as_ref().unwrap().hash.clone();
    Payload::ApprovalSettled(ApprovalSettled { incident: incident.id.clone(), plan, outcome })
}

fn update(incident: &Incident, place: usize, state: ActionState) -> Payload {
    let action = &incident.plan.as_ref().unwrap().actions[place];
    Payload::ActionUpdate(ActionUpdate {
        incident: incident.id.clone(),
        action: action.id.clone(),
        does: action.does.clone(),
        state,
        last: None,
        error: None,
    })
}

fn record(incident: &Incident) -> Payload {
    let (status, receipt) = (incident.status, incident.receipt.clone());
    Payload::Record(Record { incident: incident.id.clone(), status, receipt })
}

fn notice(severity: Severity, text: &str) -> Payload {
    Payload::Notice(Notice { severity, text: text.into() })
}

/// Names of what was taken, in order.
fn names(taken: &[(String, Value)]) -> Vec<&str> {
    taken.iter().map(|(name, _)| name.as_str()).collect()
}

/// All texts of a request, in order.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(map) => {
            let own = map.get("text").and_then(Value::as_str);
            own.into_iter().chain(map.values().flat_map(texts)).collect()
        }
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn says(request: &Value, what: &str) -> bool {
    texts(request).iter().any(|text| text.contains(what))
}

/// The buttons of a request by their names.
fn button<'a>(request: &'a Value, name: &str) -> Option<&'a Value> {
    let blocks = request["blocks"].as_array()?;
    let buttons = blocks.iter().filter(|block| block["type"] == "actions");
    buttons.flat_map(|block| block["elements"].as_array().unwrap()).find(|button| button["action_id"] == name)
}

#[tokio::test]
async fn who_remembers_only_while_they_live_keeps_the_contract() {
    let sent = Remembered::default();
    notify::proofs::of_many_the_first_counts(&sent, Time::from_millis(START)).await;
}
