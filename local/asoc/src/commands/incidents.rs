//! `asoc incidents`, `approve`, `reject`, `undo`: what the dashboard does, from a terminal.

use std::io::{self, IsTerminal};

use anyhow::{Context, bail};
use clap::Args;
use console::api::{IncidentDetail, IncidentRow, UndoBody, VoteCounted};
use domain::{ActionId, Ballot, IncidentId, Plan, PlannedAction, approval::Answer};
use serde::Serialize;

use crate::{
    client::Client,
    term::{self, Format},
};

/// Options of `asoc incidents`.
#[derive(Args, Debug)]
pub struct Incidents {
    /// Show one incident in full.
    incident: Option<String>,
    /// Only those that wait for an approval.
    #[arg(long)]
    waiting: bool,
}

/// Options of `asoc approve`.
#[derive(Args, Debug)]
pub struct Approve {
    /// The incident.
    incident: String,
    /// Approve only this action (may be given several times); all of the plan otherwise.
    #[arg(long = "action")]
    actions: Vec<String>,
    /// The plan that you mean, by the first digits of its hash as `asoc incidents INCIDENT` shows it: refused if the plan
    /// has changed since.
    #[arg(long)]
    plan: Option<String>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Options of `asoc reject`.
#[derive(Args, Debug)]
pub struct Reject {
    /// The incident.
    incident: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// The plan that you mean; see `asoc approve`.
    #[arg(long)]
    plan: Option<String>,
}

/// Options of `asoc undo`.
#[derive(Args, Debug)]
pub struct Undo {
    /// The incident.
    incident: String,
    /// The action; all that can be undone otherwise, the last one first.
    #[arg(long)]
    action: Option<String>,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Go on although it would revive stolen sessions.
    #[arg(long)]
    accept_risk: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Lists incidents, or shows one.
pub async fn list(client: &Client, options: Incidents, format: Format) -> anyhow::Result<()> {
    if let Some(id) = &options.incident {
        let detail = detail(client, id).await?;
        return match format {
            Format::Json => term::json(&detail),
            Format::Text => show(&detail),
        };
    }
    let mut rows: Vec<IncidentRow> = client.fetch("/v1/incidents").await?;
    if options.waiting {
        rows.retain(|row| row.status == domain::Status::AwaitingApproval);
    }
    if format == Format::Json {
        return term::json(&rows);
    }
    if rows.is_empty() {
        return term::line(
            "No incidents. Ingest logs with `asoc ingest FILE`, or play `asoc drill leaked-key`.",
        );
    }
    for row in rows {
        term::line(format!(
            "{}  {:>3}  {:<18} {}  {}",
            row.id,
            row.risk.points(),
            word(&row.status)?,
            row.updated,
            term::clean(&row.title)
        ))?;
    }
    Ok(())
}

fn show(detail: &IncidentDetail) -> anyhow::Result<()> {
    let incident = &detail.incident;
    term::line(format!("{}  {}", incident.id, term::clean(&incident.title)))?;
    term::line(format!("risk {} of 100, {}", incident.risk.points(), word(&incident.status)?))?;
    for finding in &detail.findings {
        let who = finding.actor.as_ref().map_or("?", |a| a.name.as_str());
        term::line(format!(
            "  {}  {}  {} by {}",
            finding.time,
            term::clean(&finding.title),
            finding.operation,
            term::clean(who)
        ))?;
    }
    if let Some(plan) = &incident.plan {
        term::line(format!("  plan {} ({})", plan.revision, plan.hash.short()))?;
    }
    for planned in incident.plan.iter().flat_map(|p| &p.actions) {
        let record = incident.action(&planned.id);
        let state = record.map_or_else(|| Ok("planned".into()), |r| word(&r.state))?;
        term::line(format!("  {} [{state}] {}", planned.id, planned.does))?;
        if let Some(error) = record.and_then(|r| r.error.as_ref()) {
            term::line(format!("      {}", term::clean(error)))?;
        }
    }
    if let Some(radius) = &detail.blast_radius {
        let parts: Vec<_> = radius.totals.iter().map(|(what, n)| format!("{n} {what}")).collect();
        term::line(format!("  blast radius: {}; {} crown jewels", parts.join(", "), radius.crown_jewels()))?;
    }
    Ok(())
}

/// Approves a plan, or a part of it.
pub async fn approve(client: &Client, options: Approve, format: Format) -> anyhow::Result<()> {
    let detail = detail(client, &options.incident).await?;
    let plan = plan_of(&detail, options.plan.as_deref())?;
    let chosen: Vec<&PlannedAction> = if options.actions.is_empty() {
        plan.actions.iter().collect()
    } else {
        options
            .actions
            .iter()
            .map(|id| {
                plan.action(&ActionId(id.clone())).with_context(|| format!("the plan has no action {id}"))
            })
            .collect::<Result<_, _>>()?
    };
    sure(options.yes, "Apply this?", chosen.iter().map(|a| a.does.as_str()))?;
    let answer = Answer::Approve { actions: chosen.iter().map(|a| a.hash.clone()).collect() };
    vote(client, &detail.incident.id, Ballot { plan: plan.hash.clone(), answer }, format).await
}

/// Rejects a plan.
pub async fn reject(client: &Client, options: Reject, format: Format) -> anyhow::Result<()> {
    let detail = detail(client, &options.incident).await?;
    let plan = plan_of(&detail, options.plan.as_deref())?;
    let ballot = Ballot { plan: plan.hash.clone(), answer: Answer::Reject { reason: options.reason } };
    vote(client, &detail.incident.id, ballot, format).await
}

/// The incident's plan, if it is the one that is meant.
fn plan_of<'d>(detail: &'d IncidentDetail, meant: Option<&str>) -> anyhow::Result<&'d Plan> {
    let plan = detail.incident.plan.as_ref().context("this incident has no plan yet")?;
    if meant.is_some_and(|meant| !plan.hash.0.starts_with(meant)) {
        bail!(
            "the plan has changed: it is {} now; look at it with `asoc incidents {}`",
            plan.hash.short(),
            detail.incident.id
        );
    }
    Ok(plan)
}

async fn vote(client: &Client, id: &IncidentId, ballot: Ballot, format: Format) -> anyhow::Result<()> {
    let counted: VoteCounted = client.post(&format!("/v1/incidents/{id}/approval"), &ballot).await?;
    match format {
        Format::Json => term::json(&counted),
        Format::Text if counted.outcome.is_some() => {
            term::line(format!("Counted. See `asoc incidents {id}`."))
        }
        Format::Text => term::line(format!("Counted. {} more must agree.", counted.missing)),
    }
}

/// Undoes an action, or all of an incident's.
pub async fn undo(client: &Client, options: Undo, format: Format) -> anyhow::Result<()> {
    let detail = detail(client, &options.incident).await?;
    let mut ids = match options.action {
        Some(id) => vec![ActionId(id)],
        None => detail.may.undo.clone(),
    };
    ids.reverse();
    if ids.is_empty() {
        bail!("nothing of this incident can be undone");
    }
    let inverse =
        |id: &ActionId| detail.incident.plan.as_ref().and_then(|p| p.action(id)).map(|a| a.undo.clone());
    let sentences: Vec<String> = ids.iter().filter_map(inverse).collect();
    sure(options.yes, "Undo this?", sentences.iter().map(String::as_str))?;
    let body = UndoBody { reason: options.reason, accept_risk: options.accept_risk };
    for id in &ids {
        let path = format!("/v1/incidents/{}/actions/{id}/undo", detail.incident.id);
        client.post::<_, ()>(&path, &body).await.with_context(|| format!("{id} is not undone"))?;
    }
    match format {
        Format::Json => term::json(&serde_json::json!({ "undoing": ids })),
        Format::Text => {
            term::line(format!("Undoing {}. See `asoc incidents {}`.", ids.len(), detail.incident.id))
        }
    }
}

async fn detail(client: &Client, id: &str) -> anyhow::Result<IncidentDetail> {
    if !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        bail!("`{}` is not an incident's id; `asoc incidents` lists them", term::clean(id));
    }
    client.fetch(&format!("/v1/incidents/{id}")).await
}

fn sure<'a>(yes: bool, question: &str, sentences: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    for sentence in sentences {
        term::note(format!("  {}", term::clean(sentence)));
    }
    if yes || (io::stdin().is_terminal() && term::confirm(question)?) {
        return Ok(());
    }
    bail!("not confirmed; say yes, or give --yes");
}

/// A state as one word, as JSON has it.
fn word<T: Serialize>(value: &T) -> anyhow::Result<String> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().replace('_', " "))
}
