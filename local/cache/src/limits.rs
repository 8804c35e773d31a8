//! How often somebody may ask: so many times in a fixed window, counted in Redis, or here while it is away.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::Cache;

/// So many different askers are counted one by one here; whoever comes beyond shares one count.
const ASKERS: usize = 10_000;

/// So many requests in so long.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What is asked, as part of a key.
    pub name: &'static str,
    /// How often.
    pub requests: u64,
    /// In how long.
    pub window: Duration,
}

/// Counts in a window each: its end, and how many.
type Counts = HashMap<String, (Instant, u64)>;

/// Counts who asks how often. Bounded, whoever asks.
#[derive(Debug, Default)]
pub struct Limits {
    cache: Option<Cache>,
    /// What is counted without Redis.
    counts: Mutex<Counts>,
}

impl Limits {
    /// Counts in this cache, where there is one.
    pub fn new(cache: Option<Cache>) -> Self {
        Self { cache, counts: Mutex::default() }
    }

    /// Counts one request; says how long to wait, if it is one too many.
    ///
    /// # Errors
    /// How long it is until the window ends.
    pub async fn count(&self, limit: &Limit, who: &str) -> Result<(), Duration> {
        let counted = match &self.cache {
            Some(cache) => cache.count(limit, who).await,
            None => None,
        };
        let (count, left) = counted.unwrap_or_else(|| self.count_here(limit, who));
        if count > limit.requests { Err(left) } else { Ok(()) }
    }

    fn count_here(&self, limit: &Limit, who: &str) -> (u64, Duration) {
        let now = Instant::now();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = format!("{}:{who}", limit.name);
        if counts.len() >= ASKERS && !counts.contains_key(&key) {
            counts.retain(|_, (end, _)| *end > now);
            if counts.len() >= ASKERS {
                key = limit.name.to_owned();
            }
        }
        let (end, count) = counts.entry(key).or_insert((now + limit.window, 0));
        if *end <= now {
            (*end, *count) = (now + limit.window, 0);
        }
        *count += 1;
        (*count, end.saturating_duration_since(now))
    }
}

impl Cache {
    /// Counts one request: how many it are in this window, and how much is left of it.
    async fn count(&self, limit: &Limit, who: &str) -> Option<(u64, Duration)> {
        let window = i64::try_from(limit.window.as_millis()).unwrap_or(i64::MAX);
        let (count, left): (u64, i64) = self
            .ask(|pipe, prefix| {
                let key = format!("{prefix}:limit:{}:{who}", limit.name);
                // At once, so that no key is ever without an end.
                let pipe = pipe.atomic().cmd("INCR").arg(&key);
                pipe.cmd("PEXPIRE").arg(&key).arg(window).arg("NX").ignore().cmd("PTTL").arg(&key)
            })
            .await?;
        Some((count, Duration::from_millis(u64::try_from(left).unwrap_or_default())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(requests: u64, millis: u64) -> Limit {
        Limit { name: "test", requests, window: Duration::from_millis(millis) }
    }

    #[tokio::test]
    async fn each_asker_has_a_window_of_their_own() {
        let limits = Limits::default();
        let limit = limit(2, 50);
        for who in ["a", "a", "b"] {
            assert_eq!(limits.count(&limit, who).await, Ok(()));
        }
        let left = limits.count(&limit, "a").await.unwrap_err();
        assert!(left <= limit.window);
        tokio::time::sleep(left).await;
        assert_eq!(limits.count(&limit, "a").await, Ok(()), "a new window");
    }

    #[tokio::test]
    async fn many_askers_take_no_more_room() {
        let limits = Limits::default();
        let limit = limit(5, 600_000);
        for n in 0..ASKERS + 5 {
            assert_eq!(limits.count(&limit, &n.to_string()).await, Ok(()));
        }
        assert!(limits.count(&limit, "one more").await.is_err(), "those who came late share a count");
        assert_eq!(limits.count(&limit, "0").await, Ok(()), "those who were there do not");
        assert_eq!(limits.counts.lock().unwrap().len(), ASKERS + 1);
    }
}
