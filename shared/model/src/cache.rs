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
