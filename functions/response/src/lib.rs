//! Applies what was authorised and undoes what a person asks to undo: one step a visit. The only agent that changes
//! the account.
//!
//! A visit looks at the account, compares it with the record, and decides at most one call, which is on record before
//! it is sent. So a crash, a repeated visit and a call whose answer was lost are one case: look, and take the next step.

mod actions;
mod alive;
mod apply;
mod grant;
#[cfg(any(test, feature = "proofs"))]
pub mod proofs;
mod step;
mod undo;
mod visit;

#[cfg(test)]
mod tests;

use agent::{Agent, Ctx, Decision, Observed};
use anyhow::Context;
use domain::{
    ActionId, ActionRecord, ActionState, Incident, IncidentId, Inventory, Party, PlannedAction,
    PrincipalKind, account::Scope,
};
use serde::{Deserialize, Serialize};

/// The agent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Response;

/// What it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Input {
    /// Take one step of the incident's plan.
    Apply {
        /// The incident.
        incident: IncidentId,
    },
    /// Take one step back of one action, whose undo was requested ([`Incident::request_undo`]).
    Undo {
        /// The incident.
        incident: IncidentId,
        /// The action.
        action: ActionId,
    },
}

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Whether nothing is left to do; else visit again.
    pub done: bool,
    /// Seconds to wait before the next visit.
    pub wait_seconds: u32,
}

/// What a visit sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The incident as it stands.
    pub incident: Incident,
    /// As much of the account as the step at hand is about, and the roles that the incident is about.
    pub account: Inventory,
    /// Why the account refused the last call of that step, if it did.
    pub refusal: Option<String>,
}

impl Agent for Response {
    const NAME: Party = Party::Response;
    type Input = Input;
    type Evidence = Evidence;
    type Output = Output;

    async fn gather(&self, ctx: &Ctx, input: &Input) -> anyhow::Result<Evidence> {
        let (Input::Apply { incident: id } | Input::Undo { incident: id, .. }) = input;
        let incident = ctx.store.incident(id).await?.with_context(|| format!("there is no incident {id}"))?;
        let mut account = Inventory::default();
        let mut refusal = None;
        if let Some((planned, record)) = at_hand(&incident, input) {
            account = ctx.account.describe(&Scope::of(&planned.action)).await?;
            if let Some(last) = record.steps.len().checked_sub(1) {
                refusal = ctx.store.refusal(&step::name(&record.id, last)).await?;
            }
        }
        for principal in incident.principals.iter().filter(|p| p.kind == PrincipalKind::Role) {
            let name = principal.arn.rsplit('/').next().unwrap_or_default().to_owned();
            account.roles.extend(ctx.account.describe(&Scope::Role { name }).await?.roles);
        }
        Ok(Evidence { incident, account, refusal })
    }

    fn decide(&self, input: &Input, evidence: &Observed<Evidence>) -> Decision<Output> {
        match input {
            Input::Apply { .. } => apply::decide(evidence),
            Input::Undo { action, .. } => undo::decide(evidence, action),
        }
    }
}

/// The action that a visit is about, with its record.
fn at_hand<'a>(incident: &'a Incident, input: &Input) -> Option<(&'a PlannedAction, &'a ActionRecord)> {
    let plan = incident.plan.as_ref()?;
    let with_record = |planned: &'a PlannedAction| Some((planned, incident.action(&planned.id)?));
    match input {
        Input::Apply { .. } => {
            plan.actions.iter().filter_map(with_record).find(|(_, record)| is_underway(record.state))
        }
        Input::Undo { action, .. } => {
            plan.action(action).and_then(with_record).filter(|(_, r)| r.state == ActionState::Undoing)
        }
    }
}

/// Whether applying has still something to do with an action in this state.
fn is_underway(state: ActionState) -> bool {
    matches!(state, ActionState::Planned | ActionState::Applying | ActionState::Applied)
}
