//! An interpreter for the part of the Amazon States Language that the workflows use.
//!
//! [`Machine::load`] refuses, by the state's and the field's name, whatever it does not know. [`start`] and [`advance`]
//! are pure: they take an [`Execution`] and what happened, and return its history's next events and what is to be done
//! outside. The host keeps the execution and the events in one transaction, and only then does what was asked; after a
//! crash [`pending`] asks for the same again, with the same `$$.State.EnteredTime`.
//!
//! ```text
//! start   -> execution, events, requests
//! advance -> events, requests          (a task answered, or time passed)
//! pending -> requests                  (after a crash: what was asked and not answered)
//! ```
//!
//! Sources: the Amazon States Language specification, and of the AWS Step Functions Developer Guide "Handling errors in
//! Step Functions workflows" and "Accessing execution data from the Context object".

mod check;
mod context;
mod engine;
mod execution;
mod failure;
mod history;
mod language;
mod machine;
mod parallel;
mod path;
mod run;
mod template;

pub use engine::{Advance, Answer, Env, Refused, Request, Stimulus, TaskRequest, advance, pending, start};
pub use execution::{Execution, Status, TaskId};
pub use failure::Failure;
pub use history::{EventKind, HistoryEvent};
pub use machine::{LoadError, Machine};
