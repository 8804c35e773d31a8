//! One file a group of commands.

pub mod account;
pub mod incidents;
pub mod ingest;
pub mod people;
pub mod up;
pub mod verify;
