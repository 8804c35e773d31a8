//! Snapshots of volumes.

use std::collections::{BTreeMap, BTreeSet};

use agent::AccountError;
use aws_sdk_ec2::{Client, types::SnapshotState};
use domain::account::Snapshot;

use super::filter;
use crate::failure::failure;

/// The most that EC2 puts on a page.
const PAGE: i32 = 1000;

/// The account's own snapshots of these volumes. One that failed holds no evidence and is absent.
pub(crate) async fn of(
    ec2: &Client,
    volumes: BTreeSet<&String>,
) -> Result<BTreeMap<String, Snapshot>, AccountError> {
    if volumes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let call = ec2.describe_snapshots().owner_ids("self").filters(filter("volume-id", volumes));
    let pages = call.max_results(PAGE).into_paginator().items().send();
    let told = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let usable = told.into_iter().filter(|told| told.state != Some(SnapshotState::Error));
    let snapshots = usable.filter_map(|told| {
        let snapshot = Snapshot {
            tags: super::network::tags(told.tags()),
            volume: told.volume_id?,
            description: told.description.unwrap_or_default(),
        };
        Some((told.snapshot_id?, snapshot))
    });
    Ok(snapshots.collect())
}
