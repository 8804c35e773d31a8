//! SQLite: a file in the home folder, or nothing but memory.

use std::path::Path;

use agent::StoreError;
use sqlx::{AnyPool, any::AnyPoolOptions};

use crate::{SqlStore, answer::Answer};

impl SqlStore {
    /// Opens the SQLite database in this file, making it if there is none, and brings its schema up to date.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let pool = pool(&format!("sqlite://{}?mode=rwc", file.display()), 4).await?;
        Self::over(pool, None).await
    }

    /// A database that lives as long as this value.
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        Self::over(pool("sqlite::memory:", 1).await?, None).await
    }
}

async fn pool(url: &str, connections: u32) -> Result<AnyPool, StoreError> {
    sqlx::any::install_default_drivers();
    let pool = AnyPoolOptions::new()
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
        .answer()
        .await?;
    sqlx::migrate!("migrations/sqlite")
        .run(&pool)
        .await
        .map_err(|e| StoreError::Corrupt { what: "schema".into(), why: e.to_string() })?;
    Ok(pool)
}
