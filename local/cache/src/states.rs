//! Keyed states: each with its version, written through after its commit.

use std::future::Future;

use agent::{Commit, State, Write};
use domain::Time;
use serde_json::Value;

use crate::Cache;

/// A state is kept so long at most, milliseconds, and anew with each write: what is left of an old generation is gone then.
const KEPT: i64 = 3_600_000;

impl Cache {
    /// The states under these keys as far as they are here, in the order asked. One that has expired by `now` is not.
    pub async fn states(&self, keys: &[String], now: Time) -> Vec<Option<State>> {
        let read = async {
            if keys.is_empty() {
                return None;
            }
            let named = |prefix: &str| keys.iter().map(|key| name(prefix, key)).collect::<Vec<_>>();
            let (found,): (Vec<Option<String>>,) =
                self.ask(|pipe, prefix| pipe.cmd("MGET").arg(named(prefix))).await?;
            let read = |(key, text): (&String, Option<String>)| {
                let (version, expires, value): (u64, i64, Value) = serde_json::from_str(&text?).ok()?;
                let expires = Time::from_millis(expires);
                (expires > now).then(|| State { key: key.clone(), version, value, expires })
            };
            Some(keys.iter().zip(found).map(read).collect())
        };
        read.await.unwrap_or_else(|| vec![None; keys.len()])
    }

    /// Commits, and afterwards brings the cache up to date with the states among `writes`. What is not known to have been
    /// committed, or did not fit, is forgotten, so that it is read from the store next. `now` is the decision's time.
    pub async fn around<E>(
        &self,
        writes: &[Write],
        now: Time,
        commit: impl Future<Output = Result<Commit, E>>,
    ) -> Result<Commit, E> {
        let states = writes.iter().filter_map(|write| match write {
            Write::State(state) => Some(state),
            _ => None,
        });
        let states: Vec<&State> = states.collect();
        if states.is_empty() {
            return commit.await;
        }
        let _turn = self.0.order.lock().await;
        let unsettled = Unsettled(self);
        let done = commit.await;
        let is_known: Option<()> = self
            .ask(|pipe, prefix| {
                for state in states {
                    let key = name(prefix, &state.key);
                    let alive = state.expires.millis().saturating_sub(now.millis()).min(KEPT);
                    let text = serde_json::to_string(&(state.version, state.expires.millis(), &state.value));
                    match (&done, text) {
                        (Ok(Commit::Committed), Ok(text)) if alive > 0 => {
                            pipe.cmd("SET").arg(key).arg(text).arg("PX").arg(alive).ignore()
                        }
                        (Ok(Commit::Decided), _) => pipe,
                        _ => pipe.cmd("DEL").arg(key).ignore(),
                    };
                }
                pipe.cmd("PING").ignore()
            })
            .await;
        if is_known.is_some() {
            std::mem::forget(unsettled);
        }
        done
    }
}

/// A commit of which the cache was not told. If it stays so, because Redis is away or nobody waited, the cache begins anew.
struct Unsettled<'c>(&'c Cache);

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

fn name(prefix: &str, key: &str) -> String {
    format!("{prefix}:state:{key}")
}
