//! Short notes, of which the first counts: what people were told already.

use agent::StoreError;
use domain::Time;
use serde::{Serialize, de::DeserializeOwned};

use crate::{SqlStore, answer::Answer, json, parse, text};

impl SqlStore {
    /// Keeps a note under this key until it expires, unless there is one; whether it did.
    pub async fn put_note<T: Serialize + Sync>(
        &self,
        key: &str,
        value: &T,
        expires: Time,
    ) -> Result<bool, StoreError> {
        let _turn = self.turn().await?;
        let written = sqlx::query(
            "INSERT INTO states (key, version, expires, value) VALUES ($1, 1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(key)
        .bind(expires.millis())
        .bind(json(value)?)
        .execute(&self.pool)
        .answer()
        .await?;
        Ok(written.rows_affected() == 1)
    }

    /// The note under this key.
    pub async fn note<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let row = sqlx::query("SELECT value FROM states WHERE key = $1")
            .bind(key)
            .fetch_optional(&self.pool)
            .answer()
            .await?;
        row.map(|row| parse(key, &text(&row, 0)?)).transpose()
    }
}
