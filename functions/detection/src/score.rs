//! Risk, as a sum whose every part is named.

use domain::{Contribution, Event, EventOutcome, PrincipalKind};

use crate::{Context, claim::Claim, power, power::Power};

/// The parts of a claim's risk. They add up to the risk itself: what would lead out of 0 to 100 is taken back by a part of
/// its own.
pub(crate) fn contributions(claim: &Claim, event: &Event, context: &Context) -> Vec<Contribution> {
    let mut parts = vec![claim.base.clone()];
    parts.extend(stage(claim));
    parts.extend(actor_power(event, context));
    parts.extend(worth(event, context));
    parts.extend(related(event, context));
    parts.extend(tempered(event));
    let sum: i32 = parts.iter().map(|part| part.points).sum();
    let over = sum.clamp(0, 100) - sum;
    if over != 0 {
        parts.push(part("cap", over, "A risk is held to 0 to 100.".into()));
    }
    parts
}

fn part(name: &str, points: i32, why: String) -> Contribution {
    Contribution { name: name.into(), points, why }
}

/// The later in an intrusion, the less time is left.
fn stage(claim: &Claim) -> Option<Contribution> {
    let points = |tactic: &str| match tactic {
        "exfiltration" | "impact" => 15,
        "persistence"
        | "privilege-escalation"
        | "defense-evasion"
        | "credential-access"
        | "lateral-movement"
        | "command-and-control" => 10,
        "initial-access" | "execution" | "collection" => 5,
        _ => 0,
    };
    let latest = claim.attack.iter().max_by_key(|technique| points(&technique.tactic))?;
    let points = points(&latest.tactic);
    (points > 0).then(|| part("ATT&CK stage", points, format!("{} serves {}.", latest.id, latest.tactic)))
}

fn actor_power(event: &Event, context: &Context) -> Option<Contribution> {
    const NAME: &str = "principal's power";
    let actor = event.actor.as_ref().filter(|actor| actor.kind.is_person_or_workload())?;
    if let Some(why) = &context.unavailable {
        return Some(part(NAME, 0, format!("Not known: the account could not be read ({why}).")));
    }
    match context.power.get(&actor.arn)? {
        Power::Administrator { by } => {
            Some(part(NAME, 10, format!("{} is an administrator by {by}.", actor.name)))
        }
        Power::Escalates { by } => {
            Some(part(NAME, 7, format!("{} can gain more rights by {by}.", actor.name)))
        }
        Power::Ordinary => None,
    }
}

fn worth(event: &Event, context: &Context) -> Option<Contribution> {
    let jewel = event.resources.iter().find(|resource| power::is_among(resource, &context.crown_jewels))?;
    Some(part("resource's worth", 15, format!("{} is a crown jewel.", jewel.name)))
}

fn related(event: &Event, context: &Context) -> Option<Contribution> {
    let actor = event.actor.as_ref()?;
    let titles = context.related.get(&actor.arn)?;
    let points = i32::try_from(titles.len().min(3)).unwrap_or(3) * 5;
    let first = titles.iter().next()?;
    let why =
        format!("{} has {} other kinds of recent findings, such as: {first}.", actor.name, titles.len());
    Some(part("related findings", points, why))
}

/// What speaks for less: it did not work, or AWS itself did it.
fn tempered(event: &Event) -> Vec<Contribution> {
    let mut parts = Vec::new();
    if let EventOutcome::Failure(code) = &event.outcome {
        let code: String = code.chars().take(80).collect();
        parts.push(part("failed attempt", -15, format!("It was refused: {code}.")));
    }
    if let Some(actor) = event.actor.as_ref().filter(|actor| actor.kind == PrincipalKind::Service) {
        parts.push(part("service principal", -20, format!("{} did it, which is AWS itself.", actor.name)));
    }
    parts
}
