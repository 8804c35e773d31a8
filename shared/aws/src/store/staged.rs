//! Events, findings and quarantined records. There may be thousands in one decision and a transaction takes a hundred items,
//! so they are written before it. An item has a body for each attempt that wrote it, under the attempt's name, and lists them
//! (`by`). It is there for readers once one of them is committed, with that one's body. A crash or a conflict leaves bodies
//! that nobody sees.

use std::collections::{BTreeSet, HashMap};

use agent::StoreError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Event, EventId, Finding, FindingId, Quarantined, Time};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    DynamoStore,
    attempt::Attempt,
    batch::all,
    fault::failed,
    item::{Item, Row, item, key, number, text},
};

/// How long events and their history are kept after they were written, seconds: 400 days. The archive keeps what they were
/// read from for longer.
pub(super) const KEPT_SECONDS: i64 = 400 * 24 * 60 * 60;
/// Longest body that such an item holds, in bytes: there may be one for each time that a decision met a conflict.
const STAGED: usize = 10_000;
/// Most items that are prepared to be written at a time.
const PREPARED: usize = 500;
/// The one partition of an index over a whole table.
pub(super) const ALL: &str = "all";

/// The seconds after 1970 at which DynamoDB may delete what is written now.
pub(super) fn ttl(now: Time) -> AttributeValue {
    number(now.plus_seconds(KEPT_SECONDS).millis() / 1000)
}

impl DynamoStore {
    pub(super) async fn stage_events(
        &self,
        attempt: &str,
        events: &[Event],
        now: Time,
    ) -> Result<(), StoreError> {
        let staged = events.iter().map(|event| (event.id.as_str(), event, item([("ttl", ttl(now))])));
        self.stage("events", attempt, staged).await
    }

    pub(super) async fn stage_findings(
        &self,
        attempt: &str,
        findings: &[&Finding],
    ) -> Result<(), StoreError> {
        let staged = findings.iter().map(|finding| (finding.id.as_str(), *finding, Item::new()));
        self.stage("findings", attempt, staged).await
    }

    pub(super) async fn stage_quarantine(
        &self,
        attempt: &str,
        records: &[Quarantined],
    ) -> Result<(), StoreError> {
        let names: Vec<String> = records.iter().map(|r| format!("{}/{}", r.delivery, r.position)).collect();
        let staged = records.iter().zip(&names).map(|(record, name)| {
            // In the order of time, then of position.
            let newest = text(format!("{}/{:020}", sortable(record.time), record.position));
            (name.as_str(), record, item([("all", text(ALL)), ("newest", newest)]))
        });
        self.stage("quarantine", attempt, staged).await
    }

    /// Writes values under their ids, with what stands beside their bodies. One that is committed already stays as it is.
    async fn stage<'a, T: Serialize + Sync + 'a>(
        &self,
        table: &'static str,
        attempt: &str,
        staged: impl Iterator<Item = (&'a str, &'a T, Item)> + Send,
    ) -> Result<(), StoreError> {
        let mut staged: Vec<(&str, &T, Item)> = staged.collect();
        let known =
            self.visible(table, &staged.iter().map(|(id, ..)| key(id)).collect(), &["id", "by"]).await?;
        staged.retain(|(id, ..)| !known.contains_key(&key(id)));
        for some in staged.chunks(PREPARED) {
            let write = |(id, value, beside): &(&'a str, &'a T, Item)| {
                self.stage_one(table, attempt, id, *value, beside.clone())
            };
            all(some.iter().map(write).collect()).await?;
        }
        Ok(())
    }

    async fn stage_one<'a, T: Serialize + Sync>(
        &self,
        table: &'static str,
        attempt: &str,
        id: &'a str,
        value: &'a T,
        beside: Item,
    ) -> Result<(), StoreError> {
        let sets: String = beside.keys().map(|name| format!(", #{name} = :{name}")).collect();
        let mut update = self
            .dynamodb
            .update_item()
            .table_name(self.table(table))
            .key("id", text(key(id)))
            .update_expression(format!("SET #attempt = :body{sets} ADD #by :by"))
            .expression_attribute_names("#attempt", attempt)
            .expression_attribute_names("#by", "by")
            .expression_attribute_values(":body", self.body_within(STAGED, value).await?)
            .expression_attribute_values(":by", AttributeValue::Ss(vec![attempt.to_owned()]));
        for (name, value) in beside {
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        update.send().await.map_err(failed)?;
        Ok(())
    }

    /// Those of the items under these keys that are committed, each with an attempt that is; of each only these attributes,
    /// or all.
    async fn visible(
        &self,
        table: &'static str,
        keys: &BTreeSet<String>,
        attributes: &[&str],
    ) -> Result<HashMap<String, (Row, Attempt)>, StoreError> {
        let rows = self.named(table, "id", keys, attributes).await?;
        let committed = self.committed(rows.iter().flat_map(|row| row.set("by"))).await?;
        let mut visible = HashMap::new();
        for row in &rows {
            // Where two decided at the same moment, always the same one.
            let by = row.set("by").iter().filter(|by| committed.contains_key(by.as_str())).min();
            if let Some(by) = by {
                visible.insert(row.text("id")?.to_owned(), (row.clone(), by.clone()));
            }
        }
        Ok(visible)
    }

    /// Values by key, in the order asked; unknown ones are left out.
    async fn staged<T: DeserializeOwned>(
        &self,
        table: &'static str,
        keys: Vec<String>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = self.visible(table, &keys.iter().cloned().collect(), &[]).await?;
        let rows: Vec<(Row, Attempt)> = keys.iter().filter_map(|key| rows.remove(key)).collect();
        all(rows.iter().map(|(row, by)| self.read_from(row, by)).collect()).await
    }

    pub(super) async fn staged_events(&self, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
        self.staged("events", ids.iter().map(|id| key(id.as_str())).collect()).await
    }

    pub(super) async fn staged_findings(&self, ids: &[FindingId]) -> Result<Vec<Finding>, StoreError> {
        self.staged("findings", ids.iter().map(|id| key(id.as_str())).collect()).await
    }

    pub(super) async fn staged_known(&self, ids: &[EventId]) -> Result<BTreeSet<EventId>, StoreError> {
        let keys = ids.iter().map(|id| key(id.as_str())).collect();
        let rows = self.visible("events", &keys, &["id", "by"]).await?;
        Ok(ids.iter().filter(|id| rows.contains_key(&key(id.as_str()))).cloned().collect())
    }

    /// The newest quarantined records. Their order is an index's, which may be a moment behind: people look at it, and no
    /// decision does.
    pub(super) async fn staged_quarantine(&self, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        let mut looked_at = limit;
        loop {
            let query = self.partition("quarantine", "all", text(ALL)).index_name("newest");
            let rows = self.rows("quarantine", query.scan_index_forward(false), looked_at).await?;
            let keys = rows.iter().map(|row| row.text("id").map(str::to_owned)).collect::<Result<_, _>>()?;
            let mut newest: Vec<Quarantined> = self.staged("quarantine", keys).await?;
            // Of what a crash left unseen, older records take the place.
            if newest.len() >= limit || rows.len() < looked_at {
                newest.truncate(limit);
                return Ok(newest);
            }
            looked_at *= 2;
        }
    }
}

/// A time as text that sorts as the time does, also before 1970.
pub(super) fn sortable(time: Time) -> String {
    format!("{:016x}", time.millis().cast_unsigned() ^ (1 << 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_texts() {
        let times = [i64::MIN, -1, 0, 1, 1_800_000_000_000, i64::MAX].map(Time::from_millis);
        let texts = times.map(sortable);
        assert!(texts.is_sorted(), "{texts:?}");
        assert_eq!(texts[1], "7fffffffffffffff");
    }
}
