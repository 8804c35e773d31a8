//! The ports on AWS, against an AWS-compatible endpoint.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy knows only functions marked as tests.

#[path = "main/store.rs"]
mod store;
