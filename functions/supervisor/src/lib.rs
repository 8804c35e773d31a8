//! Decides what may be done about an incident, and who must agree.

mod ask;
mod case;
mod evaluate;
mod expire;
mod ground;
mod obtained;
mod playbook;
mod proposal;
mod say;
mod target;
mod triage;

use agent::{Agent, Call, Ctx, Decision, Observed, Policies};
use domain::{Effect, Finding, Incident, IncidentId, Message, Outcome, Party, Payload, Time, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use ask::Evidence as AskEvidence;
pub use evaluate::{Evidence as EvaluateEvidence, PolicyAnswer};
pub use expire::Evidence as ExpireEvidence;
pub use ground::Ground;
pub use obtained::Acts;
pub use playbook::{Entry, Kind, Playbook, PlaybookError, Playbooks, Subject};
pub use triage::{Evidence as TriageEvidence, Placed};

/// Plans of one incident at most: findings that keep coming must not keep people from answering.
pub const MAX_REVISIONS: u32 = 5;

/// The agent.
pub struct Supervisor {
    /// Which actions answer which finding.
    pub playbooks: Playbooks,
}

impl Supervisor {
    /// With the playbooks among the policies.
    pub fn load(policies: &Policies) -> Result<Self, PlaybookError> {
        Ok(Self { playbooks: Playbooks::load(&policies.under("playbooks"))? })
    }
}

/// What it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Input {
    /// By detection, through its queue: place this finding.
    Triage {
        /// The finding.
        report: Box<Finding>,
        /// When detection said so, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detected: Option<Time>,
    },
    /// By the workflow: plan, and ask the policy.
    Evaluate {
        /// The incident.
        incident: IncidentId,
    },
    /// By the workflow, which then waits: ask people.
    Ask {
        /// The incident.
        incident: IncidentId,
    },
    /// By the workflow: nobody answered in time.
    Expire {
        /// The incident.
        incident: IncidentId,
    },
}

/// What it knows when it decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Evidence {
    /// For placing a finding.
    Triage(TriageEvidence),
    /// For a plan and its verdict.
    Evaluate(EvaluateEvidence),
    /// For asking people.
    Ask(AskEvidence),
    /// For the end of a request.
    Expire(ExpireEvidence),
}

/// What it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Output {
    /// To triage: where the finding went.
    Placed {
        /// The incident.
        incident: IncidentId,
        /// How it got there.
        placed: Placed,
    },
    /// To evaluate: the verdict, as far as the workflow needs it.
    Evaluated {
        /// Deny, allow or ask.
        effect: Effect,
        /// Seconds for which people are asked.
        expires_seconds: u32,
    },
    /// To expire: how the request ended.
    Ended {
        /// How.
        decision: Ending,
        /// Whether there is something to apply.
        apply: bool,
    },
    /// To ask: nothing, as the workflow waits for people.
    Asked,
}

/// How a request for approval ended, as the workflow reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Enough people agreed.
    Approved,
    /// Somebody said no.
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// There will be another plan.
    Superseded,
}

impl Ending {
    /// How this outcome is told to the workflow.
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Approved { .. } => Ending::Approved,
            Outcome::Rejected { .. } => Ending::Rejected,
            Outcome::Expired { .. } => Ending::Expired,
            Outcome::Superseded => Ending::Superseded,
        }
    }
}

impl Output {
    fn of(verdict: &Verdict) -> Self {
        Output::Evaluated { effect: verdict.effect, expires_seconds: verdict.expires_seconds }
    }
}

/// Ends the workflow's wait for people.
fn settle(incident: &Incident, decision: Ending, apply: bool) -> Call {
    Call::Settle {
        execution: incident.execution.clone(),
        output: json!({ "decision": decision, "apply": apply }),
    }
}

impl Agent for Supervisor {
    const NAME: Party = Party::Supervisor;
    type Input = Input;
    type Evidence = Evidence;
    type Output = Output;

    fn hear(message: &Message) -> Option<Input> {
        match &message.payload {
            Payload::Report(report) => {
                Some(Input::Triage { report: report.clone(), detected: Some(message.time) })
            }
            _ => None,
        }
    }

    async fn gather(&self, ctx: &Ctx, input: &Input) -> anyhow::Result<Evidence> {
        let playbooks = &self.playbooks;
        Ok(match input {
            Input::Triage { report, .. } => Evidence::Triage(triage::gather(ctx, playbooks, report).await?),
            Input::Evaluate { incident } => {
                Evidence::Evaluate(evaluate::gather(ctx, playbooks, incident).await?)
            }
            Input::Ask { incident } => Evidence::Ask(ask::gather(ctx, incident).await?),
            Input::Expire { incident } => Evidence::Expire(expire::gather(ctx, incident).await?),
        })
    }

    fn decide(&self, input: &Input, evidence: &Observed<Evidence>) -> Decision<Output> {
        let playbooks = &self.playbooks;
        let now = evidence.now;
        match (input, &evidence.facts) {
            (Input::Triage { report, detected }, Evidence::Triage(facts)) => {
                triage::decide(playbooks, report, *detected, &Observed { now, facts })
            }
            (_, Evidence::Evaluate(facts)) => evaluate::decide(playbooks, &Observed { now, facts }),
            (_, Evidence::Ask(facts)) => ask::decide(playbooks, &Observed { now, facts }),
            (_, Evidence::Expire(facts)) => expire::decide(&Observed { now, facts }),
            // Evidence for placing a finding says nothing about anything else.
            (_, Evidence::Triage(_)) => Decision::answer(Output::Asked),
        }
    }
}

#[cfg(test)]
mod tests;
