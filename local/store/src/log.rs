//! The message log and the ledger over it.

use agent::{StoreError, ports::Unsealed};
use domain::{Digest, LedgerEntry, MessageId};
use sqlx::any::AnyRow;

use crate::{SqlStore, answer::Answer, int, parse, read::bodies, text};

impl SqlStore {
    pub(crate) async fn unsealed_messages(&self, limit: usize) -> Result<Vec<Unsealed>, StoreError> {
        // Messages are sealed in the order of the log, so everything after the last sealed one is unsealed.
        let rows = sqlx::query(
            "SELECT body, decision, policies FROM messages
             WHERE seq > COALESCE((SELECT m.seq FROM ledger l JOIN messages m ON m.id = l.message
                                   ORDER BY l.seq DESC LIMIT 1), 0)
             ORDER BY seq LIMIT $1",
        )
        .bind(int(limit as u64))
        .fetch_all(&self.pool)
        .answer()
        .await?;
        rows.iter().map(unsealed).collect()
    }

    pub(crate) async fn ledger_entries(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let rows = sqlx::query("SELECT body FROM ledger WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(int(after))
            .bind(int(limit as u64))
            .fetch_all(&self.pool)
            .answer()
            .await?;
        bodies("ledger entry", rows)
    }

    pub(crate) async fn ledger_newest(&self) -> Result<Option<LedgerEntry>, StoreError> {
        let rows = sqlx::query("SELECT body FROM ledger ORDER BY seq DESC LIMIT 1")
            .fetch_all(&self.pool)
            .answer()
            .await?;
        Ok(bodies("ledger entry", rows)?.pop())
    }

    pub(crate) async fn message_with_decision(&self, id: &MessageId) -> Result<Option<Unsealed>, StoreError> {
        let row = sqlx::query("SELECT body, decision, policies FROM messages WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .answer()
            .await?;
        row.as_ref().map(unsealed).transpose()
    }
}

fn unsealed(row: &AnyRow) -> Result<Unsealed, StoreError> {
    Ok(Unsealed {
        message: parse("message", &text(row, 0)?)?,
        decision: Digest(text(row, 1)?),
        policies: Digest(text(row, 2)?),
    })
}
