//! Executions of workflows and their history.

use agent::StoreError;
use serde_json::Value;

use crate::{SqlStore, answer::Answer, int, json, parse, read::bodies, text};

/// An execution as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredExecution {
    /// Its name.
    pub name: String,
    /// Its machine.
    pub machine: String,
    /// `RUNNING` or how it ended.
    pub status: String,
    /// The interpreter's state.
    pub body: Value,
}

impl SqlStore {
    /// Keeps a new execution; says whether it is new.
    pub async fn begin_execution(
        &self,
        execution: &StoredExecution,
        history: &[Value],
    ) -> Result<bool, StoreError> {
        let _turn = self.turn().await?;
        let mut tx = self.pool.begin().answer().await?;
        let inserted = sqlx::query(
            "INSERT INTO executions (name, machine, status, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(&execution.name)
        .bind(&execution.machine)
        .bind(&execution.status)
        .bind(json(&execution.body)?)
        .execute(&mut *tx)
        .answer().await?;
        if inserted.rows_affected() == 0 {
            return Ok(false);
        }
        append(&mut tx, &execution.name, history).await?;
        tx.commit().answer().await?;
        Ok(true)
    }

    /// Keeps an execution's new state with the history that led to it, in one transaction. Doing that again changes nothing, so
    /// whoever does not know whether it was done may.
    pub async fn advance_execution(
        &self,
        execution: &StoredExecution,
        history: &[Value],
    ) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        let mut tx = self.pool.begin().answer().await?;
        sqlx::query("UPDATE executions SET status = $1, body = $2 WHERE name = $3")
            .bind(&execution.status)
            .bind(json(&execution.body)?)
            .bind(&execution.name)
            .execute(&mut *tx)
            .answer()
            .await?;
        append(&mut tx, &execution.name, history).await?;
        tx.commit().answer().await?;
        Ok(())
    }

    /// Executions that have not ended.
    pub async fn running_executions(&self) -> Result<Vec<StoredExecution>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, machine, status, body FROM executions WHERE status = 'RUNNING' ORDER BY name",
        )
        .fetch_all(&self.pool)
        .answer()
        .await?;
        rows.iter()
            .map(|row| {
                Ok(StoredExecution {
                    name: text(row, 0)?,
                    machine: text(row, 1)?,
                    status: text(row, 2)?,
                    body: parse("execution", &text(row, 3)?)?,
                })
            })
            .collect()
    }

    /// One execution.
    pub async fn execution(&self, name: &str) -> Result<Option<StoredExecution>, StoreError> {
        let row = sqlx::query("SELECT name, machine, status, body FROM executions WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .answer()
            .await?;
        row.map(|row| {
            Ok(StoredExecution {
                name: text(&row, 0)?,
                machine: text(&row, 1)?,
                status: text(&row, 2)?,
                body: parse("execution", &text(&row, 3)?)?,
            })
        })
        .transpose()
    }

    /// An execution's history, oldest first.
    pub async fn history_of(&self, execution: &str) -> Result<Vec<Value>, StoreError> {
        let rows = sqlx::query("SELECT body FROM history WHERE execution = $1 ORDER BY id")
            .bind(execution)
            .fetch_all(&self.pool)
            .answer()
            .await?;
        bodies("history event", rows)
    }
}

async fn append(
    tx: &mut sqlx::Transaction<'_, sqlx::Any>,
    execution: &str,
    history: &[Value],
) -> Result<(), StoreError> {
    for event in history {
        let id = event.get("id").and_then(Value::as_u64).unwrap_or(0);
        sqlx::query("INSERT INTO history (execution, id, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(execution)
            .bind(int(id))
            .bind(json(event)?)
            .execute(&mut **tx)
            .answer()
            .await?;
    }
    Ok(())
}
