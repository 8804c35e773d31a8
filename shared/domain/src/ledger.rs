//! The append-only audit trail.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Digest, MessageId, Time};

/// One link of the chain. It holds digests and references; what they refer to stands in the message log and the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerEntry {
    /// 1 for the first entry, without a gap after it.
    pub seq: u64,
    /// When it was sealed.
    pub time: Time,
    /// The message it attests.
    pub message: MessageId,
    /// The message's type, such as `REPORT`.
    pub kind: String,
    /// Correlation id of the message.
    pub correlation: String,
    /// Who sent it.
    pub sender: String,
    /// Digest of the whole message.
    pub content: Digest,
    /// Digest of the recorded decision (input, evidence, output) that emitted it.
    pub decision: Digest,
    /// Digest of the policies in force.
    pub policies: Digest,
    /// Hash of the entry before; zeros for the first.
    pub previous: Digest,
    /// Digest of all fields above.
    pub hash: Digest,
}

impl LedgerEntry {
    /// Hash over everything but the hash itself.
    pub fn expected_hash(&self) -> Digest {
        Digest::of_json(&(
            (self.seq, self.time, &self.message, &self.kind, &self.correlation, &self.sender),
            (&self.content, &self.decision, &self.policies, &self.previous),
        ))
    }
}

/// A signed statement that the chain had this head: what an outsider keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checkpoint {
    /// The head's number.
    pub seq: u64,
    /// The head's hash.
    pub hash: Digest,
    /// When it was signed.
    pub time: Time,
    /// Ed25519 public key, hexadecimal.
    pub key: String,
    /// Ed25519 signature (RFC 8032) over `asoc-checkpoint-v1\n{seq}\n{hash}\n{time}\n`, hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    /// The bytes that are signed.
    pub fn signed_text(seq: u64, hash: &Digest, time: Time) -> String {
        format!("asoc-checkpoint-v1\n{seq}\n{hash}\n{time}\n")
    }
}
