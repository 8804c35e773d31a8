//! The attack so far: what the attacker did, in order of time.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Event, EventId, EventOutcome, Finding, graph::PathStep};

use crate::{attacker::Attacker, text::clip};

/// A path with more steps cannot be read.
const MOST_STEPS: usize = 100;
/// Nor a step with more targets.
const MOST_TARGETS: usize = 8;

/// The attack so far, oldest first, and a note where it had to be cut. Steps that a finding is about always come before
/// others when there are too many; the same act on the same things is told once.
pub(crate) fn of(attacker: &Attacker<'_>, findings: &[Finding]) -> (Vec<PathStep>, Option<String>) {
    let mut labels: BTreeMap<&EventId, &Finding> = BTreeMap::new();
    for finding in findings {
        let gravest = labels.entry(&finding.event).or_insert(finding);
        if (finding.risk, &gravest.id) > (gravest.risk, &finding.id) {
            *gravest = finding;
        }
    }
    let mut told = BTreeSet::new();
    let mut steps: Vec<PathStep> = Vec::new();
    for event in &attacker.events {
        let finding = labels.get(&event.id).copied();
        let step = step(event, finding);
        let act = (step.operation.clone(), step.actor.clone(), step.targets.clone(), step.succeeded);
        if told.insert(act) || finding.is_some() {
            steps.push(step);
        }
    }
    let told_once = attacker.events.len() - steps.len();
    let too_many = steps.len().saturating_sub(MOST_STEPS);
    if too_many > 0 {
        steps.sort_by_key(|s| (s.finding.is_none(), !s.succeeded));
        steps.truncate(MOST_STEPS);
        steps.sort_by(|a, b| (a.time, &a.event).cmp(&(b.time, &b.event)));
    }
    let note = (told_once + too_many > 0).then(|| {
        format!("The attack path leaves out {told_once} repetitions and {too_many} further events.")
    });
    (steps, note)
}

fn step(event: &Event, finding: Option<&Finding>) -> PathStep {
    let actor = event.actor.as_ref().map(|a| a.arn.as_str()).or(event.origin.as_deref());
    let mut targets: Vec<String> = event.resources.iter().map(|r| clip(&r.arn, 512)).collect();
    targets.sort();
    targets.dedup();
    targets.truncate(MOST_TARGETS);
    PathStep {
        time: event.time,
        event: event.id.clone(),
        operation: clip(&event.operation, 128),
        actor: clip(actor.unwrap_or("unknown"), 512),
        targets,
        technique: finding.and_then(|f| f.attack.iter().min().cloned()),
        finding: finding.map(|f| clip(&f.title, 200)),
        succeeded: event.outcome == EventOutcome::Success,
    }
}
