//! S3's public access blocks and CloudTrail's trails.

use domain::{Inventory, account::PublicAccessBlock};

use super::{Outcome, existing};

pub(super) fn put_public_access_block(
    account: &mut Inventory,
    bucket: &str,
    block: PublicAccessBlock,
) -> Outcome {
    existing(&mut account.buckets, bucket, "NoSuchBucket", "bucket")?.public_access_block = Some(block);
    Ok(())
}

/// S3 answers as if there had been a block where there is none.
pub(super) fn delete_public_access_block(account: &mut Inventory, bucket: &str) -> Outcome {
    existing(&mut account.buckets, bucket, "NoSuchBucket", "bucket")?.public_access_block = None;
    Ok(())
}

pub(super) fn set_logging(account: &mut Inventory, trail: &str, logging: bool) -> Outcome {
    existing(&mut account.trails, trail, "TrailNotFoundException", "trail")?.logging = logging;
    Ok(())
}
