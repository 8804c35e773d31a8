//! EC2's network side: network ACLs, security groups, interfaces and addresses.

use std::collections::BTreeSet;

use agent::AccountError;
use domain::{
    Inventory,
    account::{
        Address, NetworkAcl, NetworkAclEntry, NetworkInterface, SecurityGroup, SecurityGroupRule, Tags,
    },
};

use super::{Outcome, existing, id_of, refused};

/// Entries that a network ACL may have in each direction, by default (Amazon VPC quotas).
const ACL_ENTRIES: usize = 20;
/// Security groups that an interface may have, by default (Amazon VPC quotas).
const INTERFACE_GROUPS: usize = 5;

pub(super) fn create_acl_entry(account: &mut Inventory, acl: &str, entry: &NetworkAclEntry) -> Outcome {
    if !(1..=32766).contains(&entry.rule_number) {
        return Err(refused(
            "InvalidParameterValue",
            format!("Invalid value '{}' for ruleNumber.", entry.rule_number),
        ));
    }
    let entries = &mut named_acl(account, acl)?.entries;
    let same_direction = || entries.iter().filter(|e| e.egress == entry.egress);
    if same_direction().any(|e| e.rule_number == entry.rule_number) {
        return Err(refused(
            "NetworkAclEntryAlreadyExists",
            format!("The network acl entry identified by {} already exists.", entry.rule_number),
        ));
    }
    if same_direction().count() >= ACL_ENTRIES {
        return Err(refused(
            "NetworkAclEntryLimitExceeded",
            format!("The maximum number of network acl entries ({ACL_ENTRIES}) has been reached for {acl}."),
        ));
    }
    entries.push(NetworkAclEntry { cidr: entry.cidr.trunc(), ..entry.clone() });
    Ok(())
}

pub(super) fn delete_acl_entry(account: &mut Inventory, acl: &str, number: u16, egress: bool) -> Outcome {
    let entries = &mut named_acl(account, acl)?.entries;
    let before = entries.len();
    entries.retain(|e| (e.rule_number, e.egress) != (number, egress));
    if entries.len() == before {
        return Err(refused(
            "InvalidNetworkAclEntry.NotFound",
            format!("The network acl entry identified by {number} does not exist."),
        ));
    }
    Ok(())
}

pub(super) fn create_group(
    account: &mut Inventory,
    name: &str,
    description: &str,
    vpc: &str,
    tags: &Tags,
) -> Outcome {
    if name.is_empty() || name.len() > 255 || name.starts_with("sg-") {
        return Err(refused("InvalidParameterValue", format!("Invalid security group name '{name}'.")));
    }
    if name == "default" {
        return Err(refused("InvalidGroup.Reserved", "The security group 'default' is reserved"));
    }
    if !account.subnets.values().any(|subnet| subnet.vpc == vpc) {
        return Err(refused("InvalidVpcID.NotFound", format!("The vpc ID '{vpc}' does not exist")));
    }
    if account.security_groups.values().any(|group| group.name == name && group.vpc == vpc) {
        return Err(refused(
            "InvalidGroup.Duplicate",
            format!("The security group '{name}' already exists for VPC '{vpc}'"),
        ));
    }
    let everywhere = SecurityGroupRule {
        protocol: "-1".to_owned(),
        from_port: 0,
        to_port: 0,
        peer: "0.0.0.0/0".to_owned(),
    };
    let group = SecurityGroup {
        name: name.to_owned(),
        description: description.to_owned(),
        vpc: vpc.to_owned(),
        tags: tags.clone(),
        ingress: Vec::new(),
        egress: vec![everywhere],
    };
    account.security_groups.insert(id_of("sg", &(vpc, name)), group);
    Ok(())
}

pub(super) fn delete_group(account: &mut Inventory, id: &str) -> Outcome {
    if named_group(account, id)?.name == "default" {
        return Err(refused(
            "CannotDelete",
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user"),
        ));
    }
    let is_worn = interfaces(account).any(|interface| interface.groups.iter().any(|group| group == id));
    let is_named = account
        .security_groups
        .iter()
        .any(|(other, group)| other != id && group.ingress.iter().chain(&group.egress).any(|r| r.peer == id));
    if is_worn || is_named {
        return Err(refused("DependencyViolation", format!("resource {id} has a dependent object")));
    }
    account.security_groups.remove(id);
    Ok(())
}

pub(super) fn authorize_ingress(account: &mut Inventory, id: &str, rule: &SecurityGroupRule) -> Outcome {
    if rule.peer.starts_with("sg-") {
        named_group(account, &rule.peer)?;
    }
    let group = named_group(account, id)?;
    if group.ingress.contains(rule) {
        return Err(refused("InvalidPermission.Duplicate", "the specified rule already exists"));
    }
    group.ingress.push(rule.clone());
    Ok(())
}

pub(super) fn revoke_ingress(account: &mut Inventory, id: &str, rule: &SecurityGroupRule) -> Outcome {
    revoke(&mut named_group(account, id)?.ingress, rule)
}

pub(super) fn revoke_egress(account: &mut Inventory, id: &str, rule: &SecurityGroupRule) -> Outcome {
    revoke(&mut named_group(account, id)?.egress, rule)
}

fn revoke(rules: &mut Vec<SecurityGroupRule>, rule: &SecurityGroupRule) -> Outcome {
    let before = rules.len();
    rules.retain(|r| r != rule);
    if rules.len() == before {
        return Err(refused(
            "InvalidPermission.NotFound",
            "The specified rule does not exist in this security group.",
        ));
    }
    Ok(())
}

pub(super) fn set_interface_groups(account: &mut Inventory, id: &str, groups: &[String]) -> Outcome {
    let groups: BTreeSet<&String> = groups.iter().collect();
    if groups.is_empty() {
        return Err(refused("InvalidParameterValue", "An interface needs at least one security group."));
    }
    if groups.len() > INTERFACE_GROUPS {
        return Err(refused(
            "SecurityGroupsPerInterfaceLimitExceeded",
            format!("The maximum number of security groups per interface ({INTERFACE_GROUPS}) is exceeded."),
        ));
    }
    let vpc = account
        .instances
        .values()
        .find(|i| i.interfaces.contains_key(id))
        .map(|i| i.vpc.clone())
        .unwrap_or_default();
    for group in &groups {
        if named_group(account, group)?.vpc != vpc && !vpc.is_empty() {
            return Err(refused(
                "InvalidParameter",
                format!("{group} and {id} belong to different networks."),
            ));
        }
    }
    named_interface(account, id)?.groups = groups.into_iter().cloned().collect();
    Ok(())
}

pub(super) fn disassociate_address(account: &mut Inventory, interface: &str, allocation: &str) -> Outcome {
    let address = &mut named_interface(account, interface)?.address;
    if address.as_ref().is_none_or(|a| a.allocation != allocation) {
        return Err(refused(
            "InvalidAssociationID.NotFound",
            format!("{allocation} is not associated with {interface}"),
        ));
    }
    *address = None;
    Ok(())
}

pub(super) fn associate_address(account: &mut Inventory, interface: &str, allocation: &str) -> Outcome {
    let Some(public_ip) = account.addresses.get(allocation).cloned() else {
        return Err(refused(
            "InvalidAllocationID.NotFound",
            format!("The allocation ID '{allocation}' does not exist"),
        ));
    };
    let elsewhere = account.instances.values().flat_map(|i| &i.interfaces).any(|(id, other)| {
        id != interface && other.address.as_ref().is_some_and(|a| a.allocation == allocation)
    });
    if elsewhere {
        return Err(refused(
            "Resource.AlreadyAssociated",
            format!("resource {allocation} is already associated"),
        ));
    }
    named_interface(account, interface)?.address =
        Some(Address { allocation: allocation.to_owned(), public_ip });
    Ok(())
}

fn interfaces(account: &Inventory) -> impl Iterator<Item = &NetworkInterface> {
    account.instances.values().flat_map(|instance| instance.interfaces.values())
}

fn named_acl<'a>(account: &'a mut Inventory, id: &str) -> Result<&'a mut NetworkAcl, AccountError> {
    existing(&mut account.network_acls, id, "InvalidNetworkAclID.NotFound", "networkAcl ID")
}

fn named_group<'a>(account: &'a mut Inventory, id: &str) -> Result<&'a mut SecurityGroup, AccountError> {
    existing(&mut account.security_groups, id, "InvalidGroup.NotFound", "security group")
}

fn named_interface<'a>(
    account: &'a mut Inventory,
    id: &str,
) -> Result<&'a mut NetworkInterface, AccountError> {
    account.instances.values_mut().find_map(|instance| instance.interfaces.get_mut(id)).ok_or_else(|| {
        refused(
            "InvalidNetworkInterfaceID.NotFound",
            format!("The networkInterface ID '{id}' does not exist"),
        )
    })
}
