//! EC2's instance side: attributes, snapshots, instance profiles, tags.

use agent::AccountError;
use domain::{
    Inventory,
    account::{Instance, Snapshot, Tags},
};

use super::{Outcome, existing, id_of, refused};

pub(super) fn set_disable_api_termination(account: &mut Inventory, id: &str, value: bool) -> Outcome {
    named_instance(account, id)?.disable_api_termination = value;
    Ok(())
}

pub(super) fn set_shutdown_behavior(account: &mut Inventory, id: &str, value: &str) -> Outcome {
    if !matches!(value, "stop" | "terminate") {
        return Err(refused(
            "InvalidParameterValue",
            format!("Value ({value}) for parameter instanceInitiatedShutdownBehavior is invalid."),
        ));
    }
    named_instance(account, id)?.shutdown_behavior = value.to_owned();
    Ok(())
}

pub(super) fn set_delete_on_termination(
    account: &mut Inventory,
    id: &str,
    device: &str,
    value: bool,
) -> Outcome {
    match named_instance(account, id)?.volumes.get_mut(device) {
        Some(attachment) => attachment.delete_on_termination = value,
        None => {
            return Err(refused(
                "InvalidInstanceAttributeValue",
                format!("No device is currently mapped at {device}"),
            ));
        }
    }
    Ok(())
}

/// EC2 would take a second snapshot; here the same request names the same one.
pub(super) fn create_snapshot(
    account: &mut Inventory,
    volume: &str,
    description: &str,
    tags: &Tags,
) -> Outcome {
    let is_there = account.instances.values().any(|i| i.volumes.values().any(|v| v.volume == volume));
    if !is_there {
        return Err(refused("InvalidVolume.NotFound", format!("The volume '{volume}' does not exist.")));
    }
    let snapshot =
        Snapshot { volume: volume.to_owned(), description: description.to_owned(), tags: tags.clone() };
    account.snapshots.insert(id_of("snap", &(volume, tags)), snapshot);
    Ok(())
}

pub(super) fn delete_snapshot(account: &mut Inventory, id: &str) -> Outcome {
    match account.snapshots.remove(id) {
        Some(_) => Ok(()),
        None => Err(refused("InvalidSnapshot.NotFound", format!("The snapshot '{id}' does not exist."))),
    }
}

pub(super) fn disassociate_profile(account: &mut Inventory, id: &str, profile: &str) -> Outcome {
    let instance = named_instance(account, id)?;
    if instance.instance_profile.as_deref() != Some(profile) {
        return Err(refused("NoSuchAssociation", format!("{profile} is not associated with {id}")));
    }
    instance.instance_profile = None;
    Ok(())
}

pub(super) fn associate_profile(account: &mut Inventory, id: &str, profile: &str) -> Outcome {
    if !account.instance_profiles.values().any(|known| known.arn == profile) {
        return Err(refused(
            "InvalidParameterValue",
            format!("Value ({profile}) for parameter iamInstanceProfile.arn is invalid."),
        ));
    }
    let instance = named_instance(account, id)?;
    if instance.instance_profile.is_some() {
        return Err(refused("IncorrectState", format!("There is an existing association for instance {id}")));
    }
    instance.instance_profile = Some(profile.to_owned());
    Ok(())
}

pub(super) fn create_tags(account: &mut Inventory, resource: &str, tags: &Tags) -> Outcome {
    tags_of(account, resource)?.extend(tags.clone());
    Ok(())
}

pub(super) fn delete_tags(account: &mut Inventory, resource: &str, keys: &[String]) -> Outcome {
    tags_of(account, resource)?.retain(|key, _| !keys.contains(key));
    Ok(())
}

fn tags_of<'a>(account: &'a mut Inventory, id: &str) -> Result<&'a mut Tags, AccountError> {
    match id.split('-').next() {
        Some("i") => Ok(&mut named_instance(account, id)?.tags),
        Some("sg") => {
            let groups = &mut account.security_groups;
            Ok(&mut existing(groups, id, "InvalidGroup.NotFound", "security group")?.tags)
        }
        Some("snap") => {
            Ok(&mut existing(&mut account.snapshots, id, "InvalidSnapshot.NotFound", "snapshot")?.tags)
        }
        _ => Err(refused("InvalidID", format!("The ID '{id}' is not valid"))),
    }
}

fn named_instance<'a>(account: &'a mut Inventory, id: &str) -> Result<&'a mut Instance, AccountError> {
    existing(&mut account.instances, id, "InvalidInstanceID.NotFound", "instance ID")
}
