//! Risk, as a sum whose every part is named.

use domain::{Contribution, Event, EventOutcome, Level, PrincipalKind};

use crate::{
    Context, baseline::Novel, claim::Claim, indicators::Indicators, power, power::Power, weights::Weights,
};

/// Findings below this risk, of level low or informational, are shown and open no incident.
const QUIET: i32 = 25;

/// Whether a finding is only shown.
pub(crate) fn is_quiet(level: Level, points: i32) -> bool {
    level <= Level::Low && points < QUIET
}

/// What the parts of a risk are worth, and what they are read from.
pub(crate) struct Scale<'a> {
    pub(crate) weights: &'a Weights,
    pub(crate) indicators: &'a Indicators,
    pub(crate) context: &'a Context,
}

impl Scale<'_> {
    /// The parts of a claim's risk. They add up to the risk itself: what would lead out of 0 to 100 is taken back by a part
    /// of its own.
    pub(crate) fn contributions(
        &self,
        claim: &Claim,
        event: &Event,
        novel: Option<&Novel>,
    ) -> Vec<Contribution> {
        let base = part(claim.base.name, self.weights.level(claim.level), claim.base.why.clone());
        let mut parts = vec![base];
        parts.extend(self.stage(claim));
        parts.extend(self.power(event));
        parts.extend(self.worth(event));
        parts.extend(self.related(event));
        parts.extend(self.intelligence(claim, event));
        parts.extend(self.tempered(event));
        let sum: i32 = parts.iter().map(|part| part.points).sum();
        parts.extend(novel.and_then(|novel| self.novelty(novel, claim.level, sum)));
        let sum: i32 = parts.iter().map(|part| part.points).sum();
        let over = sum.clamp(0, 100) - sum;
        if over != 0 {
            parts.push(part("cap", over, "A risk is held to 0 to 100.".into()));
        }
        parts
    }

    /// The later in an intrusion, the less time is left.
    fn stage(&self, claim: &Claim) -> Option<Contribution> {
        let latest = claim.attack.iter().max_by_key(|technique| self.weights.stage(&technique.tactic))?;
        let points = self.weights.stage(&latest.tactic);
        (points > 0).then(|| part("ATT&CK stage", points, format!("{} serves {}.", latest.id, latest.tactic)))
    }

    fn power(&self, event: &Event) -> Option<Contribution> {
        const NAME: &str = "principal's power";
        let actor = event.actor.as_ref().filter(|actor| actor.kind.is_person_or_workload())?;
        if let Some(why) = &self.context.unavailable {
            return Some(part(NAME, 0, format!("Not known: the account could not be read ({why}).")));
        }
        let weights = &self.weights.power;
        match self.context.power.get(&actor.arn)? {
            Power::Administrator { by } => {
                let why = format!("{} is an administrator by {by}.", actor.name);
                Some(part(NAME, weights.administrator, why))
            }
            Power::Escalates { by } => {
                Some(part(NAME, weights.escalates, format!("{} can gain more rights by {by}.", actor.name)))
            }
            Power::Ordinary => None,
        }
    }

    fn worth(&self, event: &Event) -> Option<Contribution> {
        let jewels = &self.context.crown_jewels;
        let jewel = event.resources.iter().find(|resource| power::is_among(resource, jewels))?;
        let why = format!("{} is a crown jewel.", jewel.name);
        Some(part("resource's worth", self.weights.worth.crown_jewel, why))
    }

    fn related(&self, event: &Event) -> Option<Contribution> {
        let actor = event.actor.as_ref()?;
        let titles = self.context.related.get(&actor.arn)?;
        let count = i32::try_from(titles.len()).unwrap_or(i32::MAX);
        let points = self.weights.related.each.saturating_mul(count).min(self.weights.related.most);
        let first = titles.iter().next()?;
        let why =
            format!("{} has {} other kinds of recent findings, such as: {first}.", actor.name, titles.len());
        Some(part("related findings", points, why))
    }

    /// Something in the record is on a list. The claim that says just that does not count it again.
    fn intelligence(&self, claim: &Claim, event: &Event) -> Option<Contribution> {
        if claim.rule == crate::SEEN {
            return None;
        }
        let seen = self.indicators.mentioned(event);
        let why: Vec<String> = seen.iter().map(|(text, entry)| entry.about(text)).collect();
        (!why.is_empty()).then(|| part("intelligence match", self.weights.intelligence, why.join(" ")))
    }

    /// What speaks for less: it did not work, or AWS itself did it.
    fn tempered(&self, event: &Event) -> Vec<Contribution> {
        let mut parts = Vec::new();
        if let EventOutcome::Failure(code) = &event.outcome {
            let code: String = code.chars().take(80).collect();
            parts.push(part("failed attempt", self.weights.failed, format!("It was refused: {code}.")));
        }
        if let Some(actor) = event.actor.as_ref().filter(|actor| actor.kind == PrincipalKind::Service) {
            let why = format!("{} did it, which is AWS itself.", actor.name);
            parts.push(part("service principal", self.weights.service, why));
        }
        parts
    }

    /// What is new for the principal. Being new alone wakes nobody: a finding that would be quiet without stays quiet.
    fn novelty(&self, novel: &Novel, level: Level, sum: i32) -> Option<Contribution> {
        let points = novel.points(&self.weights.novelty);
        let points = if is_quiet(level, sum) { points.min(QUIET - 1 - sum) } else { points };
        novel.why().map(|why| part("baseline novelty", points, why))
    }
}

pub(crate) fn part(name: &str, points: i32, why: String) -> Contribution {
    Contribution { name: name.into(), points, why }
}
