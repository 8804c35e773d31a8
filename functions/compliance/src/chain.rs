//! The hash chain: each entry holds the hash of the one before it.

use agent::ports::Unsealed;
use domain::{Digest, LedgerEntry, Time};

use crate::Attested;

/// What an entry says of a message.
pub fn attest(unsealed: &Unsealed) -> Attested {
    let message = &unsealed.message;
    Attested {
        message: message.message_id.clone(),
        kind: message.payload.kind().to_owned(),
        correlation: message.correlation_id.clone(),
        sender: message.sender.as_str().to_owned(),
        content: Digest::of_json(message),
        decision: unsealed.decision.clone(),
        policies: unsealed.policies.clone(),
    }
}

/// The entries that follow `head`.
pub fn append(head: Option<&LedgerEntry>, attested: &[Attested], now: Time) -> Vec<LedgerEntry> {
    let (mut seq, mut previous) = head.map_or((0, Digest::zero()), |h| (h.seq, h.hash.clone()));
    attested
        .iter()
        .map(|a| {
            seq += 1;
            let mut entry = LedgerEntry {
                seq,
                time: now,
                message: a.message.clone(),
                kind: a.kind.clone(),
                correlation: a.correlation.clone(),
                sender: a.sender.clone(),
                content: a.content.clone(),
                decision: a.decision.clone(),
                policies: a.policies.clone(),
                previous: previous.clone(),
                hash: Digest::zero(),
            };
            entry.hash = entry.expected_hash();
            previous = entry.hash.clone();
            entry
        })
        .collect()
}
