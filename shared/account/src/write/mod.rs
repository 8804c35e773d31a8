//! Writing: each call as it was decided, one file a service.
//!
//! Nothing is sent but the call itself. Where AWS's call wants an id that the decision does not hold (an association, a
//! rule exactly as it was made), it is looked up first, and what is not found is refused as AWS refuses it. A call that
//! was sent before is refused by AWS in a way that shows it, or does nothing.

mod iam;
mod instances;
mod network;
mod scaling;
mod storage;

use agent::AccountError;
use domain::AccountWrite;

use crate::AwsAccount;

type Outcome = Result<(), AccountError>;

impl AwsAccount {
    /// Sends one call.
    pub(crate) async fn send(&self, call: &AccountWrite) -> Outcome {
        use AccountWrite as W;
        match call {
            W::AttachUserPolicy { user, policy_arn } => {
                iam::attach_user_policy(&self.iam, user, policy_arn).await
            }
            W::DetachUserPolicy { user, policy_arn } => {
                iam::detach_user_policy(&self.iam, user, policy_arn).await
            }
            W::UpdateAccessKey { user, access_key, status } => {
                iam::update_access_key(&self.iam, user, access_key, *status).await
            }
            W::PutRolePolicy { role, policy_name, document } => {
                iam::put_role_policy(&self.iam, role, policy_name, document).await
            }
            W::DeleteRolePolicy { role, policy_name } => {
                iam::delete_role_policy(&self.iam, role, policy_name).await
            }
            W::CreateNetworkAclEntry { network_acl, entry } => {
                network::create_acl_entry(&self.ec2, network_acl, entry).await
            }
            W::DeleteNetworkAclEntry { network_acl, rule_number, egress } => {
                network::delete_acl_entry(&self.ec2, network_acl, *rule_number, *egress).await
            }
            W::CreateSecurityGroup { name, description, vpc, tags } => {
                network::create_group(&self.ec2, name, description, vpc, tags).await
            }
            W::DeleteSecurityGroup { group } => network::delete_group(&self.ec2, group).await,
            W::AuthorizeSecurityGroupIngress { group, rule } => {
                network::authorize_ingress(&self.ec2, group, rule).await
            }
            W::RevokeSecurityGroupIngress { group, rule } => {
                network::revoke_ingress(&self.ec2, group, rule).await
            }
            W::RevokeSecurityGroupEgress { group, rule } => {
                network::revoke_egress(&self.ec2, group, rule).await
            }
            W::SetInterfaceGroups { interface, groups } => {
                network::set_interface_groups(&self.ec2, interface, groups).await
            }
            W::DisassociateAddress { interface, allocation } => {
                network::disassociate_address(&self.ec2, interface, allocation).await
            }
            W::AssociateAddress { interface, allocation } => {
                network::associate_address(&self.ec2, interface, allocation).await
            }
            W::SetDisableApiTermination { instance, value } => {
                instances::set_disable_api_termination(&self.ec2, instance, *value).await
            }
            W::SetShutdownBehavior { instance, value } => {
                instances::set_shutdown_behavior(&self.ec2, instance, value).await
            }
            W::SetDeleteOnTermination { instance, device, value } => {
                instances::set_delete_on_termination(&self.ec2, instance, device, *value).await
            }
            W::CreateSnapshot { volume, description, tags } => {
                instances::create_snapshot(&self.ec2, volume, description, tags).await
            }
            W::DeleteSnapshot { snapshot } => instances::delete_snapshot(&self.ec2, snapshot).await,
            W::DisassociateInstanceProfile { instance, profile_arn } => {
                instances::disassociate_profile(&self.ec2, instance, profile_arn).await
            }
            W::AssociateInstanceProfile { instance, profile_arn } => {
                instances::associate_profile(&self.ec2, instance, profile_arn).await
            }
            W::CreateTags { resource, tags } => instances::create_tags(&self.ec2, resource, tags).await,
            W::DeleteTags { resource, keys } => instances::delete_tags(&self.ec2, resource, keys).await,
            W::DeregisterTarget { target_group, instance, port } => {
                scaling::deregister_target(&self.elb, target_group, instance, *port).await
            }
            W::RegisterTarget { target_group, instance, port } => {
                scaling::register_target(&self.elb, target_group, instance, *port).await
            }
            W::DetachFromAutoScaling { group, instance } => {
                scaling::detach_instance(&self.autoscaling, group, instance).await
            }
            W::AttachToAutoScaling { group, instance } => {
                scaling::attach_instance(&self.autoscaling, group, instance).await
            }
            W::PutPublicAccessBlock { bucket, block } => {
                let owner = &self.identity().await?.account_id;
                storage::put_public_access_block(&self.s3, owner, bucket, *block).await
            }
            W::DeletePublicAccessBlock { bucket } => {
                let owner = &self.identity().await?.account_id;
                storage::delete_public_access_block(&self.s3, owner, bucket).await
            }
            W::StartLogging { trail } => storage::start_logging(&self.cloudtrail, trail).await,
            W::StopLogging { trail } => storage::stop_logging(&self.cloudtrail, trail).await,
        }
    }
}
