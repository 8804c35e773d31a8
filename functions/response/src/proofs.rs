//! The proof that every account must pass that this agent works on: whatever it does there it also undoes, and a call
//! that is sent twice is as good as one.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use agent::{Account, AccountError, Ctx, Fault, Store, Write, invoke, proofs::outside};
use async_trait::async_trait;
use domain::{
    AccountWrite, Action, ActionRecord, ActionState, Effect, Incident, IncidentId, Inventory, Person, Plan,
    PlannedAction, Receipt, Risk, Role, Status, StepOutcome, Time, Verdict, account::Scope, action,
};

use crate::{Input, Output, Response};

/// Visits after which something that has not ended never will.
const ENOUGH: usize = 300;

/// Applies the action to the account and undoes it, as the workflow would, with nobody else about. Store and account
/// must be new to this incident, `inc-1`.
///
/// # Panics
/// Where the action is not verified, or not undone, or does not leave what it looks at as it was.
pub async fn prove(store: Arc<dyn Store>, account: Arc<dyn Account>, action: Action) {
    let before = seen(&account, &action).await;
    let incident = incident(std::slice::from_ref(&action), &before);
    let (ctx, _) = outside::outside(store, account.clone(), start());
    put(&ctx, incident.clone()).await;

    run(&ctx, "apply", &Input::Apply { incident: incident.id.clone() }).await;
    let mut incident = stored(&ctx, &incident.id).await;
    ended(&incident.actions[0], ActionState::Verified, &action);
    let applied = seen(&account, &action).await;
    run(&ctx, "again", &Input::Apply { incident: incident.id.clone() }).await;
    assert_eq!(seen(&account, &action).await, applied, "{action:?} is applied once");

    let id = incident.actions[0].id.clone();
    incident.status = Status::Contained;
    incident.request_undo(&id, &approver(), "false alarm", true, ctx.clock.now()).unwrap();
    incident.version += 1;
    put(&ctx, incident.clone()).await;
    run(&ctx, "undo", &Input::Undo { incident: incident.id.clone(), action: id }).await;
    ended(&stored(&ctx, &incident.id).await.actions[0], ActionState::Undone, &action);
    let after = seen(&account, &action).await;
    assert_eq!(restorable(after, &action), restorable(before, &action), "{action:?} leaves no trace");
}

async fn run(ctx: &Ctx, name: &str, input: &Input) {
    for visit in 0..ENOUGH {
        if retried(ctx, &format!("{name}-{visit}"), input).await.done {
            return;
        }
    }
    panic!("no end after {ENOUGH} visits of {input:?}");
}

/// A visit, begun again while what stops it may pass, as the workflow's retriers do.
async fn retried(ctx: &Ctx, key: &str, input: &Input) -> Output {
    for _ in 0..ENOUGH {
        match invoke(&Response, ctx, key, None, input.clone()).await {
            Err(error) if error.fault == Fault::Transient => {}
            ended => return ended.unwrap(),
        }
    }
    panic!("{key} never succeeds");
}

async fn seen(account: &Arc<dyn Account>, action: &Action) -> Inventory {
    for _ in 0..ENOUGH {
        match account.describe(&Scope::of(action)).await {
            Err(AccountError::Unavailable(_)) => {}
            read => return read.unwrap(),
        }
    }
    panic!("{action:?}: the account never answers");
}

fn ended(record: &ActionRecord, state: ActionState, action: &Action) {
    assert_eq!(record.state, state, "{action:?}: {:?} {:#?}", record.error, record.steps.last());
    let unseen = record.steps.iter().find(|step| step.outcome != StepOutcome::Observed);
    assert!(unseen.is_none(), "{action:?}: {unseen:?}");
}

async fn put(ctx: &Ctx, incident: Incident) {
    outside::put(ctx, &format!("put-{}", incident.version), Write::Incident(Box::new(incident))).await;
}

async fn stored(ctx: &Ctx, id: &IncidentId) -> Incident {
    ctx.store.incident(id).await.unwrap().unwrap()
}

/// Auto Scaling starts a replacement and raises the desired capacity when an instance comes back; response leaves both.
fn restorable(mut account: Inventory, action: &Action) -> Inventory {
    if let Action::IsolateInstance { instance } = action {
        for group in account.auto_scaling_groups.values_mut() {
            group.desired_capacity = 0;
            group.instances.retain(|member| member == instance);
        }
    }
    account
}

/// Sends each call twice, as after a crash before the first one's answer was on record, and answers as the account did
/// to the second.
pub struct Twice(pub Arc<dyn Account>);

#[async_trait]
impl Account for Twice {
    async fn describe(&self, scope: &Scope) -> Result<Inventory, AccountError> {
        self.0.describe(scope).await
    }

    async fn write(&self, call: &AccountWrite) -> Result<(), AccountError> {
        self.0.write(call).await?;
        self.0.write(call).await
    }
}

/// When incidents of proofs begin.
pub fn start() -> Time {
    "2026-01-06T09:00:00Z".parse().unwrap()
}

/// A verdict of this effect, for one approver.
pub fn verdict(effect: Effect) -> Verdict {
    Verdict {
        effect,
        reasons: Vec::new(),
        approvers: 1,
        expires_seconds: 900,
        on_expiry: Vec::new(),
        observe: Vec::new(),
        policy: String::new(),
    }
}

/// Who asks for undos.
pub fn approver() -> Person {
    Person { name: "dana".to_owned(), role: Role::Approver, principals: Vec::new() }
}

/// An incident whose plan these actions are, planned on this account and allowed by the policy.
pub fn incident(actions: &[Action], account: &Inventory) -> Incident {
    let id = IncidentId::from("inc-1");
    let planned = actions.iter().map(|action| {
        let target = action::resource(&account.account_id, &account.partition, &account.region, action);
        let preconditions = action::preconditions(action, account).unwrap_or_default();
        PlannedAction::new(&id, action.clone(), target, preconditions, "a test wants it".to_owned())
    });
    let plan = Plan::new(id.clone(), 1, planned.collect());
    Incident {
        version: 1,
        title: "A leaked key is in use".to_owned(),
        status: Status::Open,
        risk: Risk::new(90),
        began: start(),
        opened: start(),
        updated: start(),
        account: Some(account.account_id.clone()),
        principals: Vec::new(),
        resources: Vec::new(),
        origins: Vec::new(),
        findings: Vec::new(),
        attack: Vec::new(),
        keys: Vec::new(),
        actions: plan.actions.iter().map(|a| ActionRecord::planned(a.id.clone())).collect(),
        verdict: Some(verdict(Effect::Allow)),
        plan: Some(plan),
        approval: None,
        follows: None,
        execution: id.to_string(),
        receipt: Receipt::default(),
        drill: false,
        id,
    }
}
