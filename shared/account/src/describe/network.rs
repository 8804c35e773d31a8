//! Subnets, security groups, network ACLs.

use std::collections::{BTreeMap, BTreeSet};

use agent::AccountError;
use aws_sdk_ec2::{
    Client,
    types::{self, Filter, IpPermission, RouteTable, RuleAction},
};
use domain::account::{NetworkAcl, NetworkAclEntry, SecurityGroup, Subnet, Tags};
use tokio::try_join;

use super::filter;
use crate::{
    failure::{failure, present, unreadable},
    permission,
};

/// The most that EC2 puts on a page, but for route tables.
const PAGE: i32 = 1000;
/// The same for route tables.
const ROUTE_TABLES_PAGE: i32 = 100;
/// Entries above this number are EC2's own last words, a deny of everything ("Default network ACL", Amazon VPC User
/// Guide).
const LAST_ENTRY: u16 = 32766;

/// All subnets, or these of one VPC, with whether each is public and whose network ACL it has.
pub(super) async fn subnets(
    ec2: &Client,
    only: Option<(&String, BTreeSet<&String>)>,
) -> Result<BTreeMap<String, Subnet>, AccountError> {
    let (of_subnets, of_tables, of_acls) = match only {
        Some((_, ids)) if ids.is_empty() => return Ok(BTreeMap::new()),
        Some((vpc, ids)) => (
            Some(filter("subnet-id", ids.iter().copied())),
            Some(filter("vpc-id", [vpc])),
            Some(filter("association.subnet-id", ids)),
        ),
        None => (None, None, None),
    };
    let (subnets, tables, acls) = try_join!(
        async {
            let call = ec2.describe_subnets().set_filters(of_subnets.map(|f| vec![f])).max_results(PAGE);
            call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.map_err(failure)
        },
        async {
            let call = ec2.describe_route_tables().set_filters(of_tables.map(|f| vec![f]));
            let pages = call.max_results(ROUTE_TABLES_PAGE).into_paginator().items().send();
            pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)
        },
        told_acls(ec2, of_acls),
    )?;
    let associations = acls.iter().flat_map(|acl| acl.associations());
    let acls: BTreeMap<_, _> =
        associations.filter_map(|a| Some((a.subnet_id()?, a.network_acl_id()?))).collect();
    let subnets = subnets.into_iter().filter_map(|told| {
        let (id, vpc) = (told.subnet_id?, told.vpc_id?);
        let subnet = Subnet {
            cidr: told.cidr_block.unwrap_or_default(),
            public: is_public(&id, &vpc, &tables),
            network_acl: acls.get(id.as_str()).copied().unwrap_or_default().to_owned(),
            vpc,
        };
        Some((id, subnet))
    });
    Ok(subnets.collect())
}

/// A subnet without a route table of its own has the VPC's main one.
fn is_public(subnet: &str, vpc: &str, tables: &[RouteTable]) -> bool {
    let own = |table: &&RouteTable| table.associations().iter().any(|a| a.subnet_id() == Some(subnet));
    let main = |table: &&RouteTable| {
        table.vpc_id() == Some(vpc) && table.associations().iter().any(|a| a.main == Some(true))
    };
    let table = tables.iter().find(own).or_else(|| tables.iter().find(main));
    let routes = table.map(RouteTable::routes).unwrap_or_default();
    routes.iter().any(|route| route.gateway_id().is_some_and(|gateway| gateway.starts_with("igw-")))
}

/// Security groups, their rules sorted so that two readings can be compared.
pub(crate) async fn groups(
    ec2: &Client,
    only: Option<Filter>,
) -> Result<BTreeMap<String, SecurityGroup>, AccountError> {
    let call = ec2.describe_security_groups().set_filters(only.map(|f| vec![f])).max_results(PAGE);
    let pages = call.into_paginator().items().send();
    let told = pages.collect::<Result<Vec<_>, _>>().await.map_err(failure)?;
    let groups = told.into_iter().filter_map(|told| {
        let group = SecurityGroup {
            ingress: rules(told.ip_permissions()),
            egress: rules(told.ip_permissions_egress()),
            tags: tags(told.tags()),
            name: told.group_name.unwrap_or_default(),
            description: told.description.unwrap_or_default(),
            vpc: told.vpc_id.unwrap_or_default(),
        };
        Some((told.group_id?, group))
    });
    Ok(groups.collect())
}

fn rules(permissions: &[IpPermission]) -> Vec<domain::account::SecurityGroupRule> {
    let rules: BTreeSet<_> = permissions.iter().flat_map(permission::rules).map(|(rule, _)| rule).collect();
    rules.into_iter().collect()
}

/// All network ACLs.
pub(super) async fn acls(ec2: &Client) -> Result<BTreeMap<String, NetworkAcl>, AccountError> {
    let told = told_acls(ec2, None).await?;
    told.into_iter().filter_map(|told| Some((told.network_acl_id.clone()?, told))).map(acl_of).collect()
}

/// One network ACL.
pub(super) async fn acl(ec2: &Client, id: &str) -> Result<Option<NetworkAcl>, AccountError> {
    let answer = ec2.describe_network_acls().network_acl_ids(id).send().await.map_err(failure);
    let told = present(answer, &["InvalidNetworkAclID.NotFound", "InvalidNetworkAclID.Malformed"])?;
    let told = told.and_then(|answer| answer.network_acls?.into_iter().next());
    told.map(|told| Ok(acl_of((id.to_owned(), told))?.1)).transpose()
}

/// Without EC2's own last words.
fn acl_of((id, told): (String, types::NetworkAcl)) -> Result<(String, NetworkAcl), AccountError> {
    let entries = told.entries().iter().filter_map(|told| entry(&id, told).transpose());
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| (entry.egress, entry.rule_number));
    Ok((id, NetworkAcl { vpc: told.vpc_id.unwrap_or_default(), entries }))
}

async fn told_acls(ec2: &Client, only: Option<Filter>) -> Result<Vec<types::NetworkAcl>, AccountError> {
    let call = ec2.describe_network_acls().set_filters(only.map(|f| vec![f])).max_results(PAGE);
    call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.map_err(failure)
}

fn entry(acl: &str, told: &types::NetworkAclEntry) -> Result<Option<NetworkAclEntry>, AccountError> {
    let number = told.rule_number.and_then(|number| u16::try_from(number).ok());
    let Some(rule_number) = number.filter(|number| *number <= LAST_ENTRY) else { return Ok(None) };
    let cidr = told.cidr_block().or(told.ipv6_cidr_block()).unwrap_or_default();
    let cidr = cidr.parse().map_err(|error| unreadable(&format!("{acl}'s entry {rule_number}"), error))?;
    Ok(Some(NetworkAclEntry {
        rule_number,
        egress: told.egress.unwrap_or(false),
        allow: told.rule_action == Some(RuleAction::Allow),
        protocol: told.protocol.clone().unwrap_or_default(),
        cidr,
    }))
}

/// EC2's form of tags.
pub(super) fn tags(told: &[types::Tag]) -> Tags {
    told.iter().filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()))).collect()
}
