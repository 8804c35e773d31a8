//! The whole of A-SOC in one process, and the commands that talk to it.

pub mod client;
pub mod commands;
pub mod degraded;
pub mod drill;
pub mod home;
pub mod host;
pub mod log;
pub mod log_folder;
pub mod metrics;
pub mod notices;
pub mod policies;
pub mod servers;
pub mod services;
pub mod term;
pub mod trace;
pub mod web;
pub mod workflow;
