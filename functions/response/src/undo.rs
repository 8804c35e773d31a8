//! One step back of one action, after a person asked for it ([`domain::Incident::request_undo`]).

use agent::{Decision, Observed};
use domain::{ActionId, ActionRecord, ActionState, Facets, PlannedAction};

use crate::{
    Evidence, Input, Output,
    actions::{self, View},
    at_hand,
    step::{self, LAG_SECONDS, Next},
    visit::Visit,
};

pub(crate) fn decide(evidence: &Observed<Evidence>, action: &ActionId) -> Decision<Output> {
    let mut visit = Visit::new(evidence.incident.clone(), evidence.now);
    let input = Input::Undo { incident: evidence.incident.id.clone(), action: action.clone() };
    let Some((planned, record)) = at_hand(&evidence.incident, &input) else { return visit.decide(true, 0) };
    let wait_seconds = retreat(&mut visit, planned, record.clone(), evidence);
    let done = visit.incident.action(action).is_none_or(|record| record.state != ActionState::Undoing);
    visit.decide(done, wait_seconds)
}

/// One step back. Answers the seconds to wait. What stops it is reported as failed, not as verified again: the account
/// is then not as the action wanted it, and the error says in what.
fn retreat(
    visit: &mut Visit,
    planned: &PlannedAction,
    mut record: ActionRecord,
    evidence: &Observed<Evidence>,
) -> u32 {
    let (Some(before), Some(request)) = (record.snapshot.clone(), record.undo.clone()) else {
        fail(visit, planned, record, "no snapshot or no request for this undo is on record");
        return 0;
    };
    let anchor = record.anchor.unwrap_or(visit.now);
    let view = View { id: &planned.id, anchor, snapshot: Some(&before), account: &evidence.account };
    let live = match actions::facets(&planned.action, &view) {
        Ok(live) => live,
        Err(unfit) => {
            fail(visit, planned, record, &unfit.to_string());
            return 0;
        }
    };
    // An action that failed before it could be read back is taken as it is found now.
    let left = record.left.get_or_insert_with(|| live.clone()).clone();
    if let Some(name) = actions::foreign(&live, &left, &before) {
        let why = changed_since(name, &live, &left, &before);
        fail(visit, planned, record, &why);
        return 0;
    }
    let wanted = actions::backward(&planned.action, &view, &before);
    let next = step::settle(&mut record, wanted, evidence.refusal.as_deref(), request.at, visit.now);
    match next {
        Next::Wait => return LAG_SECONDS,
        Next::Send(call) => visit.send(record, call, true),
        Next::Stuck(why) => fail(visit, planned, record, &why),
        Next::Reached => match actions::unrestored(&live, &before) {
            None => {
                record.undone = Some(visit.now);
                let note =
                    format!("Undone at {}: {}. What this had cut off works again.", visit.now, planned.does);
                visit.incident.receipt.notes.push(note);
                visit.enter(planned, record, ActionState::Undone, None);
            }
            Some(name) => {
                let why = format!(
                    "no call leads back: `{name}` is {} and was {} before; put it right by hand",
                    actions::value(&live, name),
                    actions::value(&before, name),
                );
                fail(visit, planned, record, &why);
            }
        },
    }
    0
}

fn changed_since(name: &str, live: &Facets, left: &Facets, before: &Facets) -> String {
    format!(
        "somebody has changed `{name}` since: it is {}, the action left {}, and before it was {}. Put it to one of the \
         two, then ask for the undo again",
        actions::value(live, name),
        actions::value(left, name),
        actions::value(before, name),
    )
}

fn fail(visit: &mut Visit, planned: &PlannedAction, record: ActionRecord, why: &str) {
    visit.enter(planned, record, ActionState::Failed, Some(format!("undo stopped: {why}")));
}
