//! What was done by and to whom: rows of (subject, time and event), written before the transaction. They name events, and
//! only committed events are seen, so a row that a crash left shows nothing.

use std::collections::{BTreeMap, BTreeSet};

use agent::StoreError;
use domain::{Event, EventId, Time};

use super::{
    DynamoStore,
    batch::all,
    item::{Item, item, key, text},
    staged::{sortable, ttl},
};

impl DynamoStore {
    pub(super) async fn put_history(&self, events: &[Event], now: Time) -> Result<(), StoreError> {
        let mut rows: BTreeMap<(String, String), &EventId> = BTreeMap::new();
        for event in events {
            for subject in subjects(event) {
                rows.insert((key(subject), place(event)), &event.id);
            }
        }
        let row = |((subject, place), event): ((String, String), &EventId)| -> Item {
            let event = text(event.as_str());
            item([("subject", text(subject)), ("place", text(place)), ("event", event), ("ttl", ttl(now))])
        };
        self.put_all("history", rows.into_iter().map(row).collect()).await
    }

    pub(super) async fn read_history(
        &self,
        asked: &[String],
        since: Time,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let asked: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
        let mut looked_at = limit;
        loop {
            let places = self.places(&asked, since, looked_at).await?;
            let ids: Vec<EventId> = places.iter().rev().take(looked_at).map(|(_, id)| id.clone()).collect();
            let mut events = self.staged_events(&ids).await?;
            events.retain(|event| event.time >= since && subjects(event).iter().any(|s| asked.contains(s)));
            // Of what a crash left unseen, older events take the place.
            if events.len() >= limit || places.len() < looked_at {
                events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
                return Ok(events.split_off(events.len().saturating_sub(limit)));
            }
            looked_at *= 2;
        }
    }

    /// The newest places of each of these subjects, `most` of each.
    async fn places(
        &self,
        subjects: &BTreeSet<&str>,
        since: Time,
        most: usize,
    ) -> Result<BTreeSet<(String, EventId)>, StoreError> {
        let queries = subjects.iter().map(|subject| {
            let names = "#partition = :partition AND #place >= :since";
            let query = self
                .partition("history", "subject", text(key(subject)))
                .key_condition_expression(names)
                .expression_attribute_names("#place", "place")
                .expression_attribute_values(":since", text(sortable(since)));
            self.rows("history", query.consistent_read(true).scan_index_forward(false), most)
        });
        let rows = all(queries.collect()).await?;
        let mut places = BTreeSet::new();
        for row in rows.into_iter().flatten() {
            places.insert((row.text("place")?.to_owned(), EventId(row.text("event")?.to_owned())));
        }
        Ok(places)
    }
}

/// Where an event stands among those of a subject: in the order of time, then of id.
fn place(event: &Event) -> String {
    format!("{}#{}", sortable(event.time), key(event.id.as_str()))
}

/// By what an event can be found again: who, with which key, from where, on what.
fn subjects(event: &Event) -> BTreeSet<&str> {
    let actor = event.actor.iter().flat_map(|actor| [Some(actor.arn.as_str()), actor.access_key.as_deref()]);
    let resources = event.resources.iter().map(|resource| Some(resource.arn.as_str()));
    actor.chain(resources).chain([event.origin.as_deref()]).flatten().collect()
}
