//! The host's part without a store: gather, decide, record, then call.

use std::{collections::BTreeMap, sync::Arc};

use agent::{Account, AccountError, Agent, Call, Observed, Write};
use domain::{
    Action, ActionId, ActionRecord, ActionState, Digest, Draft, Incident, Inventory, Payload, PrincipalKind,
    Status, StepOutcome, Time, account::Scope, message::Command,
};
use sandbox::Sandbox;
use serde_json::Value;

use super::cases;
use crate::{Evidence, Input, Output, Response, at_hand, step};

/// Visits after which something that has not ended never will.
const ENOUGH: usize = 300;

/// How calls reach the account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Delivery {
    /// Once each.
    Once,
    /// Twice each, as after a crash between the call and the note that it was made.
    Twice,
    /// Once each, but the nth is lost for good.
    Losing(usize),
    /// Never, though each is accepted.
    Never,
}

/// An account, an incident about it, and what was said.
pub(super) struct World {
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) account: Arc<dyn Account>,
    pub(super) incident: Incident,
    pub(super) now: Time,
    pub(super) said: Vec<Draft>,
    delivery: Delivery,
    sent: usize,
    refusals: BTreeMap<String, String>,
}

impl World {
    /// The account, and an incident whose plan is these actions.
    pub(super) fn new(account: Inventory, actions: &[Action]) -> Self {
        let incident = cases::incident(actions, &account);
        let sandbox = Arc::new(Sandbox::new(account));
        Self {
            account: sandbox.clone(),
            sandbox,
            incident,
            now: cases::start(),
            said: Vec::new(),
            delivery: Delivery::Once,
            sent: 0,
            refusals: BTreeMap::new(),
        }
    }

    pub(super) fn delivering(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// The id of the action in this place of the plan.
    pub(super) fn id(&self, place: usize) -> ActionId {
        self.incident.plan.as_ref().unwrap().actions[place].id.clone()
    }

    pub(super) fn record(&self, place: usize) -> &ActionRecord {
        self.incident.action(&self.id(place)).unwrap()
    }

    pub(super) fn state(&self, place: usize) -> ActionState {
        self.record(place).state
    }

    pub(super) fn error(&self, place: usize) -> &str {
        self.record(place).error.as_deref().unwrap_or_default()
    }

    pub(super) async fn edit(&self, patch: Value) {
        self.sandbox.edit(&patch).await.unwrap();
    }

    pub(super) async fn apply(&mut self) {
        self.run(&Input::Apply { incident: self.incident.id.clone() }).await;
    }

    /// Once the workflow has ended: asks for the undo as the console does, and carries it through.
    pub(super) async fn undo(&mut self, place: usize) {
        self.incident.status = Status::Contained;
        let action = self.id(place);
        let asked = self.incident.request_undo(&action, &cases::approver(), "false alarm", true, self.now);
        asked.unwrap();
        self.incident.version += 1;
        self.run(&Input::Undo { incident: self.incident.id.clone(), action }).await;
    }

    pub(super) async fn run(&mut self, input: &Input) {
        for _ in 0..ENOUGH {
            if self.visit(input).await.done {
                return;
            }
        }
        panic!("no end after {ENOUGH} visits: {:#?}", self.incident.actions);
    }

    pub(super) async fn look(&self, input: &Input) -> Observed<Evidence> {
        let mut account = Inventory::default();
        let mut refusal = None;
        if let Some((planned, record)) = at_hand(&self.incident, input) {
            account = self.account.describe(&Scope::of(&planned.action)).await.unwrap();
            let last = record.steps.len().checked_sub(1);
            refusal = last.and_then(|last| self.refusals.get(&step::name(&record.id, last)).cloned());
        }
        for principal in self.incident.principals.iter().filter(|p| p.kind == PrincipalKind::Role) {
            let name = principal.arn.rsplit('/').next().unwrap().to_owned();
            account.roles.extend(self.account.describe(&Scope::Role { name }).await.unwrap().roles);
        }
        let facts = Evidence { incident: self.incident.clone(), account, refusal };
        Observed { now: self.now, facts }
    }

    /// One visit, with what holds of every one checked.
    pub(super) async fn visit(&mut self, input: &Input) -> Output {
        let evidence = self.look(input).await;
        let decision = Response.decide(input, &evidence);
        let replayed = serde_json::from_value(serde_json::to_value(&evidence).unwrap()).unwrap();
        assert_eq!(
            Digest::of_json(&decision),
            Digest::of_json(&Response.decide(input, &replayed)),
            "a replay decides the same"
        );
        assert!(decision.calls.len() <= 1, "one call a visit at most");

        for write in decision.writes {
            let Write::Incident(next) = write else { panic!("only the incident is written: {write:?}") };
            assert_eq!(next.version, self.incident.version + 1);
            self.incident = *next;
        }
        for call in &decision.calls {
            let Call::Account { step, write } = call else { panic!("only the account is called: {call:?}") };
            let (action, place) = step.rsplit_once('/').unwrap();
            let record = self.incident.action(&action.into()).unwrap();
            assert!(record.snapshot.is_some(), "a snapshot is on record before the first call");
            let on_record = &record.steps[place.parse::<usize>().unwrap()];
            assert_eq!(on_record.call, *write, "a call is on record before it is sent");
            assert_eq!(on_record.outcome, StepOutcome::Sent);
            assert!(
                decision.messages.iter().any(|draft| matches!(
                    &draft.payload,
                    Payload::Command(Command::Call { call, .. }) if call == write
                )),
                "a call is said before it is sent"
            );
            self.deliver(step, write).await;
        }
        self.said.extend(decision.messages);
        self.now = self.now.plus_seconds(i64::from(decision.output.wait_seconds) + 1);
        decision.output
    }

    async fn deliver(&mut self, step: &str, write: &domain::AccountWrite) {
        self.sent += 1;
        let times = match self.delivery {
            Delivery::Once => 1,
            Delivery::Twice => 2,
            Delivery::Never => 0,
            Delivery::Losing(nth) => usize::from(nth != self.sent),
        };
        for _ in 0..times {
            loop {
                match self.account.write(write).await {
                    Ok(()) => {}
                    Err(AccountError::Unavailable(_)) => continue,
                    Err(refused) => {
                        self.refusals.entry(step.to_owned()).or_insert_with(|| refused.to_string());
                    }
                }
                break;
            }
        }
    }
}
