//! A person's request to undo an action, and whether it may be tried.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::{ActionId, ActionState, Incident, IncidentId, Person, Role, Time, UndoRequest};

/// Why an undo is not tried.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, ToSchema)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum UndoRefusal {
    /// The person's role does not allow it.
    #[error("the role {role:?} may not undo; an approver must")]
    Role {
        /// Their role.
        role: Role,
    },
    /// The person is who the incident is about.
    #[error("{arn} is a subject of this incident, and a subject never undoes its own containment")]
    Subject {
        /// The principal that is a subject.
        arn: String,
    },
    /// There is no such action.
    #[error("this incident has no action {action}")]
    Unknown {
        /// What was asked for.
        action: ActionId,
    },
    /// Nothing of it stands in the account.
    #[error("an action that is {state:?} has nothing to undo")]
    NothingToUndo {
        /// Where it stands.
        state: ActionState,
    },
    /// It is on its way already.
    #[error("this incident is still being answered; wait until it has ended")]
    Busy,
    /// It would give a thief something back.
    #[error("undone before {until}, this would revive stolen sessions; wait, or accept the risk expressly")]
    Unsafe {
        /// Until when.
        until: Time,
    },
    /// Another incident counts on it.
    #[error(
        "incident {incident} counts on the same action; undo it there first, or accept the risk expressly"
    )]
    ReliedOn {
        /// That incident.
        incident: IncidentId,
    },
    /// No reason given.
    #[error("an undo needs a reason; write one sentence")]
    NoReason,
}

impl Incident {
    /// Whether this incident counts on what that action of another one did: it has the same action, applied or under way.
    pub fn relies_on(&self, other: &Incident, action: &ActionId) -> bool {
        let wanted = other.plan.as_ref().and_then(|plan| plan.action(action)).map(|planned| &planned.action);
        let planned = self.plan.iter().flat_map(|plan| &plan.actions).filter(|p| Some(&p.action) == wanted);
        self.id != other.id
            && planned.filter_map(|p| self.action(&p.id)).any(|record| {
                matches!(record.state, ActionState::Verified | ActionState::Applied | ActionState::Applying)
            })
    }

    /// Whether this person may ask for the undo of this action now, the reason and the acceptance of risk aside.
    pub fn may_undo(&self, action: &ActionId, person: &Person) -> Result<(), UndoRefusal> {
        if person.role < Role::Approver {
            return Err(UndoRefusal::Role { role: person.role });
        }
        let subjects = self.principals.iter().map(|p| &p.arn);
        if let Some(arn) = person.principals.iter().find(|arn| subjects.clone().any(|s| s == *arn)) {
            return Err(UndoRefusal::Subject { arn: arn.clone() });
        }
        let record = self.action(action).ok_or_else(|| UndoRefusal::Unknown { action: action.clone() })?;
        if !self.status.is_closed() {
            return Err(UndoRefusal::Busy);
        }
        match record.state {
            ActionState::Verified => Ok(()),
            // Half of it may stand in the account.
            ActionState::Failed if record.snapshot.is_some() => Ok(()),
            ActionState::Applying | ActionState::Applied | ActionState::Undoing => Err(UndoRefusal::Busy),
            state => Err(UndoRefusal::NothingToUndo { state }),
        }
    }

    /// Puts a person's request on the action's record, or says why it is not tried.
    pub fn request_undo(
        &mut self,
        action: &ActionId,
        person: &Person,
        reason: &str,
        accept_risk: bool,
        now: Time,
    ) -> Result<(), UndoRefusal> {
        self.may_undo(action, person)?;
        if reason.trim().is_empty() {
            return Err(UndoRefusal::NoReason);
        }
        let Some(record) = self.action_mut(action) else {
            return Err(UndoRefusal::Unknown { action: action.clone() });
        };
        if let Some(until) = record.unsafe_to_undo_before.filter(|until| now < *until && !accept_risk) {
            return Err(UndoRefusal::Unsafe { until });
        }
        record.undo =
            Some(UndoRequest { by: person.name.clone(), at: now, reason: reason.to_owned(), accept_risk });
        record.state = ActionState::Undoing;
        record.error = None;
        Ok(())
    }
}
