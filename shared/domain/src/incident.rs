//! Findings that need one response.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ActionId, ActionRecord, Approval, FindingId, IncidentId, LastingCredential, Plan, Principal, Resource,
    Risk, Technique, Time, Verdict,
};

/// The case file: all that is decided about one incident, kept as one versioned document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Incident {
    /// Made from the finding that opened it.
    pub id: IncidentId,
    /// Counted up by each write; a write names the version it read.
    pub version: u64,
    /// The title of its gravest finding.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// The highest risk of its findings, raised where several support each other.
    pub risk: Risk,
    /// When its first event happened.
    pub began: Time,
    /// When it was opened.
    pub opened: Time,
    /// When it last changed.
    pub updated: Time,
    /// The AWS account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Who it is about.
    pub principals: Vec<Principal>,
    /// What is affected.
    pub resources: Vec<Resource>,
    /// Addresses the acts came from.
    pub origins: Vec<String>,
    /// Its findings, oldest first.
    pub findings: Vec<FindingSummary>,
    /// ATT&CK techniques of its findings.
    pub attack: Vec<Technique>,
    /// What a later finding must share to join: ARNs, access key ids, instance ids.
    pub keys: Vec<String>,
    /// The plan in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The policy's verdict on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The request for approval, where one was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// One record for each planned action, in plan order.
    pub actions: Vec<ActionRecord>,
    /// An earlier incident of the same principal or resource that is closed or being answered already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<IncidentId>,
    /// Name of the workflow execution that carries it.
    pub execution: String,
    /// Times, and what became of the credential.
    pub receipt: Receipt,
    /// Whether it stems from a drill.
    #[serde(default)]
    pub drill: bool,
}

impl Incident {
    /// The record of this action.
    pub fn action(&self, id: &ActionId) -> Option<&ActionRecord> {
        self.actions.iter().find(|r| &r.id == id)
    }

    /// The record of this action, to write to.
    pub fn action_mut(&mut self, id: &ActionId) -> Option<&mut ActionRecord> {
        self.actions.iter_mut().find(|r| &r.id == id)
    }

    /// Whether a late finding may still change its plan.
    pub fn is_open_to_findings(&self) -> bool {
        matches!(self.status, Status::Open | Status::AwaitingApproval)
    }
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Opened; being evaluated.
    Open,
    /// A person is asked.
    AwaitingApproval,
    /// Authorised; being looked into and answered.
    Responding,
    /// Closed: at least one action was verified, and none failed.
    Contained,
    /// Closed, and everything that was applied has been undone.
    Undone,
    /// Closed: authorised, but the account is only observed, so nothing was sent.
    Simulated,
    /// Closed: nothing was to be done, or nothing was left to do.
    Noted,
    /// Closed: the policy denied the plan.
    Denied,
    /// Closed: a person rejected the plan.
    Rejected,
    /// Closed: nobody answered in time, and the declared default was to do nothing.
    Expired,
    /// Closed: an action or the workflow failed, and a person must look.
    Failed,
}

impl Status {
    /// Whether its workflow has ended.
    pub fn is_closed(self) -> bool {
        !matches!(self, Status::Open | Status::AwaitingApproval | Status::Responding)
    }
}

/// A finding, as short as an incident needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FindingSummary {
    /// The finding.
    pub id: FindingId,
    /// The rule's title.
    pub title: String,
    /// Its risk.
    pub risk: Risk,
    /// When its event happened.
    pub time: Time,
}

/// What an incident cost in time, stage by stage, and what is still alive of the attacker's credential.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// When each stage was reached: `event`, `detected`, `opened`, `evaluated`, `asked`, `answered`, `investigated`,
    /// `contained`, `recorded`.
    pub reached: BTreeMap<String, Time>,
    /// Until when a credential of the attacker may still work, by principal ARN; absent where none may.
    #[serde(default)]
    pub credential_alive_until: BTreeMap<String, Time>,
    /// Credentials in the attacker's hands that end only when somebody ends them, and that no verified action has ended.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub credentials_without_end: BTreeSet<LastingCredential>,
    /// What forensics or response found that a person should know.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Receipt {
    /// Notes when a stage was first reached.
    pub fn reach(&mut self, stage: &str, at: Time) {
        self.reached.entry(stage.to_owned()).or_insert(at);
    }
}
