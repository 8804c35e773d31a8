//! Attempts to decide: what is written before a transaction names the attempt it was written for, and is seen only once
//! that very attempt is committed.

use std::collections::{BTreeSet, HashMap, HashSet};

use agent::{DecisionRecord, StoreError};
use domain::Party;

use super::{DynamoStore, item::key};

/// One attempt, as text: the record's digest, a space, and the decision's id. Another attempt under the same key gathers at
/// another time, and so has another digest.
pub(super) type Attempt = String;

/// The attempt that commits this record.
pub(super) fn attempt(record: &DecisionRecord) -> Attempt {
    format!("{} {}", record.digest(), decision_id(record.agent, &record.key))
}

/// A decision's id in its table.
pub(super) fn decision_id(agent: Party, idempotency_key: &str) -> String {
    key(&format!("{}/{idempotency_key}", agent.as_str()))
}

impl DynamoStore {
    /// Which of these attempts are committed, each with the place of its first message in the log (0 if it said nothing).
    pub(super) async fn committed<'a>(
        &self,
        attempts: impl IntoIterator<Item = &'a String>,
    ) -> Result<HashMap<&'a str, u64>, StoreError> {
        let attempts: HashSet<(&str, &str)> = attempts
            .into_iter()
            .filter_map(|attempt| Some((attempt.as_str(), attempt.split_once(' ')?.1)))
            .collect();
        let ids: BTreeSet<String> = attempts.iter().map(|(_, id)| (*id).to_owned()).collect();
        let rows = self.named("decisions", "id", &ids, &["id", "digest", "first"]).await?;
        let mut first = HashMap::new();
        for row in rows {
            first.insert(format!("{} {}", row.text("digest")?, row.text("id")?), row.number("first")?);
        }
        Ok(attempts.into_iter().filter_map(|(attempt, _)| Some((attempt, *first.get(attempt)?))).collect())
    }
}
