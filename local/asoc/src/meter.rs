//! How often and how fast agents decide, since the start.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::Party;

/// Durations kept an agent.
const KEPT: usize = 2048;

/// One meter an agent.
#[derive(Default)]
pub struct Meters(Mutex<BTreeMap<Party, Meter>>);

#[derive(Default)]
struct Meter {
    decisions: u64,
    failures: u64,
    last_failure: Option<String>,
    durations: VecDeque<Duration>,
}

/// What a meter says.
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

impl Meters {
    /// Notes one invocation.
    pub fn note(&self, agent: Party, took: Duration, failure: Option<String>) {
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let meter = meters.entry(agent).or_default();
        match failure {
            None => meter.decisions += 1,
            Some(why) => {
                meter.failures += 1;
                meter.last_failure = Some(why);
            }
        }
        meter.durations.push_back(took);
        if meter.durations.len() > KEPT {
            meter.durations.pop_front();
        }
    }

    /// Reads an agent's meter.
    pub fn read(&self, agent: Party) -> Reading {
        let meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(meter) = meters.get(&agent) else { return Reading::default() };
        let mut sorted: Vec<_> = meter.durations.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
            sorted.get(place).map_or(0.0, |d| d.as_secs_f64() * 1000.0)
        };
        Reading {
            decisions: meter.decisions,
            failures: meter.failures,
            p50_ms: at(50),
            p99_ms: at(99),
            last_failure: meter.last_failure.clone(),
        }
    }
}
