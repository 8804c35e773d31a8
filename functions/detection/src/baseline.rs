//! What a principal usually does, and what it does for the first time.
//!
//! A baseline is four small sets of what was seen of one principal in CloudTrail. What is not in its set is novel, once the
//! principal is known well enough. Refused calls teach nothing, or a thief could make a place usual by knocking.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use domain::{Digest, Event, EventOutcome, PrincipalKind, Source, Time};
use serde::{Deserialize, Serialize};

use crate::{memory::Memory, weights};

/// Nothing is novel before a principal was known for so long, …
const LEARNING_SECONDS: i64 = 14 * DAY;
/// … and did so much.
const LEARNING_EVENTS: u32 = 100;
/// A principal that does nothing for so long is forgotten.
const REMEMBERED_SECONDS: i64 = 90 * DAY;
/// A baseline in which nothing changes is renewed when it is this old, and not with every event.
const RENEWED_SECONDS: i64 = 7 * DAY;
/// Longest ARN of a principal that is remembered; IAM's longest are below 700 characters.
const ARN: usize = 1024;
const DAY: i64 = 24 * 60 * 60;

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Api,
    Network,
    Region,
    Agent,
}

const KINDS: [Kind; 4] = [Kind::Api, Kind::Network, Kind::Region, Kind::Agent];

impl Kind {
    /// Most of it that is remembered. A set that is full learns nothing more, and nothing outside of it is called novel.
    fn most(self) -> usize {
        match self {
            Kind::Api => 512,
            Kind::Network => 64,
            Kind::Region | Kind::Agent => 32,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Api => "operations",
            Kind::Network => "networks",
            Kind::Region => "regions",
            Kind::Agent => "clients",
        }
    }
}

/// What was seen of a principal, as digests of 32 bits: a false "seen before" is rarer than one in ten million.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    /// Time of its earliest event.
    since: Time,
    /// Events that taught it; counted up to what learning takes.
    events: u32,
    api: BTreeSet<u32>,
    network: BTreeSet<u32>,
    region: BTreeSet<u32>,
    agent: BTreeSet<u32>,
}

/// What is new in an event for its principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Novel {
    who: String,
    days: i64,
    first: Vec<(Kind, String)>,
    /// Kinds of which too much was seen to call anything new.
    full: Vec<Kind>,
}

/// The state that holds the baseline of the principal of this event, if it has one.
pub(crate) fn key(event: &Event) -> Option<String> {
    let actor = event.actor.as_ref().filter(|_| event.source == Source::Cloudtrail)?;
    let is_somebody = matches!(
        actor.kind,
        PrincipalKind::Root | PrincipalKind::User | PrincipalKind::Role | PrincipalKind::Federated
    );
    (is_somebody && !actor.arn.is_empty() && actor.arn.len() <= ARN)
        .then(|| format!("baseline/{}", actor.arn))
}

/// Holds each event against what is known of its principal by then, in order of time, and learns from it. What is new, by
/// place of the event.
pub(crate) fn fold(events: &[Event], memory: &mut Memory<'_>, now: Time) -> Vec<Option<Novel>> {
    let mut known: HashMap<String, Option<Baseline>> = HashMap::new();
    let mut novel = vec![None; events.len()];
    let mut in_time: Vec<_> = events.iter().zip(&mut novel).collect();
    in_time.sort_by_key(|(event, _)| event.time);
    for (event, novel) in in_time {
        let (Some(key), Some(actor)) = (key(event), &event.actor) else { continue };
        let baseline = known.entry(key).or_insert_with_key(|key| memory.recall(key));
        *novel = baseline.as_ref().and_then(|baseline| baseline.novel(event, &actor.name));
        if !matches!(event.outcome, EventOutcome::Failure(_)) {
            baseline.get_or_insert_with(|| Baseline::begun(event.time)).learn(event);
        }
    }
    let expires = now.plus_seconds(REMEMBERED_SECONDS);
    for (key, baseline) in known {
        let Some(baseline) = baseline else { continue };
        let is_old = memory.expires_before(&key, expires.plus_seconds(-RENEWED_SECONDS));
        if is_old || memory.recall::<Baseline>(&key).as_ref() != Some(&baseline) {
            memory.remember(key, &baseline, expires);
        }
    }
    novel
}

impl Baseline {
    fn begun(since: Time) -> Self {
        let none = BTreeSet::new;
        Self { since, events: 0, api: none(), network: none(), region: none(), agent: none() }
    }

    fn learn(&mut self, event: &Event) {
        self.since = self.since.min(event.time);
        self.events = (self.events + 1).min(LEARNING_EVENTS);
        for (kind, what) in traits(event) {
            let seen = self.seen_mut(kind);
            if seen.len() < kind.most() {
                seen.insert(digest(&what));
            }
        }
    }

    fn novel(&self, event: &Event, who: &str) -> Option<Novel> {
        let age = event.time.millis_since(self.since) / 1000;
        if age < LEARNING_SECONDS || self.events < LEARNING_EVENTS {
            return None;
        }
        let unseen = traits(event).filter(|(kind, what)| !self.seen(*kind).contains(&digest(what)));
        let (full, first): (Vec<_>, Vec<_>) =
            unseen.partition(|(kind, _)| self.seen(*kind).len() >= kind.most());
        let full = full.into_iter().map(|(kind, _)| kind).collect();
        Some(Novel { who: who.to_owned(), days: age / DAY, first, full })
    }

    fn seen(&self, kind: Kind) -> &BTreeSet<u32> {
        match kind {
            Kind::Api => &self.api,
            Kind::Network => &self.network,
            Kind::Region => &self.region,
            Kind::Agent => &self.agent,
        }
    }

    fn seen_mut(&mut self, kind: Kind) -> &mut BTreeSet<u32> {
        match kind {
            Kind::Api => &mut self.api,
            Kind::Network => &mut self.network,
            Kind::Region => &mut self.region,
            Kind::Agent => &mut self.agent,
        }
    }
}

impl Novel {
    /// Points for what is new; none where nothing is, or where it cannot be told.
    pub(crate) fn points(&self, weights: &weights::Novelty) -> i32 {
        let points = self.first.iter().map(|(kind, _)| match kind {
            Kind::Api => weights.api,
            Kind::Network => weights.network,
            Kind::Region => weights.region,
            Kind::Agent => weights.agent,
        });
        points.sum::<i32>().min(weights.most)
    }

    /// What is new, in a sentence; nothing if nothing is. Where it cannot be told any more, that is said.
    pub(crate) fn why(&self) -> Option<String> {
        let mut sentences = Vec::new();
        if !self.first.is_empty() {
            let first: Vec<String> = self
                .first
                .iter()
                .map(|(kind, what)| match kind {
                    Kind::Api => format!("first use of {what}"),
                    Kind::Network => format!("first seen from {what}"),
                    Kind::Region => format!("first use of region {what}"),
                    Kind::Agent => format!("first use of client {what}"),
                })
                .collect();
            sentences.push(format!("{} by {} in {} days.", first.join(", "), self.who, self.days));
        }
        let full: Vec<&str> = self.full.iter().map(|kind| kind.name()).collect();
        if !full.is_empty() {
            let full = full.join(", ");
            sentences.push(format!("Not known for {full}: {} has used too many to tell.", self.who));
        }
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }
}

/// What of an event is compared.
fn traits(event: &Event) -> impl Iterator<Item = (Kind, String)> {
    KINDS.into_iter().filter_map(|kind| {
        let what = match kind {
            Kind::Api => format!("{}:{}", service(&event.service), event.operation),
            Kind::Network => network(event.origin.as_deref()?),
            Kind::Region => event.region.clone()?,
            Kind::Agent => family(event.user_agent.as_deref()?)?,
        };
        Some((kind, what.chars().take(128).collect()))
    })
}

fn service(host: &str) -> &str {
    host.strip_suffix(".amazonaws.com").unwrap_or(host)
}

/// The network that an address stands in, or the AWS service that called. An IPv4 /16: providers move a person about inside
/// of one within a day, so that anything smaller would make every train ride novel.
fn network(origin: &str) -> String {
    let (address, prefix) = match origin.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address @ IpAddr::V4(_)) => (address, 16),
        Ok(address @ IpAddr::V6(_)) => (address, 32),
        Err(_) => return origin.to_ascii_lowercase(),
    };
    ipnet::IpNet::new(address, prefix).map_or_else(|_| origin.to_owned(), |net| net.trunc().to_string())
}

/// A user agent's first product without its version: `aws-cli` of `[aws-cli/2.27.41 md/awscrt#0.26]`.
fn family(agent: &str) -> Option<String> {
    let product = agent.trim_start_matches('[').split(['/', ' ', ',', ';', ']']).next()?;
    (!product.is_empty()).then(|| product.to_ascii_lowercase())
}

fn digest(what: &str) -> u32 {
    u32::from_str_radix(Digest::of(what.as_bytes()).0.get(..8).unwrap_or_default(), 16).unwrap_or(0)
}

#[cfg(test)]
mod tests;
