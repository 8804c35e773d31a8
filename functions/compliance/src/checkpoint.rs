//! Signed statements about the head of the chain, for outsiders to keep.

use agent::{Store, StoreError};
use anyhow::Context;
use domain::{Checkpoint, LedgerEntry, Time};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};

/// Signs checkpoints. Its key never leaves it.
pub struct Notary(SigningKey);

impl Notary {
    /// From a key of 32 secret bytes (RFC 8032).
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The public key, hexadecimal.
    pub fn public_key(&self) -> String {
        hex::encode(self.0.verifying_key().as_bytes())
    }

    /// States that the chain has this head.
    pub fn sign(&self, head: &LedgerEntry, now: Time) -> Checkpoint {
        let text = Checkpoint::signed_text(head.seq, &head.hash, now);
        Checkpoint {
            seq: head.seq,
            hash: head.hash.clone(),
            time: now,
            key: self.public_key(),
            signature: hex::encode(self.0.sign(text.as_bytes()).to_bytes()),
        }
    }
}

/// The last entry that a kept checkpoint speaks of (0 for none) and the head, if no checkpoint speaks of that yet.
pub async fn unsigned(store: &dyn Store) -> Result<Option<(u64, LedgerEntry)>, StoreError> {
    let Some(head) = store.ledger_head().await? else { return Ok(None) };
    let signed = store.newest_checkpoint().await?.map_or(0, |last| last.seq);
    Ok((signed < head.seq).then_some((signed, head)))
}

/// Checks a checkpoint's signature with the key that it names. Whose key that is, the reader must know.
pub fn check(checkpoint: &Checkpoint) -> anyhow::Result<()> {
    let key: [u8; 32] =
        hex::decode(&checkpoint.key)?.try_into().ok().context("an Ed25519 public key has 32 bytes")?;
    let signature: [u8; 64] =
        hex::decode(&checkpoint.signature)?.try_into().ok().context("an Ed25519 signature has 64 bytes")?;
    let text = Checkpoint::signed_text(checkpoint.seq, &checkpoint.hash, checkpoint.time);
    VerifyingKey::from_bytes(&key)?
        .verify(text.as_bytes(), &Signature::from_bytes(&signature))
        .context("the signature does not fit the checkpoint")
}
