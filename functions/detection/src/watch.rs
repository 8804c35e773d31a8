//! Detection over a stream of records, as files give them: nothing is stored and nobody is looked up.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use domain::{Event, Finding, Source, Time};
use json::{Document, Node};
use sigma::Table;

use crate::{
    Context, Settings,
    assess::finding,
    claim::{self, Claim, log_source},
    correlated,
    score::Scale,
    seen,
};

/// Windows of correlations that are kept at most, at about 75 bytes each. A stream has no store to keep them in.
const WINDOWS: usize = 100_000;

/// Detection that has seen the records of a stream up to a point.
#[derive(Debug)]
pub struct Watch<'s> {
    settings: &'s Settings,
    windows: Table,
}

/// A finding about a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Spotted {
    /// The finding. Its risk is made of what the record itself tells.
    pub finding: Finding,
    /// Whether it was made about an earlier record, and this one adds to it.
    pub again: bool,
}

impl<'s> Watch<'s> {
    /// At the beginning of a stream.
    pub fn new(settings: &'s Settings) -> Self {
        Self { settings, windows: Table::new(WINDOWS) }
    }

    /// What is found about a record. `at` and `event` are asked only where something is claimed, as everyday records are
    /// not worth being read as a whole.
    pub fn see(
        &mut self,
        source: Source,
        record: &Document<'_>,
        at: impl Fn() -> Time,
        event: impl Fn() -> Event,
    ) -> Vec<Spotted> {
        let (rules, log) = (&self.settings.rules, log_source(source));
        let matches = rules.matches(&log, record);
        let speaks = matches!(source, Source::Guardduty | Source::SecurityHub | Source::Webhook);
        if matches.is_empty() && !speaks && self.settings.indicators.is_empty() {
            return Vec::new();
        }
        let observations = rules.observations(&matches, &log, record, at().millis(), name(record));
        let fired = self.windows.observe(rules.correlations(), observations);
        let raises = matches.iter().any(|found| found.rule.raises);
        if !raises && fired.is_empty() && !speaks && self.settings.indicators.is_empty() {
            return Vec::new();
        }
        let event = event();
        let mut claims: Vec<(Claim, bool)> =
            claim::made(&event, matches).into_iter().map(|claim| (claim, false)).collect();
        for (observation, fired) in &fired {
            if let Some(rule) = rules.observed_by(observation).filter(|rule| rule.raises) {
                claims.push((correlated::claim(rule, &event, observation, fired), !fired.fresh));
            }
        }
        claims.extend(seen::about(&event, &self.settings.indicators).map(|claim| (claim, false)));
        let Settings { weights, indicators, .. } = self.settings;
        let context = Context::default();
        let scale = Scale { weights, indicators, context: &context };
        let spotted = |(claim, again): (Claim, bool)| {
            let contributions = scale.contributions(&claim, &event, None);
            Spotted { finding: finding(claim, &event, contributions, false), again }
        };
        claims.into_iter().map(spotted).collect()
    }

    /// How many windows of correlations were given up which could still have mattered.
    pub fn given_up(&self) -> u64 {
        self.windows.evicted()
    }
}

/// A digest of what names a record, so that one that stands in a stream twice counts once.
fn name(record: &Document<'_>) -> u64 {
    let field = |name: &str| record.get(name).and_then(Node::as_text);
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    match field("eventID").or_else(|| field("auditID")) {
        Some(name) => hasher.hash_one((name, field("stage"))),
        None => hasher.hash_one(record.root().raw()),
    }
}
