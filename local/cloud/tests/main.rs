//! The deployed path: real functions, real templates, real workflow files, on an AWS-compatible endpoint.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

#[path = "main/attack.rs"]
mod attack;
#[path = "main/chain.rs"]
mod chain;
#[path = "main/world.rs"]
mod world;
