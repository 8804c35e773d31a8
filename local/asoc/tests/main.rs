//! The program as its users run it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod compose;
mod crash;
mod databases;
mod deliveries;
mod detect;
mod drills;
mod lost;
mod outages;
mod schema;
mod transfer;
mod web;
