//! Elastic Load Balancing's targets and Auto Scaling's groups.

use agent::AccountError;
use domain::{
    Inventory,
    account::{AutoScalingGroup, TargetGroup},
};

use super::{Outcome, existing, refused};

pub(super) fn deregister_target(account: &mut Inventory, arn: &str, instance: &str, port: u16) -> Outcome {
    named_target_group(account, arn)?.targets.retain(|id, at| id != instance || *at != port);
    Ok(())
}

pub(super) fn register_target(account: &mut Inventory, arn: &str, instance: &str, port: u16) -> Outcome {
    if !account.instances.contains_key(instance) {
        return Err(refused("InvalidTarget", format!("The instance ID '{instance}' does not exist")));
    }
    named_target_group(account, arn)?.targets.insert(instance.to_owned(), port);
    Ok(())
}

/// The desired capacity stays: Auto Scaling would start a replacement, which this account does not have.
pub(super) fn detach_instance(account: &mut Inventory, name: &str, instance: &str) -> Outcome {
    let members = &mut named_group(account, name)?.instances;
    let before = members.len();
    members.retain(|id| id != instance);
    if members.len() == before {
        return Err(refused(
            "ValidationError",
            format!("The instance {instance} is not part of Auto Scaling group {name}."),
        ));
    }
    Ok(())
}

pub(super) fn attach_instance(account: &mut Inventory, name: &str, instance: &str) -> Outcome {
    if !account.instances.contains_key(instance) {
        return Err(refused("ValidationError", format!("Invalid Instance ID(s): [{instance}].")));
    }
    if account.auto_scaling_groups.values().any(|g| g.instances.iter().any(|id| id == instance)) {
        return Err(refused(
            "ValidationError",
            format!("Instance {instance} is already part of an Auto Scaling group."),
        ));
    }
    let group = named_group(account, name)?;
    group.instances.push(instance.to_owned());
    group.instances.sort();
    group.desired_capacity = group.desired_capacity.saturating_add(1);
    Ok(())
}

fn named_target_group<'a>(
    account: &'a mut Inventory,
    arn: &str,
) -> Result<&'a mut TargetGroup, AccountError> {
    existing(&mut account.target_groups, arn, "TargetGroupNotFound", "target group")
}

fn named_group<'a>(account: &'a mut Inventory, name: &str) -> Result<&'a mut AutoScalingGroup, AccountError> {
    existing(&mut account.auto_scaling_groups, name, "ValidationError", "AutoScalingGroup name")
}
