//! Events, incidents, messages and the ledger in SQL, and what the local host keeps beside them.
//!
//! One logical schema. Everything an agent decides commits in one transaction (`ledger.rs`, `incidents.rs`, … read;
//! `commit.rs` writes). One process owns a database; inside it writes take turns.

mod commit;
mod executions;
mod log;
mod notes;
mod people;
mod queue;
mod read;
mod states;

use std::{path::Path, sync::Arc};

use agent::StoreError;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{AnyPool, Row, any::AnyRow};
use tokio::sync::{Mutex, watch};

pub use executions::StoredExecution;
pub use people::Credential;
pub use queue::{QueueDepth, Queued};

/// The SQL store. Cheap to clone.
#[derive(Clone)]
pub struct SqlStore {
    pool: AnyPool,
    /// Writers take turns, so that none meets a lock.
    turn: Arc<Mutex<()>>,
    /// Place of the newest message in the log.
    newest: Arc<watch::Sender<u64>>,
}

impl SqlStore {
    /// Opens the SQLite database in this file, making it if there is none, and brings its schema up to date.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        Self::connect(&format!("sqlite://{}?mode=rwc", file.display()), 4).await
    }

    /// A database that lives as long as this value.
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        Self::connect("sqlite::memory:", 1).await
    }

    async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let pool = sqlx::any::AnyPoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // FULL: what is committed is on the disk, also after a power cut.
                    for pragma in [
                        "PRAGMA busy_timeout = 5000",
                        "PRAGMA journal_mode = WAL",
                        "PRAGMA synchronous = FULL",
                        "PRAGMA foreign_keys = ON",
                    ] {
                        sqlx::query(pragma).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await
            .map_err(unavailable)?;
        sqlx::migrate!("migrations/sqlite")
            .run(&pool)
            .await
            .map_err(|e| StoreError::Corrupt { what: "schema".into(), why: e.to_string() })?;
        let store = Self { pool, turn: Arc::default(), newest: Arc::new(watch::Sender::new(0)) };
        let newest = agent::Store::newest_message(&store).await?;
        store.newest.send_replace(newest);
        Ok(store)
    }

    /// Watches the place of the newest message in the log.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Waits until writers are done, then closes the database.
    pub async fn close(&self) {
        let _turn = self.turn.lock().await;
        self.pool.close().await;
    }

    /// A document by name.
    pub async fn document<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let row = sqlx::query("SELECT body FROM documents WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(unavailable)?;
        row.map(|row| parse(name, &text(&row, 0)?)).transpose()
    }

    /// Keeps a document under a name, in place of any before.
    pub async fn put_document<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        sqlx::query("INSERT INTO documents (name, body) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET body = excluded.body")
            .bind(name)
            .bind(json(value)?)
            .execute(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

pub(crate) fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// A column that does not hold what the schema says: damage, or somebody's hand.
pub(crate) fn undecodable(error: sqlx::Error) -> StoreError {
    StoreError::Corrupt { what: "a row".into(), why: error.to_string() }
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|e| StoreError::Corrupt { what: "value to write".into(), why: e.to_string() })
}

pub(crate) fn parse<T: DeserializeOwned>(what: &str, body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|e| StoreError::Corrupt { what: what.to_owned(), why: e.to_string() })
}

pub(crate) fn text(row: &AnyRow, column: usize) -> Result<String, StoreError> {
    row.try_get(column).map_err(undecodable)
}

pub(crate) fn number(row: &AnyRow, column: usize) -> Result<u64, StoreError> {
    Ok(u64::try_from(row.try_get::<i64, _>(column).map_err(undecodable)?).unwrap_or(0))
}

/// A number as SQL keeps it.
pub(crate) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `$1, $2, …` for so many values, the first numbered `from`.
pub(crate) fn places(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
