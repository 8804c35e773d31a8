//! S3's public access blocks and CloudTrail's trails, each where it stands.

use agent::AccountError;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use domain::account::PublicAccessBlock;

use super::Outcome;
use crate::{
    describe::{region_of, trails::at_home},
    failure::{failure, refused},
};

pub(super) async fn put_public_access_block(
    s3: &aws_sdk_s3::Client,
    owner: &str,
    bucket: &str,
    block: PublicAccessBlock,
) -> Outcome {
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(block.block_public_acls)
        .ignore_public_acls(block.ignore_public_acls)
        .block_public_policy(block.block_public_policy)
        .restrict_public_buckets(block.restrict_public_buckets)
        .build();
    let s3 = existing(s3, owner, bucket).await?;
    let call = s3.put_public_access_block().bucket(bucket).expected_bucket_owner(owner);
    call.public_access_block_configuration(block).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn delete_public_access_block(
    s3: &aws_sdk_s3::Client,
    owner: &str,
    bucket: &str,
) -> Outcome {
    let s3 = existing(s3, owner, bucket).await?;
    let call = s3.delete_public_access_block().bucket(bucket).expected_bucket_owner(owner);
    call.send().await.map_err(failure)?;
    Ok(())
}

async fn existing(
    s3: &aws_sdk_s3::Client,
    owner: &str,
    bucket: &str,
) -> Result<aws_sdk_s3::Client, AccountError> {
    let found = region_of(s3, owner, bucket).await?;
    found.ok_or_else(|| refused("NoSuchBucket", format!("The bucket '{bucket}' does not exist")))
}

pub(super) async fn start_logging(cloudtrail: &aws_sdk_cloudtrail::Client, trail: &str) -> Outcome {
    at_home(cloudtrail, trail).start_logging().name(trail).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn stop_logging(cloudtrail: &aws_sdk_cloudtrail::Client, trail: &str) -> Outcome {
    at_home(cloudtrail, trail).stop_logging().name(trail).send().await.map_err(failure)?;
    Ok(())
}
