//! Events become findings with a risk.
//!
//! A finding is what a rule, GuardDuty or a webhook claims about one event. Its risk is a sum of named parts, of which
//! the claim is one; the others are facts about who acted, on what, and what else that principal did lately.

mod claim;
mod obtained;
mod power;
mod score;

use std::collections::{BTreeMap, BTreeSet};

use agent::{Agent, Ctx, Decision, Observed, Write, ports::IncidentFilter};
use anyhow::ensure;
use domain::{
    Digest, Draft, Event, EventId, Finding, FindingId, IncidentId, Level, Party, Payload, Principal, Risk,
    account::Scope, message::Alert,
};
use serde::{Deserialize, Serialize};
use sigma::RuleSet;

pub use claim::log_source;
pub use obtained::RULE as OBTAINED_BY_SUBJECT;
pub use power::Power;

use claim::Claim;

/// Findings below this risk, of level low or informational, are shown and open no incident.
const QUIET: u8 = 25;
/// How far back findings of the same actor count, in seconds.
const RELATED_SECONDS: i64 = 24 * 60 * 60;
/// How many incidents of an actor are looked at.
const RELATED_INCIDENTS: usize = 20;

/// Finds and scores.
pub struct Detection {
    rules: RuleSet,
}

/// How many findings an alert's events gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Findings, of any risk.
    pub findings: u32,
}

/// The events, and what is known about those who acted.
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
}

/// Facts that raise or lower a risk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// What the acting principals may do, by ARN; those that the account does not know are absent.
    pub power: BTreeMap<String, Power>,
    /// ARNs and names of crown jewels.
    pub crown_jewels: BTreeSet<String>,
    /// Titles of recent findings, by ARN of the principal.
    pub related: BTreeMap<String, BTreeSet<String>>,
    /// Events by which a subject of an incident that is not closed got a further credential, with that incident.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects: BTreeMap<EventId, IncidentId>,
    /// Why the account could not be read, if it could not.
    pub unavailable: Option<String>,
}

impl Detection {
    /// Detection with these rules.
    pub fn new(rules: RuleSet) -> Self {
        Self { rules }
    }

    /// All that is claimed about an event: by what it says, and by what it means for an incident at hand.
    fn claims(&self, event: &Event, context: &Context) -> Vec<Claim> {
        let mut claims = claim::about(event, &self.rules);
        claims.extend(obtained::about(event, context));
        claims
    }

    /// Everyday events match nothing, and are not worth a look at the account. So only who is the subject of a claim is
    /// looked up.
    async fn context(&self, ctx: &Ctx, events: &[Event], drill: bool) -> anyhow::Result<Context> {
        let subjects = obtained::subjects(ctx, events, drill).await?;
        let mut context = Context { subjects, ..Context::default() };
        let claimed: Vec<&Event> = events.iter().filter(|e| !self.claims(e, &context).is_empty()).collect();
        if claimed.is_empty() {
            return Ok(context);
        }
        let actors: BTreeMap<&str, &Principal> = claimed
            .iter()
            .filter_map(|e| e.actor.as_ref())
            .map(|actor| (actor.arn.as_str(), actor))
            .collect();
        match ctx.account.describe(&Scope::Everything).await {
            Ok(account) => {
                let known = actors
                    .iter()
                    .filter_map(|(arn, actor)| Some(((*arn).to_owned(), power::of(actor, &account)?)));
                context.power = known.collect();
                context.crown_jewels = power::crown_jewels(&account);
            }
            Err(error) => context.unavailable = Some(error.to_string()),
        }
        let since = Some(ctx.clock.now().plus_seconds(-RELATED_SECONDS));
        for (arn, actor) in actors.into_iter().filter(|(_, actor)| actor.kind.is_person_or_workload()) {
            let keys = [Some(arn.to_owned()), actor.access_key.clone()].into_iter().flatten().collect();
            let filter =
                IncidentFilter { keys, since, limit: RELATED_INCIDENTS, ..IncidentFilter::default() };
            let incidents = ctx.store.incidents(&filter).await?;
            let titles: BTreeSet<String> = incidents
                .into_iter()
                .flat_map(|incident| incident.findings)
                .map(|finding| finding.title)
                .collect();
            if !titles.is_empty() {
                context.related.insert(arn.to_owned(), titles);
            }
        }
        Ok(context)
    }
}

impl Agent for Detection {
    const NAME: Party = Party::Detection;
    type Input = Alert;
    type Evidence = Evidence;
    type Output = Answer;

    async fn gather(&self, ctx: &Ctx, alert: &Alert) -> anyhow::Result<Evidence> {
        let events = ctx.store.events(&alert.events).await?;
        let context = self.context(ctx, &events, alert.drill).await?;
        let ids = events.iter().map(|event| event.id.clone()).collect();
        Ok(Evidence { ids, digest: Digest::of_json(&events), events, context })
    }

    fn decide(&self, alert: &Alert, evidence: &Observed<Evidence>) -> Decision<Answer> {
        let mut decision = Decision::answer(Answer { findings: 0 });
        for event in &evidence.events {
            for claim in self.claims(event, &evidence.context) {
                let finding = Box::new(finding(claim, event, &evidence.context, alert.drill));
                let is_quiet = finding.level <= Level::Low && finding.risk.points() < QUIET;
                decision.output.findings += 1;
                decision = decision.write(Write::Finding(finding.clone())).say(Draft {
                    correlation_id: finding.id.0.clone(),
                    receiver: if is_quiet { Party::Dashboard } else { Party::Supervisor },
                    risk: Some(finding.risk),
                    payload: Payload::Report(finding),
                });
            }
        }
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

fn finding(claim: Claim, event: &Event, context: &Context, drill: bool) -> Finding {
    let contributions = score::contributions(&claim, event, context);
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
