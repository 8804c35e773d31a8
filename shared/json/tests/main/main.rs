//! JSON as its readers see it.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod cut;
