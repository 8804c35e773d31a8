//! What is read of JSON.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod cut;
mod document;
mod fuzz;
