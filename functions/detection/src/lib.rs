//! Events become findings with a risk.
//!
//! A finding is what a rule, GuardDuty, Security Hub, a list of indicators or a webhook claims about one event. Its risk is a
//! sum of named parts, of which the claim is one; the others are facts about who acted, on what, what that principal usually
//! does and what else it did lately, and what a language model makes of it.

mod baseline;
mod calibration;
mod claim;
mod context;
mod guardduty;
mod indicators;
mod memory;
mod obtained;
mod opinion;
mod power;
mod score;
mod securityhub;
mod seen;
mod webhook;
mod weights;

use std::collections::{BTreeSet, HashSet};

use agent::{Agent, Ctx, Decision, Observed, State, Write};
use anyhow::ensure;
use domain::{
    Digest, Draft, Event, EventId, Finding, FindingId, Party, Payload, Risk, Source, Time, message::Alert,
};
use serde::{Deserialize, Serialize};
use sigma::RuleSet;

pub use calibration::{Band, Calibration, Measure, Report, Threshold};
pub use claim::log_source;
pub use context::Context;
pub use indicators::{Entry, IndicatorError, Indicators};
pub use obtained::RULE as OBTAINED_BY_SUBJECT;
pub use opinion::{Answer as ModelAnswer, Consulted};
pub use power::Power;
pub use seen::RULE as SEEN;
pub use weights::{Levels, Model, Novelty, Powers, Related, Weights, Worth};

use claim::Claim;
use memory::Memory;
use score::Scale;

/// For how many seconds a GuardDuty finding stays known, so that a copy of it claims nothing.
const KNOWN_SECONDS: i64 = 30 * 24 * 60 * 60;

/// What detection goes by.
pub struct Settings {
    /// What rules claim.
    pub rules: RuleSet,
    /// What the parts of a risk are worth.
    pub weights: Weights,
    /// What others have seen do harm.
    pub indicators: Indicators,
}

/// Finds and scores.
pub struct Detection {
    settings: Settings,
}

/// How many findings an alert's events gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Findings, of any risk.
    pub findings: u32,
}

/// The events, what is known about those who acted, and what was remembered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// Ids of the events: all that is recorded of them, as the store holds them and none ever changes.
    pub ids: Vec<EventId>,
    /// Digest of the events.
    pub digest: Digest,
    /// The events.
    #[serde(skip)]
    pub events: Vec<Event>,
    /// What surrounds them.
    pub context: Context,
    /// What was remembered of earlier alerts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<State>,
}

/// A claim about the event at this place.
type Claimed = (usize, Claim);

impl Detection {
    /// Detection that goes by these.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// All that is claimed, in order of the events: by what each says, and by what it means for an incident at hand.
    fn claims(&self, events: &[Event], context: &Context, memory: &Memory<'_>) -> Vec<Claimed> {
        let here: HashSet<String> =
            events.iter().filter(|e| e.source == Source::Guardduty).filter_map(guardduty::key).collect();
        let is_known = |key: &String| here.contains(key) || memory.recall::<bool>(key).is_some();
        let mut seen = HashSet::new();
        let mut claims = Vec::new();
        for (place, event) in events.iter().enumerate() {
            if event.source == Source::SecurityHub && guardduty::key(event).is_some_and(|key| is_known(&key))
            {
                continue;
            }
            claims.extend(claim::about(event, &self.settings.rules).into_iter().map(|claim| (place, claim)));
            claims.extend(obtained::about(event, context).map(|claim| (place, claim)));
            // A thousand flows of one instance to one address are one finding.
            let about = event.actor.as_ref().map(|actor| &actor.arn);
            let about = about.or_else(|| event.resources.first().map(|resource| &resource.arn)).cloned();
            let met = seen::about(event, &self.settings.indicators);
            let met = met.filter(|claim| seen.insert((claim.description.clone(), about)));
            claims.extend(met.map(|claim| (place, claim)));
        }
        claims
    }

    /// Findings of the claims, with the place of their event, before any model was asked. Baselines are folded over the events
    /// in order of time.
    fn findings(
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
    async fn recall(&self, ctx: &Ctx, events: &[Event]) -> anyhow::Result<Vec<State>> {
        let keys: BTreeSet<String> =
            events.iter().flat_map(|event| [baseline::key(event), guardduty::key(event)]).flatten().collect();
        let keys: Vec<String> = keys.into_iter().collect();
        Ok(ctx.store.states(&keys, ctx.clock.now()).await?.into_iter().flatten().collect())
    }
}

impl Agent for Detection {
    const NAME: Party = Party::Detection;
    type Input = Alert;
    type Evidence = Evidence;
    type Output = Answer;

    async fn gather(&self, ctx: &Ctx, alert: &Alert) -> anyhow::Result<Evidence> {
        let events = ctx.store.events(&alert.events).await?;
        let subjects = obtained::subjects(ctx, &events, alert.drill).await?;
        let context = Context { subjects, ..Context::default() };
        let states = if alert.drill { Vec::new() } else { self.recall(ctx, &events).await? };
        let ids = events.iter().map(|event| event.id.clone()).collect();
        let mut evidence = Evidence { ids, digest: Digest::of_json(&events), events, context, states };

        let claims = self.claims(&evidence.events, &evidence.context, &Memory::new(&evidence.states));
        if claims.is_empty() {
            // Everyday events are not worth a look at the account.
            return Ok(evidence);
        }
        let claimed: Vec<&Event> =
            claims.iter().filter_map(|(place, _)| evidence.events.get(*place)).collect();
        evidence.context.look_up(ctx, &claimed).await?;
        if let Some(model) = &ctx.model {
            let now = ctx.clock.now();
            let found =
                self.findings(claims, &evidence, &mut Memory::new(&evidence.states), alert.drill, now);
            let cases = opinion::cases(&found, &evidence.events, &self.settings.weights.model);
            let (consulted, states) =
                opinion::consult(ctx, model.as_ref(), &cases, &self.settings.weights.model, now).await?;
            evidence.context.consulted = consulted;
            evidence.states.extend(states);
        }
        Ok(evidence)
    }

    fn decide(&self, alert: &Alert, evidence: &Observed<Evidence>) -> Decision<Answer> {
        let mut decision = Decision::answer(Answer { findings: 0 });
        let mut memory = Memory::new(&evidence.states);
        let claims = self.claims(&evidence.events, &evidence.context, &memory);
        let found = self.findings(claims, &evidence.facts, &mut memory, alert.drill, evidence.now);
        for (place, mut finding) in found {
            let consulted = &evidence.context.consulted;
            if let Some(event) = evidence.events.get(place) {
                opinion::apply(&mut finding, event, consulted, &self.settings.weights.model);
            }
            let finding = Box::new(finding);
            let is_quiet = score::is_quiet(finding.level, i32::from(finding.risk.points()));
            decision.output.findings += 1;
            decision = decision.write(Write::Finding(finding.clone())).say(Draft {
                correlation_id: finding.id.0.clone(),
                receiver: if is_quiet { Party::Dashboard } else { Party::Supervisor },
                risk: Some(finding.risk),
                payload: Payload::Report(finding),
            });
        }
        if !alert.drill {
            remember_guardduty(&evidence.events, &mut memory, evidence.now);
        }
        opinion::remember(&evidence.context.consulted, &mut memory, evidence.now);
        decision.writes.extend(memory.writes());
        decision
    }

    async fn reload(&self, ctx: &Ctx, evidence: &mut Evidence) -> anyhow::Result<()> {
        evidence.events = ctx.store.events(&evidence.ids).await?;
        ensure!(
            Digest::of_json(&evidence.events) == evidence.digest,
            "the store's events are not those decided on"
        );
        Ok(())
    }
}

/// That GuardDuty's findings are known, so that Security Hub's copies of them claim nothing.
fn remember_guardduty(events: &[Event], memory: &mut Memory<'_>, now: Time) {
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

fn finding(claim: Claim, event: &Event, contributions: Vec<domain::Contribution>, drill: bool) -> Finding {
    Finding {
        id: FindingId(format!("fnd-{}", Digest::of_json(&(&claim.rule, &event.id)).short())),
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
