//! Executions of workflows and their history.

use agent::StoreError;
use serde_json::Value;

use crate::{SqlStore, int, json, parse, read::bodies, text, unavailable};

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
        let _turn = self.turn.lock().await;
        let mut tx = self.pool.begin().await.map_err(unavailable)?;
        let inserted = sqlx::query(
            "INSERT INTO executions (name, machine, status, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(&execution.name)
        .bind(&execution.machine)
        .bind(&execution.status)
        .bind(json(&execution.body)?)
        .execute(&mut *tx)
        .await
        .map_err(unavailable)?;
        if inserted.rows_affected() == 0 {
            return Ok(false);
        }
        append(&mut tx, &execution.name, history).await?;
        tx.commit().await.map_err(unavailable)?;
        Ok(true)
    }

    /// Keeps an execution's new state with the history that led to it, in one transaction.
    pub async fn advance_execution(
        &self,
        execution: &StoredExecution,
        history: &[Value],
    ) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let mut tx = self.pool.begin().await.map_err(unavailable)?;
        sqlx::query("UPDATE executions SET status = $1, body = $2 WHERE name = $3")
            .bind(&execution.status)
            .bind(json(&execution.body)?)
            .bind(&execution.name)
            .execute(&mut *tx)
            .await
            .map_err(unavailable)?;
        append(&mut tx, &execution.name, history).await?;
        tx.commit().await.map_err(unavailable)?;
        Ok(())
    }

    /// Executions that have not ended.
    pub async fn running_executions(&self) -> Result<Vec<StoredExecution>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, machine, status, body FROM executions WHERE status = 'RUNNING' ORDER BY name",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(unavailable)?;
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
            .await
            .map_err(unavailable)?;
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
            .await
            .map_err(unavailable)?;
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
        sqlx::query("INSERT INTO history (execution, id, body) VALUES ($1, $2, $3)")
            .bind(execution)
            .bind(int(id))
            .bind(json(event)?)
            .execute(&mut **tx)
            .await
            .map_err(unavailable)?;
    }
    Ok(())
}
