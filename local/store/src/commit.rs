//! Writing what was decided, all of it or nothing.

use agent::{Commit, DecisionRecord, StoreError, Write};
use domain::{Incident, LedgerEntry, Message, Party, Payload, Quarantined};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row, Transaction};

use crate::{SqlStore, answer::Answer, int, json, key, number, places, states, undecodable};

/// Rows to an insert; below the limit of 32766 bound values.
const ROWS: usize = 200;

pub(crate) type Tx<'a> = Transaction<'a, Any>;

impl SqlStore {
    pub(crate) async fn commit_decision(
        &self,
        record: &DecisionRecord,
        evidence: &[u8],
        writes: &[Write],
        messages: &[Message],
    ) -> Result<Commit, StoreError> {
        let turn = self.turn().await?;
        self.make_room(writes).await;
        let mut tx = self.pool.begin().answer().await?;
        let inserted = sqlx::query(
            "INSERT INTO decisions (agent, key, digest, body, carried_out) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(record.agent.as_str())
        .bind(key(&record.key))
        .bind(record.digest().0)
        .bind(json(record)?)
        .bind(i64::from(record.carried_out || record.calls.is_empty()))
        .execute(&mut *tx)
        .answer()
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(Commit::Decided);
        }
        put_blob(&mut tx, &record.evidence.0, evidence).await?;
        if writes.iter().any(|write| matches!(write, Write::State(_))) {
            states::drop_expired(&mut tx, record.time).await?;
        }
        for write in writes {
            let fits = match write {
                Write::Events(events) => self.put_events(&mut tx, events).await?,
                Write::Quarantine(records) => put_quarantine(&mut tx, records).await?,
                Write::Finding(finding) => {
                    sqlx::query("INSERT INTO findings (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                        .bind(key(finding.id.as_str()))
                        .bind(json(finding)?)
                        .execute(&mut *tx)
                        .answer()
                        .await?;
                    true
                }
                Write::Incident(incident) => put_incident(&mut tx, incident).await?,
                Write::BlastRadius(radius) => {
                    sqlx::query(
                        "INSERT INTO blast_radii (incident, body) VALUES ($1, $2)
                         ON CONFLICT (incident) DO UPDATE SET body = excluded.body",
                    )
                    .bind(radius.incident.as_str())
                    .bind(json(radius)?)
                    .execute(&mut *tx)
                    .answer()
                    .await?;
                    true
                }
                Write::Ledger(entries) => put_ledger(&mut tx, entries).await?,
                Write::State(state) => states::put(&mut tx, state).await?,
            };
            if !fits {
                return Ok(Commit::Conflict);
            }
        }
        let newest = put_messages(&mut tx, record, messages).await?;
        tx.commit().answer().await?;
        drop(turn);
        self.say(newest.unwrap_or(0));
        Ok(Commit::Committed)
    }
}

pub(crate) async fn put_blob(
    connection: &mut AnyConnection,
    digest: &str,
    bytes: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO blobs (digest, body) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(digest)
        .bind(bytes.to_vec())
        .execute(connection)
        .answer()
        .await?;
    Ok(())
}

async fn put_quarantine(tx: &mut Tx<'_>, records: &[Quarantined]) -> Result<bool, StoreError> {
    for record in records {
        sqlx::query(
            "INSERT INTO quarantine (delivery, position, time, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(&record.delivery.0)
        .bind(int(record.position))
        .bind(record.time.millis())
        .bind(json(record)?)
        .execute(&mut **tx)
        .answer().await?;
    }
    Ok(true)
}

async fn put_incident(tx: &mut Tx<'_>, incident: &Incident) -> Result<bool, StoreError> {
    let status = json(&incident.status)?;
    let written = if incident.version == 1 {
        sqlx::query(
            "INSERT INTO incidents (id, version, status, opened, updated, body) VALUES ($1, 1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(incident.id.as_str())
        .bind(status)
        .bind(incident.opened.millis())
        .bind(incident.updated.millis())
        .bind(json(incident)?)
        .execute(&mut **tx)
        .answer()
        .await
    } else {
        sqlx::query(
            "UPDATE incidents SET version = $1, status = $2, updated = $3, body = $4 WHERE id = $5 AND version = $6",
        )
        .bind(int(incident.version))
        .bind(status)
        .bind(incident.updated.millis())
        .bind(json(incident)?)
        .bind(incident.id.as_str())
        .bind(int(incident.version) - 1)
        .execute(&mut **tx)
        .answer()
        .await
    }?;
    if written.rows_affected() == 0 {
        return Ok(false);
    }
    for name in &incident.keys {
        sqlx::query("INSERT INTO incident_keys (key, incident) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(key(name))
            .bind(incident.id.as_str())
            .execute(&mut **tx)
            .answer()
            .await?;
    }
    Ok(true)
}

async fn put_ledger(tx: &mut Tx<'_>, entries: &[LedgerEntry]) -> Result<bool, StoreError> {
    let Some(first) = entries.first() else { return Ok(true) };
    let row = sqlx::query("SELECT COALESCE(MAX(seq), 0) FROM ledger").fetch_one(&mut **tx).answer().await?;
    if number(&row, 0)? + 1 != first.seq {
        return Ok(false);
    }
    for chunk in entries.chunks(ROWS) {
        let rows: Vec<_> = (0..chunk.len()).map(|i| format!("({})", places(i * 3 + 1, 3))).collect();
        let sql = format!("INSERT INTO ledger (seq, message, body) VALUES {}", rows.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for entry in chunk {
            query = query.bind(int(entry.seq)).bind(entry.message.as_str()).bind(json(entry)?);
        }
        query.execute(&mut **tx).answer().await?;
    }
    Ok(true)
}

async fn put_messages(
    tx: &mut Tx<'_>,
    record: &DecisionRecord,
    messages: &[Message],
) -> Result<Option<u64>, StoreError> {
    let digest = record.digest();
    let mut newest = None;
    for message in messages {
        let row = sqlx::query(
            "INSERT INTO messages (seq, id, correlation, body, decision, policies)
             VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM messages), $1, $2, $3, $4, $5) RETURNING seq",
        )
        .bind(message.message_id.as_str())
        .bind(key(&message.correlation_id))
        .bind(json(message)?)
        .bind(&digest.0)
        .bind(&record.policies.0)
        .fetch_one(&mut **tx)
        .answer()
        .await?;
        let seq: i64 = row.try_get(0).map_err(undecodable)?;
        if is_queued(message) {
            sqlx::query(
                "INSERT INTO queue (receiver, message, visible, attempts, failure, dead) VALUES ($1, $2, 0, 0, NULL, 0)",
            )
            .bind(message.receiver.as_str())
            .bind(seq)
            .execute(&mut **tx)
            .answer().await?;
        }
        newest = u64::try_from(seq).ok();
    }
    Ok(newest)
}

/// Whether a message waits in a queue until its receiver has decided on it; others are only shown and sealed.
fn is_queued(message: &Message) -> bool {
    matches!(
        (message.receiver, &message.payload),
        (Party::Detection, Payload::Alert(_)) | (Party::Supervisor, Payload::Report(_))
    )
}
