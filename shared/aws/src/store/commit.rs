//! Writing what was decided, all of it or nothing.
//!
//! 1. What cannot be seen yet: evidence, long bodies, events, findings, quarantined records, and rows that say where things
//!    would stand. Each write is safe to make twice, and a crash among them leaves nothing to be seen.
//! 2. One transaction: the decision, its messages and all that has a version.

use agent::{Commit, DecisionRecord, StoreError, Write};
use aws_sdk_dynamodb::types::{Put, Update};
use domain::{BlastRadius, Finding, Message};

use super::{
    DynamoStore,
    attempt::{Attempt, attempt, decision_id},
    decisions::OPEN,
    fault::{TRIES, pause},
    item::{Item, item, key, number, text},
    log::{Chunk, chunks},
    transaction::{Role, Transaction},
};

impl DynamoStore {
    pub(super) async fn commit_decision(
        &self,
        record: &DecisionRecord,
        evidence: &[u8],
        writes: &[Write],
        messages: &[Message],
    ) -> Result<Commit, StoreError> {
        let chunks = chunks(messages)?;
        let mut transaction = Transaction::default();
        for write in writes {
            self.draft(&mut transaction, record, write).await?;
        }
        // Once with any place in the log, before anything is written: what is too large stays so.
        let log = self.rows_of(record, &chunks).await?;
        let decision = self.decision_item(record).await?;
        self.complete(&transaction, &decision, &log, 0)?.check_size()?;

        self.prepare(&attempt(record), record, evidence, writes, &chunks).await?;
        for tries in 0..TRIES {
            let head = if log.is_empty() { 0 } else { self.head("log").await? };
            let whole = self.complete(&transaction, &decision, &log, head)?;
            let request = self.dynamodb.transact_write_items().set_transact_items(Some(whole.items()));
            match request.send().await {
                Ok(_) => return Ok(Commit::Committed),
                Err(error) => {
                    if let Some(commit) = whole.outcome(error)? {
                        return Ok(commit);
                    }
                }
            }
            pause(tries).await;
        }
        Err(StoreError::Unavailable(format!(
            "{TRIES} times others committed first: too much is decided at once"
        )))
    }

    /// What a write adds to the transaction.
    async fn draft(
        &self,
        transaction: &mut Transaction,
        record: &DecisionRecord,
        write: &Write,
    ) -> Result<(), StoreError> {
        match write {
            // Written before.
            Write::Events(_) | Write::Quarantine(_) | Write::Finding(_) => Ok(()),
            Write::Incident(incident) => transaction.put(Role::Versioned, self.incident_put(incident).await?),
            Write::BlastRadius(radius) => transaction.put(Role::Plain, self.radius_put(radius).await?),
            Write::Ledger(entries) => self.append_entries(transaction, entries).await,
            Write::State(state) => {
                transaction.put(Role::Versioned, self.state_put(state, record.time).await?)
            }
        }
    }

    async fn radius_put(
        &self,
        radius: &BlastRadius,
    ) -> Result<aws_sdk_dynamodb::types::builders::PutBuilder, StoreError> {
        let body = self.body(radius).await?;
        let item = item([("incident", text(key(radius.incident.as_str()))), ("body", body)]);
        Ok(Put::builder().table_name(self.table("radii")).set_item(Some(item)))
    }

    async fn decision_item(&self, record: &DecisionRecord) -> Result<Item, StoreError> {
        let mut decision = item([
            ("id", text(decision_id(record.agent, &record.key))),
            ("digest", text(record.digest().0)),
            ("time", number(record.time.millis())),
            ("body", self.body(record).await?),
        ]);
        if !record.carried_out && !record.calls.is_empty() {
            decision.insert(OPEN.into(), text(OPEN));
        }
        Ok(decision)
    }

    /// The whole transaction, its messages behind this head of the log.
    fn complete(
        &self,
        drafted: &Transaction,
        decision: &Item,
        log: &[(Chunk, Item)],
        head: u64,
    ) -> Result<Transaction, StoreError> {
        let mut whole = drafted.clone();
        let first = if log.is_empty() { 0 } else { head + 1 };
        let put = Put::builder().table_name(self.table("decisions")).set_item(Some(decision.clone()));
        let put = put.item("first", number(first)).condition_expression("attribute_not_exists(id)");
        whole.put(Role::Decision, put)?;
        for (chunk, row) in log {
            let put = Put::builder().table_name(self.table("log")).set_item(Some(row.clone()));
            let put =
                put.item("seq", number(first + chunk.end)).condition_expression("attribute_not_exists(seq)");
            whole.put(Role::Plain, put)?;
        }
        if let Some((chunk, _)) = log.last() {
            whole.update(Role::LogHead, self.advance("log", head, first + chunk.end))?;
        }
        Ok(whole)
    }

    /// Moves a head on, if it still stands where it was read.
    pub(super) fn advance(
        &self,
        head: &str,
        from: u64,
        to: u64,
    ) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        let update = Update::builder()
            .table_name(self.table("heads"))
            .key("id", text(head))
            .update_expression("SET seq = :to")
            .expression_attribute_values(":to", number(to));
        if from == 0 {
            return update.condition_expression("attribute_not_exists(id)");
        }
        update.condition_expression("seq = :from").expression_attribute_values(":from", number(from))
    }

    /// The place that a head stands at, 0 before the first.
    pub(super) async fn head(&self, head: &str) -> Result<u64, StoreError> {
        let row = self.get("heads", item([("id", text(head))])).await?;
        row.map_or(Ok(0), |row| row.number("seq"))
    }

    /// Writes what the transaction will make visible.
    async fn prepare(
        &self,
        attempt: &Attempt,
        record: &DecisionRecord,
        evidence: &[u8],
        writes: &[Write],
        chunks: &[Chunk],
    ) -> Result<(), StoreError> {
        let staged = async {
            let mut findings: Vec<&Finding> = Vec::new();
            for write in writes {
                match write {
                    Write::Events(events) => {
                        futures::try_join!(
                            self.stage_events(attempt, events, record.time),
                            self.put_history(events, record.time)
                        )?;
                    }
                    Write::Quarantine(records) => self.stage_quarantine(attempt, records).await?,
                    Write::Finding(finding) => findings.push(finding),
                    Write::Incident(incident) => self.put_keys(incident).await?,
                    Write::BlastRadius(_) | Write::Ledger(_) | Write::State(_) => {}
                }
            }
            self.stage_findings(attempt, &findings).await
        };
        let evidence = async { self.keep(evidence).await };
        futures::try_join!(staged, self.put_index(attempt, chunks), evidence)?;
        Ok(())
    }

    /// The rows of the log, but for their places.
    async fn rows_of(
        &self,
        record: &DecisionRecord,
        chunks: &[Chunk],
    ) -> Result<Vec<(Chunk, Item)>, StoreError> {
        let digest = record.digest();
        let mut rows = Vec::new();
        for chunk in chunks {
            rows.push((chunk.clone(), self.log_row(chunk, &digest, &record.policies).await?));
        }
        Ok(rows)
    }
}
