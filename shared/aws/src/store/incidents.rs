//! Incidents, and how they are found: by key in rows of (key, incident) written before the transaction, which incidents
//! confirm; without a key in an index.

use std::collections::{BTreeMap, BTreeSet};

use agent::{StoreError, ports::IncidentFilter};
use aws_sdk_dynamodb::types::{Put, builders::PutBuilder};
use domain::{Incident, IncidentId, Status, Time};

use super::{
    DynamoStore,
    batch::all,
    item::{Row, item, key, number, text},
    staged::{ALL, sortable},
};

/// Incidents to an answer where no limit is asked.
const LIMIT: usize = 100;
/// Newest incidents of one key that are looked at. A finding joins an open incident that shares a key, so one that is still
/// open does not stand behind so many.
const SHARING: usize = 200;

impl DynamoStore {
    /// Writes an incident over the version before it.
    pub(super) async fn incident_put(&self, incident: &Incident) -> Result<PutBuilder, StoreError> {
        let incident_item = item([
            ("id", text(key(incident.id.as_str()))),
            ("all", text(ALL)),
            ("version", number(incident.version)),
            ("status", text(status(incident.status)?)),
            ("opened", number(incident.opened.millis())),
            ("updated", number(incident.updated.millis())),
            ("body", self.body(incident).await?),
        ]);
        let put = Put::builder().table_name(self.table("incidents")).set_item(Some(incident_item));
        if incident.version == 1 {
            return Ok(put.condition_expression("attribute_not_exists(id)"));
        }
        Ok(put
            .condition_expression("#version = :before")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":before", number(incident.version.saturating_sub(1))))
    }

    pub(super) async fn put_keys(&self, incident: &Incident) -> Result<(), StoreError> {
        let place = format!("{}#{}", sortable(incident.opened), key(incident.id.as_str()));
        let keys: BTreeSet<String> = incident.keys.iter().map(|name| key(name)).collect();
        let row = |name: String| {
            item([
                ("key", text(name)),
                ("place", text(&place)),
                ("incident", text(key(incident.id.as_str()))),
            ])
        };
        self.put_all("incident-keys", keys.into_iter().map(row).collect()).await
    }

    pub(super) async fn one_incident(&self, id: &IncidentId) -> Result<Option<Incident>, StoreError> {
        match self.get("incidents", item([("id", text(key(id.as_str())))])).await? {
            Some(row) => Ok(Some(self.read(&row).await?)),
            None => Ok(None),
        }
    }

    pub(super) async fn find_incidents(&self, filter: &IncidentFilter) -> Result<Vec<Incident>, StoreError> {
        let limit = if filter.limit == 0 { LIMIT } else { filter.limit };
        let ids = match filter.keys.is_empty() {
            true => self.listed(filter, limit).await?,
            false => self.sharing(&filter.keys).await?,
        };
        let rows = self.named("incidents", "id", &ids, &[]).await?;
        let since = filter.since.map_or(i64::MIN, Time::millis);
        let mut incidents: Vec<Incident> = all(rows.iter().map(|row| self.read(row)).collect()).await?;
        incidents.retain(|incident| {
            let has_key = filter.keys.is_empty() || incident.keys.iter().any(|k| filter.keys.contains(k));
            let has_status = filter.statuses.is_empty() || filter.statuses.contains(&incident.status);
            has_key && has_status && incident.updated.millis() >= since
        });
        incidents.sort_by(|a, b| (b.opened, &b.id).cmp(&(a.opened, &a.id)));
        incidents.truncate(limit);
        Ok(incidents)
    }

    /// Keys of incidents that have, or were about to have, one of these keys.
    async fn sharing(&self, keys: &[String]) -> Result<BTreeSet<String>, StoreError> {
        let keys: BTreeSet<String> = keys.iter().map(|name| key(name)).collect();
        let queries = keys.into_iter().map(|name| {
            let query = self.partition("incident-keys", "key", text(name));
            let query = query.consistent_read(true).scan_index_forward(false);
            self.rows("incident-keys", query, SHARING)
        });
        let rows: Vec<Vec<Row>> = all(queries.collect()).await?;
        rows.iter().flatten().map(|row| row.text("incident").map(str::to_owned)).collect()
    }

    /// Keys of the newest incidents that fit. An index tells, which may be a moment behind; the incidents themselves are then
    /// read as they are. So a listing may miss what was opened or changed just now. People look at listings; the supervisor
    /// counts recent actions in one, and a count is as old as its reading anyway: what must not be missed has a version.
    async fn listed(&self, filter: &IncidentFilter, limit: usize) -> Result<BTreeSet<String>, StoreError> {
        let mut query = self.partition("incidents", "all", text(ALL)).index_name("opened");
        let mut conditions = Vec::new();
        if let Some(since) = filter.since {
            conditions.push("#updated >= :since".to_owned());
            query = query.expression_attribute_names("#updated", "updated");
            query = query.expression_attribute_values(":since", number(since.millis()));
        }
        if !filter.statuses.is_empty() {
            let mut names: BTreeMap<String, &Status> = BTreeMap::new();
            for (n, status) in filter.statuses.iter().enumerate() {
                names.insert(format!(":status{n}"), status);
            }
            let any = names.keys().cloned().collect::<Vec<_>>().join(", ");
            conditions.push(format!("#status IN ({any})"));
            query = query.expression_attribute_names("#status", "status");
            for (name, value) in names {
                query = query.expression_attribute_values(name, text(status(*value)?));
            }
        }
        if !conditions.is_empty() {
            query = query.filter_expression(conditions.join(" AND "));
        }
        let rows = self.rows("incidents", query.scan_index_forward(false), limit).await?;
        rows.iter().map(|row| row.text("id").map(str::to_owned)).collect()
    }
}

/// A status as it is stored.
fn status(status: Status) -> Result<String, StoreError> {
    let value = serde_json::to_value(status).ok().and_then(|value| value.as_str().map(str::to_owned));
    value.ok_or_else(|| StoreError::Corrupt { what: "a status".into(), why: "it is not one word".into() })
}
