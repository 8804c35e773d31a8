//! Sessions that were looked up a moment ago, under the digest of their secret.
//!
//! Whatever changes who may come in makes all of them be looked up again: their keys carry a number that such a change
//! raises, and one that was looked up before the change is kept under the number of before.

use std::sync::atomic::Ordering::SeqCst;

use domain::{Digest, Person, Time};

use crate::Cache;

/// A session is taken from the cache for so long, milliseconds.
const KEPT: i64 = 30_000;

/// When a session was looked up: what it is kept under.
#[derive(Clone, Copy, Debug)]
pub struct Looked(u64);

/// A change of who may come in. From its end on nothing counts that was looked up before.
#[must_use]
pub struct Change<'c>(&'c Cache);

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.0.people.fetch_add(1, SeqCst);
    }
}

impl Cache {
    /// Begins a change of who may come in. It ends when this is dropped, however the change went.
    pub fn change_people(&self) -> Change<'_> {
        Change(self)
    }

    /// Whom this session stands for, if it is here; else what it can be kept under, once the store has said whom.
    pub async fn session(&self, secret: &Digest, now: Time) -> Result<Person, Looked> {
        let looked = Looked(self.0.people.load(SeqCst));
        let found: Option<(Option<String>,)> =
            self.ask(|pipe, prefix| pipe.cmd("GET").arg(name(prefix, looked, secret))).await;
        let known = found.and_then(|(text,)| serde_json::from_str::<(Person, Time)>(&text?).ok());
        known.filter(|(_, expires)| *expires > now).map(|(person, _)| person).ok_or(looked)
    }

    /// Keeps whom a session stands for, for a moment, and not beyond its end.
    pub async fn keep_session(
        &self,
        looked: Looked,
        secret: &Digest,
        person: &Person,
        now: Time,
        expires: Time,
    ) {
        let alive = expires.millis().saturating_sub(now.millis()).min(KEPT);
        let Ok(text) = serde_json::to_string(&(person, expires)) else { return };
        if alive > 0 {
            let _: Option<()> = self
                .ask(|pipe, prefix| {
                    pipe.cmd("SET").arg(name(prefix, looked, secret)).arg(text).arg("PX").arg(alive).ignore()
                })
                .await;
        }
    }
}

fn name(prefix: &str, looked: Looked, secret: &Digest) -> String {
    format!("{prefix}:session:{}:{}", looked.0, secret.0)
}
