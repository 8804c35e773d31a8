//! EC2's instance side: attributes, snapshots, instance profiles, tags.

use std::collections::BTreeSet;

use aws_sdk_ec2::{
    Client,
    config::{Builder, Config, retry::RetryConfig},
    types::{
        AttributeBooleanValue, AttributeValue, EbsInstanceBlockDeviceSpecification,
        IamInstanceProfileSpecification, InstanceBlockDeviceMappingSpecification, ResourceType, Tag,
        TagSpecification,
    },
};
use domain::account::{Snapshot, Tags};

use super::Outcome;
use crate::{
    describe::{filter, snapshots},
    failure::{failure, refused},
};

/// Associations that still stand, or soon will.
const STANDING: [&str; 2] = ["associating", "associated"];

pub(super) async fn set_disable_api_termination(ec2: &Client, instance: &str, value: bool) -> Outcome {
    let value = AttributeBooleanValue::builder().value(value).build();
    let call = ec2.modify_instance_attribute().instance_id(instance).disable_api_termination(value);
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn set_shutdown_behavior(ec2: &Client, instance: &str, value: &str) -> Outcome {
    let value = AttributeValue::builder().value(value).build();
    let call =
        ec2.modify_instance_attribute().instance_id(instance).instance_initiated_shutdown_behavior(value);
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn set_delete_on_termination(
    ec2: &Client,
    instance: &str,
    device: &str,
    value: bool,
) -> Outcome {
    let ebs = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(value).build();
    let mapping = InstanceBlockDeviceMappingSpecification::builder().device_name(device).ebs(ebs).build();
    let call = ec2.modify_instance_attribute().instance_id(instance).block_device_mappings(mapping);
    call.send().await.map_err(failure)?;
    Ok(())
}

/// EC2 has no client token for this call, so that a repeated one would take a second snapshot: one that says the same
/// of the same volume is looked for first.
pub(super) async fn create_snapshot(ec2: &Client, volume: &str, description: &str, tags: &Tags) -> Outcome {
    let volume = volume.to_owned();
    let is_it = |snapshot: &Snapshot| {
        snapshot.description == description
            && tags.iter().all(|(key, value)| snapshot.tags.get(key) == Some(value))
    };
    if snapshots::of(ec2, BTreeSet::from([&volume])).await?.values().any(is_it) {
        return Ok(());
    }
    let call = ec2.create_snapshot().volume_id(volume).description(description);
    let call = call.set_tag_specifications(tagged(ResourceType::Snapshot, tags));
    call.customize().config_override(once()).send().await.map_err(failure)?;
    Ok(())
}

/// Where we look before we send, the SDK must not send again by itself: it does not look.
fn once() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

pub(super) async fn delete_snapshot(ec2: &Client, snapshot: &str) -> Outcome {
    ec2.delete_snapshot().snapshot_id(snapshot).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn disassociate_profile(ec2: &Client, instance: &str, profile: &str) -> Outcome {
    let of_instance = filter("instance-id", [&instance.to_owned()]);
    let standing = filter("state", &STANDING.map(str::to_owned));
    let call = ec2.describe_iam_instance_profile_associations().filters(of_instance).filters(standing);
    let pages = call.into_paginator().items().send();
    let known = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let is_it = |arn: Option<&str>| arn == Some(profile);
    let found = known.into_iter().find(|a| is_it(a.iam_instance_profile().and_then(|p| p.arn())));
    let Some(association) = found.and_then(|association| association.association_id) else {
        return Err(refused("NoSuchAssociation", format!("{profile} is not associated with {instance}")));
    };
    let call = ec2.disassociate_iam_instance_profile().association_id(association);
    call.customize().config_override(once()).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn associate_profile(ec2: &Client, instance: &str, profile: &str) -> Outcome {
    let profile = IamInstanceProfileSpecification::builder().arn(profile).build();
    let call = ec2.associate_iam_instance_profile().instance_id(instance).iam_instance_profile(profile);
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn create_tags(ec2: &Client, resource: &str, tags: &Tags) -> Outcome {
    ec2.create_tags().resources(resource).set_tags(Some(given(tags))).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn delete_tags(ec2: &Client, resource: &str, keys: &[String]) -> Outcome {
    let tags = keys.iter().map(|key| Tag::builder().key(key).build()).collect();
    ec2.delete_tags().resources(resource).set_tags(Some(tags)).send().await.map_err(failure)?;
    Ok(())
}

/// The tags that a new resource has from its first moment; none are no list, which EC2 refuses when it is empty.
pub(super) fn tagged(kind: ResourceType, tags: &Tags) -> Option<Vec<TagSpecification>> {
    let specification =
        || TagSpecification::builder().resource_type(kind).set_tags(Some(given(tags))).build();
    (!tags.is_empty()).then(|| vec![specification()])
}

fn given(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
