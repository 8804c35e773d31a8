//! What stands in the store now. Read when somebody asks, so that nothing has to be kept in step.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::AtomicU64,
};

use agent::figures::Waiting;
use domain::{Party, Status};
use prometheus_client::{
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::{Label, add, timed, word};
use crate::degraded::Part;

type Level = Gauge<f64, AtomicU64>;
/// Gauges told apart by one label, or, for what may be absent, by none.
type Levels<const N: usize> = Family<[Label; N], Level>;

/// How everything stands.
#[derive(Clone, Debug, Default)]
pub struct Now {
    /// Open incidents.
    pub incidents: HashMap<Status, u64>,
    /// Each queue's messages, those set aside, and the age of the oldest that waits, in seconds.
    pub queues: BTreeMap<Party, (u64, u64, f64)>,
    /// Requests that wait for people.
    pub waiting: Waiting,
    /// Age of the oldest message that is not sealed, in seconds; 0 if all are.
    pub unsealed: f64,
    /// Faults that the last examination of the ledger found, and when it was, in seconds since 1970.
    pub examined: Option<(u64, f64)>,
    /// Parts that serve less well than they should.
    pub degraded: Vec<Part>,
    /// Whether work is taken.
    pub ready: bool,
    /// What the model may cost a day, in dollars.
    pub model_budget: f64,
}

pub(super) struct Gauges {
    incidents: Levels<1>,
    messages: Levels<1>,
    dead: Levels<1>,
    oldest: Levels<1>,
    waiting: Levels<0>,
    seconds_left: Levels<0>,
    unsealed: Levels<0>,
    faults: Levels<0>,
    examined: Levels<0>,
    degraded: Levels<1>,
    ready: Levels<0>,
    model_budget: Levels<0>,
}

impl Gauges {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let all = Self {
            incidents: add(registry, "incidents", "Open incidents, by status", Levels::default()),
            messages: add(registry, "queue_messages", "Messages that wait for a receiver", Levels::default()),
            dead: add(
                registry,
                "queue_dead_messages",
                "Messages set aside after too many failures",
                Levels::default(),
            ),
            oldest: timed(
                registry,
                "queue_oldest_age",
                "Age of the oldest message that waits",
                Levels::default(),
            ),
            waiting: add(registry, "approvals_waiting", "Requests that wait for people", Levels::default()),
            seconds_left: timed(
                registry,
                "approval_expires",
                "Until the next request expires; absent while none waits",
                Levels::default(),
            ),
            unsealed: timed(
                registry,
                "ledger_unsealed_age",
                "Age of the oldest message that is not sealed",
                Levels::default(),
            ),
            faults: add(
                registry,
                "ledger_faults",
                "Faults that the last examination of the ledger found",
                Levels::default(),
            ),
            examined: timed(
                registry,
                "ledger_examined_timestamp",
                "Last examination of the ledger, since 1970",
                Levels::default(),
            ),
            degraded: add(
                registry,
                "degraded",
                "1 for a part that serves less well than it should",
                Levels::default(),
            ),
            ready: add(registry, "ready", "1 while work is taken", Levels::default()),
            model_budget: Levels::default(),
        };
        let dollars = Unit::Other("dollars".into());
        registry.register_with_unit(
            "model_budget",
            "What the model may cost a day",
            dollars,
            all.model_budget.clone(),
        );
        all
    }

    /// As things stand; if that could not be read, not ready and nothing else.
    pub(super) fn set(&self, now: Option<&Now>) {
        let Some(now) = now else {
            let gone = [&self.incidents, &self.messages, &self.dead, &self.oldest];
            gone.into_iter().for_each(Family::clear);
            [&self.waiting, &self.seconds_left, &self.unsealed].into_iter().for_each(Family::clear);
            put(&self.ready, [], 0.0);
            return;
        };
        for status in [Status::Open, Status::AwaitingApproval, Status::Responding] {
            let count = now.incidents.get(&status).copied().unwrap_or_default();
            put(&self.incidents, [("status", word(&status))], count as f64);
        }
        for (receiver, (waiting, dead, oldest)) in &now.queues {
            let of = || [("receiver", receiver.as_str().to_owned())];
            put(&self.messages, of(), *waiting as f64);
            put(&self.dead, of(), *dead as f64);
            put(&self.oldest, of(), *oldest);
        }
        put(&self.waiting, [], now.waiting.requests as f64);
        self.seconds_left.clear();
        if let Some(left) = now.waiting.seconds_left {
            put(&self.seconds_left, [], left);
        }
        put(&self.unsealed, [], now.unsealed);
        if let Some((faults, at)) = now.examined {
            put(&self.faults, [], faults as f64);
            put(&self.examined, [], at);
        }
        for part in Part::ALL {
            let is_degraded = now.degraded.contains(&part);
            put(&self.degraded, [("part", part.as_str().to_owned())], f64::from(u8::from(is_degraded)));
        }
        put(&self.ready, [], f64::from(u8::from(now.ready)));
        put(&self.model_budget, [], now.model_budget);
    }
}

fn put<const N: usize>(levels: &Levels<N>, labels: [Label; N], value: f64) {
    levels.get_or_create(&labels).set(value);
}
