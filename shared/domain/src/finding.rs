//! What a detector claims.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Contribution, EventId, FindingId, Opinion, Principal, Resource, Risk, Technique, Time};

/// A detector's claim about an event, with the risk and what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Made from rule and event.
    pub id: FindingId,
    /// The rule's id.
    pub rule: String,
    /// The rule's title.
    pub title: String,
    /// Why it matters, from the rule.
    pub description: String,
    /// The rule's level.
    pub level: Level,
    /// 0 to 100; the sum of `contributions`, held to that range.
    pub risk: Risk,
    /// What the risk is made of.
    pub contributions: Vec<Contribution>,
    /// ATT&CK techniques.
    pub attack: Vec<Technique>,
    /// The playbook that answers it, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<String>,
    /// The event that matched.
    pub event: EventId,
    /// When that event happened.
    pub time: Time,
    /// The event's operation, for people.
    pub operation: String,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Principal>,
    /// The address it came from. Hostile text unless it parses as an IP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The AWS account it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What it touched.
    pub resources: Vec<Resource>,
    /// The fields of the event that made the rule match. Hostile text.
    pub matched: Vec<Matched>,
    /// False positives to expect, from the rule.
    #[serde(default)]
    pub false_positives: Vec<String>,
    /// What a model said of it, where one was asked. Hostile text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
    /// Whether it stems from a drill.
    #[serde(default)]
    pub drill: bool,
}

impl Finding {
    /// What happened, in a sentence. Hostile text. A flow has no actor, and many of Kubernetes' and GuardDuty's records have none.
    pub fn sentence(&self) -> String {
        let whence = self.origin.as_deref().unwrap_or("an unknown address");
        match &self.actor {
            Some(actor) => format!("{}: {} called {} from {whence}", self.title, actor.name, self.operation),
            None => format!("{}: {} from {whence}", self.title, self.operation),
        }
    }
}

/// A field and the value with which it matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Matched {
    /// The field's path in the raw record: `userIdentity.type`.
    pub field: String,
    /// Its value as text, cut at 512 characters. Hostile text.
    pub value: String,
}

/// A rule's level, as Sigma names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Informational,
    /// Notable, seldom an attack by itself.
    Low,
    /// Should be looked at.
    Medium,
    /// Should be looked at soon.
    High,
    /// Should be looked at now.
    Critical,
}
