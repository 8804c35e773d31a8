//! The whole account, remembered for a while: reading all of it is hundreds of calls, and who asks for all of it looks for context, not for
//! what an action left behind.

use std::time::{Duration, Instant};

use agent::{Account, AccountError};
use async_trait::async_trait;
use domain::{AccountWrite, Inventory, account::Scope};
use tokio::sync::Mutex;

/// An account whose whole is read once in a while. Any narrower scope is always read anew.
pub struct Remembered<A> {
    account: A,
    fresh: Duration,
    whole: Mutex<Option<(Instant, Inventory)>>,
}

impl<A> Remembered<A> {
    /// Remembers the whole for this long.
    pub fn new(account: A, fresh: Duration) -> Self {
        Self { account, fresh, whole: Mutex::default() }
    }
}

#[async_trait]
impl<A: Account> Account for Remembered<A> {
    async fn describe(&self, scope: &Scope) -> Result<Inventory, AccountError> {
        if *scope != Scope::Everything {
            return self.account.describe(scope).await;
        }
        let mut whole = self.whole.lock().await;
        if let Some((at, inventory)) = &*whole
            && at.elapsed() < self.fresh
        {
            return Ok(inventory.clone());
        }
        let inventory = self.account.describe(scope).await?;
        *whole = Some((Instant::now(), inventory.clone()));
        Ok(inventory)
    }

    async fn write(&self, call: &AccountWrite) -> Result<(), AccountError> {
        *self.whole.lock().await = None;
        self.account.write(call).await
    }
}
