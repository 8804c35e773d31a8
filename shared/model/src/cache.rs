//! Opinions kept for a while, and questions shared while they are open.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use agent::{Clock, ModelError};
use domain::{Digest, Opined, Time, Usage};
use tokio::sync::OnceCell;

/// Opinions kept at most.
const SIZE: usize = 1024;
/// For so long each.
const KEPT_SECONDS: i64 = 60 * 60;

type Cell = Arc<OnceCell<Result<Opined, ModelError>>>;

pub(crate) struct Cache {
    clock: Arc<dyn Clock>,
    /// Oldest first.
    entries: Mutex<VecDeque<(Digest, Time, Cell)>>,
}

impl Cache {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, entries: Mutex::default() }
    }

    /// The opinion under this key: one that is kept, the one that somebody is asking for at this moment, or a new one.
    /// Only who asks pays. An error is shared with those who wait for it and not kept.
    pub(crate) async fn get_or_ask(
        &self,
        key: &Digest,
        ask: impl Future<Output = Result<Opined, ModelError>>,
    ) -> Result<Opined, ModelError> {
        let cell = self.cell(key);
        let mut is_asker = false;
        let answer = cell
            .get_or_init(|| {
                is_asker = true;
                ask
            })
            .await
            .clone();
        if answer.is_err() {
            self.forget(&cell);
        }
        answer.map(|opined| if is_asker { opined } else { Opined { usage: Usage::default(), ..opined } })
    }

    fn cell(&self, key: &Digest) -> Cell {
        let now = self.clock.now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        while entries.front().is_some_and(|(_, since, _)| now >= since.plus_seconds(KEPT_SECONDS)) {
            entries.pop_front();
        }
        if let Some((.., cell)) = entries.iter().find(|(known, ..)| known == key) {
            return cell.clone();
        }
        if entries.len() == SIZE {
            entries.pop_front();
        }
        let cell = Cell::default();
        entries.push_back((key.clone(), now, cell.clone()));
        cell
    }

    fn forget(&self, cell: &Cell) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(.., known)| !Arc::ptr_eq(known, cell));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use domain::{Opinion, Raise};

    use super::*;

    struct Never;

    impl Clock for Never {
        fn now(&self) -> Time {
            Time::from_millis(0)
        }
    }

    fn key(n: usize) -> Digest {
        Digest::of_json(&n)
    }

    async fn answer(asked: &AtomicUsize) -> Result<Opined, ModelError> {
        asked.fetch_add(1, Ordering::Relaxed);
        let opinion = Opinion { raise: Raise::default(), explanation: String::new(), quotes: Vec::new() };
        Ok(Opined { opinion, usage: Usage::default(), model: String::new() })
    }

    #[tokio::test]
    async fn the_oldest_makes_room() {
        let (cache, asked) = (Cache::new(Arc::new(Never)), AtomicUsize::new(0));
        for n in (0..=SIZE).chain([SIZE, 1, 0]) {
            cache.get_or_ask(&key(n), answer(&asked)).await.unwrap();
        }
        assert_eq!(cache.entries.lock().unwrap().len(), SIZE);
        assert_eq!(asked.load(Ordering::Relaxed), SIZE + 2, "only 0 had to go");
    }

    #[tokio::test]
    async fn who_waits_asks_when_the_asker_gives_up() {
        let (cache, asked) = (Cache::new(Arc::new(Never)), AtomicUsize::new(0));
        let key = key(1);
        let mut asker = Box::pin(cache.get_or_ask(&key, pending()));
        assert!(tokio::time::timeout(std::time::Duration::from_millis(1), &mut asker).await.is_err());
        let waiter = cache.get_or_ask(&key, answer(&asked));
        let (waited, ()) = tokio::join!(waiter, async move { drop(asker) });
        assert!(waited.is_ok() && asked.load(Ordering::Relaxed) == 1);
    }

    #[tokio::test]
    async fn who_waits_shares_an_error() {
        let (cache, asked) = (Cache::new(Arc::new(Never)), AtomicUsize::new(0));
        let key = key(1);
        let fails = async {
            tokio::task::yield_now().await;
            Err(ModelError::Unavailable("down".into()))
        };
        let (first, second) =
            tokio::join!(cache.get_or_ask(&key, fails), cache.get_or_ask(&key, answer(&asked)));
        assert!(first.is_err() && second.is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 0);
    }
}
