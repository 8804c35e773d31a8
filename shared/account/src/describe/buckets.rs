//! S3's buckets, wherever in the partition they stand. Each call names the account that must own the bucket.

use std::collections::BTreeMap;

use agent::AccountError;
use aws_sdk_s3::{Client, config::Region, error::SdkError, types::PublicAccessBlockConfiguration};
use domain::account::{Bucket, PublicAccessBlock, Tags};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::try_join;

use super::document;
use crate::{
    TOGETHER,
    failure::{failure, present, unless_denied},
};

/// Buckets a page; with a number given, S3 also says in which region each stands.
const PAGE: i32 = 1000;
/// Where S3 says in which region a bucket stands, also when it refuses.
const REGION_HEADER: &str = "x-amz-bucket-region";
const ABSENT: [&str; 2] = ["NoSuchBucket", "NotFound"];

/// All buckets. What one of them keeps from everybody is absent.
pub(super) async fn all(s3: &Client, owner: &str) -> Result<BTreeMap<String, Bucket>, AccountError> {
    let pages = s3.list_buckets().max_buckets(PAGE).into_paginator().items().send();
    let told = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let named = told.into_iter().filter_map(|bucket| Some((bucket.name?, bucket.bucket_region)));
    let buckets = stream::iter(named).map(|(name, region)| async move {
        let s3 = &within(s3, region);
        let bucket = async {
            let (tags, public_access_block, policy) = try_join!(
                async { unless_denied(tags(s3, owner, &name).await.map(Some), &name) },
                async { unless_denied(block(s3, owner, &name).await, &name) },
                async { unless_denied(policy(s3, owner, &name).await, &name) },
            )?;
            Ok(Bucket { tags: tags.unwrap_or_default(), public_access_block, policy })
        };
        let bucket = present(bucket.await, &ABSENT)?;
        Ok::<_, AccountError>(bucket.map(|bucket| (name, bucket)))
    });
    let buckets: Vec<_> = buckets.buffer_unordered(TOGETHER).try_collect().await?;
    Ok(buckets.into_iter().flatten().collect())
}

/// One bucket. What is kept from us is an error here: an action must see its whole target.
pub(super) async fn one(s3: &Client, owner: &str, name: &str) -> Result<Option<Bucket>, AccountError> {
    let Some(s3) = region_of(s3, owner, name).await? else { return Ok(None) };
    let parts =
        async { try_join!(tags(&s3, owner, name), block(&s3, owner, name), policy(&s3, owner, name)) };
    let parts = present(parts.await, &ABSENT)?;
    Ok(parts.map(|(tags, public_access_block, policy)| Bucket { tags, public_access_block, policy }))
}

/// A client for the region in which the bucket stands; none if there is no such bucket.
pub(crate) async fn region_of(
    s3: &Client,
    owner: &str,
    bucket: &str,
) -> Result<Option<Client>, AccountError> {
    match s3.head_bucket().bucket(bucket).expected_bucket_owner(owner).send().await {
        Ok(found) => Ok(Some(within(s3, found.bucket_region))),
        Err(error) => match elsewhere(&error) {
            Some(region) => Ok(Some(within(s3, Some(region)))),
            None => present(Err(failure(error)), &ABSENT),
        },
    }
}

/// The region that S3 points to, where it was asked in the wrong one.
fn elsewhere<E>(error: &SdkError<E>) -> Option<String> {
    let SdkError::ServiceError(answer) = error else { return None };
    let answer = answer.raw();
    let is_misled = matches!(answer.status().as_u16(), 301 | 400);
    answer.headers().get(REGION_HEADER).filter(|_| is_misled).map(str::to_owned)
}

fn within(s3: &Client, region: Option<String>) -> Client {
    match region {
        Some(region) => Client::from_conf(s3.config().to_builder().region(Region::new(region)).build()),
        None => s3.clone(),
    }
}

async fn tags(s3: &Client, owner: &str, bucket: &str) -> Result<Tags, AccountError> {
    let answer = s3.get_bucket_tagging().bucket(bucket).expected_bucket_owner(owner).send().await;
    let found = present(answer.map_err(failure), &["NoSuchTagSet"])?.map(|answer| answer.tag_set);
    Ok(found.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
}

async fn block(s3: &Client, owner: &str, bucket: &str) -> Result<Option<PublicAccessBlock>, AccountError> {
    let answer = s3.get_public_access_block().bucket(bucket).expected_bucket_owner(owner).send().await;
    let found = present(answer.map_err(failure), &["NoSuchPublicAccessBlockConfiguration"])?;
    let on = |switch: Option<bool>| switch.unwrap_or(false);
    let block = |told: PublicAccessBlockConfiguration| PublicAccessBlock {
        block_public_acls: on(told.block_public_acls),
        ignore_public_acls: on(told.ignore_public_acls),
        block_public_policy: on(told.block_public_policy),
        restrict_public_buckets: on(told.restrict_public_buckets),
    };
    Ok(found.and_then(|answer| answer.public_access_block_configuration).map(block))
}

async fn policy(s3: &Client, owner: &str, bucket: &str) -> Result<Option<Value>, AccountError> {
    let answer = s3.get_bucket_policy().bucket(bucket).expected_bucket_owner(owner).send().await;
    let found = present(answer.map_err(failure), &["NoSuchBucketPolicy"])?.and_then(|answer| answer.policy);
    found.map(|text| document::parse(&text, &format!("the policy of bucket {bucket}"))).transpose()
}
