//! The calls, one file a service, with the error codes of each service's API reference.

mod ec2;
mod iam;
mod network;
mod scaling;
mod storage;

use std::collections::BTreeMap;

use agent::AccountError;
use domain::{AccountWrite, Digest, Inventory};
use serde::Serialize;

type Outcome = Result<(), AccountError>;

/// Applies one call. On an error the account may be half changed: the caller throws it away.
pub(crate) fn apply(account: &mut Inventory, call: &AccountWrite) -> Outcome {
    use AccountWrite as W;
    match call {
        W::AttachUserPolicy { user, policy_arn } => iam::attach_user_policy(account, user, policy_arn),
        W::DetachUserPolicy { user, policy_arn } => iam::detach_user_policy(account, user, policy_arn),
        W::UpdateAccessKey { user, access_key, status } => {
            iam::update_access_key(account, user, access_key, *status)
        }
        W::PutRolePolicy { role, policy_name, document } => {
            iam::put_role_policy(account, role, policy_name, document)
        }
        W::DeleteRolePolicy { role, policy_name } => iam::delete_role_policy(account, role, policy_name),
        W::CreateNetworkAclEntry { network_acl, entry } => {
            network::create_acl_entry(account, network_acl, entry)
        }
        W::DeleteNetworkAclEntry { network_acl, rule_number, egress } => {
            network::delete_acl_entry(account, network_acl, *rule_number, *egress)
        }
        W::CreateSecurityGroup { name, description, vpc, tags } => {
            network::create_group(account, name, description, vpc, tags)
        }
        W::DeleteSecurityGroup { group } => network::delete_group(account, group),
        W::AuthorizeSecurityGroupIngress { group, rule } => network::authorize_ingress(account, group, rule),
        W::RevokeSecurityGroupIngress { group, rule } => network::revoke_ingress(account, group, rule),
        W::RevokeSecurityGroupEgress { group, rule } => network::revoke_egress(account, group, rule),
        W::SetInterfaceGroups { interface, groups } => {
            network::set_interface_groups(account, interface, groups)
        }
        W::DisassociateAddress { interface, allocation } => {
            network::disassociate_address(account, interface, allocation)
        }
        W::AssociateAddress { interface, allocation } => {
            network::associate_address(account, interface, allocation)
        }
        W::SetDisableApiTermination { instance, value } => {
            ec2::set_disable_api_termination(account, instance, *value)
        }
        W::SetShutdownBehavior { instance, value } => ec2::set_shutdown_behavior(account, instance, value),
        W::SetDeleteOnTermination { instance, device, value } => {
            ec2::set_delete_on_termination(account, instance, device, *value)
        }
        W::CreateSnapshot { volume, description, tags } => {
            ec2::create_snapshot(account, volume, description, tags)
        }
        W::DeleteSnapshot { snapshot } => ec2::delete_snapshot(account, snapshot),
        W::DisassociateInstanceProfile { instance, profile_arn } => {
            ec2::disassociate_profile(account, instance, profile_arn)
        }
        W::AssociateInstanceProfile { instance, profile_arn } => {
            ec2::associate_profile(account, instance, profile_arn)
        }
        W::CreateTags { resource, tags } => ec2::create_tags(account, resource, tags),
        W::DeleteTags { resource, keys } => ec2::delete_tags(account, resource, keys),
        W::DeregisterTarget { target_group, instance, port } => {
            scaling::deregister_target(account, target_group, instance, *port)
        }
        W::RegisterTarget { target_group, instance, port } => {
            scaling::register_target(account, target_group, instance, *port)
        }
        W::DetachFromAutoScaling { group, instance } => scaling::detach_instance(account, group, instance),
        W::AttachToAutoScaling { group, instance } => scaling::attach_instance(account, group, instance),
        W::PutPublicAccessBlock { bucket, block } => {
            storage::put_public_access_block(account, bucket, *block)
        }
        W::DeletePublicAccessBlock { bucket } => storage::delete_public_access_block(account, bucket),
        W::StartLogging { trail } => storage::set_logging(account, trail, true),
        W::StopLogging { trail } => storage::set_logging(account, trail, false),
    }
}

/// A refusal for good.
pub(crate) fn refused(code: &str, message: impl Into<String>) -> AccountError {
    AccountError::Refused { code: code.to_owned(), message: message.into() }
}

/// The thing of this name, or the service's own word for its absence.
fn existing<'a, T>(
    things: &'a mut BTreeMap<String, T>,
    name: &str,
    code: &str,
    what: &str,
) -> Result<&'a mut T, AccountError> {
    things.get_mut(name).ok_or_else(|| refused(code, format!("The {what} '{name}' does not exist")))
}

/// An id for something new. Made from its content, so that a repeated call names the same thing.
fn id_of<T: Serialize>(prefix: &str, content: &T) -> String {
    format!("{prefix}-0{}", Digest::of_json(content).short())
}
