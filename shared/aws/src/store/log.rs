//! The message log: a row for each run of a decision's messages to one receiver and of one type, under the place of its last
//! one. Places are counted from 1 without a gap. The table's stream is the outbox: what is committed is delivered.
//!
//! A decision's messages are put in the order of their receivers, so that however they alternate they make few rows: a
//! transaction takes a hundred items, and nobody may be able to provoke more.

use agent::{
    StoreError,
    ports::{Logged, Unsealed},
};
use domain::{Digest, Message, Party};

use super::{
    DynamoStore,
    batch::all,
    blobs::{BODY, json},
    item::{Item, Row, item, number, text},
};

/// Most messages of a row.
const RUN: usize = 50;
/// Rows fetched at a time.
const PAGE: usize = 50;
/// The one partition of the log.
const LOG: &str = "log";

/// Messages that are one row.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// Place of its last message in the decision, counted from 0.
    pub(super) end: u64,
    pub(super) messages: Vec<Message>,
}

/// A decision's messages in the order of the log, cut into rows.
pub(super) fn chunks(messages: &[Message]) -> Result<Vec<Chunk>, StoreError> {
    let mut ordered: Vec<&Message> = messages.iter().collect();
    ordered.sort_by_key(|message| message.receiver);
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut bytes = 0;
    for (place, message) in (0..).zip(ordered) {
        let length = json(message)?.len();
        let fits = |chunk: &&mut Chunk| {
            chunk.messages.len() < RUN
                && bytes + length <= BODY
                && chunk.messages.last().is_some_and(|last| run(last) == run(message))
        };
        match chunks.last_mut().filter(fits) {
            Some(chunk) => {
                chunk.end = place;
                chunk.messages.push(message.clone());
                bytes += length;
            }
            None => {
                chunks.push(Chunk { end: place, messages: vec![message.clone()] });
                bytes = length;
            }
        }
    }
    Ok(chunks)
}

/// What is equal in all messages of a row.
fn run(message: &Message) -> (Party, &'static str) {
    (message.receiver, message.payload.kind())
}

impl DynamoStore {
    /// A row of the log, but for its place.
    pub(super) async fn log_row(
        &self,
        chunk: &Chunk,
        decision: &Digest,
        policies: &Digest,
    ) -> Result<Item, StoreError> {
        let (receiver, kind) = chunk
            .messages
            .first()
            .map_or(("", ""), |message| (message.receiver.as_str(), message.payload.kind()));
        Ok(item([
            ("log", text(LOG)),
            ("count", number(chunk.messages.len())),
            ("receiver", text(receiver)),
            ("kind", text(kind)),
            ("decision", text(&decision.0)),
            ("policies", text(&policies.0)),
            ("body", self.body(&chunk.messages).await?),
        ]))
    }

    /// The key of a row.
    pub(super) fn log_key(seq: u64) -> Item {
        item([("log", text(LOG)), ("seq", number(seq))])
    }

    /// The messages of a row, each with its place.
    pub(super) async fn opened(&self, row: &Row) -> Result<Vec<(u64, Unsealed)>, StoreError> {
        let messages: Vec<Message> = self.read(row).await?;
        let last: u64 = row.number("seq")?;
        let count = messages.len() as u64;
        if count == 0 || last < count || row.number::<u64>("count")? != count {
            return Err(row.corrupt(format!("row {last} does not hold as many messages as it says")));
        }
        let (decision, policies) =
            (Digest(row.text("decision")?.into()), Digest(row.text("policies")?.into()));
        let unsealed = |message| Unsealed { message, decision: decision.clone(), policies: policies.clone() };
        Ok((last - count + 1..).zip(messages.into_iter().map(unsealed)).collect())
    }

    /// Messages of these rows in the order of the log.
    pub(super) async fn opened_all(&self, rows: &[Row]) -> Result<Vec<(u64, Unsealed)>, StoreError> {
        let mut messages = all(rows.iter().map(|row| self.opened(row)).collect()).await?.concat();
        messages.sort_by_key(|(seq, _)| *seq);
        Ok(messages)
    }

    /// Messages after this place, in order.
    pub(super) async fn log_after(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Unsealed)>, StoreError> {
        let mut messages: Vec<(u64, Unsealed)> = Vec::new();
        let mut reached = after;
        while messages.len() < limit {
            let rows = self.log_rows("#seq > :seq", reached, true, PAGE.min(limit - messages.len())).await?;
            let Some(last) = rows.last() else { break };
            reached = last.number("seq")?;
            messages.extend(self.opened_all(&rows).await?);
            // The first row may begin before.
            messages.retain(|(seq, _)| *seq > after);
        }
        messages.truncate(limit);
        Ok(messages)
    }

    /// The newest messages before this place, in order.
    pub(super) async fn log_before(&self, before: u64, limit: usize) -> Result<Vec<Logged>, StoreError> {
        // The row that holds `before` may hold some of them, too.
        let mut rows = self.log_rows("#seq >= :seq", before, true, 1).await?;
        let mut messages: Vec<(u64, Unsealed)> = Vec::new();
        let mut reached = before;
        loop {
            messages.extend(self.opened_all(&rows).await?);
            messages.retain(|(seq, _)| *seq < before);
            if messages.len() >= limit {
                break;
            }
            rows = self.log_rows("#seq < :seq", reached, false, PAGE.min(limit - messages.len())).await?;
            let Some(last) = rows.last() else { break };
            reached = last.number("seq")?;
        }
        messages.sort_by_key(|(seq, _)| *seq);
        let newest = messages.split_off(messages.len().saturating_sub(limit));
        Ok(newest.into_iter().map(logged).collect())
    }

    async fn log_rows(
        &self,
        condition: &str,
        seq: u64,
        ascending: bool,
        most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let query = self
            .partition("log", "log", text(LOG))
            .key_condition_expression(format!("#partition = :partition AND {condition}"))
            .expression_attribute_names("#seq", "seq")
            .expression_attribute_values(":seq", number(seq));
        self.rows("log", query.consistent_read(true).scan_index_forward(ascending), most).await
    }
}

pub(super) fn logged((seq, unsealed): (u64, Unsealed)) -> Logged {
    Logged { seq, message: unsealed.message }
}

#[cfg(test)]
mod tests {
    use agent::proofs::store::message;

    use super::*;

    #[test]
    fn however_messages_alternate_they_make_few_rows() {
        let messages: Vec<Message> = (0..120)
            .map(|n| Message {
                receiver: if n % 2 == 0 { Party::Supervisor } else { Party::Dashboard },
                ..message(&format!("m{n}"), &format!("correlation {n}"))
            })
            .collect();
        let chunks = chunks(&messages).unwrap_or_default();
        let ends: Vec<u64> = chunks.iter().map(|chunk| chunk.end).collect();
        assert_eq!(ends, [49, 59, 109, 119]);
        assert!(chunks.iter().all(|chunk| chunk.messages.iter().all(|m| run(m) == run(&chunk.messages[0]))));
        let ids: Vec<&str> = chunks[0].messages.iter().map(|m| m.message_id.as_str()).take(3).collect();
        assert_eq!(ids, ["m0", "m2", "m4"], "in the order in which a receiver was told");
    }

    #[test]
    fn a_row_is_not_longer_than_an_item_holds() {
        let long = |n: usize| message(&format!("m{n}"), &"x".repeat(BODY / 3));
        let chunks = chunks(&[long(0), long(1), long(2), message("m3", "short")]).unwrap_or_default();
        assert_eq!(chunks.iter().map(|chunk| chunk.messages.len()).collect::<Vec<_>>(), [2, 2]);
    }
}
