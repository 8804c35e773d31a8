//! One IAM user, and what a user signs in with.

use std::collections::BTreeMap;

use agent::AccountError;
use aws_sdk_iam::{Client, types::StatusType};
use domain::{
    Time,
    account::{AccessKey, KeyStatus, User},
};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::try_join;

use super::document;
use crate::{
    TOGETHER,
    failure::{failure, present},
};

const ABSENT: [&str; 1] = ["NoSuchEntity"];

pub(super) async fn one(iam: &Client, name: &str) -> Result<Option<User>, AccountError> {
    present(read(iam, name).await, &ABSENT)
}

async fn read(iam: &Client, name: &str) -> Result<User, AccountError> {
    let (user, groups, attached_policies, inline_policies, (access_keys, login_profile)) = try_join!(
        async { iam.get_user().user_name(name).send().await.map_err(failure) },
        groups(iam, name),
        attached(iam, name),
        inline(iam, name),
        credentials(iam, name),
    )?;
    let user = user.user;
    let tags = user.iter().flat_map(|u| u.tags()).map(|t| (t.key.clone(), t.value.clone())).collect();
    let (id, arn) = user.map(|user| (user.user_id, user.arn)).unwrap_or_default();
    Ok(User { id, arn, tags, groups, attached_policies, inline_policies, access_keys, login_profile })
}

async fn groups(iam: &Client, user: &str) -> Result<Vec<String>, AccountError> {
    let pages = iam.list_groups_for_user().user_name(user).into_paginator().items().send();
    let groups = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let mut names: Vec<String> = groups.into_iter().map(|group| group.group_name).collect();
    names.sort();
    Ok(names)
}

async fn attached(iam: &Client, user: &str) -> Result<Vec<String>, AccountError> {
    let pages = iam.list_attached_user_policies().user_name(user).into_paginator().items().send();
    let policies = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let mut arns: Vec<String> = policies.into_iter().filter_map(|policy| policy.policy_arn).collect();
    arns.sort();
    Ok(arns)
}

async fn inline(iam: &Client, user: &str) -> Result<BTreeMap<String, serde_json::Value>, AccountError> {
    let pages = iam.list_user_policies().user_name(user).into_paginator().items().send();
    let names = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let documents = stream::iter(names).map(|policy| async move {
        let call = iam.get_user_policy().user_name(user).policy_name(&policy);
        let answer = call.send().await.map_err(failure)?;
        Ok((policy, document::parse(&answer.policy_document, &format!("an inline policy of user {user}"))?))
    });
    documents.buffer_unordered(TOGETHER).try_collect().await
}

/// Access keys by id, and whether there is a password. Neither stands in IAM's details of the whole account.
pub(super) async fn credentials(
    iam: &Client,
    user: &str,
) -> Result<(BTreeMap<String, AccessKey>, bool), AccountError> {
    let login = async {
        let answer = iam.get_login_profile().user_name(user).send().await.map_err(failure);
        Ok(present(answer, &ABSENT)?.is_some())
    };
    try_join!(keys(iam, user), login)
}

async fn keys(iam: &Client, user: &str) -> Result<BTreeMap<String, AccessKey>, AccountError> {
    let pages = iam.list_access_keys().user_name(user).into_paginator().items().send();
    let listed = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let mut keys = BTreeMap::new();
    for key in listed {
        let Some(id) = key.access_key_id else { continue };
        // Deleted since it was listed: still a key of the list, whose use is not known.
        let answer = iam.get_access_key_last_used().access_key_id(&id).send().await.map_err(failure);
        let used = present(answer, &ABSENT)?.and_then(|answer| answer.access_key_last_used?.last_used_date);
        let last_used = used.and_then(|at| at.to_millis().ok()).map(Time::from_millis);
        let status = match key.status {
            Some(StatusType::Active) => KeyStatus::Active,
            _ => KeyStatus::Inactive,
        };
        keys.insert(id, AccessKey { status, last_used });
    }
    Ok(keys)
}
