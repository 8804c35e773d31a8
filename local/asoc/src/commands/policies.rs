//! `asoc policies`: what other programs are given of the policies.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Subcommand;
use policy::Rego;

use crate::{
    policies,
    term::{self, Format},
};

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Policies {
    /// Write the authorization policy as a bundle for OPA, whose revision is the policy's digest.
    Bundle {
        /// The file, a gzipped tar; replaced as a whole if it exists.
        file: PathBuf,
    },
}

/// Runs it.
pub fn run(dir: Option<&Path>, command: &Policies, format: Format) -> anyhow::Result<()> {
    let Policies::Bundle { file } = command;
    let sources = policies::load(dir)?.under("authorization");
    let digest = Rego::load(&sources)?.digest().to_string();
    // OPA must not read half a bundle.
    let new = file.with_extension("new");
    fs::write(&new, Rego::bundle(&sources)?)
        .and_then(|()| fs::rename(&new, file))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    match format {
        Format::Json => term::json(&serde_json::json!({ "file": file, "revision": digest })),
        Format::Text => term::line(format!("{}: revision {digest}", file.display())),
    }
}
