//! Examining the whole audit trail: the chain, what it attests, and the checkpoints over it.

use std::collections::BTreeMap;

use agent::{Store, StoreError};
use domain::{Checkpoint, Digest, LedgerEntry};

use crate::{chain::attest, checkpoint};

/// Entries read at a time.
const PAGE: usize = 1000;
/// Faults named at most; a broken chain is broken at the first.
const FAULTS: usize = 100;

/// What an examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries examined.
    pub entries: u64,
    /// Checkpoints examined.
    pub checkpoints: u64,
    /// Messages that no entry attests yet.
    pub unsealed: u64,
    /// What is wrong, each naming the entry. Empty if everything holds.
    pub faults: Vec<String>,
}

impl Report {
    fn fault(&mut self, text: String) {
        if self.faults.len() < FAULTS {
            self.faults.push(text);
        }
    }
}

/// Examines every entry: numbers without a gap, each hash over its content and the hash before, each attested message
/// and the decision behind it with its evidence as they were; and every checkpoint, those of the store and those an
/// outsider kept. A tail that was cut off after the newest checkpoint anyone kept cannot be detected.
pub async fn examine(
    store: &dyn Store,
    kept: &[Checkpoint],
    mut progress: impl FnMut(u64),
) -> Result<Report, StoreError> {
    let mut checkpoints: BTreeMap<u64, Vec<Checkpoint>> = BTreeMap::new();
    for checkpoint in store.checkpoints().await?.into_iter().chain(kept.iter().cloned()) {
        checkpoints.entry(checkpoint.seq).or_default().push(checkpoint);
    }
    let mut report = Report::default();
    let signer = checkpoints.values().flatten().next().map(|checkpoint| checkpoint.key.clone());
    let mut previous = Digest::zero();
    let mut expected = 1;
    loop {
        let page = store.ledger(expected - 1, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            if entry.seq != expected {
                report.fault(format!(
                    "entry {expected} is missing: entry {} follows where it should stand",
                    entry.seq
                ));
            }
            if entry.previous != previous {
                report.fault(format!("entry {}: it does not follow the entry before it", entry.seq));
            }
            if entry.hash != entry.expected_hash() {
                report.fault(format!("entry {}: its hash does not fit its content", entry.seq));
            }
            if let Some(why) = attested(store, &entry).await? {
                report.fault(format!("entry {}: {why}", entry.seq));
            }
            for checkpoint in checkpoints.remove(&entry.seq).unwrap_or_default() {
                report.checkpoints += 1;
                if checkpoint.hash != entry.hash {
                    report.fault(format!(
                        "entry {}: a checkpoint of {} attests another hash for it",
                        entry.seq, checkpoint.time
                    ));
                }
                if Some(&checkpoint.key) != signer.as_ref() {
                    report.fault(format!(
                        "entry {}: its checkpoint is signed with another key than the first",
                        entry.seq
                    ));
                }
                if let Err(why) = checkpoint::check(&checkpoint) {
                    report.fault(format!("entry {}: its checkpoint is not genuine: {why:#}", entry.seq));
                }
            }
            report.entries += 1;
            expected = entry.seq + 1;
            previous = entry.hash;
        }
        progress(report.entries);
    }
    for checkpoint in checkpoints.into_values().flatten() {
        report.checkpoints += 1;
        report.fault(format!(
            "entry {} is missing: a checkpoint of {} attests it, but the chain ends at entry {}",
            checkpoint.seq,
            checkpoint.time,
            expected - 1
        ));
    }
    report.unsealed = store.unsealed(PAGE).await?.len() as u64;
    Ok(report)
}

/// What is wrong with what an entry attests, if anything is.
async fn attested(store: &dyn Store, entry: &LedgerEntry) -> Result<Option<String>, StoreError> {
    let unsealed = match store.attested(&entry.message).await {
        Ok(Some(unsealed)) => unsealed,
        Ok(None) => return Ok(Some(format!("the message {} that it attests is gone", entry.message))),
        Err(StoreError::Corrupt { why, .. }) => {
            return Ok(Some(format!("the message {} that it attests cannot be read: {why}", entry.message)));
        }
        Err(error) => return Err(error),
    };
    let seen = attest(&unsealed);
    if seen.content != entry.content {
        return Ok(Some(format!("the message {} was changed after it was sealed", entry.message)));
    }
    if (&seen.decision, &seen.policies) != (&entry.decision, &entry.policies) {
        return Ok(Some(format!("the decision behind message {} was exchanged", entry.message)));
    }
    let record = match store.decided(&entry.decision).await {
        Ok(Some(record)) if record.digest() == entry.decision => record,
        Ok(Some(_)) | Err(StoreError::Corrupt { .. }) => {
            return Ok(Some(format!("the decision behind message {} was changed", entry.message)));
        }
        Ok(None) => return Ok(Some(format!("the decision behind message {} is gone", entry.message))),
        Err(error) => return Err(error),
    };
    match store.blob(&record.evidence).await {
        Ok(Some(_)) => Ok(None),
        Ok(None) => Ok(Some(format!("the evidence {} of its decision is gone", record.evidence))),
        Err(StoreError::Corrupt { .. }) => {
            Ok(Some(format!("the evidence {} of its decision was changed", record.evidence)))
        }
        Err(error) => Err(error),
    }
}
