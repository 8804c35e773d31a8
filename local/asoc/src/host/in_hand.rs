//! Which events are being decided on, so that of two copies that come at once one is a duplicate.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::EventId;
use tokio::sync::Notify;

/// Events in hand, by id.
#[derive(Debug, Default)]
pub(super) struct InHand {
    ids: Mutex<BTreeSet<EventId>>,
    laid_down: Notify,
}

/// Events that are in hand until this is dropped.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    from: &'a InHand,
    ids: BTreeSet<EventId>,
}

impl InHand {
    /// Takes all of these in hand, once nobody else has one of them.
    pub(super) async fn take(&self, ids: BTreeSet<EventId>) -> Taken<'_> {
        loop {
            let laid_down = self.laid_down.notified();
            if self.take_free(&ids) {
                return Taken { from: self, ids };
            }
            laid_down.await;
        }
    }

    fn take_free(&self, ids: &BTreeSet<EventId>) -> bool {
        let mut taken = self.lock();
        let are_free = taken.is_disjoint(ids);
        if are_free {
            taken.extend(ids.iter().cloned());
        }
        are_free
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<EventId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut taken = self.from.lock();
        taken.retain(|id| !self.ids.contains(id));
        drop(taken);
        self.from.laid_down.notify_waiters();
    }
}
