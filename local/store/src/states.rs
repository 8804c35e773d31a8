//! What agents remember from one decision to the next.

use std::collections::HashMap;

use agent::{State, StoreError};
use domain::Time;
use sqlx::{AssertSqlSafe, Row};

use crate::{
    SqlStore, answer::Answer, commit::Tx, int, json, key, number, parse, places, read::IDS, text, undecodable,
};

impl SqlStore {
    pub(crate) async fn states_alive(
        &self,
        keys: &[String],
        now: Time,
    ) -> Result<Vec<Option<State>>, StoreError> {
        let mut alive: HashMap<String, State> = HashMap::new();
        for chunk in keys.chunks(IDS) {
            let sql = format!(
                "SELECT key, version, expires, value FROM states WHERE expires > $1 AND key IN ({})",
                places(2, chunk.len())
            );
            let query = sqlx::query(AssertSqlSafe(sql)).bind(now.millis());
            let query = chunk.iter().fold(query, |query, name| query.bind(key(name)));
            for row in query.fetch_all(&self.pool).answer().await? {
                let kept = text(&row, 0)?;
                let expires = Time::from_millis(row.try_get(2).map_err(undecodable)?);
                let value = parse(&kept, &text(&row, 3)?)?;
                alive.insert(kept, State { key: String::new(), version: number(&row, 1)?, value, expires });
            }
        }
        let named = |name: &String| alive.get(&key(name)).map(|s| State { key: name.clone(), ..s.clone() });
        Ok(keys.iter().map(named).collect())
    }
}

/// Forgets what has expired, so that a write that follows finds its key free.
pub(crate) async fn drop_expired(tx: &mut Tx<'_>, now: Time) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM states WHERE expires <= $1")
        .bind(now.millis())
        .execute(&mut **tx)
        .answer()
        .await?;
    Ok(())
}

/// Whether the state fitted, and was written.
pub(crate) async fn put(tx: &mut Tx<'_>, state: &State) -> Result<bool, StoreError> {
    let sql = if state.version == 1 {
        "INSERT INTO states (key, version, expires, value) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
    } else {
        "UPDATE states SET version = $2, expires = $3, value = $4 WHERE key = $1 AND version = $2 - 1"
    };
    let written = sqlx::query(sql)
        .bind(key(&state.key))
        .bind(int(state.version))
        .bind(state.expires.millis())
        .bind(json(&state.value)?)
        .execute(&mut **tx)
        .answer()
        .await?;
    Ok(written.rows_affected() == 1)
}
