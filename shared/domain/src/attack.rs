//! MITRE ATT&CK labels.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An ATT&CK technique as a finding claims it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct Technique {
    /// `T1098` or, for a sub-technique, `T1098.001`.
    pub id: String,
    /// The tactic it serves here, in ATT&CK's spelling with hyphens: `privilege-escalation`.
    pub tactic: String,
}

/// ATT&CK's enterprise tactics in the order an intrusion usually takes.
pub const TACTICS: [&str; 14] = [
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
];
