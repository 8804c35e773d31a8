//! CloudTrail's trails. One that records several regions is asked, and changed, in the region it was made in.

use std::collections::BTreeMap;

use agent::AccountError;
use aws_sdk_cloudtrail::{Client, config::Region};
use domain::account::Trail;
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    TOGETHER,
    failure::{failure, present, unless_denied},
};

const ABSENT: [&str; 2] = ["TrailNotFoundException", "InvalidTrailNameException"];

/// Every trail that records this region.
pub(super) async fn all(cloudtrail: &Client) -> Result<BTreeMap<String, Trail>, AccountError> {
    let answer = cloudtrail.describe_trails().send().await.map_err(failure)?;
    let arns = answer.trail_list.unwrap_or_default().into_iter().filter_map(|trail| trail.trail_arn);
    let trails = stream::iter(arns).map(|arn| async move {
        // An organisation's trail may be kept from its members.
        let trail = unless_denied(one(cloudtrail, &arn).await, &arn)?;
        Ok::<_, AccountError>(trail.map(|trail| (arn, trail)))
    });
    let trails: Vec<_> = trails.buffer_unordered(TOGETHER).try_collect().await?;
    Ok(trails.into_iter().flatten().collect())
}

pub(super) async fn one(cloudtrail: &Client, arn: &str) -> Result<Option<Trail>, AccountError> {
    present(read(&at_home(cloudtrail, arn), arn).await, &ABSENT).map(Option::flatten)
}

async fn read(cloudtrail: &Client, arn: &str) -> Result<Option<Trail>, AccountError> {
    let answer = cloudtrail.get_trail().name(arn).send().await.map_err(failure)?;
    let Some(trail) = answer.trail else { return Ok(None) };
    let status = cloudtrail.get_trail_status().name(arn).send().await.map_err(failure)?;
    Ok(Some(Trail {
        name: trail.name.unwrap_or_default(),
        bucket: trail.s3_bucket_name.unwrap_or_default(),
        logging: status.is_logging.unwrap_or(false),
    }))
}

/// A client for the region in the trail's ARN, which is its home.
pub(crate) fn at_home(cloudtrail: &Client, arn: &str) -> Client {
    match arn.split(':').nth(3).filter(|region| !region.is_empty()) {
        Some(home) => {
            let config = cloudtrail.config().to_builder().region(Region::new(home.to_owned())).build();
            Client::from_conf(config)
        }
        None => cloudtrail.clone(),
    }
}
