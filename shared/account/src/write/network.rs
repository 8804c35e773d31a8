//! EC2's network side: network ACLs, security groups, interfaces and addresses.

use agent::AccountError;
use aws_sdk_ec2::{
    Client,
    types::{IpPermission, ResourceType, RuleAction},
};
use domain::account::{NetworkAclEntry, SecurityGroupRule, Tags};
use ipnet::IpNet;

use super::{Outcome, instances::tagged};
use crate::{
    describe::{addresses, filter},
    failure::{failure, refused},
    permission,
};

pub(super) async fn create_acl_entry(ec2: &Client, acl: &str, entry: &NetworkAclEntry) -> Outcome {
    let action = if entry.allow { RuleAction::Allow } else { RuleAction::Deny };
    let cidr = entry.cidr.trunc();
    let call = ec2
        .create_network_acl_entry()
        .network_acl_id(acl)
        .rule_number(entry.rule_number.into())
        .egress(entry.egress)
        .rule_action(action)
        .protocol(&entry.protocol);
    let call = match cidr {
        IpNet::V4(_) => call.cidr_block(cidr.to_string()),
        IpNet::V6(_) => call.ipv6_cidr_block(cidr.to_string()),
    };
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn delete_acl_entry(ec2: &Client, acl: &str, number: u16, egress: bool) -> Outcome {
    let call = ec2.delete_network_acl_entry().network_acl_id(acl).rule_number(number.into()).egress(egress);
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn create_group(
    ec2: &Client,
    name: &str,
    description: &str,
    vpc: &str,
    tags: &Tags,
) -> Outcome {
    let call = ec2.create_security_group().group_name(name).description(description).vpc_id(vpc);
    let call = call.set_tag_specifications(tagged(ResourceType::SecurityGroup, tags));
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn delete_group(ec2: &Client, group: &str) -> Outcome {
    ec2.delete_security_group().group_id(group).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn authorize_ingress(ec2: &Client, group: &str, rule: &SecurityGroupRule) -> Outcome {
    let call = ec2.authorize_security_group_ingress().group_id(group).ip_permissions(permission::of(rule));
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn revoke_ingress(ec2: &Client, group: &str, rule: &SecurityGroupRule) -> Outcome {
    let exact = exact(ec2, group, rule, false).await?;
    let call = ec2.revoke_security_group_ingress().group_id(group).set_ip_permissions(Some(exact));
    call.send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn revoke_egress(ec2: &Client, group: &str, rule: &SecurityGroupRule) -> Outcome {
    let exact = exact(ec2, group, rule, true).await?;
    let call = ec2.revoke_security_group_egress().group_id(group).set_ip_permissions(Some(exact));
    call.send().await.map_err(failure)?;
    Ok(())
}

/// The rule as EC2 has it: it revokes only what it is told in its own words, and in some VPCs ignores the rest in
/// silence (RevokeSecurityGroupIngress, Amazon EC2 API Reference).
async fn exact(
    ec2: &Client,
    group: &str,
    rule: &SecurityGroupRule,
    egress: bool,
) -> Result<Vec<IpPermission>, AccountError> {
    let answer = ec2.describe_security_groups().group_ids(group).send().await.map_err(failure)?;
    let group = answer.security_groups.unwrap_or_default().into_iter().next();
    let told = group.iter().flat_map(|g| if egress { g.ip_permissions_egress() } else { g.ip_permissions() });
    let matching = told.flat_map(permission::rules).filter(|(found, _)| found == rule);
    let exact: Vec<_> = matching.map(|(_, permission)| permission).collect();
    match exact.is_empty() {
        true => Err(refused(
            "InvalidPermission.NotFound",
            "The specified rule does not exist in this security group.",
        )),
        false => Ok(exact),
    }
}

pub(super) async fn set_interface_groups(ec2: &Client, interface: &str, groups: &[String]) -> Outcome {
    let call = ec2.modify_network_interface_attribute().network_interface_id(interface);
    call.set_groups(Some(groups.to_vec())).send().await.map_err(failure)?;
    Ok(())
}

pub(super) async fn disassociate_address(ec2: &Client, interface: &str, allocation: &str) -> Outcome {
    let known = addresses::of(ec2, Some(filter("allocation-id", [&allocation.to_owned()]))).await?;
    let ours = known.into_iter().find(|address| address.network_interface_id() == Some(interface));
    let Some(association) = ours.and_then(|address| address.association_id) else {
        return Err(refused(
            "InvalidAssociationID.NotFound",
            format!("{allocation} is not associated with {interface}"),
        ));
    };
    ec2.disassociate_address().association_id(association).send().await.map_err(failure)?;
    Ok(())
}

/// Never takes the address away from where it is now.
pub(super) async fn associate_address(ec2: &Client, interface: &str, allocation: &str) -> Outcome {
    let call = ec2.associate_address().network_interface_id(interface).allocation_id(allocation);
    call.allow_reassociation(false).send().await.map_err(failure)?;
    Ok(())
}
