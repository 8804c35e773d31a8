//! The whole of A-SOC in one process, and the commands that talk to it.

pub mod client;
pub mod commands;
pub mod drill;
pub mod home;
pub mod host;
pub mod log_folder;
pub mod meter;
pub mod policies;
pub mod services;
pub mod term;
pub mod web;
pub mod workflow;
