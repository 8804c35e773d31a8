//! An AWS account that is not one: it answers the same calls with the same errors, and really changes.

mod calls;
mod describe;
mod flaky;
mod patch;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use agent::{Account, AccountError};
use async_trait::async_trait;
use domain::{AccountWrite, Inventory, account::Scope};
use serde_json::Value;
use tokio::sync::Mutex;

pub use flaky::{Flaky, When};

const DEFAULT: &str = include_str!("../account.yaml");

/// An account in memory, and on record where a [`Keep`] is given.
pub struct Sandbox {
    inventory: Mutex<Inventory>,
    keep: Option<Arc<dyn Keep>>,
}

/// Where the account outlives the process. The store lies outside of this crate, so the host brings it.
#[async_trait]
pub trait Keep: Send + Sync {
    /// Keeps the whole account. The change counts once this has succeeded.
    async fn save(&self, inventory: &Inventory) -> Result<(), AccountError>;
}

/// The account that comes with A-SOC: a fictional online bookshop.
pub fn default_account() -> anyhow::Result<Inventory> {
    patch::inventory_from_yaml(DEFAULT)
}

impl Sandbox {
    /// An account with this content, gone with the process.
    pub fn new(inventory: Inventory) -> Self {
        Self { inventory: Mutex::new(inventory), keep: None }
    }

    /// An account as a YAML text describes it, in the shape of [`Inventory`]. A key that `Inventory` does not know is
    /// refused, by its path.
    pub fn from_yaml(text: &str) -> anyhow::Result<Self> {
        Ok(Self::new(patch::inventory_from_yaml(text)?))
    }

    /// From now on, each change is kept there before it can be seen.
    pub fn kept_by(mut self, keep: Arc<dyn Keep>) -> Self {
        self.keep = Some(keep);
        self
    }

    /// The account as it is now.
    pub async fn inventory(&self) -> Inventory {
        self.inventory.lock().await.clone()
    }

    /// Makes the account this one.
    pub async fn reset(&self, inventory: Inventory) -> Result<(), AccountError> {
        self.change(|account| {
            *account = inventory;
            Ok(())
        })
        .await
    }

    /// Changes the account as its owner or an attacker would, by a JSON merge patch (RFC 7396) on its [`Inventory`]. A
    /// patch that names something which `Inventory` does not have is refused with `InvalidPatch`, by its path.
    pub async fn edit(&self, patch: &Value) -> Result<(), AccountError> {
        self.change(|account| {
            *account = patch::edited(account, patch)
                .map_err(|error| calls::refused("InvalidPatch", format!("{error:#}")))?;
            Ok(())
        })
        .await
    }

    /// Changes a copy, keeps it, and only then shows it: whatever fails on the way, nothing is half done.
    async fn change(
        &self,
        apply: impl FnOnce(&mut Inventory) -> Result<(), AccountError> + Send,
    ) -> Result<(), AccountError> {
        let mut current = self.inventory.lock().await;
        let mut next = current.clone();
        apply(&mut next)?;
        if let Some(keep) = &self.keep {
            keep.save(&next).await?;
        }
        *current = next;
        Ok(())
    }
}

#[async_trait]
impl Account for Sandbox {
    async fn describe(&self, scope: &Scope) -> Result<Inventory, AccountError> {
        Ok(describe::part(&*self.inventory.lock().await, scope))
    }

    async fn write(&self, call: &AccountWrite) -> Result<(), AccountError> {
        self.change(|account| calls::apply(account, call)).await
    }
}
