//! One file a group of commands.

pub mod account;
pub mod detect;
pub mod explain;
pub mod health;
pub mod incidents;
pub mod ingest;
pub mod people;
pub mod policies;
pub mod rules;
pub mod transfer;
pub mod up;
pub mod verify;
