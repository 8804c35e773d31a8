//! EC2 instances.

use std::collections::BTreeMap;

use agent::AccountError;
use aws_sdk_ec2::{
    Client,
    types::{self, InstanceAttributeName, InstanceStateName},
};
use domain::account::{Instance, NetworkInterface, VolumeAttachment};
use tokio::try_join;

use super::{addresses, filter};
use crate::failure::{failure, present};

/// The most that EC2 puts on a page.
const PAGE: i32 = 1000;
/// An instance that EC2 does not know, or not any more.
const ABSENT: [&str; 2] = ["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"];

/// All instances by id, and all Elastic addresses by allocation. Termination protection and shutdown behaviour are not
/// in it: EC2 tells them one instance and one attribute a call.
pub(super) async fn all(
    ec2: &Client,
) -> Result<(BTreeMap<String, Instance>, BTreeMap<String, String>), AccountError> {
    let (instances, addresses) = try_join!(
        async {
            let pages = ec2.describe_instances().max_results(PAGE).into_paginator().items().send();
            pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)
        },
        addresses::of(ec2, None),
    )?;
    let instances = instances.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default());
    let mut instances = instances.filter_map(instance).collect();
    addresses::note(&addresses, &mut instances);
    let addresses = addresses.into_iter().filter_map(|a| Some((a.allocation_id?, a.public_ip?))).collect();
    Ok((instances, addresses))
}

/// One instance, complete.
pub(super) async fn one(ec2: &Client, id: &str) -> Result<Option<Instance>, AccountError> {
    present(read(ec2, id).await, &ABSENT).map(Option::flatten)
}

async fn read(ec2: &Client, id: &str) -> Result<Option<Instance>, AccountError> {
    let (answer, protection, shutdown) = try_join!(
        async { ec2.describe_instances().instance_ids(id).send().await.map_err(failure) },
        attribute(ec2, id, InstanceAttributeName::DisableApiTermination),
        attribute(ec2, id, InstanceAttributeName::InstanceInitiatedShutdownBehavior),
    )?;
    let found = answer.reservations.into_iter().flatten().flat_map(|r| r.instances.unwrap_or_default());
    let mut found: BTreeMap<_, _> = found.filter_map(instance).collect();
    let interfaces: Vec<&String> = found.values().flat_map(|instance| instance.interfaces.keys()).collect();
    if !interfaces.is_empty() {
        let addresses = addresses::of(ec2, Some(filter("network-interface-id", interfaces))).await?;
        addresses::note(&addresses, &mut found);
    }
    Ok(found.remove(id).map(|instance| Instance {
        disable_api_termination: protection.disable_api_termination.and_then(|a| a.value).unwrap_or(false),
        shutdown_behavior: shutdown
            .instance_initiated_shutdown_behavior
            .and_then(|attribute| attribute.value)
            .unwrap_or_else(|| "stop".to_owned()),
        ..instance
    }))
}

type Attribute = aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput;

async fn attribute(ec2: &Client, id: &str, name: InstanceAttributeName) -> Result<Attribute, AccountError> {
    ec2.describe_instance_attribute().instance_id(id).attribute(name).send().await.map_err(failure)
}

/// One that has been terminated is absent, though EC2 shows it for an hour longer.
fn instance(told: types::Instance) -> Option<(String, Instance)> {
    let state = told.state()?.name()?;
    if *state == InstanceStateName::Terminated {
        return None;
    }
    let instance = Instance {
        state: state.as_str().to_owned(),
        tags: super::network::tags(told.tags()),
        vpc: told.vpc_id.clone().unwrap_or_default(),
        interfaces: told.network_interfaces().iter().filter_map(interface).collect(),
        volumes: told.block_device_mappings().iter().filter_map(volume).collect(),
        instance_profile: told.iam_instance_profile.and_then(|profile| profile.arn),
        ..Instance::default()
    };
    Some((told.instance_id?, instance))
}

fn interface(told: &types::InstanceNetworkInterface) -> Option<(String, NetworkInterface)> {
    let place = told.attachment().and_then(|attachment| attachment.device_index);
    let mut groups: Vec<String> = told.groups().iter().filter_map(|group| group.group_id.clone()).collect();
    groups.sort();
    let interface = NetworkInterface {
        subnet: told.subnet_id.clone().unwrap_or_default(),
        device_index: place.and_then(|place| u32::try_from(place).ok()).unwrap_or_default(),
        private_ip: told.private_ip_address.clone().unwrap_or_default(),
        groups,
        address: None,
    };
    Some((told.network_interface_id.clone()?, interface))
}

fn volume(told: &types::InstanceBlockDeviceMapping) -> Option<(String, VolumeAttachment)> {
    let ebs = told.ebs()?;
    let attachment = VolumeAttachment {
        volume: ebs.volume_id.clone()?,
        delete_on_termination: ebs.delete_on_termination.unwrap_or(false),
    };
    Some((told.device_name.clone()?, attachment))
}
