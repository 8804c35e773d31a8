//! What a function does not have.

use agent::{Account, AccountError, Policy};
use async_trait::async_trait;
use domain::{AccountWrite, Inventory, Verdict, account::Scope, verdict::Question};

/// Refuses whatever it is asked: this function's role would not allow it either.
pub(crate) struct Absent;

fn refused() -> AccountError {
    let message = "this function has no access to the watched account".to_owned();
    AccountError::Refused { code: "AccessDenied".to_owned(), message }
}

#[async_trait]
impl Account for Absent {
    async fn describe(&self, _: &Scope) -> Result<Inventory, AccountError> {
        Err(refused())
    }

    async fn write(&self, _: &AccountWrite) -> Result<(), AccountError> {
        Err(refused())
    }
}

#[async_trait]
impl Policy for Absent {
    async fn authorize(&self, _: &Question) -> anyhow::Result<Verdict> {
        anyhow::bail!("this function asks no policy")
    }
}
