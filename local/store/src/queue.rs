//! The queues between agents: at least once, with back-off, and a place for what fails for good.

use agent::StoreError;
use domain::{Message, Party, Time};
use sqlx::Row;

use crate::{SqlStore, answer::Answer, int, number, parse, plain, text, undecodable};

/// A message taken from a queue. It stays there until it is done with.
#[derive(Clone, Debug)]
pub struct Queued {
    /// Its place in the log.
    pub seq: u64,
    /// How often it was taken before.
    pub attempts: u64,
    /// The message.
    pub message: Message,
}

/// How much waits for a receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Messages that wait, those being worked on included.
    pub waiting: u64,
    /// Messages set aside.
    pub dead: u64,
}

impl SqlStore {
    /// The next message for a receiver that may be taken now, hidden from other takers until `hidden_until`.
    pub async fn take(
        &self,
        receiver: Party,
        now: Time,
        hidden_until: Time,
    ) -> Result<Option<Queued>, StoreError> {
        let _turn = self.turn().await?;
        let row = sqlx::query(
            "SELECT q.message, q.attempts, m.body FROM queue q JOIN messages m ON m.seq = q.message
             WHERE q.receiver = $1 AND q.dead = 0 AND q.visible <= $2 ORDER BY q.message LIMIT 1",
        )
        .bind(receiver.as_str())
        .bind(now.millis())
        .fetch_optional(&self.pool)
        .answer()
        .await?;
        let Some(row) = row else { return Ok(None) };
        let queued = Queued {
            seq: number(&row, 0)?,
            attempts: number(&row, 1)?,
            message: parse("message", &text(&row, 2)?)?,
        };
        sqlx::query(
            "UPDATE queue SET visible = $1, attempts = attempts + 1 WHERE receiver = $2 AND message = $3",
        )
        .bind(hidden_until.millis())
        .bind(receiver.as_str())
        .bind(int(queued.seq))
        .execute(&self.pool)
        .answer()
        .await?;
        Ok(Some(queued))
    }

    /// Takes a message off its queue for good.
    pub async fn done(&self, receiver: Party, seq: u64) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query("DELETE FROM queue WHERE receiver = $1 AND message = $2")
            .bind(receiver.as_str())
            .bind(int(seq))
            .execute(&self.pool)
            .answer()
            .await?;
        Ok(())
    }

    /// Puts a message back until `visible`, or, with none, sets it aside with its failure.
    pub async fn failed(
        &self,
        receiver: Party,
        seq: u64,
        visible: Option<Time>,
        why: &str,
    ) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query(
            "UPDATE queue SET visible = $1, failure = $2, dead = $3 WHERE receiver = $4 AND message = $5",
        )
        .bind(visible.map_or(0, Time::millis))
        .bind(plain(why))
        .bind(i64::from(visible.is_none()))
        .bind(receiver.as_str())
        .bind(int(seq))
        .execute(&self.pool)
        .answer()
        .await?;
        Ok(())
    }

    /// Makes every message visible again, those set aside included: after a crash nobody works on them, and a new start
    /// may have what was wrong put right.
    pub async fn release(&self) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query("UPDATE queue SET visible = 0, attempts = 0, dead = 0")
            .execute(&self.pool)
            .answer()
            .await?;
        Ok(())
    }

    /// Makes every message of a receiver visible that is not set aside: whoever took one does not know whether it was kept that
    /// they did, and nobody works on it.
    pub async fn reappear(&self, receiver: Party) -> Result<(), StoreError> {
        let _turn = self.turn().await?;
        sqlx::query("UPDATE queue SET visible = 0 WHERE receiver = $1 AND dead = 0")
            .bind(receiver.as_str())
            .execute(&self.pool)
            .answer()
            .await?;
        Ok(())
    }

    /// When the oldest message that waits for a receiver was said.
    pub async fn oldest(&self, receiver: Party) -> Result<Option<Time>, StoreError> {
        let row = sqlx::query(
            "SELECT m.body FROM queue q JOIN messages m ON m.seq = q.message
             WHERE q.receiver = $1 AND q.dead = 0 ORDER BY q.message LIMIT 1",
        )
        .bind(receiver.as_str())
        .fetch_optional(&self.pool)
        .answer()
        .await?;
        let message: Option<Message> = row.map(|row| parse("message", &text(&row, 0)?)).transpose()?;
        Ok(message.map(|message| message.time))
    }

    /// How much waits for a receiver.
    pub async fn depth(&self, receiver: Party) -> Result<QueueDepth, StoreError> {
        let row = sqlx::query("SELECT COUNT(*), COALESCE(SUM(dead), 0) FROM queue WHERE receiver = $1")
            .bind(receiver.as_str())
            .fetch_one(&self.pool)
            .answer()
            .await?;
        let dead: i64 = row.try_get(1).map_err(undecodable)?;
        let dead = u64::try_from(dead).unwrap_or(0);
        Ok(QueueDepth { waiting: number(&row, 0)? - dead, dead })
    }
}
