//! The context object, `$$`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::execution::{Execution, Visit};

/// The context object as this state sees it. `token` is given to a task that waits for one.
pub(crate) fn object(execution: &Execution, visit: &Visit, token: Option<&str>) -> Value {
    let mut context = json!({
        "Execution": {
            "Id": format!("execution:{}:{}", execution.machine, execution.name),
            "Name": execution.name,
            "Input": execution.input,
            "StartTime": written(execution.started),
        },
        "State": {
            "Name": visit.state,
            "EnteredTime": written(visit.entered),
            "RetryCount": visit.retries.iter().sum::<u32>(),
        },
    });
    if let Some(token) = token {
        context["Task"] = json!({ "Token": token });
    }
    context
}

/// ISO 8601 with milliseconds, as Step Functions writes times: `2026-01-01T00:00:00.000Z`.
fn written(time: Timestamp) -> String {
    format!("{time:.3}")
}
