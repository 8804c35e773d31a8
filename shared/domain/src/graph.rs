//! What an attacker could reach, and what each action would change about that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ActionId, EventId, IncidentId, Resource, Technique, Time};

/// The blast radius of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BlastRadius {
    /// The incident.
    pub incident: IncidentId,
    /// When the account was read.
    pub as_of: Time,
    /// What is reachable, the compromised things at distance 0.
    pub nodes: Vec<Node>,
    /// By which step one leads to another.
    pub edges: Vec<Edge>,
    /// Reachable things by kind, for people: `secrets` -> 2. They add up to all that is reachable, so crown jewels, which
    /// are of these kinds, have no count of their own here.
    pub totals: BTreeMap<String, u32>,
    /// Reachable things once the whole plan is applied: what one action leaves open, another may close. Absent without a
    /// plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reachable_after_plan: Option<u32>,
    /// What each candidate action would change.
    pub counterfactuals: Vec<Counterfactual>,
    /// The attack so far, in order of time.
    pub path: Vec<PathStep>,
    /// What could not be seen (a policy that was too large, an entity of another account).
    pub blind_spots: Vec<String>,
}

impl BlastRadius {
    /// How many crown jewels are within reach.
    pub fn crown_jewels(&self) -> u32 {
        u32::try_from(self.nodes.iter().filter(|node| node.crown_jewel).count()).unwrap_or(u32::MAX)
    }
}

/// Something that is compromised or reachable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// Its ARN, or another id unique in this graph.
    pub id: String,
    /// What it is.
    pub resource: Resource,
    /// Steps from the nearest compromised thing; 0 is compromised.
    pub distance: u32,
    /// `compromised`, `touched` (the history shows an act on it) or `reachable`.
    pub standing: Standing,
    /// Whether losing it would be grave: an administrator, a secret, a bucket or instance tagged as such. Never set at
    /// distance 0: what is compromised is lost already.
    pub crown_jewel: bool,
}

/// How sure the graph is of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A subject of the incident.
    Compromised,
    /// The event history shows that the attacker acted on it.
    Touched,
    /// Its policies allow it; no act was seen.
    Reachable,
}

/// One step of reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Edge {
    /// From this node.
    pub from: String,
    /// To that node.
    pub to: String,
    /// By which means: `sts:AssumeRole`, `iam:CreateAccessKey`, `instance profile`, `network tcp/5432`.
    pub means: String,
    /// What says so: a policy's name and statement, a security group's rule, an event.
    pub because: String,
    /// Whether the history shows it happened.
    pub observed: bool,
}

/// What an action would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Counterfactual {
    /// The action.
    pub action: ActionId,
    /// Reachable things before.
    pub reachable_before: u32,
    /// Reachable things with this action alone applied.
    pub reachable_after: u32,
    /// Crown jewels that it cuts off.
    pub protects: Vec<String>,
    /// What would stop working, from the history of the last days: who or what used the target, and how often.
    pub breaks: Vec<Breakage>,
    /// Whether it belongs to the smallest set that cuts everything that can be cut.
    pub recommended: bool,
}

/// Something in use that an action would break.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Breakage {
    /// Who or what.
    pub what: String,
    /// How it is known: `12 calls to s3.amazonaws.com from 10.0.1.7 in 7 days`.
    pub evidence: String,
    /// When it was last in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Time>,
}

/// One step of the attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PathStep {
    /// When.
    pub time: Time,
    /// The event.
    pub event: EventId,
    /// What was done: the operation.
    pub operation: String,
    /// By whom: an ARN.
    pub actor: String,
    /// On what: ARNs or ids.
    pub targets: Vec<String>,
    /// ATT&CK label, where a finding gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technique: Option<Technique>,
    /// The finding's title, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// Whether the attempt succeeded.
    pub succeeded: bool,
}
