//! Events, findings and quarantined records. There may be thousands in one decision and a transaction takes a hundred items,
//! so they are written before it: each item lists the attempts that wrote it (`by`), and is there for readers once one of
//! them is committed. A crash or a conflict leaves items that nobody sees.

use std::collections::{BTreeSet, HashMap};

use agent::StoreError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Event, EventId, Finding, FindingId, Quarantined, Time};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    DynamoStore,
    batch::all,
    fault::failed,
    item::{Item, Row, item, key, number, text},
};

/// How long events and their history are kept after they were written, seconds: 400 days. The archive keeps what they were
/// read from for longer.
pub(super) const KEPT_SECONDS: i64 = 400 * 24 * 60 * 60;
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

    /// Writes values under their ids; one that exists keeps its body, and what is `beside` it is set.
    async fn stage<'a, T: Serialize + Sync + 'a>(
        &self,
        table: &'static str,
        attempt: &str,
        staged: impl Iterator<Item = (&'a str, &'a T, Item)> + Send,
    ) -> Result<(), StoreError> {
        let write = |(id, value, beside)| self.stage_one(table, attempt, id, value, beside);
        all(staged.map(write).collect()).await?;
        Ok(())
    }

    async fn stage_one<T: Serialize + Sync>(
        &self,
        table: &'static str,
        attempt: &str,
        id: &str,
        value: &T,
        beside: Item,
    ) -> Result<(), StoreError> {
        let sets: String = beside.keys().map(|name| format!(", #{name} = :{name}")).collect();
        let mut update = self
            .dynamodb
            .update_item()
            .table_name(self.table(table))
            .key("id", text(key(id)))
            .update_expression(format!("SET #body = if_not_exists(#body, :body){sets} ADD #by :by"))
            .expression_attribute_names("#body", "body")
            .expression_attribute_names("#by", "by")
            .expression_attribute_values(":body", self.body(value).await?)
            .expression_attribute_values(":by", AttributeValue::Ss(vec![attempt.to_owned()]));
        for (name, value) in beside {
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        update.send().await.map_err(failed)?;
        Ok(())
    }

    /// Those of the items under these keys that are committed; of each only these attributes, or all.
    async fn visible(
        &self,
        table: &'static str,
        keys: &BTreeSet<String>,
        attributes: &[&str],
    ) -> Result<HashMap<String, Row>, StoreError> {
        let rows = self.named(table, "id", keys, attributes).await?;
        let committed = self.committed(rows.iter().flat_map(|row| row.set("by"))).await?;
        let is_visible = |row: &Row| row.set("by").iter().any(|by| committed.contains_key(by.as_str()));
        let seen: Vec<bool> = rows.iter().map(is_visible).collect();
        let mut visible = HashMap::new();
        for (row, _) in rows.into_iter().zip(seen).filter(|(_, is_visible)| *is_visible) {
            visible.insert(row.text("id")?.to_owned(), row);
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
        let rows: Vec<Row> = keys.iter().filter_map(|key| rows.remove(key)).collect();
        all(rows.iter().map(|row| self.read(row)).collect()).await
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
