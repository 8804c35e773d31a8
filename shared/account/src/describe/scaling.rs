//! Elastic Load Balancing's target groups and Auto Scaling's groups.

use std::collections::BTreeMap;

use agent::AccountError;
use aws_sdk_autoscaling::types::LifecycleState;
use aws_sdk_elasticloadbalancingv2::types::{
    self, TargetHealthDescription, TargetHealthReasonEnum as Reason, TargetHealthStateEnum as State,
    TargetTypeEnum,
};
use domain::account::{AutoScalingGroup, TargetGroup};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    TOGETHER,
    failure::{failure, present},
};

/// The most that Elastic Load Balancing puts on a page.
const TARGET_GROUPS_PAGE: i32 = 400;
/// The same for Auto Scaling.
const GROUPS_PAGE: i32 = 100;

/// All target groups, or those of one VPC, with the instances in them. One in which an instance is drained is one that
/// it has left. Of an instance with several ports in one group the lowest is told.
pub(super) async fn target_groups(
    elb: &aws_sdk_elasticloadbalancingv2::Client,
    vpc: Option<&String>,
) -> Result<BTreeMap<String, TargetGroup>, AccountError> {
    let pages = elb.describe_target_groups().page_size(TARGET_GROUPS_PAGE).into_paginator().items().send();
    let told = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let wanted = told.into_iter().filter(|group| vpc.is_none() || group.vpc_id.as_ref() == vpc);
    let groups = stream::iter(wanted).map(|told| async move {
        let group = present(with_targets(elb, told).await, &["TargetGroupNotFound"])?;
        Ok::<_, AccountError>(group.flatten())
    });
    let groups: Vec<_> = groups.buffer_unordered(TOGETHER).try_collect().await?;
    Ok(groups.into_iter().flatten().collect())
}

async fn with_targets(
    elb: &aws_sdk_elasticloadbalancingv2::Client,
    told: types::TargetGroup,
) -> Result<Option<(String, TargetGroup)>, AccountError> {
    let (Some(arn), name) = (told.target_group_arn, told.target_group_name.unwrap_or_default()) else {
        return Ok(None);
    };
    let mut group = TargetGroup { name, targets: BTreeMap::new() };
    if told.target_type == Some(TargetTypeEnum::Instance) {
        let answer = elb.describe_target_health().target_group_arn(&arn).send().await.map_err(failure)?;
        let targets = answer.target_health_descriptions.unwrap_or_default();
        for (id, port) in targets.iter().filter_map(target) {
            group.targets.entry(id).and_modify(|lowest| *lowest = port.min(*lowest)).or_insert(port);
        }
    }
    Ok(Some((arn, group)))
}

fn target(told: &TargetHealthDescription) -> Option<(String, u16)> {
    let health = told.target_health();
    let has_left = health.is_some_and(|health| {
        health.state == Some(State::Draining)
            || matches!(health.reason, Some(Reason::NotRegistered | Reason::DeregistrationInProgress))
    });
    let target = told.target().filter(|_| !has_left)?;
    Some((target.id.clone()?, u16::try_from(target.port?).ok()?))
}

/// All auto scaling groups, or the one that an instance is in.
pub(super) async fn groups(
    autoscaling: &aws_sdk_autoscaling::Client,
    with: Option<&str>,
) -> Result<BTreeMap<String, AutoScalingGroup>, AccountError> {
    let mut call = autoscaling.describe_auto_scaling_groups().max_records(GROUPS_PAGE);
    if let Some(instance) = with {
        let answer = autoscaling.describe_auto_scaling_instances().instance_ids(instance).send().await;
        let found = answer.map_err(failure)?.auto_scaling_instances.unwrap_or_default();
        let Some(group) = found.into_iter().find_map(|found| found.auto_scaling_group_name) else {
            return Ok(BTreeMap::new());
        };
        call = call.auto_scaling_group_names(group);
    }
    let pages = call.into_paginator().items().send();
    let told = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let count = |number: Option<i32>| number.and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
    let groups = told.into_iter().filter_map(|told| {
        let members = told.instances().iter().filter(|member| !is_leaving(member.lifecycle_state()));
        let mut instances: Vec<String> = members.filter_map(|member| member.instance_id.clone()).collect();
        instances.sort();
        let group = AutoScalingGroup {
            instances,
            desired_capacity: count(told.desired_capacity),
            min_size: count(told.min_size),
        };
        Some((told.auto_scaling_group_name?, group))
    });
    let is_wanted = |group: &AutoScalingGroup| with.is_none_or(|id| group.instances.iter().any(|i| i == id));
    Ok(groups.filter(|(_, group)| is_wanted(group)).collect())
}

/// Detaching may take as long as connections are drained; from its beginning the group does not act on the instance.
fn is_leaving(state: Option<&LifecycleState>) -> bool {
    matches!(state, Some(LifecycleState::Detaching | LifecycleState::Detached))
}
