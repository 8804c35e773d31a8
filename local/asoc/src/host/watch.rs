//! How the host is: for operators, and for whoever starts and stops it.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use agent::{Store, StoreError, figures, ports::IncidentFilter};
use domain::{Party, Status, Time};

use super::{Host, Inner};
use crate::metrics::Now;

/// Receivers whose queues are worked here.
pub(super) const RECEIVERS: [Party; 2] = [Party::Detection, Party::Supervisor];
/// A queue that nobody looked at for so long stands still: longer than any message takes.
const STILL: Duration = Duration::from_secs(120);
/// The store answers in this time, or counts as silent.
const ANSWER: Duration = Duration::from_secs(2);
/// How often the whole ledger is examined.
const EXAMINE: Duration = Duration::from_secs(3600);

impl Inner {
    /// Why no work is taken, in a word or two that tell nothing else; nothing while it is.
    pub async fn unready(&self) -> Option<&'static str> {
        if self.stop.is_cancelled() {
            return Some("stopping");
        }
        let beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if beats.len() < RECEIVERS.len() {
            return Some("starting");
        }
        if beats.values().any(|beat| beat.elapsed() > STILL) {
            return Some("a queue stands still");
        }
        match tokio::time::timeout(ANSWER, self.store.newest_message()).await {
            Ok(Ok(_)) => None,
            Ok(Err(_)) | Err(_) => Some("the store does not answer"),
        }
    }

    /// Notes that a queue is being looked after.
    pub(super) fn beat(&self, receiver: Party) {
        self.beats.lock().unwrap_or_else(PoisonError::into_inner).insert(receiver, Instant::now());
    }

    /// How everything stands now.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn look(&self) -> Result<Now, StoreError> {
        let (now, mut all) = (self.now(), Now::default());
        let open = IncidentFilter {
            statuses: vec![Status::Open, Status::AwaitingApproval, Status::Responding],
            limit: usize::MAX,
            ..Default::default()
        };
        let open = self.store.incidents(&open).await?;
        for incident in &open {
            *all.incidents.entry(incident.status).or_default() += 1;
        }
        all.waiting = figures::waiting(&open, now);
        for receiver in RECEIVERS {
            let depth = self.store.depth(receiver).await?;
            let oldest = self.store.oldest(receiver).await?.map_or(0.0, |time| age(time, now));
            all.queues.insert(receiver, (depth.waiting, depth.dead, oldest));
        }
        all.unsealed =
            self.store.unsealed(1).await?.first().map_or(0.0, |oldest| age(oldest.message.time, now));
        all.examined = *self.examined.lock().unwrap_or_else(PoisonError::into_inner);
        all.degraded = self.degraded.list().into_keys().collect();
        all.model_budget = self.model_budget;
        all.ready = self.unready().await.is_none();
        Ok(all)
    }
}

impl Host {
    /// Examines the ledger, now and each hour, until the host stops.
    pub async fn keep_examining(self) {
        while !self.stop.is_cancelled() {
            let examined = tokio::select! {
                report = compliance::verify::examine(&self.store, &[], |_| {}) => report,
                () = self.stop.cancelled() => return,
            };
            match examined {
                Ok(report) => {
                    for fault in report.faults.iter().take(20) {
                        tracing::error!(error = fault, "the audit trail does not hold; run `asoc verify`");
                    }
                    let at = self.now().millis() as f64 / 1000.0;
                    let examined = Some((report.faults.len() as u64, at));
                    *self.examined.lock().unwrap_or_else(PoisonError::into_inner) = examined;
                }
                Err(error) => tracing::error!(%error, "the audit trail could not be examined"),
            }
            tokio::select! {
                () = tokio::time::sleep(EXAMINE) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }
}

/// Seconds since then.
fn age(then: Time, now: Time) -> f64 {
    (now.millis() - then.millis()).max(0) as f64 / 1000.0
}
