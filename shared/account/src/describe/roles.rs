//! One IAM role.

use std::collections::BTreeMap;

use agent::AccountError;
use aws_sdk_iam::Client;
use domain::account::Role;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::try_join;

use super::document;
use crate::{
    TOGETHER,
    failure::{failure, present, refused},
};

/// Seconds a session lasts at most where a role says nothing else (CreateRole, IAM API Reference).
pub(super) const SESSION_SECONDS: u32 = 3600;

pub(super) async fn one(iam: &Client, name: &str) -> Result<Option<Role>, AccountError> {
    present(read(iam, name).await, &["NoSuchEntity"])
}

async fn read(iam: &Client, name: &str) -> Result<Role, AccountError> {
    let (answer, attached_policies, inline_policies) = try_join!(
        async { iam.get_role().role_name(name).send().await.map_err(failure) },
        attached(iam, name),
        inline(iam, name),
    )?;
    let role = answer.role.ok_or_else(|| refused("NoSuchEntity", format!("There is no role {name}")))?;
    let trust = role.assume_role_policy_document();
    Ok(Role {
        trust: trust
            .map_or(Ok(Value::Null), |text| document::parse(text, &format!("the trust of {name}")))?,
        tags: role.tags().iter().map(|t| (t.key.clone(), t.value.clone())).collect(),
        max_session_seconds: session_seconds(role.max_session_duration),
        id: role.role_id,
        arn: role.arn,
        path: role.path,
        attached_policies,
        inline_policies,
    })
}

pub(super) fn session_seconds(told: Option<i32>) -> u32 {
    told.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(SESSION_SECONDS)
}

async fn attached(iam: &Client, role: &str) -> Result<Vec<String>, AccountError> {
    let pages = iam.list_attached_role_policies().role_name(role).into_paginator().items().send();
    let policies = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let mut arns: Vec<String> = policies.into_iter().filter_map(|policy| policy.policy_arn).collect();
    arns.sort();
    Ok(arns)
}

async fn inline(iam: &Client, role: &str) -> Result<BTreeMap<String, Value>, AccountError> {
    let pages = iam.list_role_policies().role_name(role).into_paginator().items().send();
    let names = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let documents = stream::iter(names).map(|policy| async move {
        let answer =
            iam.get_role_policy().role_name(role).policy_name(&policy).send().await.map_err(failure)?;
        Ok((policy, document::parse(&answer.policy_document, &format!("an inline policy of role {role}"))?))
    });
    documents.buffer_unordered(TOGETHER).try_collect().await
}
