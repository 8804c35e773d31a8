//! Slack and PagerDuty: the log is followed from where it was last told of, so that a restart loses nothing.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use agent::Store;
use anyhow::Context;
use async_trait::async_trait;
use domain::{IncidentId, Time};
use notify::{Http, Notifier, PagerDuty, PagerDutySettings, Sent, Slack, SlackSettings, Thread};
use store::SqlStore;

use crate::{host::Host, services::Services};

/// The place in the log up to which people were told.
const TOLD: &str = "told";
/// Messages that are told of at once.
const BATCH: usize = 100;
/// So often is one batch tried before it is given up: whoever does not take it by then is set up wrongly, and what follows must not wait.
const TRIES: u32 = 12;
/// How often to look without being told.
const TICK: Duration = Duration::from_secs(1);
/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_secs(60);
/// Seconds after which a note may be forgotten. An incident may be undone weeks after it was answered.
const KEPT: i64 = 90 * 24 * 3600;

/// What was sent already, in the store.
struct Notes(SqlStore);

/// Who is told.
pub struct Notices {
    notifier: Notifier,
    /// Why the last messages could not be told.
    degraded: Mutex<Option<String>>,
}

impl Notices {
    /// As the services say; none if nobody is to be told.
    ///
    /// # Errors
    /// If the settings for Slack or PagerDuty are not in form.
    pub fn new(store: &SqlStore, services: &Services) -> anyhow::Result<Option<Self>> {
        if services.slack.is_none() && services.pagerduty.is_none() {
            return Ok(None);
        }
        let http = Http::new()?;
        let slack = services.slack.as_deref().map(SlackSettings::read).transpose()?;
        let pagerduty = services.pagerduty.as_deref().map(PagerDutySettings::read).transpose()?;
        let origin = services.origin.as_deref().map(str::parse).transpose();
        Ok(Some(Self {
            notifier: Notifier {
                slack: slack.map(|settings| Slack::new(http.clone(), settings)),
                pagerduty: pagerduty.map(|settings| PagerDuty::new(http, settings)),
                sent: Arc::new(Notes(store.clone())),
                origin: origin.context("the dashboard's address is none")?,
            },
            degraded: Mutex::default(),
        }))
    }

    /// Why people are not told for now.
    pub fn degraded(&self) -> Option<String> {
        self.degraded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Slack, to answer what people click there.
    pub fn slack(&self) -> Option<&Slack> {
        self.notifier.slack.as_ref()
    }

    /// What was sent already.
    pub fn sent(&self) -> &dyn Sent {
        &*self.notifier.sent
    }

    /// Tells of messages as they come, until the host stops. Where it runs for the first time, it begins with what comes next.
    pub async fn follow(self: Arc<Self>, host: Host) {
        let mut newest = host.store().watch();
        let mut tries = 0;
        loop {
            let told = self.step(&host, tries >= TRIES).await;
            let why = told.as_ref().err().map(|error| format!("{error:#}"));
            *self.degraded.lock().unwrap_or_else(PoisonError::into_inner) = why.clone();
            tries = if why.is_some() { tries + 1 } else { 0 };
            if let Some(why) = why {
                tracing::error!(why, tries, "people were not told");
            }
            let pause = match told {
                Ok(true) => Duration::ZERO,
                Ok(false) => TICK,
                Err(_) => TICK.saturating_mul(1 << tries.min(6)).min(PAUSE),
            };
            tokio::select! {
                biased;
                () = host.stopping() => return,
                () = tokio::time::sleep(pause) => {}
                _ = newest.changed(), if tries == 0 => {}
            }
        }
    }

    /// Tells of the next messages; whether there were any. `give_up` passes over what cannot be told.
    async fn step(&self, host: &Host, give_up: bool) -> anyhow::Result<bool> {
        let store = host.store();
        let Some(told) = store.document::<u64>(TOLD).await? else {
            store.put_document(TOLD, &store.newest_message().await?).await?;
            return Ok(true);
        };
        let messages = store.messages(told, BATCH).await?;
        let Some(last) = messages.last().map(|logged| logged.seq) else { return Ok(false) };
        match self.notifier.tell(host.ctx(), &messages).await {
            Err(error) if !give_up => return Err(error),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "given up: nobody is told of these messages")
            }
            Ok(()) => {}
        }
        store.put_document(TOLD, &last).await?;
        Ok(true)
    }
}

#[async_trait]
impl Sent for Notes {
    async fn is_claimed(&self, key: &str) -> anyhow::Result<bool> {
        Ok(self.0.note::<bool>(&format!("notice/key/{key}")).await?.is_some())
    }

    async fn claim(&self, key: &str, now: Time) -> anyhow::Result<bool> {
        Ok(self.0.put_note(&format!("notice/key/{key}"), &true, now.plus_seconds(KEPT)).await?)
    }

    async fn thread(&self, incident: &IncidentId) -> anyhow::Result<Option<Thread>> {
        Ok(self.0.note(&format!("notice/thread/{incident}")).await?)
    }

    async fn keep_thread(&self, incident: &IncidentId, thread: &Thread, now: Time) -> anyhow::Result<Thread> {
        let key = format!("notice/thread/{incident}");
        self.0.put_note(&key, thread, now.plus_seconds(KEPT)).await?;
        self.0.note(&key).await?.context("the note of a thread that was just kept is gone")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_contract_is_kept() {
        let notes = Notes(SqlStore::open_in_memory().await.unwrap());
        notify::proofs::of_many_the_first_counts(&notes, Time::from_millis(1_800_000_000_000)).await;
    }
}
