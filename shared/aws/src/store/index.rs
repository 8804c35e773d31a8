//! Where a message stands: rows written before the transaction. Each names the attempt that said the message, so it tells
//! the truth whether or not that attempt commits.

use std::collections::{BTreeMap, BTreeSet};

use agent::{
    StoreError,
    ports::{Logged, Unsealed},
};
use domain::MessageId;

use super::{
    DynamoStore,
    item::{Item, Row, item, key, number, text},
    log::{Chunk, logged},
};

impl DynamoStore {
    pub(super) async fn put_index(&self, attempt: &str, chunks: &[Chunk]) -> Result<(), StoreError> {
        let mut rows: BTreeMap<String, Item> = BTreeMap::new();
        for chunk in chunks {
            for message in &chunk.messages {
                let id = key(message.message_id.as_str());
                let row = item([
                    ("id", text(&id)),
                    ("attempt", text(attempt)),
                    ("correlation", text(key(&message.correlation_id))),
                    ("end", number(chunk.end)),
                ]);
                rows.insert(id, row);
            }
        }
        self.put_all("message-index", rows.into_values().collect()).await
    }

    /// A message with the decision that said it.
    pub(super) async fn attested_message(&self, id: &MessageId) -> Result<Option<Unsealed>, StoreError> {
        let query = self.partition("message-index", "id", text(key(id.as_str())));
        let index = self.rows("message-index", query.consistent_read(true), usize::MAX).await?;
        let messages = self.indexed(&index).await?;
        Ok(messages.into_iter().map(|(_, unsealed)| unsealed).find(|u| &u.message.message_id == id))
    }

    /// The newest messages with this correlation id, in order of the log. They are found in an index, which may be a moment
    /// behind: people look at it, and no decision does.
    pub(super) async fn correlated_messages(
        &self,
        correlation: &str,
        limit: usize,
    ) -> Result<Vec<Logged>, StoreError> {
        let query = self.partition("message-index", "correlation", text(key(correlation)));
        let query = query.index_name("correlation");
        let index = self.rows("message-index", query, usize::MAX).await?;
        let mut messages = self.indexed(&index).await?;
        messages.retain(|(_, unsealed)| unsealed.message.correlation_id == correlation);
        let newest = messages.split_off(messages.len().saturating_sub(limit));
        Ok(newest.into_iter().map(logged).collect())
    }

    /// All messages of the rows of the log that committed rows of the index name, in order.
    async fn indexed(&self, index: &[Row]) -> Result<Vec<(u64, Unsealed)>, StoreError> {
        let attempts: Vec<String> =
            index.iter().map(|row| row.text("attempt").map(str::to_owned)).collect::<Result<_, _>>()?;
        let committed = self.committed(&attempts).await?;
        let mut places = BTreeSet::new();
        for (row, attempt) in index.iter().zip(&attempts) {
            if let Some(first) = committed.get(attempt.as_str()) {
                places.insert(first + row.number::<u64>("end")?);
            }
        }
        let rows = self.keyed("log", places.into_iter().map(Self::log_key).collect(), &[]).await?;
        self.opened_all(&rows).await
    }
}
