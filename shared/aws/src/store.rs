//! The store on DynamoDB and S3.
//!
//! A decision commits in one transaction (`commit`). A transaction takes a hundred items, so what may be many is written
//! before it and seen by nobody until it is there (`attempt`, `staged`, `history`, `index`). Tables stand in
//! `infra/tables.yaml`. What decisions rely on is read with strong consistency; where an index is read instead, it says why
//! that is safe.

mod attempt;
mod batch;
mod blobs;
mod commit;
mod decisions;
mod fault;
mod history;
mod incidents;
mod index;
mod item;
mod ledger;
mod log;
mod staged;
mod states;
mod transaction;

use std::collections::BTreeSet;

use agent::{
    Commit, DecisionRecord, State, Store, StoreError, Write,
    ports::{IncidentFilter, Logged, Unsealed},
};
use async_trait::async_trait;
use domain::{
    BlastRadius, Checkpoint, Digest, Event, EventId, Finding, FindingId, Incident, IncidentId, LedgerEntry,
    Message, MessageId, Party, Quarantined, Time,
};

use attempt::decision_id;
use fault::failed;
use item::{item, key, text};
use log::logged;

/// The store of one stack. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    stack: String,
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    archive: String,
}

impl DynamoStore {
    /// The store whose tables are named `{stack}-…`, with its archive in the bucket of this name.
    pub fn new(
        stack: &str,
        dynamodb: aws_sdk_dynamodb::Client,
        s3: aws_sdk_s3::Client,
        archive: impl Into<String>,
    ) -> Self {
        Self { stack: stack.to_owned(), dynamodb, s3, archive: archive.into() }
    }

    /// A table's name.
    fn table(&self, table: &str) -> String {
        format!("{}-{table}", self.stack)
    }
}

#[async_trait]
impl Store for DynamoStore {
    async fn decision(&self, agent: Party, key: &str) -> Result<Option<DecisionRecord>, StoreError> {
        self.recorded(&decision_id(agent, key)).await
    }

    async fn decided(&self, digest: &Digest) -> Result<Option<DecisionRecord>, StoreError> {
        self.decided_with(digest).await
    }

    async fn commit(
        &self,
        record: &DecisionRecord,
        evidence: &[u8],
        writes: &[Write],
        messages: &[Message],
    ) -> Result<Commit, StoreError> {
        self.commit_decision(record, evidence, writes, messages).await
    }

    async fn carried_out(&self, agent: Party, key: &str) -> Result<(), StoreError> {
        self.close(&decision_id(agent, key)).await
    }

    async fn unfinished(&self) -> Result<Vec<DecisionRecord>, StoreError> {
        self.still_open().await
    }

    async fn put_refusal(&self, step: &str, error: &str) -> Result<(), StoreError> {
        let request = self.dynamodb.put_item().table_name(self.table("refusals"));
        let request = request.item("step", text(key(step))).item("error", text(error));
        match request.condition_expression("attribute_not_exists(step)").send().await {
            Err(e) if e.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(())
            }
            answer => answer.map(drop).map_err(failed),
        }
    }

    async fn refusal(&self, step: &str) -> Result<Option<String>, StoreError> {
        let row = self.get("refusals", item([("step", text(key(step)))])).await?;
        row.map(|row| row.text("error").map(str::to_owned)).transpose()
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<BTreeSet<EventId>, StoreError> {
        self.staged_known(ids).await
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
        self.staged_events(ids).await
    }

    async fn history(
        &self,
        subjects: &[String],
        since: Time,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.read_history(subjects, since, limit).await
    }

    async fn findings(&self, ids: &[FindingId]) -> Result<Vec<Finding>, StoreError> {
        self.staged_findings(ids).await
    }

    async fn incident(&self, id: &IncidentId) -> Result<Option<Incident>, StoreError> {
        self.one_incident(id).await
    }

    async fn incidents(&self, filter: &IncidentFilter) -> Result<Vec<Incident>, StoreError> {
        self.find_incidents(filter).await
    }

    async fn blast_radius(&self, incident: &IncidentId) -> Result<Option<BlastRadius>, StoreError> {
        match self.get("radii", item([("incident", text(key(incident.as_str())))])).await? {
            Some(row) => Ok(Some(self.read(&row).await?)),
            None => Ok(None),
        }
    }

    async fn states(&self, keys: &[String], now: Time) -> Result<Vec<Option<State>>, StoreError> {
        self.states_alive(keys, now).await
    }

    async fn quarantine(&self, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        self.staged_quarantine(limit).await
    }

    async fn messages(&self, after: u64, limit: usize) -> Result<Vec<Logged>, StoreError> {
        Ok(self.log_after(after, limit).await?.into_iter().map(logged).collect())
    }

    async fn messages_before(&self, before: u64, limit: usize) -> Result<Vec<Logged>, StoreError> {
        self.log_before(before, limit).await
    }

    async fn correlated(&self, correlation: &str, limit: usize) -> Result<Vec<Logged>, StoreError> {
        self.correlated_messages(correlation, limit).await
    }

    async fn newest_message(&self) -> Result<u64, StoreError> {
        self.head("log").await
    }

    async fn unsealed(&self, limit: usize) -> Result<Vec<Unsealed>, StoreError> {
        self.unsealed_messages(limit).await
    }

    async fn ledger(&self, after: u64, limit: usize) -> Result<Vec<LedgerEntry>, StoreError> {
        self.entries(after, limit).await
    }

    async fn ledger_head(&self) -> Result<Option<LedgerEntry>, StoreError> {
        self.newest_entry().await
    }

    async fn attested(&self, message: &MessageId) -> Result<Option<Unsealed>, StoreError> {
        self.attested_message(message).await
    }

    async fn put_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.keep_checkpoint(checkpoint).await
    }

    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        self.all_checkpoints().await
    }

    async fn newest_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.last_checkpoint().await
    }

    async fn put_blob(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        self.keep(bytes).await
    }

    async fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.fetch(digest).await
    }
}
