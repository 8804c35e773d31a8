//! How often, how fast and with what failures agents decide.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use agent::Fault;
use domain::Party;
use prometheus_client::{
    metrics::{family::Family, histogram::Histogram},
    registry::Registry,
};

use super::{Counters, Label, add, timed};

/// Every agent.
pub(crate) const AGENTS: [Party; 7] = [
    Party::Telemetry,
    Party::Detection,
    Party::Supervisor,
    Party::Forensics,
    Party::Response,
    Party::Compliance,
    Party::Console,
];
/// Durations kept an agent, for what is shown to people.
const KEPT: usize = 2048;

pub(super) struct Agents {
    durations: Family<[Label; 1], Histogram>,
    failures: Counters<2>,
    recent: Mutex<BTreeMap<Party, Recent>>,
}

#[derive(Default)]
struct Recent {
    invoked: u64,
    durations: VecDeque<Duration>,
    last_failure: Option<String>,
}

/// How an agent did.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Decisions.
    pub decisions: u64,
    /// Failures.
    pub failures: u64,
    /// Median duration, milliseconds.
    pub p50_ms: f64,
    /// 99th percentile, milliseconds.
    pub p99_ms: f64,
    /// The last failure.
    pub last_failure: Option<String>,
}

impl Agents {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let durations = Family::new_with_constructor(buckets as fn() -> Histogram);
        let durations = timed(
            registry,
            "decision_duration",
            "How long agents took, calls and failures included",
            durations,
        );
        let failures: Counters<2> = add(
            registry,
            "failures",
            "Invocations that failed, by whether another try may help",
            Family::default(),
        );
        for agent in AGENTS {
            drop(durations.get_or_create(&of(agent)));
            for fault in [Fault::Transient, Fault::Permanent] {
                drop(failures.get_or_create(&failed(agent, fault)));
            }
        }
        Self { durations, failures, recent: Mutex::default() }
    }

    pub(super) fn note(&self, agent: Party, took: Duration, failure: Option<&(Fault, String)>) {
        self.durations.get_or_create(&of(agent)).observe(took.as_secs_f64());
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = recent.entry(agent).or_default();
        recent.invoked += 1;
        if let Some((fault, why)) = failure {
            self.failures.get_or_create(&failed(agent, *fault)).inc();
            recent.last_failure = Some(why.clone());
        }
        recent.durations.push_back(took);
        if recent.durations.len() > KEPT {
            recent.durations.pop_front();
        }
    }

    pub(super) fn read(&self, agent: Party) -> Reading {
        let faults = [Fault::Transient, Fault::Permanent];
        let failures =
            faults.map(|fault| self.failures.get_or_create(&failed(agent, fault)).get()).iter().sum();
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(recent) = recent.get(&agent) else { return Reading::default() };
        let mut sorted: Vec<_> = recent.durations.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
            sorted.get(place).map_or(0.0, |d| d.as_secs_f64() * 1000.0)
        };
        Reading {
            decisions: recent.invoked.saturating_sub(failures),
            failures,
            p50_ms: at(50),
            p99_ms: at(99),
            last_failure: recent.last_failure.clone(),
        }
    }
}

fn of(agent: Party) -> [Label; 1] {
    [("agent", agent.as_str().to_owned())]
}

fn failed(agent: Party, fault: Fault) -> [Label; 2] {
    [("agent", agent.as_str().to_owned()), ("fault", fault.as_str().to_lowercase())]
}

fn buckets() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0])
}
