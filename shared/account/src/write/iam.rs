//! IAM: users' policies and keys, roles' inline policies.

use aws_sdk_iam::{Client, types::StatusType};
use domain::account::KeyStatus;
use serde_json::Value;

use super::Outcome;
use crate::failure::failure;

pub(super) async fn attach_user_policy(iam: &Client, user: &str, policy: &str) -> Outcome {
    iam.attach_user_policy().user_name(user).policy_arn(policy).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn detach_user_policy(iam: &Client, user: &str, policy: &str) -> Outcome {
    iam.detach_user_policy().user_name(user).policy_arn(policy).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn update_access_key(iam: &Client, user: &str, key: &str, status: KeyStatus) -> Outcome {
    let status = match status {
        KeyStatus::Active => StatusType::Active,
        KeyStatus::Inactive => StatusType::Inactive,
    };
    let call = iam.update_access_key().user_name(user).access_key_id(key).status(status);
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn put_role_policy(iam: &Client, role: &str, name: &str, document: &Value) -> Outcome {
    let call = iam.put_role_policy().role_name(role).policy_name(name).policy_document(document.to_string());
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn delete_role_policy(iam: &Client, role: &str, name: &str) -> Outcome {
    iam.delete_role_policy().role_name(role).policy_name(name).send().await.map_err(failure)?;
    Ok(())
}
