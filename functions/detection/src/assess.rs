//! From events to findings: what is claimed of them, and what each claim weighs.

use std::collections::{BTreeSet, HashSet};

use agent::{Ctx, State};
use domain::{Contribution, Digest, Event, Finding, FindingId, Risk, Source, Time};

use crate::{
    Context, Detection, Evidence, Settings, baseline, claim, claim::Claim, correlated, correlated::Said,
    guardduty, memory::Memory, obtained, score::Scale, seen,
};

/// For how many seconds a GuardDuty finding stays known, so that a copy of it claims nothing.
const KNOWN_SECONDS: i64 = 30 * 24 * 60 * 60;

/// A claim about the event at this place.
pub(crate) type Claimed = (usize, Claim);

impl Detection {
    /// What is claimed of each event, in order of the events, by what it says and by what it means for an incident at hand;
    /// and what the events say to correlations.
    pub(crate) fn claims(
        &self,
        events: &[Event],
        context: &Context,
        memory: &Memory<'_>,
    ) -> (Vec<Claimed>, Vec<Said>) {
        let here: HashSet<String> =
            events.iter().filter(|e| e.source == Source::Guardduty).filter_map(guardduty::key).collect();
        let is_known = |key: &String| here.contains(key) || memory.recall::<bool>(key).is_some();
        let mut seen = HashSet::new();
        let (mut claims, mut said) = (Vec::new(), Vec::new());
        for (place, event) in events.iter().enumerate() {
            if event.source == Source::SecurityHub && guardduty::key(event).is_some_and(|key| is_known(&key))
            {
                continue;
            }
            let (own, observations) = claim::about(event, &self.settings.rules);
            said.extend(observations.into_iter().map(|observation| (place, observation)));
            claims.extend(own.into_iter().map(|claim| (place, claim)));
            claims.extend(obtained::about(event, context).map(|claim| (place, claim)));
            // A thousand flows of one instance to one address are one finding.
            let about = event.actor.as_ref().map(|actor| &actor.arn);
            let about = about.or_else(|| event.resources.first().map(|resource| &resource.arn)).cloned();
            let met = seen::about(event, &self.settings.indicators);
            let met = met.filter(|claim| seen.insert((claim.description.clone(), about)));
            claims.extend(met.map(|claim| (place, claim)));
        }
        (claims, said)
    }

    /// The same with what correlations claim, whose windows are folded.
    pub(crate) fn correlated(
        &self,
        (mut claims, said): (Vec<Claimed>, Vec<Said>),
        events: &[Event],
        memory: &mut Memory<'_>,
        drill: bool,
        now: Time,
    ) -> Vec<Claimed> {
        claims.extend(correlated::fold(&self.settings.rules, events, &said, memory, drill, now));
        claims.sort_by_key(|(place, _)| *place);
        claims
    }

    /// Findings of the claims, with the place of their event, before any model was asked. Baselines are folded over the events
    /// in order of time.
    pub(crate) fn findings(
        &self,
        claims: Vec<Claimed>,
        evidence: &Evidence,
        memory: &mut Memory<'_>,
        drill: bool,
        now: Time,
    ) -> Vec<(usize, Finding)> {
        // A drill is played, and says nothing about what is usual.
        let novel = if drill { Vec::new() } else { baseline::fold(&evidence.events, memory, now) };
        let Settings { weights, indicators, .. } = &self.settings;
        let scale = Scale { weights, indicators, context: &evidence.context };
        let found = claims.into_iter().filter_map(|(place, claim)| {
            let event = evidence.events.get(place)?;
            let novel = novel.get(place).and_then(Option::as_ref);
            let contributions = scale.contributions(&claim, event, novel);
            Some((place, finding(claim, event, contributions, drill)))
        });
        found.collect()
    }

    /// What was remembered of those who act in these events.
    pub(crate) async fn recall(&self, ctx: &Ctx, events: &[Event]) -> anyhow::Result<Vec<State>> {
        let keys: BTreeSet<String> =
            events.iter().flat_map(|event| [baseline::key(event), guardduty::key(event)]).flatten().collect();
        let keys: Vec<String> = keys.into_iter().collect();
        Ok(ctx.store.states(&keys, ctx.clock.now()).await?.into_iter().flatten().collect())
    }
}

/// That GuardDuty's findings are known, so that Security Hub's copies of them claim nothing.
pub(crate) fn remember_guardduty(events: &[Event], memory: &mut Memory<'_>, now: Time) {
    let expires = now.plus_seconds(KNOWN_SECONDS);
    let keys = events.iter().filter(|event| event.source == Source::Guardduty).filter_map(guardduty::key);
    for key in keys {
        let is_fresh = memory.recall::<bool>(&key).is_some()
            && !memory.expires_before(&key, now.plus_seconds(KNOWN_SECONDS / 2));
        if !is_fresh {
            memory.remember(key, &true, expires);
        }
    }
}

pub(crate) fn finding(claim: Claim, event: &Event, contributions: Vec<Contribution>, drill: bool) -> Finding {
    let about = claim.burst.as_deref().unwrap_or(event.id.as_str());
    Finding {
        id: FindingId(format!("fnd-{}", Digest::of_json(&(&claim.rule, about)).short())),
        rule: claim.rule,
        title: claim.title,
        description: claim.description,
        level: claim.level,
        risk: Risk::of(&contributions),
        contributions,
        attack: claim.attack,
        playbook: claim.playbook,
        event: event.id.clone(),
        time: event.time,
        operation: event.operation.clone(),
        actor: event.actor.clone(),
        origin: event.origin.clone(),
        account: event.account.clone(),
        resources: event.resources.clone(),
        matched: claim.matched,
        false_positives: claim.false_positives,
        opinion: None,
        drill,
    }
}
