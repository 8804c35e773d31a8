//! A finding: does it belong to an incident, or does it open one?

use agent::{Call, Ctx, Decision, Observed, Write, ports::IncidentFilter};
use domain::{
    Action, ActionState, Finding, Incident, Outcome, Payload, PlannedAction, Status, Time,
    message::{ApprovalSettled, Severity},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Ending, MAX_REVISIONS, Output,
    case::{self, MAX_FINDINGS},
    ground::Ground,
    playbook::Playbooks,
    proposal, say, settle,
};

/// Seconds for which an incident may be joined after it last changed.
const WINDOW: i64 = 24 * 60 * 60;

/// What a finding is held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The incident that it may belong to.
    pub sharing: Option<Box<Incident>>,
    /// What that incident's plan would be with it; read only where that matters.
    pub ground: Option<Ground>,
}

/// Where a finding went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placed {
    /// It was there before.
    Known,
    /// It opened an incident.
    Opened,
    /// It joined one that is open.
    Joined,
    /// It joined one, and its plan must be made anew.
    Superseded,
    /// It joined one that is answered already, where it asks for nothing more.
    JoinedLate,
    /// Its incident has as many findings as one may have.
    Full,
}

pub(crate) async fn gather(ctx: &Ctx, playbooks: &Playbooks, report: &Finding) -> anyhow::Result<Evidence> {
    let mut candidates: Vec<Incident> =
        ctx.store.incident(&case::id(&report.id)).await?.into_iter().collect();
    let keys = case::keys(report, playbooks);
    if candidates.is_empty() && !keys.is_empty() {
        let since = Some(ctx.clock.now().plus_seconds(-WINDOW));
        let filter = IncidentFilter { keys, since, ..IncidentFilter::default() };
        candidates = ctx.store.incidents(&filter).await?;
    }
    let sharing = choose(report, candidates);
    let ground = match &sharing {
        Some(incident) if !holds(incident, report) && incident.status != Status::Open => {
            Some(Ground::of(ctx, incident, Some(report)).await?)
        }
        _ => None,
    };
    Ok(Evidence { sharing: sharing.map(Box::new), ground })
}

/// The incident that a finding belongs to before any other: the one that holds it, else the newest whose plan may still
/// change, else the newest. A drill and the real thing never mix.
fn choose(report: &Finding, candidates: Vec<Incident>) -> Option<Incident> {
    candidates
        .into_iter()
        .filter(|incident| incident.drill == report.drill)
        .max_by_key(|i| (holds(i, report), may_change(i), i.opened, i.id.clone()))
}

fn holds(incident: &Incident, report: &Finding) -> bool {
    incident.findings.iter().any(|f| f.id == report.id)
}

/// Whether the incident's plan may still change. Once people have answered it may not, even before the workflow says so.
fn may_change(incident: &Incident) -> bool {
    let answered = incident.approval.as_ref().and_then(|a| a.outcome.as_ref());
    match incident.status {
        Status::AwaitingApproval => answered.is_none(),
        _ => incident.is_open_to_findings(),
    }
}

pub(crate) fn decide(
    playbooks: &Playbooks,
    report: &Finding,
    detected: Option<Time>,
    evidence: &Observed<&Evidence>,
) -> Decision<Output> {
    let Some(incident) = &evidence.sharing else {
        return open(playbooks, report, detected, None, evidence.now);
    };
    if holds(incident, report) {
        return answer(incident, Placed::Known);
    }
    let late = !may_change(incident);
    if late && !adds_nothing(playbooks, report, incident, evidence.ground.as_ref()) {
        return open(playbooks, report, detected, Some(incident), evidence.now);
    }

    let mut joined = (**incident).clone();
    if joined.findings.len() >= MAX_FINDINGS {
        return full(joined, evidence.now);
    }
    case::join(&mut joined, report, case::keys(report, playbooks), evidence.now);
    let change = format!("\"{}\" joined; risk {}.", report.title, joined.risk.points());
    if late {
        let mut decision = answer(&joined, Placed::JoinedLate).say(say::update(&joined, change));
        if let Some(text) = after_containment(report, incident, playbooks, evidence.ground.as_ref()) {
            case::note(&mut joined, text.clone());
            decision = decision.say(say::notice(&joined, Severity::Warning, text));
        }
        return decision.write(Write::Incident(Box::new(joined)));
    }
    if joined.status == Status::AwaitingApproval && is_outdated(playbooks, &joined, evidence.ground.as_ref())
    {
        return supersede(joined, report, change);
    }
    answer(&joined, Placed::Joined).say(say::update(&joined, change)).write(Write::Incident(Box::new(joined)))
}

fn answer(incident: &Incident, placed: Placed) -> Decision<Output> {
    Decision::answer(Output::Placed { incident: incident.id.clone(), placed })
}

fn open(
    playbooks: &Playbooks,
    report: &Finding,
    detected: Option<Time>,
    earlier: Option<&Incident>,
    now: Time,
) -> Decision<Output> {
    let keys = case::keys(report, playbooks);
    let mut incident = case::open(report, keys, earlier.map(|e| e.id.clone()), now);
    if let Some(at) = detected {
        incident.receipt.reach("detected", at);
    }
    let change = match earlier {
        Some(earlier) => format!("Opened by \"{}\"; it follows {}.", report.title, earlier.id),
        None => format!("Opened by \"{}\".", report.title),
    };
    answer(&incident, Placed::Opened)
        .say(say::update(&incident, change))
        .call(Call::Start {
            machine: "incident".to_owned(),
            name: incident.execution.clone(),
            input: json!({ "incident": incident.id }),
        })
        .write(Write::Incident(Box::new(incident)))
}

/// The actions that this finding alone asks for, as the incident would plan them.
fn asked(
    playbooks: &Playbooks,
    report: &Finding,
    incident: &Incident,
    ground: &Ground,
) -> Vec<PlannedAction> {
    proposal::draft(&incident.id, std::slice::from_ref(report), playbooks, ground).actions
}

/// Whether all that a finding asks for is done in this incident, or is being done.
fn adds_nothing(
    playbooks: &Playbooks,
    report: &Finding,
    incident: &Incident,
    ground: Option<&Ground>,
) -> bool {
    let is_done = |state: ActionState| match state {
        ActionState::Verified => true,
        ActionState::Applying | ActionState::Applied => incident.status == Status::Responding,
        _ => false,
    };
    ground.is_some_and(|ground| {
        asked(playbooks, report, incident, ground)
            .iter()
            .all(|planned| incident.action(&planned.id).is_some_and(|record| is_done(record.state)))
    })
}

/// What to tell people where a finding is younger than the containment that should have prevented it.
fn after_containment(
    report: &Finding,
    incident: &Incident,
    playbooks: &Playbooks,
    ground: Option<&Ground>,
) -> Option<String> {
    let broken = asked(playbooks, report, incident, ground?).into_iter().find(|planned| {
        let verified = incident.action(&planned.id).and_then(|record| record.verified);
        verified.is_some_and(|verified| report.time > verified) && prevents(&planned.action)
    })?;
    Some(format!(
        "\"{}\" happened after this was verified: {}. See whether it still holds.",
        report.title, broken.does
    ))
}

/// Whether an action is there to prevent something; a snapshot only records.
fn prevents(action: &Action) -> bool {
    !matches!(action, Action::SnapshotVolumes { .. })
}

/// Whether people are asked about another plan than the findings call for now.
fn is_outdated(playbooks: &Playbooks, incident: &Incident, ground: Option<&Ground>) -> bool {
    let (Some(ground), Some(plan)) = (ground, &incident.plan) else { return true };
    !proposal::draft(&incident.id, &ground.findings, playbooks, ground).is(plan)
}

fn supersede(mut incident: Incident, report: &Finding, change: String) -> Decision<Output> {
    let revision = incident.plan.as_ref().map_or(0, |plan| plan.revision);
    let Some(approval) = incident.approval.as_mut().filter(|_| revision < MAX_REVISIONS) else {
        let text = format!(
            "\"{}\" asks for other actions, but this incident has had {MAX_REVISIONS} plans. Look at it by hand.",
            report.title
        );
        case::note(&mut incident, text.clone());
        return answer(&incident, Placed::Joined)
            .say(say::update(&incident, change))
            .say(say::notice(&incident, Severity::Warning, text))
            .write(Write::Incident(Box::new(incident)));
    };
    approval.outcome = Some(Outcome::Superseded);
    let plan = approval.request.plan.clone();
    incident.status = Status::Open;
    let settled = ApprovalSettled { incident: incident.id.clone(), plan, outcome: Outcome::Superseded };
    answer(&incident, Placed::Superseded)
        .say(say::show(&incident, Payload::ApprovalSettled(settled)))
        .say(say::update(
            &incident,
            format!("{change} It asks for other actions, so there will be a new plan."),
        ))
        .call(settle(&incident, Ending::Superseded, false))
        .write(Write::Incident(Box::new(incident)))
}

/// Says once that there are too many findings, and then keeps quiet.
fn full(mut incident: Incident, now: Time) -> Decision<Output> {
    let decision = answer(&incident, Placed::Full);
    let text = format!("There are more than {MAX_FINDINGS} findings; the further ones are not listed.");
    if incident.receipt.notes.contains(&text) {
        return decision;
    }
    case::note(&mut incident, text.clone());
    case::touch(&mut incident, now);
    decision.say(say::notice(&incident, Severity::Warning, text)).write(Write::Incident(Box::new(incident)))
}

#[cfg(test)]
mod tests;
