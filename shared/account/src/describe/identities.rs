//! All of IAM: GetAccountAuthorizationDetails, and what it leaves out.

use std::collections::{BTreeMap, BTreeSet};

use agent::AccountError;
use aws_sdk_iam::{
    Client,
    types::{AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail},
};
use domain::account::{Group, InstanceProfile, Role, User};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::try_join;

use super::{document, roles, users};
use crate::{TOGETHER, failure::failure};

/// The most that IAM puts on a page.
const PAGE: i32 = 1000;

/// What IAM has of an account.
#[derive(Debug, Default)]
pub(super) struct Identities {
    pub(super) users: BTreeMap<String, User>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) roles: BTreeMap<String, Role>,
    pub(super) policies: BTreeMap<String, Value>,
    pub(super) instance_profiles: BTreeMap<String, InstanceProfile>,
}

pub(super) async fn all(iam: &Client) -> Result<Identities, AccountError> {
    let (mut all, sessions, instance_profiles) = try_join!(details(iam), sessions(iam), profiles(iam))?;
    for (name, role) in &mut all.roles {
        role.max_session_seconds = roles::session_seconds(sessions.get(name).copied().flatten());
    }
    let names: Vec<String> = all.users.keys().cloned().collect();
    let credentials: Vec<_> = stream::iter(names)
        .map(|name| async move {
            let absent = crate::failure::present(users::credentials(iam, &name).await, &["NoSuchEntity"])?;
            Ok::<_, AccountError>((name, absent))
        })
        .buffer_unordered(TOGETHER)
        .try_collect()
        .await?;
    for (name, found) in credentials {
        match (found, all.users.get_mut(&name)) {
            (Some((keys, login)), Some(user)) => (user.access_keys, user.login_profile) = (keys, login),
            // Deleted since the details were read.
            _ => drop(all.users.remove(&name)),
        }
    }
    let attached: BTreeSet<&String> = (all.users.values().flat_map(|u| &u.attached_policies))
        .chain(all.groups.values().flat_map(|g| &g.attached_policies))
        .chain(all.roles.values().flat_map(|r| &r.attached_policies))
        .collect();
    let is_aws = |arn: &str| arn.split(':').nth(4) == Some("aws");
    let policies = std::mem::take(&mut all.policies);
    let policies = policies.into_iter().filter(|(arn, _)| !is_aws(arn) || attached.contains(arn)).collect();
    Ok(Identities { policies, instance_profiles, ..all })
}

async fn details(iam: &Client) -> Result<Identities, AccountError> {
    let mut all = Identities::default();
    let mut pages = iam.get_account_authorization_details().max_items(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failure)?;
        for detail in page.user_detail_list() {
            all.users.extend(user(detail)?);
        }
        for detail in page.group_detail_list() {
            all.groups.extend(group(detail)?);
        }
        for detail in page.role_detail_list() {
            all.roles.extend(role(detail)?);
        }
        for detail in page.policies() {
            all.policies.extend(policy(detail)?);
        }
    }
    Ok(all)
}

fn user(detail: &UserDetail) -> Result<Option<(String, User)>, AccountError> {
    let Some(name) = detail.user_name.clone() else { return Ok(None) };
    let mut groups = detail.group_list().to_vec();
    groups.sort();
    let user = User {
        id: detail.user_id.clone().unwrap_or_default(),
        arn: detail.arn.clone().unwrap_or_default(),
        tags: detail.tags().iter().map(|t| (t.key.clone(), t.value.clone())).collect(),
        groups,
        attached_policies: arns(detail.attached_managed_policies()),
        inline_policies: documents(detail.user_policy_list(), &name)?,
        ..User::default()
    };
    Ok(Some((name, user)))
}

fn group(detail: &GroupDetail) -> Result<Option<(String, Group)>, AccountError> {
    let Some(name) = detail.group_name.clone() else { return Ok(None) };
    let group = Group {
        arn: detail.arn.clone().unwrap_or_default(),
        attached_policies: arns(detail.attached_managed_policies()),
        inline_policies: documents(detail.group_policy_list(), &name)?,
    };
    Ok(Some((name, group)))
}

fn role(detail: &RoleDetail) -> Result<Option<(String, Role)>, AccountError> {
    let Some(name) = detail.role_name.clone() else { return Ok(None) };
    let trust = detail.assume_role_policy_document();
    let role = Role {
        id: detail.role_id.clone().unwrap_or_default(),
        arn: detail.arn.clone().unwrap_or_default(),
        path: detail.path.clone().unwrap_or_default(),
        tags: detail.tags().iter().map(|t| (t.key.clone(), t.value.clone())).collect(),
        trust: trust
            .map_or(Ok(Value::Null), |text| document::parse(text, &format!("the trust of {name}")))?,
        attached_policies: arns(detail.attached_managed_policies()),
        inline_policies: documents(detail.role_policy_list(), &name)?,
        max_session_seconds: roles::SESSION_SECONDS,
    };
    Ok(Some((name, role)))
}

fn policy(detail: &ManagedPolicyDetail) -> Result<Option<(String, Value)>, AccountError> {
    let in_force = detail.policy_version_list().iter().find(|version| version.is_default_version);
    match (&detail.arn, in_force.and_then(|version| version.document())) {
        (Some(arn), Some(text)) => Ok(Some((arn.clone(), document::parse(text, arn)?))),
        _ => Ok(None),
    }
}

fn arns(attached: &[AttachedPolicy]) -> Vec<String> {
    let mut arns: Vec<String> = attached.iter().filter_map(|policy| policy.policy_arn.clone()).collect();
    arns.sort();
    arns
}

fn documents(inline: &[PolicyDetail], whose: &str) -> Result<BTreeMap<String, Value>, AccountError> {
    let named = inline.iter().filter_map(|policy| Some((policy.policy_name()?, policy.policy_document()?)));
    named
        .map(|(name, text)| {
            Ok((name.to_owned(), document::parse(text, &format!("inline policy {name} of {whose}"))?))
        })
        .collect()
}

/// How long sessions of each role may last, which the details do not say.
async fn sessions(iam: &Client) -> Result<BTreeMap<String, Option<i32>>, AccountError> {
    let pages = iam.list_roles().max_items(PAGE).into_paginator().items().send();
    let roles = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    Ok(roles.into_iter().map(|role| (role.role_name, role.max_session_duration)).collect())
}

/// From their own list: the details have only those that hold a role.
async fn profiles(iam: &Client) -> Result<BTreeMap<String, InstanceProfile>, AccountError> {
    let pages = iam.list_instance_profiles().max_items(PAGE).into_paginator().items().send();
    let profiles = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let profiles = profiles.into_iter().map(|profile| {
        let role = profile.roles.into_iter().next().map(|role| role.role_name);
        (profile.instance_profile_name, InstanceProfile { arn: profile.arn, role })
    });
    Ok(profiles.collect())
}
