//! The transaction of a commit: which items it writes, and what it means if DynamoDB cancels it.

use agent::{Commit, StoreError};
use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, Put, TransactWriteItem, Update},
};

use super::{batch::unsendable, fault::failed, item::weight};

/// Items to a transaction ("Amazon DynamoDB Transactions: How it works").
const ITEMS: usize = 100;
/// Bytes to a transaction: 4 MB, with room for names.
const BYTES: usize = 3_900_000;

/// What it means if an item's condition does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The key was decided before.
    Decision,
    /// Something changed since the evidence was read.
    Versioned,
    /// Another decision was appended to the log meanwhile: the same again, behind it.
    LogHead,
    /// It has no condition, or one that always holds.
    Plain,
}

/// Items, each with its role.
#[derive(Clone, Debug, Default)]
pub(super) struct Transaction {
    items: Vec<TransactWriteItem>,
    roles: Vec<Role>,
    bytes: usize,
}

impl Transaction {
    pub(super) fn put(
        &mut self,
        role: Role,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<(), StoreError> {
        let put: Put = put.build().map_err(unsendable)?;
        self.bytes += put.item.iter().map(|(name, value)| name.len() + weight(value)).sum::<usize>();
        self.push(role, TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    pub(super) fn update(
        &mut self,
        role: Role,
        update: aws_sdk_dynamodb::types::builders::UpdateBuilder,
    ) -> Result<(), StoreError> {
        let update: Update = update.build().map_err(unsendable)?;
        self.push(role, TransactWriteItem::builder().update(update).build());
        Ok(())
    }

    fn push(&mut self, role: Role, item: TransactWriteItem) {
        self.items.push(item);
        self.roles.push(role);
    }

    /// Refuses what DynamoDB would not take.
    pub(super) fn check_size(&self) -> Result<(), StoreError> {
        let (items, bytes) = (self.items.len(), self.bytes);
        if items > ITEMS || bytes > BYTES {
            return Err(StoreError::TooLarge(format!(
                "{items} items of {bytes} bytes, and DynamoDB takes {ITEMS} items of {BYTES} bytes in a transaction"
            )));
        }
        Ok(())
    }

    pub(super) fn items(&self) -> Vec<TransactWriteItem> {
        self.items.clone()
    }

    /// What a failed transaction means; none if it is to be tried again.
    pub(super) fn outcome(
        &self,
        error: SdkError<TransactWriteItemsError, HttpResponse>,
    ) -> Result<Option<Commit>, StoreError> {
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                match self.verdict(cancelled.cancellation_reasons()) {
                    Some(outcome) => outcome,
                    None => Err(failed(error)),
                }
            }
            Some(TransactWriteItemsError::TransactionInProgressException(_)) => Ok(None),
            _ => Err(failed(error)),
        }
    }

    /// None if the reasons say nothing known. A condition is reported false only if it was evaluated, so it counts whatever
    /// else stood in the way.
    fn verdict(&self, reasons: &[CancellationReason]) -> Option<Result<Option<Commit>, StoreError>> {
        let codes: Vec<(Role, &str)> =
            self.roles.iter().copied().zip(reasons.iter().map(|r| r.code().unwrap_or("None"))).collect();
        let is_false = |role| codes.contains(&(role, "ConditionalCheckFailed"));
        let passes = |code| {
            matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
        };
        if is_false(Role::Decision) {
            return Some(Ok(Some(Commit::Decided)));
        }
        if is_false(Role::Versioned) {
            return Some(Ok(Some(Commit::Conflict)));
        }
        if is_false(Role::LogHead) || codes.iter().any(|(_, code)| passes(*code)) {
            return Some(Ok(None));
        }
        is_false(Role::Plain).then(|| {
            let why =
                "a row stands where the head says that there is none: do not write to the tables by hand";
            Err(StoreError::Corrupt { what: "the log or the ledger".into(), why: why.into() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_tell_what_became_of_a_commit() {
        let roles = [Role::Decision, Role::Versioned, Role::LogHead, Role::Plain];
        let transaction = Transaction { roles: roles.to_vec(), ..Transaction::default() };
        let verdict = |codes: [&str; 4]| {
            let reasons = codes.map(|code| CancellationReason::builder().code(code).build());
            transaction.verdict(&reasons)
        };
        const FALSE: &str = "ConditionalCheckFailed";
        const BUSY: &str = "TransactionConflict";
        let is = |codes, commit| matches!(verdict(codes), Some(Ok(got)) if got == commit);
        assert!(is([FALSE, FALSE, FALSE, "None"], Some(Commit::Decided)));
        assert!(is(["None", FALSE, FALSE, BUSY], Some(Commit::Conflict)));
        assert!(is(["None", "None", FALSE, "None"], None));
        assert!(is(["None", BUSY, "None", "None"], None));
        assert!(is(["ThrottlingError", "None", "None", "None"], None));
        assert!(matches!(verdict(["None", "None", "None", FALSE]), Some(Err(StoreError::Corrupt { .. }))));
        assert!(verdict(["None", "None", "None", "ValidationError"]).is_none());
    }
}
