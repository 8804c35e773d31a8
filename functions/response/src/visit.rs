//! One visit: the incident as it becomes, and what is said and sent on the way.

use agent::{Call, Decision, Write};
use domain::{
    AccountWrite, ActionRecord, ActionState, Draft, Incident, Party, Payload, PlannedAction, Step,
    StepOutcome, Time,
    message::{ActionUpdate, Command},
};

use crate::{Output, step};

/// A visit that has begun.
pub(crate) struct Visit {
    /// The incident; a change counts if it was said.
    pub(crate) incident: Incident,
    /// The present.
    pub(crate) now: Time,
    messages: Vec<Draft>,
    calls: Vec<Call>,
}

impl Visit {
    /// Nothing said, nothing sent.
    pub(crate) fn new(incident: Incident, now: Time) -> Self {
        Self { incident, now, messages: Vec::new(), calls: Vec::new() }
    }

    /// Whether anything changed so far.
    pub(crate) fn has_changes(&self) -> bool {
        !self.messages.is_empty()
    }

    /// The action is in this state now; says so.
    pub(crate) fn enter(
        &mut self,
        planned: &PlannedAction,
        mut record: ActionRecord,
        state: ActionState,
        error: Option<String>,
    ) {
        record.state = state;
        record.error = error;
        self.say(Payload::ActionUpdate(ActionUpdate {
            incident: self.incident.id.clone(),
            action: record.id.clone(),
            does: planned.does.clone(),
            state,
            last: record.steps.last().map(|step| step.outcome.clone()),
            error: record.error.clone(),
        }));
        self.keep(record);
    }

    /// Sends a call: onto the record first, and to the account after the commit.
    pub(crate) fn send(&mut self, mut record: ActionRecord, call: AccountWrite, undo: bool) {
        self.calls
            .push(Call::Account { step: step::name(&record.id, record.steps.len()), write: call.clone() });
        self.say(Payload::Command(Command::Call {
            incident: self.incident.id.clone(),
            action: record.id.clone(),
            call: call.clone(),
            undo,
        }));
        record.steps.push(Step { time: self.now, call, undo, outcome: StepOutcome::Sent });
        self.keep(record);
    }

    /// The decision. A visit that changed nothing writes nothing.
    pub(crate) fn decide(mut self, done: bool, wait_seconds: u32) -> Decision<Output> {
        let mut decision = Decision::answer(Output { done, wait_seconds });
        if self.has_changes() {
            self.incident.version += 1;
            self.incident.updated = self.now;
            decision.writes.push(Write::Incident(Box::new(self.incident)));
        }
        decision.messages = self.messages;
        decision.calls = self.calls;
        decision
    }

    fn keep(&mut self, record: ActionRecord) {
        match self.incident.action_mut(&record.id) {
            Some(kept) => *kept = record,
            None => self.incident.actions.push(record),
        }
    }

    fn say(&mut self, payload: Payload) {
        self.messages.push(Draft {
            correlation_id: self.incident.id.to_string(),
            receiver: Party::Dashboard,
            risk: Some(self.incident.risk),
            payload,
        });
    }
}
