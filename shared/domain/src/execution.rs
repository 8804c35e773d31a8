//! Executions of workflows, as people see them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Time;

/// One execution of a workflow, with its history.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Execution {
    /// Its name.
    pub name: String,
    /// `incident` or `undo`.
    pub machine: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`.
    pub status: String,
    /// Its history, oldest first.
    pub history: Vec<ExecutionEvent>,
}

/// One line of an execution's history, typed as Step Functions types them (`TaskStateEntered`, `TaskSucceeded`, …).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ExecutionEvent {
    /// When.
    pub time: Time,
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The state it concerns, where it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Input, output, or error and cause.
    #[schema(value_type = Object)]
    pub detail: Value,
}
