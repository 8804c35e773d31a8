//! An execution: all there is to know to go on with it, in one value that can be kept.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// One run of a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Unique among executions.
    pub name: String,
    /// The machine's name.
    pub machine: String,
    /// [`crate::Machine::digest`] of the definition it runs under.
    pub definition: String,
    /// What it was started with.
    pub input: Value,
    /// When it was started.
    pub started: Timestamp,
    /// How it stands.
    pub status: Status,
    /// How many events its history has.
    pub history_len: u64,
    /// The time of its newest event.
    pub(crate) latest: Timestamp,
    /// When a state was last entered; the next is entered later, so that (state, entered) names one visit.
    pub(crate) last_entered: Timestamp,
    /// Where it is; none once it has ended.
    pub(crate) at: Option<Frame>,
}

/// How an execution stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// It goes on.
    Running,
    /// It ended well.
    Succeeded {
        /// Its output.
        output: Value,
    },
    /// It failed.
    Failed(Failure),
}

/// Names one try of one task: its execution, and the history event that scheduled it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId {
    /// The execution's name.
    pub execution: String,
    /// Id of the `TaskScheduled` event.
    pub event: u64,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.execution, self.event)
    }
}

/// A visit, resting until something happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub(crate) visit: Visit,
    pub(crate) rest: Rest,
}

/// A state, from when it is entered until it is left. Tries of one visit share its time of entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) state: String,
    pub(crate) input: Value,
    pub(crate) entered: Timestamp,
    /// Tries made by each of the state's retriers.
    pub(crate) retries: Vec<u32>,
}

/// What a visit rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rest {
    /// The answer of a task.
    Task(Pending),
    /// The end of a Wait state.
    Wait { until: Timestamp },
    /// The next try.
    Backoff { until: Timestamp },
    /// The branches of a Parallel state.
    Branches(Vec<Branch>),
}

/// A task that was asked and has not answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// Id of its `TaskScheduled` event.
    pub(crate) event: u64,
    pub(crate) deadline: Timestamp,
    /// SHA-256 of the task token, hexadecimal, if it waits for one. The token itself is not kept.
    pub(crate) token: Option<String>,
    /// Whether the function that was given the token has returned.
    pub(crate) submitted: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Branch {
    Running(Box<Frame>),
    Done(Value),
}

impl Execution {
    /// The task that waits for its token to be answered, and did so at `time` already. Of several, the first branch's.
    pub fn waiting(&self, time: Timestamp) -> Option<TaskId> {
        let waits = |(visit, task): &(&Visit, &Pending)| task.token.is_some() && visit.entered <= time;
        self.tasks().into_iter().find(waits).map(|(_, task)| self.id_of(task))
    }

    /// The task that waits for this token to be answered.
    pub fn holder_of(&self, token: &str) -> Option<TaskId> {
        let digest = digest_of(token);
        let held = |task: &&Pending| task.token.as_ref() == Some(&digest);
        self.tasks().into_iter().map(|(_, task)| task).find(held).map(|task| self.id_of(task))
    }

    /// When something is due: a time-out, the end of a wait, another try.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let mut earliest = None;
        self.see(&mut |frame| {
            let due = match &frame.rest {
                Rest::Task(task) => Some(task.deadline),
                Rest::Wait { until } | Rest::Backoff { until } => Some(*until),
                Rest::Branches(_) => None,
            };
            earliest = [earliest, due].into_iter().flatten().min();
        });
        earliest
    }

    /// Tasks that have not answered, with the visits that rest on them.
    pub(crate) fn tasks(&self) -> Vec<(&Visit, &Pending)> {
        let mut tasks = Vec::new();
        self.see(&mut |frame| {
            if let Rest::Task(task) = &frame.rest {
                tasks.push((&frame.visit, task));
            }
        });
        tasks
    }

    pub(crate) fn id_of(&self, task: &Pending) -> TaskId {
        TaskId { execution: self.name.clone(), event: task.event }
    }

    fn see<'e>(&'e self, each: &mut dyn FnMut(&'e Frame)) {
        let mut open: Vec<&Frame> = self.at.iter().collect();
        while let Some(frame) = open.pop() {
            each(frame);
            if let Rest::Branches(branches) = &frame.rest {
                // Reversed, because the last one in is seen first.
                open.extend(branches.iter().rev().filter_map(|branch| match branch {
                    Branch::Running(frame) => Some(&**frame),
                    Branch::Done(_) => None,
                }));
            }
        }
    }
}

/// SHA-256 of a token, hexadecimal.
pub(crate) fn digest_of(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
