//! The ledger and its checkpoints. A row holds up to a hundred entries, under the number of the last.
//!
//! Every message is sealed once and in the order of the log, so an entry's number is its message's place in the log, and
//! what follows the ledger's head there is unsealed.

use agent::{StoreError, ports::Unsealed};
use aws_sdk_dynamodb::types::Put;
use domain::{Checkpoint, LedgerEntry};

use super::{
    DynamoStore,
    fault::failed,
    item::{Row, item, number, text},
    transaction::{Role, Transaction},
};

/// Most entries of a row: about 80 KB.
const RUN: usize = 100;
/// Rows fetched at a time.
const PAGE: usize = 10;
/// The one partition of the ledger.
const LEDGER: &str = "ledger";
/// The one partition of the checkpoints.
const CHECKPOINTS: &str = "checkpoints";

impl DynamoStore {
    /// Appends entries, if the first follows the head.
    pub(super) async fn append_entries(
        &self,
        transaction: &mut Transaction,
        entries: &[LedgerEntry],
    ) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(()) };
        for run in entries.chunks(RUN) {
            let row = item([
                ("ledger", text(LEDGER)),
                ("seq", number(run.last().map_or(0, |entry| entry.seq))),
                ("body", self.body(run).await?),
            ]);
            let put = Put::builder().table_name(self.table("ledger")).set_item(Some(row));
            transaction.put(Role::Plain, put.condition_expression("attribute_not_exists(seq)"))?;
        }
        let before = first.seq.saturating_sub(1);
        transaction.update(Role::Versioned, self.advance("ledger", before, last.seq))
    }

    /// Entries after this number, in order.
    pub(super) async fn entries(&self, after: u64, limit: usize) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut entries: Vec<LedgerEntry> = Vec::new();
        let mut reached = after;
        while entries.len() < limit {
            let query = self
                .partition("ledger", "ledger", text(LEDGER))
                .key_condition_expression("#partition = :partition AND #seq > :seq")
                .expression_attribute_names("#seq", "seq")
                .expression_attribute_values(":seq", number(reached));
            let rows = self.rows("ledger", query.consistent_read(true), PAGE).await?;
            let Some(last) = rows.last() else { break };
            reached = last.number("seq")?;
            for row in &rows {
                entries.extend(self.entries_of(row).await?.into_iter().filter(|entry| entry.seq > after));
            }
        }
        entries.truncate(limit);
        Ok(entries)
    }

    /// The newest entry.
    pub(super) async fn newest_entry(&self) -> Result<Option<LedgerEntry>, StoreError> {
        let query = self.partition("ledger", "ledger", text(LEDGER));
        let query = query.consistent_read(true).scan_index_forward(false);
        let rows = self.rows("ledger", query, 1).await?;
        match rows.first() {
            Some(row) => Ok(self.entries_of(row).await?.pop()),
            None => Ok(None),
        }
    }

    async fn entries_of(&self, row: &Row) -> Result<Vec<LedgerEntry>, StoreError> {
        self.read(row).await
    }

    pub(super) async fn unsealed_messages(&self, limit: usize) -> Result<Vec<Unsealed>, StoreError> {
        let sealed = self.head("ledger").await?;
        Ok(self.log_after(sealed, limit).await?.into_iter().map(|(_, unsealed)| unsealed).collect())
    }

    /// Keeps a checkpoint; the first of a number stays.
    pub(super) async fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let request = self.dynamodb.put_item().table_name(self.table("checkpoints"));
        let request = request
            .item("checkpoints", text(CHECKPOINTS))
            .item("seq", number(checkpoint.seq))
            .item("body", self.body(checkpoint).await?)
            .condition_expression("attribute_not_exists(seq)");
        match request.send().await {
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            answer => answer.map(drop).map_err(failed),
        }
    }

    pub(super) async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let query = self.partition("checkpoints", "checkpoints", text(CHECKPOINTS));
        let query = query.consistent_read(true).scan_index_forward(false);
        match self.rows("checkpoints", query, 1).await?.first() {
            Some(row) => Ok(Some(self.read(row).await?)),
            None => Ok(None),
        }
    }

    /// All checkpoints, oldest first.
    pub(super) async fn all_checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let query = self.partition("checkpoints", "checkpoints", text(CHECKPOINTS));
        let rows = self.rows("checkpoints", query.consistent_read(true), usize::MAX).await?;
        let mut checkpoints = Vec::new();
        for row in &rows {
            checkpoints.push(self.read(row).await?);
        }
        Ok(checkpoints)
    }
}
