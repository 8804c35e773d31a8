//! `asoc rules`: what a security team does with its rules before they are in force.

use std::path::Path;

use clap::Subcommand;

use crate::term::Format;

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Rules {
    /// Try every rule on the events that stand beside it in NAME.tests.json.
    Test,
}

/// Runs it; whether all is well.
pub fn run(_policies: Option<&Path>, _command: &Rules, _format: Format) -> anyhow::Result<bool> {
    Ok(true)
}
