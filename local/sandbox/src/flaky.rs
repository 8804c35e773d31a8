//! An account that fails once, where a test wants it to.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use agent::{Account, AccountError};
use async_trait::async_trait;
use domain::{AccountWrite, Inventory, account::Scope};

/// Passes everything on to another account, but lets one write fail as unavailable.
pub struct Flaky {
    inner: Arc<dyn Account>,
    nth: usize,
    when: When,
    written: AtomicUsize,
}

/// When the write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before it took effect: the call was lost.
    Before,
    /// After it took effect: the answer was lost.
    After,
}

impl Flaky {
    /// Lets the `nth` write fail, counted from 1.
    pub fn new(inner: Arc<dyn Account>, nth: usize, when: When) -> Self {
        Self { inner, nth, when, written: AtomicUsize::new(0) }
    }

    /// How many writes were asked for so far, the failed one included.
    pub fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Account for Flaky {
    async fn describe(&self, scope: &Scope) -> Result<Inventory, AccountError> {
        self.inner.describe(scope).await
    }

    async fn write(&self, call: &AccountWrite) -> Result<(), AccountError> {
        let fails = self.written.fetch_add(1, Ordering::SeqCst) + 1 == self.nth;
        if fails && self.when == When::Before {
            return Err(AccountError::Unavailable("the call was lost".to_owned()));
        }
        let outcome = self.inner.write(call).await;
        if fails {
            return Err(AccountError::Unavailable("the answer was lost".to_owned()));
        }
        outcome
    }
}
