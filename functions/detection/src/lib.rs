//! Events become findings with a risk.
//!
//! A finding is what a rule, a correlation, GuardDuty, Security Hub, a list of indicators or a webhook claims about an
//! event. Its risk is a sum of named parts, of which the claim is one; the others are facts about who acted, on what, what
//! that principal usually does and what else it did lately, and what a language model makes of it.

// Unit tests that are built to be fuzzed link with its runtime.
#[cfg(test)]
use bolero as _;

mod assess;
mod baseline;
mod calibration;
mod claim;
mod context;
mod correlated;
mod guardduty;
mod indicators;
mod memory;
mod obtained;
mod opinion;
mod power;
mod score;
mod securityhub;
mod seen;
pub mod trial;
mod watch;
mod webhook;
mod weights;

use agent::{Agent, Ctx, Decision, Observed, Policies, State, Write};
use anyhow::{Context as _, ensure};
use domain::{Digest, Draft, Event, EventId, Message, Party, Payload, message::Alert};
use serde::{Deserialize, Serialize};
use sigma::RuleSet;

pub use calibration::{Band, Calibration, Measure, Report, Threshold};
pub use claim::{is_read, log_source};
pub use context::Context;
pub use indicators::{Entry, IndicatorError, Indicators};
pub use obtained::RULE as OBTAINED_BY_SUBJECT;
pub use opinion::{Answer as ModelAnswer, Consulted};
pub use power::Power;
pub use seen::RULE as SEEN;
pub use watch::{Spotted, Watch};
pub use weights::{Levels, Model, Novelty, Powers, Related, Weights, Worth};

use memory::Memory;

/// What detection goes by.
#[derive(Debug)]
pub struct Settings {
    /// What rules claim.
    pub rules: RuleSet,
    /// What the parts of a risk are worth.
    pub weights: Weights,
    /// What others have seen do harm.
    pub indicators: Indicators,
}

impl Settings {
    /// These rules, the weights among the policies, and lists of indicators. What is refused of rules and lists is told to
    /// `fault`, and the rest is used; without weights there is no detection.
    pub fn load(
        policies: &Policies,
        rules: &[(String, String)],
        indicators: &[(String, String)],
        fault: &mut dyn FnMut(&str),
    ) -> anyhow::Result<Self> {
        let weights = policies.text("risk/weights.yaml");
        let weights = weights.context("risk/weights.yaml is missing among the policies")?;
        let (rules, refused) = RuleSet::load(rules);
        let (indicators, unread) = Indicators::load(indicators);
        refused.iter().for_each(|error| fault(&format!("a detection rule was left out: {error}")));
        unread
            .iter()
            .for_each(|error| fault(&format!("a line of a list of indicators was left out: {error}")));
        Ok(Self { rules, weights: Weights::parse(weights).context("risk/weights.yaml")?, indicators })
    }
}

/// Finds and scores.
pub struct Detection {
    settings: Settings,
    /// Most states that one decision changes.
    states: usize,
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

impl Detection {
    /// Detection that goes by these.
    pub fn new(settings: Settings) -> Self {
        Self { settings, states: usize::MAX }
    }

    /// The same, where a store takes only so many changed states at once: an alert whose events change more is heard again, in
    /// halves.
    pub fn changing(self, states: usize) -> Self {
        Self { states, ..self }
    }
}

/// An alert as two, each about half of its events. A feed has shown its sample.
fn halves(alert: &Alert) -> [Draft; 2] {
    let (first, second) = alert.events.split_at(alert.events.len() / 2);
    [first, second].map(|events| Draft {
        correlation_id: alert.delivery.0.clone(),
        receiver: Party::Detection,
        risk: None,
        payload: Payload::Alert(Alert { events: events.to_vec(), sample: Vec::new(), ..alert.clone() }),
    })
}

impl Agent for Detection {
    const NAME: Party = Party::Detection;
    type Input = Alert;
    type Evidence = Evidence;
    type Output = Answer;

    fn hear(message: &Message) -> Option<Alert> {
        match &message.payload {
            Payload::Alert(alert) => Some(alert.clone()),
            _ => None,
        }
    }

    async fn gather(&self, ctx: &Ctx, alert: &Alert) -> anyhow::Result<Evidence> {
        let events = ctx.store.events(&alert.events).await?;
        let subjects = obtained::subjects(ctx, &events, alert.drill).await?;
        let context = Context { subjects, ..Context::default() };
        let states = if alert.drill { Vec::new() } else { self.recall(ctx, &events).await? };
        let ids = events.iter().map(|event| event.id.clone()).collect();
        let mut evidence = Evidence { ids, digest: Digest::of_json(&events), events, context, states };

        let claims = self.claims(&evidence.events, &evidence.context, &Memory::new(&evidence.states));
        let (rules, known) = (&self.settings.rules, std::mem::take(&mut evidence.states));
        evidence.states =
            correlated::windows(ctx, rules, &evidence.events, &claims.1, known, alert.drill).await?;
        let mut memory = Memory::new(&evidence.states);
        let claims = self.correlated(claims, &evidence.events, &mut memory, alert.drill, ctx.clock.now());
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
        let claims = self.correlated(claims, &evidence.events, &mut memory, alert.drill, evidence.now);
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
            assess::remember_guardduty(&evidence.events, &mut memory, evidence.now);
        }
        opinion::remember(&evidence.context.consulted, &mut memory, evidence.now);
        let states: Vec<Write> = memory.writes().collect();
        if states.len() > self.states && alert.events.len() > 1 {
            // What the model answered was paid for; the halves find it kept.
            let mut memory = Memory::new(&evidence.states);
            opinion::remember(&evidence.context.consulted, &mut memory, evidence.now);
            let decision =
                halves(alert).into_iter().fold(Decision::answer(Answer { findings: 0 }), Decision::say);
            return Decision { writes: memory.writes().collect(), ..decision };
        }
        decision.writes.extend(states);
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
