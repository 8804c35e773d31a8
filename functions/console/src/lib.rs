//! Where people look and act: the dashboard's routes, and the agent that counts ballots and takes undo requests.

pub mod api;
pub mod openapi;
pub mod problem;
pub mod remark;
pub mod routes;
pub mod slack;
mod view;

use agent::{Agent, Call, Ctx, Decision, Observed, Write, ports::IncidentFilter};
use anyhow::Context;
use domain::{
    ActionId, Ballot, Draft, Incident, IncidentId, Outcome, Party, Payload, Person, Refusal, Status,
    UndoRefusal,
    message::{ApprovalSettled, BallotCast, Command, IncidentUpdate, Notice, Severity},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Incidents looked at for whether one counts on an action; those of one principal are few.
const SHARING: usize = 1000;

/// The agent behind what people do.
pub struct Console;

/// What a person asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Input {
    /// To count their answer to a request for approval.
    Ballot {
        /// The incident.
        incident: IncidentId,
        /// Who.
        person: Person,
        /// What.
        ballot: Ballot,
    },
    /// To undo an action.
    Undo {
        /// The incident.
        incident: IncidentId,
        /// The action.
        action: ActionId,
        /// Who.
        person: Person,
        /// Why.
        reason: String,
        /// Whether they accept that it is not safe yet.
        accept_risk: bool,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Output {
    /// The ballot counts.
    Counted {
        /// How the request ended, if it did.
        outcome: Option<Outcome>,
        /// How many more must agree.
        missing: u8,
    },
    /// The ballot does not count.
    BallotRefused(Refusal),
    /// No approval is asked for.
    NothingAsked,
    /// The undo has begun.
    UndoBegun,
    /// The undo is not tried.
    UndoRefused(UndoRefusal),
}

/// The facts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The incident.
    pub incident: Box<Incident>,
    /// For an undo: another incident that counts on the same action.
    pub relied_on_by: Option<IncidentId>,
}

impl Agent for Console {
    const NAME: Party = Party::Console;
    type Input = Input;
    type Evidence = Evidence;
    type Output = Output;

    async fn gather(&self, ctx: &Ctx, input: &Input) -> anyhow::Result<Evidence> {
        let (Input::Ballot { incident, .. } | Input::Undo { incident, .. }) = input;
        let incident =
            ctx.store.incident(incident).await?.with_context(|| format!("no incident {incident}"))?;
        let mut relied_on_by = None;
        if let Input::Undo { action, .. } = input {
            let sharing =
                IncidentFilter { keys: incident.keys.clone(), limit: SHARING, ..Default::default() };
            let sharing = ctx.store.incidents(&sharing).await?;
            relied_on_by =
                sharing.into_iter().find(|other| other.relies_on(&incident, action)).map(|other| other.id);
        }
        Ok(Evidence { incident: Box::new(incident), relied_on_by })
    }

    fn decide(&self, input: &Input, evidence: &Observed<Evidence>) -> Decision<Output> {
        match input {
            Input::Ballot { person, ballot, .. } => count(person, ballot, evidence),
            Input::Undo { action, person, reason, accept_risk, .. } => {
                undo(action, person, reason, *accept_risk, evidence)
            }
        }
    }
}

fn count(person: &Person, ballot: &Ballot, evidence: &Observed<Evidence>) -> Decision<Output> {
    let now = evidence.now;
    let mut incident = evidence.incident.clone();
    // A request that is open on an incident which does not wait has lost its workflow: nobody would act on the answer.
    let waits = incident.status == Status::AwaitingApproval;
    let Some(approval) = incident.approval.as_mut().filter(|a| waits || a.outcome.is_some()) else {
        let text =
            format!("A ballot of {} on this incident was refused: no approval is asked for.", person.name);
        return Decision::answer(Output::NothingAsked).say(notice(&incident, text));
    };
    approval.know_subjects(incident.principals.iter().map(|principal| principal.arn.as_str()));
    if let Err(refusal) = approval.cast(person, ballot, now) {
        let text = format!("A ballot of {} on this incident was refused: {refusal}.", person.name);
        return Decision::answer(Output::BallotRefused(refusal)).say(notice(&incident, text));
    }
    let outcome = approval.outcome.clone();
    let missing = match outcome {
        Some(_) => 0,
        None => {
            approval.request.approvers.saturating_sub(u8::try_from(approval.votes.len()).unwrap_or(u8::MAX))
        }
    };
    let plan = approval.request.plan.clone();
    incident.version += 1;
    incident.updated = now;

    let cast = BallotCast { incident: incident.id.clone(), by: person.name.clone(), ballot: ballot.clone() };
    let mut decision = Decision::answer(Output::Counted { outcome: outcome.clone(), missing })
        .say(Draft { receiver: Party::Supervisor, ..say(&incident, Payload::ApproveAction(cast)) });
    if let Some(outcome) = outcome {
        incident.receipt.reach("answered", now);
        let (status, word) = match outcome {
            Outcome::Approved { .. } => (Status::Responding, "approved"),
            _ => (Status::Rejected, "rejected"),
        };
        incident.status = status;
        let settled = ApprovalSettled { incident: incident.id.clone(), plan, outcome };
        let update = IncidentUpdate {
            incident: incident.id.clone(),
            title: incident.title.clone(),
            status,
            risk: incident.risk,
            change: format!("The plan was {word}."),
        };
        decision = decision
            .say(say(&incident, Payload::ApprovalSettled(settled)))
            .say(say(&incident, Payload::Incident(update)))
            .call(Call::Settle {
                execution: incident.execution.clone(),
                output: json!({ "decision": word }),
            });
    }
    decision.write(Write::Incident(incident))
}

fn undo(
    action: &ActionId,
    person: &Person,
    reason: &str,
    accept_risk: bool,
    evidence: &Observed<Evidence>,
) -> Decision<Output> {
    let mut incident = evidence.incident.clone();
    let relied_on = evidence.relied_on_by.clone().filter(|_| !accept_risk);
    let requested = match relied_on.map(|incident| UndoRefusal::ReliedOn { incident }) {
        Some(refusal) => incident.may_undo(action, person).and(Err(refusal)),
        None => incident.request_undo(action, person, reason, accept_risk, evidence.now),
    };
    if let Err(refusal) = requested {
        let text = format!("{} asked to undo {action}, and was refused: {refusal}.", person.name);
        return Decision::answer(Output::UndoRefused(refusal)).say(notice(&incident, text));
    }
    incident.version += 1;
    incident.updated = evidence.now;
    let command = Command::Undo {
        incident: incident.id.clone(),
        action: action.clone(),
        by: person.name.clone(),
        reason: reason.to_owned(),
    };
    let mut decision = Decision::answer(Output::UndoBegun)
        .say(Draft { receiver: Party::Response, ..say(&incident, Payload::Command(command)) });
    if let Some(name) = incident.action(action).and_then(|record| record.undo_execution()) {
        let input = json!({ "incident": incident.id, "action": action });
        decision = decision.call(Call::Start { machine: "undo".into(), name, input });
    }
    decision.write(Write::Incident(incident))
}

fn say(incident: &Incident, payload: Payload) -> Draft {
    Draft {
        correlation_id: incident.id.0.clone(),
        receiver: Party::Dashboard,
        risk: Some(incident.risk),
        payload,
    }
}

fn notice(incident: &Incident, text: String) -> Draft {
    say(incident, Payload::Notice(Notice { severity: Severity::Warning, text }))
}
