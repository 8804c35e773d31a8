//! `asoc health`: whether the server works, for whoever restarts it. Containers have no other program to ask with.

use std::{fs, time::Duration};

use anyhow::{Context, ensure};

use crate::{client::ADDRESS, home::Home};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks the server that runs on this home.
///
/// # Errors
/// If there is none, or it is not ready; it says why.
pub async fn run(home: &Home) -> anyhow::Result<()> {
    let base =
        fs::read_to_string(home.path(ADDRESS)).context("no server runs on this home; start `asoc up`")?;
    let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let base = base.trim();
    let answer = http.get(format!("{base}/ready")).send().await;
    let answer = answer.with_context(|| format!("the server at {base} does not answer"))?;
    let status = answer.status();
    let said: String = answer.text().await.unwrap_or_default().chars().take(500).collect();
    ensure!(status.is_success(), "the server at {base} is not ready ({status}): {}", said.trim());
    Ok(())
}
