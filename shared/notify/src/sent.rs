//! What was sent already, and where an incident is talked about.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{IncidentId, Time};
use serde::{Deserialize, Serialize};

/// Where an incident is talked about in Slack: a message, and the replies to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// The channel's id.
    pub channel: String,
    /// The first message's time stamp, which is its id in the channel.
    pub ts: String,
}

/// The host's memory of what was sent. It may forget after some weeks.
#[async_trait]
pub trait Sent: Send + Sync {
    /// Whether this key was claimed.
    async fn is_claimed(&self, key: &str) -> anyhow::Result<bool>;

    /// Claims a key; true for the first who does, and for nobody else.
    async fn claim(&self, key: &str, now: Time) -> anyhow::Result<bool>;

    /// Where this incident is talked about.
    async fn thread(&self, incident: &IncidentId) -> anyhow::Result<Option<Thread>>;

    /// Keeps where an incident is talked about, and answers what is kept: of several, the first.
    async fn keep_thread(&self, incident: &IncidentId, thread: &Thread, now: Time) -> anyhow::Result<Thread>;
}

/// Remembers as long as the process lives.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<(HashSet<String>, HashMap<IncidentId, Thread>)>);

impl Remembered {
    fn inside(&self) -> MutexGuard<'_, (HashSet<String>, HashMap<IncidentId, Thread>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Sent for Remembered {
    async fn is_claimed(&self, key: &str) -> anyhow::Result<bool> {
        Ok(self.inside().0.contains(key))
    }

    async fn claim(&self, key: &str, _: Time) -> anyhow::Result<bool> {
        Ok(self.inside().0.insert(key.to_owned()))
    }

    async fn thread(&self, incident: &IncidentId) -> anyhow::Result<Option<Thread>> {
        Ok(self.inside().1.get(incident).cloned())
    }

    async fn keep_thread(&self, incident: &IncidentId, thread: &Thread, _: Time) -> anyhow::Result<Thread> {
        Ok(self.inside().1.entry(incident.clone()).or_insert_with(|| thread.clone()).clone())
    }
}
