//! IAM: users' policies and keys, roles' inline policies.

use agent::AccountError;
use domain::{
    Inventory,
    account::{KeyStatus, Role, User},
};
use serde_json::Value;

use super::{Outcome, existing, refused};

/// Managed policies that a user may have attached, by default (IAM and AWS STS quotas).
const ATTACHED_POLICIES: usize = 10;

pub(super) fn attach_user_policy(account: &mut Inventory, user: &str, policy: &str) -> Outcome {
    if !account.policies.contains_key(policy) {
        return Err(refused("NoSuchEntity", format!("Policy {policy} does not exist or is not attachable.")));
    }
    let attached = &mut named_user(account, user)?.attached_policies;
    if attached.iter().any(|arn| arn == policy) {
        return Ok(());
    }
    if attached.len() >= ATTACHED_POLICIES {
        return Err(refused(
            "LimitExceeded",
            format!("Cannot exceed quota for PoliciesPerUser: {ATTACHED_POLICIES}"),
        ));
    }
    attached.push(policy.to_owned());
    Ok(())
}

pub(super) fn detach_user_policy(account: &mut Inventory, user: &str, policy: &str) -> Outcome {
    let attached = &mut named_user(account, user)?.attached_policies;
    let before = attached.len();
    attached.retain(|arn| arn != policy);
    if attached.len() == before {
        return Err(refused("NoSuchEntity", format!("Policy {policy} was not found.")));
    }
    Ok(())
}

pub(super) fn update_access_key(
    account: &mut Inventory,
    user: &str,
    key: &str,
    status: KeyStatus,
) -> Outcome {
    let keys = &mut named_user(account, user)?.access_keys;
    existing(keys, key, "NoSuchEntity", "Access Key with id")?.status = status;
    Ok(())
}

pub(super) fn put_role_policy(
    account: &mut Inventory,
    role: &str,
    policy: &str,
    document: &Value,
) -> Outcome {
    if !document.is_object() {
        return Err(refused("MalformedPolicyDocument", "Syntax errors in policy."));
    }
    editable_role(account, role)?.inline_policies.insert(policy.to_owned(), document.clone());
    Ok(())
}

pub(super) fn delete_role_policy(account: &mut Inventory, role: &str, policy: &str) -> Outcome {
    match editable_role(account, role)?.inline_policies.remove(policy) {
        Some(_) => Ok(()),
        None => Err(refused("NoSuchEntity", format!("The role policy with name {policy} cannot be found."))),
    }
}

fn named_user<'a>(account: &'a mut Inventory, user: &str) -> Result<&'a mut User, AccountError> {
    existing(&mut account.users, user, "NoSuchEntity", "user with name")
}

/// A role that the account's owner may change: those of AWS services and of Identity Center are not.
fn editable_role<'a>(account: &'a mut Inventory, name: &str) -> Result<&'a mut Role, AccountError> {
    let role = existing(&mut account.roles, name, "NoSuchEntity", "role with name")?;
    if role.path.starts_with("/aws-service-role/") || role.path.starts_with("/aws-reserved/") {
        return Err(refused(
            "UnmodifiableEntity",
            format!(
                "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
            ),
        ));
    }
    Ok(role)
}
