//! Failures, and which of them are tried again or caught.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::path::ResultPath;

/// Why a state failed: the States Language's error output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The error's name, such as `Transient` or `States.Timeout`.
    pub error: String,
    /// For people.
    pub cause: String,
}

impl Failure {
    /// A failure of this name.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: error.into(), cause: cause.into() }
    }

    /// What the execution's data cannot be read as. Neither tried again nor caught, like everything of this name.
    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self::new("States.Runtime", cause)
    }

    /// As a catcher sees it.
    pub(crate) fn output(&self) -> Value {
        json!({ "Error": self.error, "Cause": self.cause })
    }
}

/// The errors that a retrier or a catcher is for.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(crate) struct ErrorEquals(Vec<String>);

impl TryFrom<Vec<String>> for ErrorEquals {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, Self::Error> {
        let known = ["States.ALL", "States.TaskFailed", "States.Timeout"];
        if names.is_empty() {
            return Err("`ErrorEquals` is empty".to_owned());
        }
        if let Some(name) = names.iter().find(|n| n.starts_with("States.") && !known.contains(&n.as_str())) {
            return Err(format!("`ErrorEquals` with `{name}` is not supported"));
        }
        if names.len() > 1 && names.iter().any(|name| name == "States.ALL") {
            return Err("in `ErrorEquals`, `States.ALL` stands alone".to_owned());
        }
        Ok(Self(names))
    }
}

impl ErrorEquals {
    /// Whether it catches everything that can be caught.
    pub(crate) fn is_all(&self) -> bool {
        self.0.iter().any(|name| name == "States.ALL")
    }

    /// Whether it names this error, by itself or by a wildcard.
    pub(crate) fn matches(&self, error: &str) -> bool {
        error != "States.Runtime"
            && self.0.iter().any(|name| match name.as_str() {
                "States.ALL" => true,
                "States.TaskFailed" => error != "States.Timeout",
                name => name == error,
            })
    }
}

/// When and how often a failed state is tried again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Retrier {
    pub(crate) error_equals: ErrorEquals,
    #[serde(default = "Retrier::default_interval")]
    pub(crate) interval_seconds: u32,
    #[serde(default = "Retrier::default_rate")]
    pub(crate) backoff_rate: f64,
    #[serde(default = "Retrier::default_attempts")]
    pub(crate) max_attempts: u32,
    pub(crate) max_delay_seconds: Option<u32>,
    #[serde(default)]
    pub(crate) jitter_strategy: Jitter,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Jitter {
    #[default]
    None,
    Full,
}

impl Retrier {
    fn default_interval() -> u32 {
        1
    }

    fn default_rate() -> f64 {
        2.0
    }

    fn default_attempts() -> u32 {
        3
    }

    /// Milliseconds until the next try, after `tries` earlier ones of this retrier; `random` is in 0.0..1.0.
    pub(crate) fn delay_millis(&self, tries: u32, random: impl FnOnce() -> f64) -> i64 {
        let exponent = i32::try_from(tries).unwrap_or(i32::MAX);
        let grown = f64::from(self.interval_seconds) * self.backoff_rate.powi(exponent);
        // Without a bound of its own a delay is still no longer than the year that a Standard workflow may run.
        let seconds = grown.min(f64::from(self.max_delay_seconds.unwrap_or(366 * 24 * 3600)));
        let share = if self.jitter_strategy == Jitter::Full { random().clamp(0.0, 1.0) } else { 1.0 };
        // In range: at most a year of milliseconds.
        #[allow(clippy::cast_possible_truncation)]
        let millis = (seconds * share * 1000.0).round() as i64;
        millis
    }
}

/// Where a failure leads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Catcher {
    pub(crate) error_equals: ErrorEquals,
    #[serde(default)]
    pub(crate) result_path: ResultPath,
    pub(crate) next: String,
}
