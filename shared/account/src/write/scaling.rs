//! Elastic Load Balancing's targets and Auto Scaling's groups.

use aws_sdk_elasticloadbalancingv2::types::TargetDescription;

use super::Outcome;
use crate::failure::{failure, present};

/// What is no target of the group has left it already.
pub(super) async fn deregister_target(
    elb: &aws_sdk_elasticloadbalancingv2::Client,
    target_group: &str,
    instance: &str,
    port: u16,
) -> Outcome {
    let target = TargetDescription::builder().id(instance).port(port.into()).build();
    let call = elb.deregister_targets().target_group_arn(target_group).targets(target);
    present(call.send().await.map_err(failure), &["InvalidTarget"])?;
    Ok(())
}

pub(super) async fn register_target(
    elb: &aws_sdk_elasticloadbalancingv2::Client,
    target_group: &str,
    instance: &str,
    port: u16,
) -> Outcome {
    let target = TargetDescription::builder().id(instance).port(port.into()).build();
    let call = elb.register_targets().target_group_arn(target_group).targets(target);
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn detach_instance(
    autoscaling: &aws_sdk_autoscaling::Client,
    group: &str,
    instance: &str,
) -> Outcome {
    let call = autoscaling.detach_instances().auto_scaling_group_name(group).instance_ids(instance);
    call.should_decrement_desired_capacity(false).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn attach_instance(
    autoscaling: &aws_sdk_autoscaling::Client,
    group: &str,
    instance: &str,
) -> Outcome {
    let call = autoscaling.attach_instances().auto_scaling_group_name(group).instance_ids(instance);
    call.send().await.map_err(failure)?;
    Ok(())
}
