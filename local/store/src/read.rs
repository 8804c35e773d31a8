//! Answering agents.

use std::collections::{BTreeMap, BTreeSet};

use agent::{
    Commit, DecisionRecord, State, Store, StoreError, Write,
    ports::{IncidentFilter, Logged, Unsealed},
};
use async_trait::async_trait;
use domain::{
    BlastRadius, Checkpoint, Digest, Event, EventId, Finding, FindingId, Incident, IncidentId, LedgerEntry,
    Message, MessageId, Party, Quarantined, Time,
};
use serde::de::DeserializeOwned;
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

use crate::{SqlStore, answer::Answer, int, json, key, number, parse, places, plain, text, undecodable};

/// Ids to a query; below the limit of 32766 bound values.
pub(crate) const IDS: usize = 1000;

#[async_trait]
impl Store for SqlStore {
    async fn decision(&self, agent: Party, name: &str) -> Result<Option<DecisionRecord>, StoreError> {
        let row = sqlx::query("SELECT body, carried_out FROM decisions WHERE agent = $1 AND key = $2")
            .bind(agent.as_str())
            .bind(key(name))
            .fetch_optional(&self.pool)
            .answer()
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut record: DecisionRecord = parse(name, &text(&row, 0)?)?;
        record.carried_out = number(&row, 1)? == 1;
        Ok(Some(record))
    }

    async fn decided(&self, digest: &Digest) -> Result<Option<DecisionRecord>, StoreError> {
        let rows = sqlx::query("SELECT body FROM decisions WHERE digest = $1")
            .bind(&digest.0)
            .fetch_all(&self.pool)
            .answer()
            .await?;
        Ok(bodies("decision", rows)?.pop())
    }

    async fn commit(
        &self,
        record: &DecisionRecord,
        evidence: &[u8],
        writes: &[Write],
        messages: &[Message],
    ) -> Result<Commit, StoreError> {
        let commit = self.commit_decision(record, evidence, writes, messages);
        match &self.cache {
            Some(cache) => cache.around(writes, record.time, commit).await,
            None => commit.await,
        }
    }

    async fn carried_out(&self, agent: Party, name: &str) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query("UPDATE decisions SET carried_out = 1 WHERE agent = $1 AND key = $2")
            .bind(agent.as_str())
            .bind(key(name))
            .execute(&self.pool)
            .answer()
            .await?;
        Ok(())
    }

    async fn unfinished(&self) -> Result<Vec<DecisionRecord>, StoreError> {
        let rows = sqlx::query("SELECT body FROM decisions WHERE carried_out = 0")
            .fetch_all(&self.pool)
            .answer()
            .await?;
        let mut records: Vec<DecisionRecord> = bodies("decision", rows)?;
        records.sort_by_key(|record| record.time);
        Ok(records)
    }

    async fn put_refusal(&self, step: &str, error: &str) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query("INSERT INTO refusals (step, error) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(key(step))
            .bind(plain(error))
            .execute(&self.pool)
            .answer()
            .await?;
        Ok(())
    }

    async fn refusal(&self, step: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT error FROM refusals WHERE step = $1")
            .bind(key(step))
            .fetch_optional(&self.pool)
            .answer()
            .await?;
        row.map(|row| text(&row, 0)).transpose()
    }

    async fn known_events(&self, ids: &[EventId]) -> Result<BTreeSet<EventId>, StoreError> {
        let mut known = BTreeSet::new();
        for chunk in ids.chunks(IDS) {
            let sql = format!("SELECT id FROM events WHERE id IN ({})", places(1, chunk.len()));
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for id in chunk {
                query = query.bind(key(id.as_str()));
            }
            let rows = query.fetch_all(&self.pool).answer().await?;
            let kept: BTreeSet<String> = rows.iter().map(|row| text(row, 0)).collect::<Result<_, _>>()?;
            known.extend(chunk.iter().filter(|id| kept.contains(&key(id.as_str()))).cloned());
        }
        Ok(known)
    }

    async fn events(&self, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
        self.by_keys("events", &ids.iter().map(|id| key(id.as_str())).collect::<Vec<_>>()).await
    }

    async fn history(
        &self,
        subjects: &[String],
        since: Time,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let mut newest: BTreeSet<(i64, String)> = BTreeSet::new();
        for chunk in subjects.chunks(IDS) {
            let sql = format!(
                "SELECT DISTINCT event, time FROM event_subjects WHERE time >= $1 AND subject IN ({})
                 ORDER BY time DESC, event DESC LIMIT $2",
                places(3, chunk.len())
            );
            let mut query = sqlx::query(AssertSqlSafe(sql)).bind(since.millis()).bind(int(limit as u64));
            for subject in chunk {
                query = query.bind(key(subject));
            }
            for row in query.fetch_all(&self.pool).answer().await? {
                newest.insert((row.try_get(1).map_err(undecodable)?, text(&row, 0)?));
            }
        }
        let oldest = newest.len().saturating_sub(limit);
        let keys: Vec<_> = newest.into_iter().skip(oldest).map(|(_, kept)| kept).collect();
        self.by_keys("events", &keys).await
    }

    async fn findings(&self, ids: &[FindingId]) -> Result<Vec<Finding>, StoreError> {
        self.by_keys("findings", &ids.iter().map(|id| key(id.as_str())).collect::<Vec<_>>()).await
    }

    async fn incident(&self, id: &IncidentId) -> Result<Option<Incident>, StoreError> {
        Ok(self.by_keys("incidents", &[key(id.as_str())]).await?.pop())
    }

    async fn incidents(&self, filter: &IncidentFilter) -> Result<Vec<Incident>, StoreError> {
        let mut values: Vec<String> = Vec::new();
        let mut wheres = vec!["updated >= $1".to_owned()];
        if !filter.keys.is_empty() {
            let keys = &filter.keys[..filter.keys.len().min(IDS)];
            wheres.push(format!(
                "id IN (SELECT incident FROM incident_keys WHERE key IN ({}))",
                places(values.len() + 3, keys.len())
            ));
            values.extend(keys.iter().map(|name| key(name)));
        }
        if !filter.statuses.is_empty() {
            wheres.push(format!("status IN ({})", places(values.len() + 3, filter.statuses.len())));
            for status in &filter.statuses {
                values.push(json(status)?);
            }
        }
        let sql = format!(
            "SELECT body FROM incidents WHERE {} ORDER BY opened DESC, id DESC LIMIT $2",
            wheres.join(" AND ")
        );
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        let mut query = sqlx::query(AssertSqlSafe(sql))
            .bind(filter.since.map_or(i64::MIN, Time::millis))
            .bind(int(limit as u64));
        for value in values {
            query = query.bind(value);
        }
        bodies("incident", query.fetch_all(&self.pool).answer().await?)
    }

    async fn blast_radius(&self, incident: &IncidentId) -> Result<Option<BlastRadius>, StoreError> {
        let rows = sqlx::query("SELECT body FROM blast_radii WHERE incident = $1")
            .bind(incident.as_str())
            .fetch_all(&self.pool)
            .answer()
            .await?;
        Ok(bodies("blast radius", rows)?.pop())
    }

    async fn states(&self, keys: &[String], now: Time) -> Result<Vec<Option<State>>, StoreError> {
        let Some(cache) = &self.cache else { return self.states_alive(keys, now).await };
        let mut states = cache.states(keys, now).await;
        let missing = keys.iter().zip(&states).filter(|(_, state)| state.is_none());
        let missing: Vec<String> = missing.map(|(key, _)| key.clone()).collect();
        if !missing.is_empty() {
            let mut read = self.states_alive(&missing, now).await?.into_iter();
            for state in states.iter_mut().filter(|state| state.is_none()) {
                *state = read.next().flatten();
            }
        }
        Ok(states)
    }

    async fn quarantine(&self, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        let rows = sqlx::query("SELECT body FROM quarantine ORDER BY time DESC, position DESC LIMIT $1")
            .bind(int(limit as u64))
            .fetch_all(&self.pool)
            .answer()
            .await?;
        bodies("quarantined record", rows)
    }

    async fn messages(&self, after: u64, limit: usize) -> Result<Vec<Logged>, StoreError> {
        let rows = sqlx::query("SELECT seq, body FROM messages WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(int(after))
            .bind(int(limit as u64))
            .fetch_all(&self.pool)
            .answer()
            .await?;
        rows.iter().map(logged).collect()
    }

    async fn messages_before(&self, before: u64, limit: usize) -> Result<Vec<Logged>, StoreError> {
        let rows = sqlx::query("SELECT seq, body FROM messages WHERE seq < $1 ORDER BY seq DESC LIMIT $2")
            .bind(int(before))
            .bind(int(limit as u64))
            .fetch_all(&self.pool)
            .answer()
            .await?;
        rows.iter().rev().map(logged).collect()
    }

    async fn correlated(&self, correlation: &str, limit: usize) -> Result<Vec<Logged>, StoreError> {
        let rows =
            sqlx::query("SELECT seq, body FROM messages WHERE correlation = $1 ORDER BY seq DESC LIMIT $2")
                .bind(key(correlation))
                .bind(int(limit as u64))
                .fetch_all(&self.pool)
                .answer()
                .await?;
        rows.iter().rev().map(logged).collect()
    }

    async fn newest_message(&self) -> Result<u64, StoreError> {
        let row =
            sqlx::query("SELECT COALESCE(MAX(seq), 0) FROM messages").fetch_one(&self.pool).answer().await?;
        number(&row, 0)
    }

    async fn unsealed(&self, limit: usize) -> Result<Vec<Unsealed>, StoreError> {
        self.unsealed_messages(limit).await
    }

    async fn ledger(&self, after: u64, limit: usize) -> Result<Vec<LedgerEntry>, StoreError> {
        self.ledger_entries(after, limit).await
    }

    async fn ledger_head(&self) -> Result<Option<LedgerEntry>, StoreError> {
        self.ledger_newest().await
    }

    async fn attested(&self, message: &MessageId) -> Result<Option<Unsealed>, StoreError> {
        self.message_with_decision(message).await
    }

    async fn put_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query("INSERT INTO checkpoints (seq, body) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(int(checkpoint.seq))
            .bind(json(checkpoint)?)
            .execute(&self.pool)
            .answer()
            .await?;
        Ok(())
    }

    async fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let rows =
            sqlx::query("SELECT body FROM checkpoints ORDER BY seq").fetch_all(&self.pool).answer().await?;
        bodies("checkpoint", rows)
    }

    async fn put_blob(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        // Its name is its content, so it can be written beside all else where there are several writers.
        let _turn = match &self.postgres {
            Some(postgres) => postgres.holds().map(|()| None)?,
            None => Some(self.turn().await?),
        };
        let mut connection = self.pool.acquire().answer().await?;
        crate::commit::put_blob(&mut connection, &digest.0, bytes).await?;
        Ok(digest)
    }

    async fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("SELECT body FROM blobs WHERE digest = $1")
            .bind(&digest.0)
            .fetch_optional(&self.pool)
            .answer()
            .await?;
        let Some(row) = row else { return Ok(None) };
        let bytes: Vec<u8> = row.try_get(0).map_err(undecodable)?;
        if &Digest::of(&bytes) != digest {
            return Err(StoreError::Corrupt {
                what: format!("blob {digest}"),
                why: "its bytes have another digest".into(),
            });
        }
        Ok(Some(bytes))
    }
}

impl SqlStore {
    /// Bodies by id as it is kept, in the order asked; `table` is one of our own names.
    async fn by_keys<T: DeserializeOwned>(&self, table: &str, keys: &[String]) -> Result<Vec<T>, StoreError> {
        let mut found: BTreeMap<String, T> = BTreeMap::new();
        for chunk in keys.chunks(IDS) {
            let sql = format!("SELECT id, body FROM {table} WHERE id IN ({})", places(1, chunk.len()));
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for id in chunk {
                query = query.bind(id.as_str());
            }
            for row in query.fetch_all(&self.pool).answer().await? {
                let id = text(&row, 0)?;
                let body = parse(&id, &text(&row, 1)?)?;
                found.insert(id, body);
            }
        }
        Ok(keys.iter().filter_map(|id| found.remove(id)).collect())
    }
}

pub(crate) fn bodies<T: DeserializeOwned>(what: &str, rows: Vec<AnyRow>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| parse(what, &text(row, 0)?)).collect()
}

fn logged(row: &AnyRow) -> Result<Logged, StoreError> {
    Ok(Logged { seq: number(row, 0)?, message: parse("message", &text(row, 1)?)? })
}
