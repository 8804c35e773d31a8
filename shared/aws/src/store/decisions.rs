//! Recorded decisions, read again; and which of them still have calls to make.

use std::collections::BTreeSet;

use agent::{DecisionRecord, StoreError};
use domain::Digest;

use super::{
    DynamoStore,
    batch::all,
    fault::{failed, pause},
    item::{Row, item, text},
};

/// How often a digest is looked for before it counts as unknown.
const LOOKS: u32 = 4;
/// Marks a decision whose calls are not known to be made.
pub(super) const OPEN: &str = "open";

impl DynamoStore {
    pub(super) async fn recorded(&self, id: &str) -> Result<Option<DecisionRecord>, StoreError> {
        match self.get("decisions", item([("id", text(id))])).await? {
            Some(row) => Ok(Some(self.record(&row).await?)),
            None => Ok(None),
        }
    }

    async fn record(&self, row: &Row) -> Result<DecisionRecord, StoreError> {
        let mut record: DecisionRecord = self.read(row).await?;
        record.carried_out = !row.item.contains_key(OPEN);
        Ok(record)
    }

    /// The decision with this digest. An index tells its id, which is safe: only a ledger entry names a decision by its
    /// digest, and an entry is made long after the decision. As the index may be a moment behind, a miss is looked at again
    /// before it counts, or an audit could cry wolf.
    pub(super) async fn decided_with(&self, digest: &Digest) -> Result<Option<DecisionRecord>, StoreError> {
        for look in 0..LOOKS {
            let query = self.partition("decisions", "digest", text(&digest.0)).index_name("digest");
            if let Some(row) = self.rows("decisions", query, 1).await?.first() {
                return self.recorded(row.text("id")?).await;
            }
            pause(look + 4).await;
        }
        Ok(None)
    }

    pub(super) async fn close(&self, id: &str) -> Result<(), StoreError> {
        let request = self.dynamodb.update_item().table_name(self.table("decisions")).key("id", text(id));
        let request = request
            .condition_expression("attribute_exists(id)")
            .update_expression("REMOVE #open")
            .expression_attribute_names("#open", OPEN);
        match request.send().await {
            // There is no such decision, so it has no calls.
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(())
            }
            answer => answer.map(drop).map_err(failed),
        }
    }

    /// Decisions that are open, oldest first. An index lists them, which may be a moment behind; that is safe because they
    /// are asked for again and again, and each is then read as it is.
    pub(super) async fn still_open(&self) -> Result<Vec<DecisionRecord>, StoreError> {
        let query = self.partition("decisions", OPEN, text(OPEN)).index_name(OPEN);
        let listed = self.rows("decisions", query, usize::MAX).await?;
        let ids: BTreeSet<String> =
            listed.iter().map(|row| row.text("id").map(str::to_owned)).collect::<Result<_, _>>()?;
        let rows = self.named("decisions", "id", &ids, &[]).await?;
        let open = rows.iter().filter(|row| row.item.contains_key(OPEN));
        let mut records = all(open.map(|row| self.record(row)).collect()).await?;
        records.sort_by_key(|record| record.time);
        Ok(records)
    }
}
