//! Raw deliveries become normalised events.
//!
//! Telemetry takes bytes, recognises what they are, and says which events are new. What it cannot read it sets aside with
//! a reason; nothing is dropped in silence, so that `given = read + duplicate + quarantined` holds for every delivery.

// Unit tests that are built to be fuzzed link with its runtime.
#[cfg(test)]
use bolero as _;

mod arn;
mod cloudtrail;
mod envelope;
mod expand;
mod flow;
mod guardduty;
mod insight;
mod known;
mod kubernetes;
mod principal;
mod reading;
mod record;
mod resources;
mod scan;
mod securityhub;
mod sequence;
pub mod webhook;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use agent::{Agent, Ctx, Decision, Observed, Policies, Write};
use anyhow::Context;
use domain::{
    Delivery, DeliveryReceipt, Digest, Draft, Event, EventId, Party, Payload, Quarantined,
    delivery::Door,
    message::{Alert, EventGlimpse, Notice, Severity},
};
use serde::{Deserialize, Serialize};

pub use flow::{FlowFormat, FlowFormatError};
pub use reading::{Limits, Reading, Record, Scanned, read, scan};
pub use record::Raw;
use webhook::Mapping;

/// Most events that one alert names, where nothing else is said.
const ALERT: usize = 500;
/// How many of them it shows.
const SAMPLE: usize = 5;
/// Most characters of a body that are kept beside why none of it was read.
const KEPT: usize = 16 * 1024;
/// How many reasons a receipt gives.
const REASONS: usize = 5;

/// Reads deliveries.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Most events that one alert names.
    alert: usize,
    /// How alerts of other systems are read, by name.
    mappings: Arc<BTreeMap<String, Mapping>>,
    /// A delivery that was read before it was asked about.
    ahead: Option<Arc<Ahead>>,
}

/// A delivery that was read; whoever asks first takes it.
#[derive(Debug)]
struct Ahead {
    digest: Digest,
    taken: Mutex<Option<(Vec<u8>, Vec<Record>)>>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self::new([])
    }
}

impl Telemetry {
    /// Telemetry that knows these mappings.
    pub fn new(mappings: impl IntoIterator<Item = Mapping>) -> Self {
        let named = |mapping: Mapping| (mapping.name().to_owned(), mapping);
        Self { alert: ALERT, mappings: Arc::new(mappings.into_iter().map(named).collect()), ahead: None }
    }

    /// Telemetry that knows the mappings under `webhooks/`.
    pub fn load(policies: &Policies) -> anyhow::Result<Self> {
        let files = policies.under("webhooks").into_iter();
        let mapping =
            |(file, text): (String, String)| Mapping::load(&text).with_context(|| format!("webhooks/{file}"));
        Ok(Self::new(files.map(mapping).collect::<anyhow::Result<Vec<_>>>()?))
    }

    /// The same, with alerts that name at most so many events.
    pub fn alerting(self, events: usize) -> Self {
        Self { alert: events.max(1), ..self }
    }

    /// Whether it knows a mapping of this name.
    pub fn maps(&self, name: &str) -> bool {
        self.mappings.contains_key(name)
    }

    /// The same, which has read this delivery's bytes already. Who has them at hand may read while they are brought to the archive.
    pub fn ahead(&self, delivery: &Delivery, body: Vec<u8>) -> Self {
        let read = self.read(&body, delivery);
        let ahead = Ahead { digest: delivery.digest.clone(), taken: Mutex::new(Some((body, read))) };
        Self { ahead: Some(Arc::new(ahead)), ..self.clone() }
    }

    /// Ids of the events that it has read ahead and nobody has decided on.
    pub fn events_ahead(&self) -> BTreeSet<EventId> {
        let Some(ahead) = &self.ahead else { return BTreeSet::new() };
        let taken = ahead.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.iter().flat_map(|(_, read)| ids(read)).collect()
    }

    fn read(&self, body: &[u8], delivery: &Delivery) -> Vec<Record> {
        let mapping = delivery.mapping.as_ref().map(|name| self.mappings.get(name).ok_or(name));
        match mapping.transpose() {
            Ok(mapping) => {
                Reading { mapping, ..Reading::delivery(delivery.door) }.read(body, delivery.received)
            }
            Err(name) => vec![Record::Unread {
                reason: format!("The mapping `{name}` is not among the policies any more."),
                raw: String::from_utf8_lossy(body).chars().take(KEPT).collect(),
            }],
        }
    }
}

/// A delivery's bytes, and which of its events are stored already.
#[derive(Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// Digest of the bytes: all that is recorded of them, as the archive holds them.
    pub digest: Digest,
    /// The bytes as delivered.
    #[serde(skip)]
    pub body: Vec<u8>,
    /// What was read in them to know the ids. The first decision on this takes it; whoever decides again reads again.
    #[serde(skip)]
    read: Mutex<Option<Vec<Record>>>,
    /// Ids of its events that are stored.
    pub seen: BTreeSet<EventId>,
}

impl Evidence {
    /// These bytes, of whose events these are stored already.
    pub fn new(body: Vec<u8>, seen: BTreeSet<EventId>) -> Self {
        Self { digest: Digest::of(&body), body, read: Mutex::default(), seen }
    }
}

impl Agent for Telemetry {
    const NAME: Party = Party::Telemetry;
    type Input = Delivery;
    type Evidence = Evidence;
    type Output = DeliveryReceipt;

    async fn gather(&self, ctx: &Ctx, delivery: &Delivery) -> anyhow::Result<Evidence> {
        let ahead = self.ahead.as_ref().filter(|ahead| ahead.digest == delivery.digest);
        let (body, read) = match ahead.and_then(|ahead| take(&ahead.taken)) {
            Some(ahead) => ahead,
            None => {
                let body = fetch(ctx, &delivery.digest).await?;
                let read = self.read(&body, delivery);
                (body, read)
            }
        };
        let seen = ctx.store.known_events(&ids(&read).collect::<Vec<_>>()).await?;
        Ok(Evidence { digest: delivery.digest.clone(), body, read: Mutex::new(Some(read)), seen })
    }

    fn decide(&self, delivery: &Delivery, evidence: &Observed<Evidence>) -> Decision<DeliveryReceipt> {
        let mut receipt = DeliveryReceipt::default();
        let mut events: Vec<Event> = Vec::new();
        let mut quarantined = Vec::new();
        let mut met = BTreeSet::new();
        let read = take(&evidence.read).unwrap_or_else(|| self.read(&evidence.body, delivery));
        for (position, record) in (0..).zip(read) {
            receipt.given += 1;
            match record {
                Record::Read(event) if evidence.seen.contains(&event.id) || !met.insert(event.id.clone()) => {
                    receipt.duplicate += 1;
                }
                Record::Read(event) => {
                    receipt.read += 1;
                    events.push(*event);
                }
                Record::Unread { reason, raw } => {
                    receipt.quarantined += 1;
                    if receipt.reasons.len() < REASONS {
                        receipt.reasons.push(format!("Record {position}: {reason}"));
                    }
                    let (digest, name) = (delivery.digest.clone(), delivery.name.clone());
                    let time = evidence.now;
                    quarantined.push(Quarantined { delivery: digest, name, position, reason, raw, time });
                }
            }
        }

        let mut decision = Decision::answer(receipt);
        for batch in events.chunks(self.alert) {
            decision =
                decision.say(draft(delivery, Party::Detection, Payload::Alert(alert(delivery, batch))));
        }
        if !events.is_empty() {
            decision = decision.write(Write::Events(events));
        }
        if !quarantined.is_empty() {
            let notice = Payload::Notice(notice(delivery, &decision.output));
            decision =
                decision.write(Write::Quarantine(quarantined)).say(draft(delivery, Party::Dashboard, notice));
        }
        decision
    }

    async fn reload(&self, ctx: &Ctx, evidence: &mut Evidence) -> anyhow::Result<()> {
        evidence.body = fetch(ctx, &evidence.digest).await?;
        Ok(())
    }
}

/// Ids of the events among these.
fn ids(read: &[Record]) -> impl Iterator<Item = EventId> {
    read.iter().filter_map(|record| match record {
        Record::Read(event) => Some(event.id.clone()),
        Record::Unread { .. } => None,
    })
}

fn take<T>(kept: &Mutex<Option<T>>) -> Option<T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).take()
}

async fn fetch(ctx: &Ctx, digest: &Digest) -> anyhow::Result<Vec<u8>> {
    ctx.store.blob(digest).await?.with_context(|| format!("the archive holds no delivery {digest}"))
}

fn draft(delivery: &Delivery, receiver: Party, payload: Payload) -> Draft {
    Draft { correlation_id: delivery.digest.0.clone(), receiver, risk: None, payload }
}

fn alert(delivery: &Delivery, events: &[Event]) -> Alert {
    Alert {
        delivery: delivery.digest.clone(),
        name: delivery.name.clone(),
        events: events.iter().map(|event| event.id.clone()).collect(),
        sample: events.iter().take(SAMPLE).map(glimpse).collect(),
        drill: delivery.door == Door::Drill,
    }
}

/// A feed's line; attackers choose parts of it, so each is cut.
fn glimpse(event: &Event) -> EventGlimpse {
    let cut = |text: &str| text.chars().take(200).collect::<String>();
    EventGlimpse {
        time: event.time,
        operation: cut(&event.operation),
        actor: event.actor.as_ref().map(|actor| cut(&actor.name)).unwrap_or_default(),
        origin: event.origin.as_deref().map(cut).unwrap_or_default(),
    }
}

fn notice(delivery: &Delivery, receipt: &DeliveryReceipt) -> Notice {
    let name: String = delivery.name.chars().take(200).collect();
    let first = receipt.reasons.first().map(String::as_str).unwrap_or_default();
    let (quarantined, given) = (receipt.quarantined, receipt.given);
    let text = format!(
        "{quarantined} of {given} records of `{name}` could not be read and are in quarantine. {first}"
    );
    Notice { severity: Severity::Warning, text }
}
