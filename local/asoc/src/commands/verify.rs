//! `asoc verify`: examines the whole audit trail.

use std::{fs, io::IsTerminal, path::PathBuf};

use anyhow::Context;
use clap::Args;
use compliance::verify::examine;
use console::api::LedgerReport;
use domain::Checkpoint;
use indicatif::ProgressBar;
use store::SqlStore;

use crate::{
    home::Home,
    services::Services,
    term::{self, Format},
};

/// Options of `asoc verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// A file of checkpoints that you kept (one JSON object a line, as `asoc checkpoint` prints them).
    #[arg(long = "checkpoint")]
    kept: Vec<PathBuf>,
}

/// Examines the trail; says whether it holds. Reads the database itself, so that it does not have to trust a server.
pub async fn run(home: &Home, options: Verify, format: Format) -> anyhow::Result<bool> {
    let mut kept = Vec::new();
    for file in &options.kept {
        kept.extend(checkpoints(file).with_context(|| format!("{}", file.display()))?);
    }
    kept.extend(own_checkpoints(home));
    let store = Services::from_env()?.store(home).await?;
    let report = report(&store, &kept).await?;
    store.close().await;
    show(&report, format)?;
    Ok(report.ok)
}

/// Examines the trail in this store, and the checkpoints over it that somebody kept.
pub(super) async fn report(store: &SqlStore, kept: &[Checkpoint]) -> anyhow::Result<LedgerReport> {
    let bar =
        if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    let report = examine(store, kept, |entries| {
        bar.set_message(format!("{entries} entries examined"));
        bar.tick();
    })
    .await?;
    bar.finish_and_clear();
    Ok(LedgerReport {
        ok: report.faults.is_empty(),
        entries: report.entries,
        checkpoints: report.checkpoints,
        unsealed: report.unsealed,
        faults: report.faults,
    })
}

pub(super) fn show(report: &LedgerReport, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        return term::json(report);
    }
    for fault in &report.faults {
        term::line(format!("FAULT  {}", term::clean(fault)))?;
    }
    let found = if report.ok { "every one holds" } else { "the trail was tampered with or damaged" };
    term::line(format!(
        "{} entries and {} checkpoints examined: {found}. {} messages are not sealed yet.",
        report.entries, report.checkpoints, report.unsealed
    ))
}

/// Prints the newest checkpoint, for somebody outside to keep.
pub async fn checkpoint(home: &Home) -> anyhow::Result<()> {
    let newest = own_checkpoints(home)
        .pop()
        .context("there is no checkpoint yet; one is signed seconds after the first message")?;
    term::line(serde_json::to_string(&newest)?)
}

/// Those in the home folder. A line that a crash cut off is left out: the store has the same checkpoints.
fn own_checkpoints(home: &Home) -> Vec<Checkpoint> {
    let text = fs::read_to_string(home.path("checkpoints.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn checkpoints(file: &PathBuf) -> anyhow::Result<Vec<Checkpoint>> {
    fs::read_to_string(file)?
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).context("a line is not a checkpoint"))
        .collect()
}
