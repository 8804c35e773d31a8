//! Tests of the interpreter, and of the workflows that it is for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod crash;
mod host;
mod language;
mod protocol;
mod refusals;
mod workflows;
