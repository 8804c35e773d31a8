//! What a workflow asks of an agent; see ARCHITECTURE.md, "An agent".

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// A task's payload.
#[derive(Clone, Deserialize)]
pub struct Task {
    /// Which visit of which state this is. It stays the same over retries.
    pub key: TaskKey,
    /// The agent's input.
    pub input: Value,
    /// With what the execution is to be settled, if it waits. For the host only: agents never see one.
    #[serde(default)]
    pub task_token: Option<String>,
}

/// A visit of a state.
#[derive(Clone, Debug, Deserialize)]
pub struct TaskKey {
    /// The execution's name.
    pub execution: String,
    /// The state's name.
    pub state: String,
    /// When it was entered, RFC 3339.
    pub entered: String,
}

impl fmt::Display for TaskKey {
    /// The idempotency key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.execution, self.state, self.entered)
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = self.task_token.is_some();
        f.debug_struct("Task").field("key", &self.key).field("waits", &waits).finish_non_exhaustive()
    }
}
