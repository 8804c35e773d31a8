//! What the policy says about a plan.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ActionId;

/// The policy's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// Deny, allow or ask.
    pub effect: Effect,
    /// Why, one sentence a rule that spoke.
    pub reasons: Vec<String>,
    /// How many different people must approve, where `effect` is to ask.
    pub approvers: u8,
    /// Seconds until the request expires.
    pub expires_seconds: u32,
    /// What is applied when nobody answers in time: the declared default, usually nothing.
    pub on_expiry: Vec<ActionId>,
    /// Actions of kinds that are only watched so far: nothing is sent for them, they end as simulated.
    pub observe: Vec<ActionId>,
    /// Digest of the policy and its data.
    pub policy: String,
}

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing of the plan may be applied.
    Deny,
    /// The plan may be applied at once.
    Allow,
    /// People must approve first.
    Approval,
}

/// What the policy is asked. It is recorded as evidence, so that a replay can ask again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The incident's risk, 0 to 100.
    pub risk: crate::Risk,
    /// Whether it stems from a drill.
    pub drill: bool,
    /// The plan's actions.
    pub actions: Vec<QuestionAction>,
    /// ARNs of the incident's principals.
    pub principals: Vec<String>,
    /// Actions that were begun in the account during the last hour, over all incidents.
    pub actions_last_hour: u32,
}

/// One action, as the policy sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionAction {
    /// The planned action.
    pub id: ActionId,
    /// [`crate::Action::kind`].
    pub kind: String,
    /// ARN of the target.
    pub target: String,
    /// The target's tags.
    pub tags: crate::account::Tags,
    /// Whether the target is a principal that may do anything in the account.
    #[serde(default)]
    pub administrator: bool,
}
