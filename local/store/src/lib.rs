//! Events, incidents, messages and the ledger in SQL, and what the local host keeps beside them.
//!
//! One logical schema in two databases: SQLite (`sqlite.rs`) and PostgreSQL (`postgres.rs`); whatever else stands here is the same
//! for both. Everything an agent decides commits in one transaction (`commit.rs` writes; `read.rs`, `log.rs`, … read). One process
//! owns a database; inside it writes take turns.

mod answer;
mod commit;
mod events;
mod executions;
mod log;
mod migrate;
mod notes;
mod people;
mod postgres;
mod queue;
mod read;
mod retention;
mod sqlite;
mod states;
mod transfer;

use std::sync::Arc;

use agent::StoreError;
use cache::Cache;
use domain::Digest;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{AnyPool, Row, any::AnyRow};
use tokio::sync::{Mutex, MutexGuard, watch};

use answer::Answer;
use postgres::Postgres;

pub use executions::StoredExecution;
pub use migrate::{AppRole, migrate};
pub use people::Credential;
pub use queue::{QueueDepth, Queued};
pub use transfer::Moved;

/// The SQL store. Cheap to clone.
#[derive(Clone)]
pub struct SqlStore {
    pool: AnyPool,
    /// Writers take turns, so that none meets a lock.
    turn: Arc<Mutex<()>>,
    /// Place of the newest message in the log.
    newest: Arc<watch::Sender<u64>>,
    /// What spares the database reads, where there is one.
    cache: Option<Cache>,
    /// What PostgreSQL needs beyond SQL; none on SQLite.
    postgres: Option<Arc<Postgres>>,
}

impl SqlStore {
    async fn over(pool: AnyPool, postgres: Option<Postgres>) -> Result<Self, StoreError> {
        let newest = Arc::new(watch::Sender::new(0));
        let store =
            Self { pool, turn: Arc::default(), newest, postgres: postgres.map(Arc::new), cache: None };
        store.say(agent::Store::newest_message(&store).await?);
        Ok(store)
    }

    /// Makes this the one process that uses the database. On SQLite that is the lock on the home folder, on PostgreSQL a lock in
    /// the database, without which nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if another process has it.
    pub async fn hold(&self) -> Result<(), StoreError> {
        match &self.postgres {
            Some(postgres) => postgres.hold(&self.newest).await,
            None => Ok(()),
        }
    }

    /// Done when another process has taken the database over: the lock's connection was lost and somebody was faster.
    pub async fn taken_over(&self) {
        match &self.postgres {
            Some(postgres) => postgres.taken_over().await,
            None => std::future::pending().await,
        }
    }

    /// What the database is, for people: its make and version.
    pub fn make(&self) -> String {
        self.postgres.as_ref().map_or_else(|| "SQLite".to_owned(), |postgres| postgres.make())
    }

    /// Why nothing is written at present, if that is so.
    pub fn degraded(&self) -> Option<String> {
        self.postgres.as_ref()?.holds().err().map(|error| error.to_string())
    }

    /// A writer's turn. Who does not hold the database has none.
    async fn turn(&self) -> Result<MutexGuard<'_, ()>, StoreError> {
        let turn = self.turn.lock().await;
        if let Some(postgres) = &self.postgres {
            postgres.holds()?;
        }
        Ok(turn)
    }

    /// Says that the log has grown up to here.
    fn say(&self, newest: u64) {
        grown(&self.newest, newest);
    }

    /// The same, with a cache before it.
    pub fn cached_by(self, cache: Cache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// Watches the place of the newest message in the log.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Waits until writers are done, then closes the database and lets others have it.
    pub async fn close(&self) {
        let _turn = self.turn.lock().await;
        self.pool.close().await;
        if let Some(postgres) = &self.postgres {
            postgres.let_go().await;
        }
    }

    /// A document by name.
    pub async fn document<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let row = sqlx::query("SELECT body FROM documents WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .answer()
            .await?;
        row.map(|row| parse(name, &text(&row, 0)?)).transpose()
    }

    /// Keeps a document under a name, in place of any before.
    pub async fn put_document<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query("INSERT INTO documents (name, body) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET body = excluded.body")
            .bind(name)
            .bind(json(value)?)
            .execute(&self.pool)
            .answer().await?;
        Ok(())
    }
}

/// Says that the log has grown up to here; it never shrinks.
fn grown(newest: &watch::Sender<u64>, to: u64) {
    newest.send_if_modified(|seen| {
        let advanced = to > *seen;
        *seen = to.max(*seen);
        advanced
    });
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

/// Longest name that is kept as it is, bytes. An index of PostgreSQL takes 2704.
const NAME: usize = 800;
/// Before the digest that stands for another name.
const DIGESTED: &str = "digest of a name: ";

/// A name as it is kept: what no index takes (long names, NUL) by its digest, so that nothing an event says can stop a commit.
pub(crate) fn key(name: &str) -> String {
    if name.len() <= NAME && !name.contains('\0') && !name.starts_with(DIGESTED) {
        return name.to_owned();
    }
    format!("{DIGESTED}{}", Digest::of(name.as_bytes()))
}

/// Text for people as it is kept: PostgreSQL takes no NUL.
pub(crate) fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A number as SQL keeps it.
pub(crate) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `$1, $2, …` for so many values, the first numbered `from`.
pub(crate) fn places(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
