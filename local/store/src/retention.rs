//! Events are kept for a while only. What was decided about them stays.

use std::{
    ops::Range,
    sync::PoisonError,
    time::{SystemTime, UNIX_EPOCH},
};

use agent::{StoreError, Write};
use domain::Time;
use sqlx::{AnyConnection, Row};

use crate::{SqlStore, answer::Answer, undecodable};

const DAY: i64 = 86_400_000;
/// How far ahead partitions are made, days.
const AHEAD: i64 = 62;
/// Events this far away from now, days back and ahead, stand in the default partition.
const WINDOW: (i64, i64) = (3650, 365);

impl SqlStore {
    /// Forgets events older than this many days, by their own time; on PostgreSQL a month at a time, and partitions for what comes
    /// are made ahead. Says how many partitions or rows went.
    pub async fn tidy(&self, now: Time, days: u32) -> Result<u64, StoreError> {
        let oldest = now.millis() - i64::from(days.max(1)) * DAY;
        let _turn = self.turn().await?;
        let Some(postgres) = &self.postgres else {
            let mut gone = 0;
            for sql in ["DELETE FROM events WHERE time < $1", "DELETE FROM event_subjects WHERE time < $1"] {
                gone += sqlx::query(sql).bind(oldest).execute(&self.pool).answer().await?.rows_affected();
            }
            return Ok(gone);
        };
        let ahead = [0, AHEAD / 2, AHEAD].map(|days| now.millis() + days * DAY);
        let mut connection = self.pool.acquire().answer().await?;
        self.make_months(&mut connection, ahead.to_vec()).await?;
        let row = sqlx::query("SELECT drop_partitions($1)")
            .bind(oldest)
            .fetch_one(&mut *connection)
            .answer()
            .await?;
        postgres.months.lock().unwrap_or_else(PoisonError::into_inner).clear();
        crate::number(&row, 0)
    }

    /// Makes partitions for what is about to be written. One that cannot be made is no reason to refuse an event.
    pub(crate) async fn make_room(&self, writes: &[Write]) {
        let events = writes.iter().filter_map(|write| match write {
            Write::Events(events) => Some(events),
            _ => None,
        });
        let times: Vec<i64> = events.flatten().map(|event| event.time.millis()).collect();
        if times.is_empty() || self.postgres.is_none() {
            return;
        }
        let made = match self.pool.acquire().answer().await {
            Ok(mut connection) => self.make_months(&mut connection, times).await,
            Err(error) => Err(error),
        };
        if let Err(error) = made {
            tracing::warn!(%error, "a partition could not be made; its events stand in the default one");
        }
    }

    /// Makes the partitions for these times that are not there yet, as far as there are any for such times.
    pub(crate) async fn make_months(
        &self,
        connection: &mut AnyConnection,
        times: Vec<i64>,
    ) -> Result<(), StoreError> {
        let Some(postgres) = &self.postgres else { return Ok(()) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let window = now - WINDOW.0 * DAY..now + WINDOW.1 * DAY;
        for time in times.into_iter().filter(|time| window.contains(time)) {
            let is_made = {
                let months = postgres.months.lock().unwrap_or_else(PoisonError::into_inner);
                months.iter().any(|month| month.contains(&time))
            };
            if is_made {
                continue;
            }
            let query = sqlx::query("SELECT lo, hi FROM make_partition($1)").bind(time);
            let row = query.fetch_one(&mut *connection).answer().await?;
            let month: Range<i64> =
                row.try_get(0).map_err(undecodable)?..row.try_get(1).map_err(undecodable)?;
            postgres.months.lock().unwrap_or_else(PoisonError::into_inner).push(month);
        }
        Ok(())
    }
}
