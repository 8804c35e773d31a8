//! BlockPublicAccess: all four of a bucket's blocks are on.
//!
//! Absence is a value of its own: where there was no block, undo deletes it ("Blocking public access to your Amazon S3
//! storage", Amazon S3 User Guide).
//!
//! Must not: change the bucket's policy or its ACLs; the block overrides both, and they stay as evidence.

use domain::{AccountWrite, Facets, account::PublicAccessBlock};
use serde_json::{Value, json};

use super::{View, value};

const FACET: &str = "public access block";

pub(super) fn facets(bucket: &str, view: &View<'_>) -> Option<Facets> {
    let block = view.account.buckets.get(bucket)?.public_access_block;
    Some(Facets::from([(FACET.to_owned(), block.map_or(Value::Null, |block| json!(block)))]))
}

pub(super) fn forward(name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let bucket = view.account.buckets.get(name)?;
    (bucket.public_access_block != Some(PublicAccessBlock::ALL)).then(|| AccountWrite::PutPublicAccessBlock {
        bucket: name.to_owned(),
        block: PublicAccessBlock::ALL,
    })
}

pub(super) fn backward(name: &str, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    let bucket = view.account.buckets.get(name)?;
    let was: Option<PublicAccessBlock> = serde_json::from_value(value(before, FACET).clone()).ok()?;
    if bucket.public_access_block == was {
        return None;
    }
    let bucket = name.to_owned();
    Some(match was {
        Some(block) => AccountWrite::PutPublicAccessBlock { bucket, block },
        None => AccountWrite::DeletePublicAccessBlock { bucket },
    })
}
