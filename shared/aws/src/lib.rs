//! The ports on AWS, and the host that a Lambda function is.
//!
//! A function's `main` assembles a [`Cloud`] from its environment, builds its agent, and serves it ([`serve`]). What AWS
//! hands to a function is one of three things: a task of a workflow, messages of a queue, or something that only this
//! function knows ([`Invocation`]).

pub mod cloud;
pub mod function;
pub mod metrics;
pub mod queue;
pub mod secrets;
pub mod store;
pub mod tokens;
pub mod workflow;

mod absent;
mod trace;

pub use cloud::{Cloud, Ports};
pub use function::{Invocation, answer, log, run, serve};
pub use lambda_runtime::{Diagnostic, Error};

/// A fifth of what loading the rules takes, which is most of detection's start, is glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
