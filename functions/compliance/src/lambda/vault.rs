//! The bucket that forgets nothing: entries of the ledger and signed checkpoints, under Object Lock.

use agent::Store;
use anyhow::{Context, ensure};
use aws::secrets::Secrets;
use aws_sdk_s3::{Client, primitives::ByteStream};
use compliance::checkpoint::{Notary, unsigned};
use domain::{LedgerEntry, Time};
use sha2::{Digest as _, Sha256};

/// Entries to an object at most.
const ENTRIES: usize = 500;

/// The bucket, and the key that signs.
pub(crate) struct Vault {
    s3: Client,
    bucket: String,
    secrets: Secrets,
}

impl Vault {
    pub(crate) fn new(s3: Client, bucket: String, secrets: Secrets) -> Self {
        Self { s3, bucket, secrets }
    }

    /// Keeps all entries that no checkpoint speaks of yet, then a checkpoint that speaks of them. In this order, so that a step
    /// that is lost half way is taken again as a whole.
    pub(crate) async fn keep(&self, store: &dyn Store, now: Time) -> anyhow::Result<()> {
        let Some((mut kept, head)) = unsigned(store).await? else { return Ok(()) };
        while kept < head.seq {
            let entries = store.ledger(kept, ENTRIES).await?;
            let (first, last) = (kept + 1, entries.last().map_or(kept, |entry| entry.seq));
            ensure!(last > kept, "the ledger breaks off after entry {kept} of {}", head.seq);
            self.put(&format!("ledger/{first:012}-{last:012}.jsonl"), lines(&entries)?).await?;
            kept = last;
        }
        let checkpoint = self.notary().await?.sign(&head, now);
        let name = format!("checkpoints/{:012}.json", checkpoint.seq);
        self.put(&name, serde_json::to_vec(&checkpoint)?).await?;
        Ok(store.put_checkpoint(&checkpoint).await?)
    }

    /// Puts an object that is not there yet. The bucket's own default says for how long it stays.
    async fn put(&self, name: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
        let put = self.s3.put_object().bucket(&self.bucket).key(name).if_none_match("*");
        let put = put.checksum_algorithm(aws_sdk_s3::types::ChecksumAlgorithm::Sha256);
        match put.body(ByteStream::from(bytes)).send().await {
            Ok(_) => Ok(()),
            // It is there: an earlier try was lost after this step.
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 412) => {
                Ok(())
            }
            Err(error) => Err(error).with_context(|| format!("{name} cannot be kept in the ledger's bucket")),
        }
    }

    /// The seed is whatever text the secret holds, by its digest: a generated one is no key of 32 bytes.
    async fn notary(&self) -> anyhow::Result<Notary> {
        let seed = self.secrets.named("ASOC_SECRET_LEDGER").await?;
        let seed = seed.context("ASOC_SECRET_LEDGER names no secret: checkpoints cannot be signed")?;
        Ok(Notary::new(&Sha256::digest(seed.trim().as_bytes()).into()))
    }
}

fn lines(entries: &[LedgerEntry]) -> anyhow::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut lines, entry)?;
        lines.push(b'\n');
    }
    Ok(lines)
}
