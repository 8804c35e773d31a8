//! What happened in an execution, in the terms of Step Functions' GetExecutionHistory.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::language::State;

/// Details longer than this many bytes stand in the history by their digest.
const LONGEST_DETAIL: usize = 16 * 1024;

/// One event of an execution's history. Task tokens never stand in one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryEvent {
    /// Counted up from 1 without gaps.
    pub id: u64,
    /// When; never before the event it follows.
    pub time: Timestamp,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The state it happened in; none for events of the execution as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Input, output, parameters, error and cause, as far as the kind has them.
    pub detail: Value,
}

/// Kinds of event, named as HistoryEvent's `type` in the Step Functions API Reference.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionFailed,
    TaskStateEntered,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
    TaskStateAborted,
    TaskStateExited,
    ParallelStateEntered,
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    ParallelStateAborted,
    ParallelStateExited,
    ChoiceStateEntered,
    ChoiceStateExited,
    WaitStateEntered,
    WaitStateAborted,
    WaitStateExited,
    PassStateEntered,
    PassStateExited,
    SucceedStateEntered,
    SucceedStateExited,
    FailStateEntered,
}

impl EventKind {
    /// How entering this state is named.
    pub(crate) fn entered(state: &State) -> Self {
        match state {
            State::Task(_) => Self::TaskStateEntered,
            State::Parallel(_) => Self::ParallelStateEntered,
            State::Choice(_) => Self::ChoiceStateEntered,
            State::Wait(_) => Self::WaitStateEntered,
            State::Pass(_) => Self::PassStateEntered,
            State::Succeed { .. } => Self::SucceedStateEntered,
            State::Fail(_) => Self::FailStateEntered,
        }
    }

    /// How leaving this state is named. A Fail state is never left.
    pub(crate) fn exited(state: &State) -> Option<Self> {
        match state {
            State::Task(_) => Some(Self::TaskStateExited),
            State::Parallel(_) => Some(Self::ParallelStateExited),
            State::Choice(_) => Some(Self::ChoiceStateExited),
            State::Wait(_) => Some(Self::WaitStateExited),
            State::Pass(_) => Some(Self::PassStateExited),
            State::Succeed { .. } => Some(Self::SucceedStateExited),
            State::Fail(_) => None,
        }
    }

    /// How it is named that another branch's failure stopped this state; only states that rest can be stopped.
    pub(crate) fn aborted(state: &State) -> Option<Self> {
        match state {
            State::Task(_) => Some(Self::TaskStateAborted),
            State::Parallel(_) => Some(Self::ParallelStateAborted),
            State::Wait(_) => Some(Self::WaitStateAborted),
            State::Choice(_) | State::Pass(_) | State::Succeed { .. } | State::Fail(_) => None,
        }
    }
}

/// A detail as it stands in the history: itself, or what identifies it if it is long.
pub(crate) fn abridged(detail: Value) -> Value {
    let text = detail.to_string();
    if text.len() <= LONGEST_DETAIL {
        return detail;
    }
    json!({ "truncated": true, "bytes": text.len(), "sha256": hex::encode(Sha256::digest(&text)) })
}
