//! Keeps the audit trail, and closes incidents on it.

pub mod chain;
pub mod checkpoint;
pub mod verify;

use agent::{Agent, Ctx, Decision, Observed, StoreError, Write};
use anyhow::Context;
use domain::{
    ActionId, ActionState, Digest, Draft, Effect, Incident, IncidentId, LedgerEntry, MessageId, Outcome,
    Party, Payload, Status,
    message::{ActionUpdate, Notice, Record, Severity},
};
use serde::{Deserialize, Serialize};

/// Messages sealed at a time.
const BATCH: usize = 500;

/// The agent.
pub struct Compliance;

/// What it is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Input {
    /// Append the messages that are not in the ledger yet.
    Seal,
    /// Close an incident whose workflow ends, or settle its state anew after an undo.
    Record {
        /// The incident.
        incident: IncidentId,
        /// Why the workflow failed, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<serde_json::Value>,
        /// The action whose undo the workflow carried, if it was an undo.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action: Option<ActionId>,
    },
}

/// What it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Output {
    /// How many messages were sealed.
    Sealed {
        /// Entries appended.
        sealed: usize,
    },
    /// How the incident stands.
    Recorded {
        /// Its status.
        status: Status,
    },
}

/// The idempotency key under which the next messages are to be sealed; none if all are.
pub async fn due(ctx: &Ctx) -> Result<Option<String>, StoreError> {
    if ctx.store.unsealed(1).await?.is_empty() {
        return Ok(None);
    }
    let head = ctx.store.ledger_head().await?.map_or(0, |head| head.seq);
    Ok(Some(format!("seal/{head}")))
}

/// The facts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Evidence {
    /// For sealing: the head, and what is to follow it.
    Log {
        /// The newest entry.
        head: Option<Box<LedgerEntry>>,
        /// Unsealed messages in the order of the log.
        unsealed: Vec<Attested>,
    },
    /// For recording.
    Case {
        /// The incident.
        incident: Box<Incident>,
    },
}

/// What an entry says of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    /// Its id.
    pub message: MessageId,
    /// Its type.
    pub kind: String,
    /// Its correlation id.
    pub correlation: String,
    /// Who sent it.
    pub sender: String,
    /// Digest of the whole message.
    pub content: Digest,
    /// Digest of the decision that emitted it.
    pub decision: Digest,
    /// Digest of the policies in force.
    pub policies: Digest,
}

impl Agent for Compliance {
    const NAME: Party = Party::Compliance;
    type Input = Input;
    type Evidence = Evidence;
    type Output = Output;

    async fn gather(&self, ctx: &Ctx, input: &Input) -> anyhow::Result<Evidence> {
        Ok(match input {
            Input::Seal => {
                let unsealed = ctx.store.unsealed(BATCH).await?;
                Evidence::Log {
                    head: ctx.store.ledger_head().await?.map(Box::new),
                    unsealed: unsealed.iter().map(chain::attest).collect(),
                }
            }
            Input::Record { incident, .. } => {
                let found = ctx.store.incident(incident).await?;
                Evidence::Case {
                    incident: Box::new(found.with_context(|| format!("no incident {incident}"))?),
                }
            }
        })
    }

    fn decide(&self, input: &Input, evidence: &Observed<Evidence>) -> Decision<Output> {
        match (&evidence.facts, input) {
            (Evidence::Log { head, unsealed }, _) => {
                let entries = chain::append(head.as_deref(), unsealed, evidence.now);
                Decision::answer(Output::Sealed { sealed: entries.len() }).write(Write::Ledger(entries))
            }
            (Evidence::Case { incident }, Input::Record { failure, action, .. }) => {
                record(incident, failure.as_ref(), action.as_ref(), evidence)
            }
            (Evidence::Case { incident }, Input::Seal) => {
                Decision::answer(Output::Recorded { status: incident.status })
            }
        }
    }
}

fn record(
    incident: &Incident,
    failure: Option<&serde_json::Value>,
    undoing: Option<&ActionId>,
    evidence: &Observed<Evidence>,
) -> Decision<Output> {
    let mut closed = incident.clone();
    closed.status = if failure.is_some() { Status::Failed } else { outcome(incident) };
    closed.version += 1;
    closed.updated = evidence.now;
    closed.receipt.reach("recorded", evidence.now);
    let mut updates = Vec::new();
    if let Some(failure) = failure {
        updates = end_carried(&mut closed, undoing);
        closed.receipt.notes.push(format!("The workflow failed: {}", cut(&failure.to_string())));
    }
    let say = |payload| Draft {
        correlation_id: incident.id.0.clone(),
        receiver: Party::Dashboard,
        risk: Some(incident.risk),
        payload,
    };
    let recorded =
        Record { incident: closed.id.clone(), status: closed.status, receipt: closed.receipt.clone() };
    let mut decision =
        Decision::answer(Output::Recorded { status: closed.status }).say(say(Payload::Record(recorded)));
    decision.messages.extend(updates.into_iter().map(|update| say(Payload::ActionUpdate(update))));
    if closed.status == Status::Failed {
        decision = decision.say(say(Payload::Notice(Notice {
            severity: Severity::Error,
            text: format!(
                "{} ({}) was not contained. Open it, see what failed, and act by hand.",
                closed.title, closed.id
            ),
        })));
    }
    decision.write(Write::Incident(Box::new(closed)))
}

/// Ends what a failed workflow leaves half done, so that it can be undone: nobody else goes on with it.
fn end_carried(incident: &mut Incident, undoing: Option<&ActionId>) -> Vec<ActionUpdate> {
    let plan = incident.plan.as_ref();
    let mut updates = Vec::new();
    for record in &mut incident.actions {
        let carried = match undoing {
            Some(action) => &record.id == action && record.state == ActionState::Undoing,
            None => matches!(record.state, ActionState::Applying | ActionState::Applied),
        };
        if carried {
            record.state = ActionState::Failed;
            record.error = Some(
                "The workflow failed midway. Look at the target, then undo this or end it by hand.".into(),
            );
            updates.push(ActionUpdate {
                incident: incident.id.clone(),
                action: record.id.clone(),
                does: plan.and_then(|p| p.action(&record.id)).map(|a| a.does.clone()).unwrap_or_default(),
                state: record.state,
                last: record.steps.last().map(|step| step.outcome.clone()),
                error: record.error.clone(),
            });
        }
    }
    updates
}

/// How an incident ended, from what is on its record.
fn outcome(incident: &Incident) -> Status {
    let any = |state| incident.actions.iter().any(|a| a.state == state);
    if any(ActionState::Failed) {
        return Status::Failed;
    }
    if any(ActionState::Verified) {
        return Status::Contained;
    }
    if any(ActionState::Undone) {
        return Status::Undone;
    }
    if any(ActionState::Simulated) {
        return Status::Simulated;
    }
    match (&incident.verdict, incident.approval.as_ref().and_then(|a| a.outcome.as_ref())) {
        (Some(verdict), _) if verdict.effect == Effect::Deny => Status::Denied,
        (_, Some(Outcome::Rejected { .. })) => Status::Rejected,
        (_, Some(Outcome::Expired { actions })) if actions.is_empty() => Status::Expired,
        _ => Status::Noted,
    }
}

fn cut(text: &str) -> String {
    text.chars().take(500).collect()
}
