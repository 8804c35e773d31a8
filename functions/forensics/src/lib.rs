//! Draws the blast radius and the attack path.
//!
//! Beside a request for approval it *previews*: what the attacker could reach, and what each planned action would cut off
//! and break. Before the response it *investigates*: the same, and actions that lost their ground are left out.

mod attacker;
mod breakage;
mod counterfactual;
mod drawing;
mod iam;
mod investigation;
mod path;
mod reach;
mod text;
mod void;

use std::collections::BTreeSet;

use agent::{Agent, Ctx, Decision, Observed, Write};
use anyhow::Context as _;
use domain::{
    Action, BlastRadius, Credential, Digest, Draft, Event, Finding, Incident, IncidentId, Inventory, Party,
    Payload, account::Scope, message::BlastRadiusDrawn,
};
use serde::{Deserialize, Serialize};

use crate::{attacker::Attacker, drawing::Drawing, reach::Reach};

/// Events that one look at the history takes in at most.
const MOST_EVENTS: usize = 2_000;

/// The agent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forensics;

/// What forensics is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Draw, and change nothing about the incident.
    Preview {
        /// The incident.
        incident: IncidentId,
    },
    /// Draw, and leave out what cannot be applied any more.
    Investigate {
        /// The incident.
        incident: IncidentId,
    },
}

impl Task {
    fn incident(&self) -> &IncidentId {
        match self {
            Task::Preview { incident } | Task::Investigate { incident } => incident,
        }
    }
}

/// How far the attacker could get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Reachable things.
    pub reachable: u32,
    /// Crown jewels among them.
    pub crown_jewels: u32,
}

/// The facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The incident.
    pub incident: Incident,
    /// Its findings.
    pub findings: Vec<Finding>,
    /// The account as it is.
    pub account: Inventory,
    /// What happened in the last days, by or on what the incident and its plan name.
    pub history: Vec<Event>,
    /// Whether there was more history than was taken in.
    pub history_is_cut: bool,
}

impl Agent for Forensics {
    const NAME: Party = Party::Forensics;
    type Input = Task;
    type Evidence = Evidence;
    type Output = Extent;

    async fn gather(&self, ctx: &Ctx, task: &Task) -> anyhow::Result<Evidence> {
        let id = task.incident();
        let incident = ctx.store.incident(id).await?.with_context(|| format!("there is no incident {id}"))?;
        let ids: Vec<_> = incident.findings.iter().map(|f| f.id.clone()).collect();
        let findings = ctx.store.findings(&ids).await?;
        let account = ctx.account.describe(&Scope::Everything).await?;

        let week_ago = ctx.clock.now().plus_seconds(-breakage::DAYS * 24 * 3600);
        let since = week_ago.min(incident.began.plus_seconds(-2 * 24 * 3600));
        let named = subjects(&incident, &findings);
        let mut history = ctx.store.history(&named, since, MOST_EVENTS).await?;
        // What the attacker got on the way is only known from the first look.
        let touched = handed_out(&history).filter(|s| !named.contains(s)).collect::<BTreeSet<_>>();
        let touched: Vec<String> = touched.into_iter().collect();
        let further = match touched.is_empty() {
            true => Vec::new(),
            false => ctx.store.history(&touched, since, MOST_EVENTS).await?,
        };
        let history_is_cut = history.len() >= MOST_EVENTS || further.len() >= MOST_EVENTS;
        history.extend(further);
        let ids: Vec<_> = findings.iter().map(|f| f.event.clone()).collect();
        history.extend(ctx.store.events(&ids).await?);
        history.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        history.dedup_by(|a, b| a.id == b.id);
        Ok(Evidence { incident, findings, account, history, history_is_cut })
    }

    fn decide(&self, task: &Task, evidence: &Observed<Evidence>) -> Decision<Extent> {
        let attacker =
            Attacker::of(&evidence.account, &evidence.incident, &evidence.findings, &evidence.history);
        let reach = Reach::new(&evidence.account, &evidence.incident, &attacker);
        let drawing = Drawing::new(&evidence.account, &reach);
        let graph = draw(evidence, &attacker, &reach, &drawing);

        let reachable = u32::try_from(drawing.reachable().count()).unwrap_or(u32::MAX);
        let extent = Extent { reachable, crown_jewels: graph.crown_jewels() };
        let drawn = BlastRadiusDrawn {
            incident: evidence.incident.id.clone(),
            reachable: extent.reachable,
            crown_jewels: extent.crown_jewels,
            graph: Digest::of_json(&graph),
        };
        let mut decision = Decision::answer(extent).write(Write::BlastRadius(Box::new(graph))).say(Draft {
            correlation_id: evidence.incident.id.to_string(),
            receiver: Party::Dashboard,
            risk: Some(evidence.incident.risk),
            payload: Payload::BlastRadiusUpdate(drawn),
        });
        if matches!(task, Task::Investigate { .. }) && !evidence.incident.status.is_closed() {
            let (incident, drafts) = investigation::of(evidence, &attacker, &reach, &drawing);
            decision = decision.write(Write::Incident(Box::new(incident)));
            decision.messages.extend(drafts);
        }
        decision
    }
}

fn draw(
    evidence: &Observed<Evidence>,
    attacker: &Attacker<'_>,
    reach: &Reach,
    drawing: &Drawing,
) -> BlastRadius {
    let (incident, account) = (&evidence.incident, &evidence.account);
    let void = void::of(account, incident);
    let actions = incident.plan.iter().flat_map(|p| &p.actions).filter(|a| !void.contains_key(&a.id));
    let actions: Vec<_> = actions.collect();
    let counterfactuals = counterfactual::of(reach, drawing, &actions, |action| {
        breakage::of(account, attacker, &evidence.history, action, evidence.now)
    });
    let reachable_after_plan =
        (!actions.is_empty()).then(|| counterfactual::reachable_after(reach, drawing, &actions));
    let (nodes, edges, not_drawn) = drawing.cut(reach);
    let (path, not_told) = path::of(attacker, &evidence.findings);
    let mut blind_spots: Vec<String> = reach.blind_spots.iter().cloned().collect();
    if evidence.history_is_cut {
        blind_spots.push(format!("Only the newest {MOST_EVENTS} events of the history were looked at."));
    }
    blind_spots.extend(not_drawn);
    blind_spots.extend(not_told);
    BlastRadius {
        incident: incident.id.clone(),
        as_of: evidence.now,
        nodes,
        edges,
        totals: drawing.totals(),
        reachable_after_plan,
        counterfactuals,
        path,
        blind_spots,
    }
}

/// What the history is asked about: whom and what the incident and its plan name.
fn subjects(incident: &Incident, findings: &[Finding]) -> Vec<String> {
    let mut subjects = BTreeSet::new();
    let actors = findings.iter().filter_map(|f| f.actor.as_ref());
    for principal in incident.principals.iter().chain(actors) {
        subjects.insert(principal.arn.clone());
        subjects.extend(principal.access_key.clone());
    }
    for resource in incident.resources.iter().chain(findings.iter().flat_map(|f| &f.resources)) {
        subjects.extend([resource.arn.clone(), resource.name.clone()]);
    }
    subjects.extend(incident.origins.iter().cloned());
    for planned in incident.plan.iter().flat_map(|p| &p.actions) {
        subjects.extend([planned.target.arn.clone(), planned.target.name.clone()]);
        match &planned.action {
            Action::BlockIp { cidr, .. } => _ = subjects.insert(cidr.addr().to_string()),
            Action::DeactivateAccessKey { access_key, .. } => _ = subjects.insert(access_key.clone()),
            _ => {}
        }
    }
    subjects.into_iter().filter(|s| !s.is_empty()).collect()
}

/// Credentials that these events handed out, as subjects of a further look.
fn handed_out(history: &[Event]) -> impl Iterator<Item = String> {
    history.iter().filter_map(Credential::handed_out_by).filter_map(|c| c.access_key().map(str::to_owned))
}
