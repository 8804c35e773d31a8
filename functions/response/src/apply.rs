//! One step of an incident's plan.

use agent::{Decision, Observed};
use domain::{ActionRecord, ActionState, Facets, Plan, PlannedAction, Status, Time, action::preconditions};
use serde_json::Value;

use crate::{
    Evidence, Output,
    actions::{self, View},
    alive,
    grant::{self, Ungranted},
    is_underway,
    step::{self, LAG_SECONDS, Next},
    visit::Visit,
};

pub(crate) fn decide(evidence: &Observed<Evidence>) -> Decision<Output> {
    let mut visit = Visit::new(evidence.incident.clone(), evidence.now);
    let Some(plan) = evidence.incident.plan.as_ref() else { return visit.decide(true, 0) };
    sort_out(&mut visit, plan);
    let mut wait_seconds = 0;
    if !visit.has_changes() {
        let underway = plan.actions.iter().find_map(|planned| {
            let record = visit.incident.action(&planned.id).filter(|r| is_underway(r.state))?;
            Some((planned, record.clone()))
        });
        let Some((planned, record)) = underway else { return visit.decide(true, 0) };
        wait_seconds = advance(&mut visit, planned, record, evidence);
    }
    let is_open = |planned: &PlannedAction| {
        visit.incident.action(&planned.id).is_some_and(|record| is_underway(record.state))
    };
    let done = !plan.actions.iter().any(is_open);
    if done {
        conclude(&mut visit, plan, evidence);
    }
    visit.decide(done, wait_seconds)
}

/// Settles every action that may not be begun, and every one that is only simulated.
fn sort_out(visit: &mut Visit, plan: &Plan) {
    for planned in &plan.actions {
        let Some(record) = visit.incident.action(&planned.id).cloned() else {
            let record = ActionRecord::planned(planned.id.clone());
            let why = "the incident holds no record of this action; contain it by hand";
            visit.enter(planned, record, ActionState::Failed, Some(why.to_owned()));
            continue;
        };
        if !is_underway(record.state) {
            continue;
        }
        let is_begun = !record.steps.is_empty();
        let verdict = visit.incident.verdict.as_ref();
        let is_observed_only = verdict.is_some_and(|verdict| verdict.observe.contains(&planned.id));
        match grant::check(&visit.incident, plan, planned, visit.now) {
            Err(altered @ Ungranted::Altered) => {
                visit.enter(planned, record, ActionState::Failed, Some(altered.to_string()));
            }
            // A grant is to begin. What lapses later stops nothing: half an action is worse than all of it.
            _ if is_begun => {}
            Err(reason) => visit.enter(planned, record, ActionState::LeftOut, Some(reason.to_string())),
            Ok(()) if is_observed_only => visit.enter(planned, record, ActionState::Simulated, None),
            Ok(()) => {}
        }
    }
}

/// One step of one action. Answers the seconds to wait.
fn advance(
    visit: &mut Visit,
    planned: &PlannedAction,
    mut record: ActionRecord,
    evidence: &Observed<Evidence>,
) -> u32 {
    let account = &evidence.account;
    if let Some(objection) = objection(planned, preconditions(&planned.action, account)) {
        let (state, why) = match objection {
            Objection::Void(why) if record.steps.is_empty() => (ActionState::LeftOut, why),
            Objection::Void(why) | Objection::Changed(why) => (ActionState::Failed, why),
        };
        visit.enter(planned, record, state, Some(why));
        return 0;
    }
    let anchor = record.anchor.unwrap_or(visit.now);
    let snapshot = record.snapshot.clone();
    let view = View { id: &planned.id, anchor, snapshot: snapshot.as_ref(), account };
    let live = match actions::facets(&planned.action, &view) {
        Ok(live) => live,
        Err(unfit) => {
            visit.enter(planned, record, ActionState::Failed, Some(unfit.to_string()));
            return 0;
        }
    };
    if record.state == ActionState::Planned {
        record.anchor = Some(anchor);
        record.snapshot = Some(live);
        if !visit.incident.status.is_closed() {
            visit.incident.status = Status::Responding;
        }
        visit.enter(planned, record, ActionState::Applying, None);
        return 0;
    }
    let wanted = actions::forward(&planned.action, &view);
    let next = step::settle(&mut record, wanted, evidence.refusal.as_deref(), anchor, visit.now);
    match next {
        Next::Wait => return LAG_SECONDS,
        Next::Send(call) => {
            if record.state == ActionState::Applied {
                visit.enter(planned, record.clone(), ActionState::Applying, None);
                record.state = ActionState::Applying;
            }
            visit.send(record, call, false);
        }
        Next::Reached if record.state == ActionState::Applying => {
            visit.enter(planned, record, ActionState::Applied, None);
        }
        Next::Reached => {
            leave(&mut record, planned, &view, live, visit.now);
            record.verified = Some(visit.now);
            visit.enter(planned, record, ActionState::Verified, None);
        }
        Next::Stuck(why) => {
            leave(&mut record, planned, &view, live, visit.now);
            visit.enter(planned, record, ActionState::Failed, Some(why));
        }
    }
    0
}

/// Notes how the action leaves the account, for its undo.
fn leave(record: &mut ActionRecord, planned: &PlannedAction, view: &View<'_>, live: Facets, now: Time) {
    record.left = Some(live);
    record.unsafe_to_undo_before = actions::unsafe_to_undo_before(&planned.action, view, now);
}

/// Why an action must not touch its target.
enum Objection {
    /// There is nothing to contain, or its owner forbids it.
    Void(String),
    /// It is not what was planned and approved.
    Changed(String),
}

fn objection(planned: &PlannedAction, live: Option<Facets>) -> Option<Objection> {
    let Some(live) = live else {
        return Some(Objection::Void("the target does not exist any more".to_owned()));
    };
    if live.get("exempt") == Some(&Value::Bool(true)) {
        return Some(Objection::Void(
            "the target is exempt: its owner has tagged it as never to touch".to_owned(),
        ));
    }
    if live.get("editable") == Some(&Value::Bool(false)) {
        return Some(Objection::Changed(
            "AWS lets nobody edit this role in the account; revoke the sessions in IAM Identity Center"
                .to_owned(),
        ));
    }
    let name = actions::foreign(&live, &planned.preconditions, &planned.preconditions)?;
    Some(Objection::Changed(format!(
        "the target is not what was approved: `{name}` was {} and is {}. Look at it, and contain it by hand",
        actions::value(&planned.preconditions, name),
        actions::value(&live, name),
    )))
}

/// Everything is settled: completes the receipt.
fn conclude(visit: &mut Visit, plan: &Plan, evidence: &Observed<Evidence>) {
    let incident = &mut visit.incident;
    let stands_at = |state| incident.actions.iter().any(|record| record.state == state);
    if stands_at(ActionState::Verified) && !stands_at(ActionState::Failed) {
        incident.receipt.reach("contained", visit.now);
    }
    alive::settle(incident, plan, &evidence.account, visit.now);
}
