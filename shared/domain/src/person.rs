//! The people who use A-SOC.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Their name, unique here.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their own principals in AWS (ARNs): how "the subject of an incident never approves" is decided.
    #[serde(default)]
    pub principals: Vec<String>,
}

/// What a person may do; each role includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Feed logs and play drills.
    Analyst,
    /// Approve, reject and undo.
    Approver,
    /// Add people, reset the sandbox.
    Admin,
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "viewer" => Ok(Role::Viewer),
            "analyst" => Ok(Role::Analyst),
            "approver" => Ok(Role::Approver),
            "admin" => Ok(Role::Admin),
            other => Err(format!("`{other}` is not a role; choose viewer, analyst, approver or admin")),
        }
    }
}
