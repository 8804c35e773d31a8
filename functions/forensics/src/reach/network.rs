//! Which instances can be talked to. Talking is not controlling: reach does not go on from there.

use std::{collections::BTreeSet, net::IpAddr};

use domain::{
    Inventory,
    account::{Instance, NetworkInterface, SecurityGroupRule},
};
use ipnet::IpNet;

use super::{Channel, Link, Vertex};

/// Instances of the same VPC that the security groups of both sides let this one talk to. Network ACLs within a VPC
/// are not looked at.
pub(super) fn from_instance(account: &Inventory, id: &str) -> Vec<Link> {
    let Some(source) = account.instances.get(id) else { return Vec::new() };
    let others = account.instances.iter().filter(|(other, i)| *other != id && i.vpc == source.vpc && runs(i));
    let mut links = BTreeSet::new();
    for (other, target) in others {
        for from in source.interfaces.values() {
            for to in target.interfaces.values() {
                for (group, rule) in admitted(account, from, to) {
                    links.insert((
                        other.clone(),
                        label(rule),
                        format!("security group {group}, ingress from {}", rule.peer),
                    ));
                }
            }
        }
    }
    links
        .into_iter()
        .map(|(other, means, because)| Link::new(Vertex::Neighbour(other), means, because, Channel::Network))
        .collect()
}

/// Instances with a public address that security groups and network ACLs let this address talk to.
pub(super) fn from_origin(account: &Inventory, origin: &str) -> Vec<Link> {
    let address: Option<IpAddr> = origin.parse().ok();
    let mut links = Vec::new();
    for (id, instance) in account.instances.iter().filter(|(_, i)| runs(i)) {
        for interface in instance.interfaces.values().filter(|i| i.address.is_some()) {
            let Some(subnet) = account.subnets.get(&interface.subnet).filter(|s| s.public) else { continue };
            if address.is_some_and(|a| is_denied(account, &subnet.network_acl, a)) {
                continue;
            }
            for (group, rule) in ingress(account, interface) {
                let open = match (rule.peer.parse::<IpNet>(), address) {
                    (Ok(block), Some(address)) => block.contains(&address),
                    (Ok(block), None) => block.prefix_len() == 0,
                    _ => false,
                };
                if open {
                    let because = format!("security group {group}, ingress from {}", rule.peer);
                    let channel = Channel::Door { network_acl: subnet.network_acl.clone() };
                    links.push(Link::new(Vertex::Neighbour(id.clone()), label(rule), because, channel));
                }
            }
        }
    }
    links
}

/// Rules of the target's groups that let the source in, as far as the source's groups let it out.
fn admitted<'a>(
    account: &'a Inventory,
    from: &'a NetworkInterface,
    to: &'a NetworkInterface,
) -> impl Iterator<Item = (&'a str, &'a SecurityGroupRule)> {
    ingress(account, to).filter(move |(_, rule)| {
        is_peer(rule, from)
            && from
                .groups
                .iter()
                .filter_map(|g| account.security_groups.get(g))
                .flat_map(|g| &g.egress)
                .any(|out| is_peer(out, to) && share_ports(out, rule))
    })
}

fn ingress<'a>(
    account: &'a Inventory,
    interface: &'a NetworkInterface,
) -> impl Iterator<Item = (&'a str, &'a SecurityGroupRule)> {
    interface.groups.iter().flat_map(|id| {
        let group = account.security_groups.get(id);
        group.into_iter().flat_map(move |g| g.ingress.iter().map(move |rule| (id.as_str(), rule)))
    })
}

fn is_peer(rule: &SecurityGroupRule, interface: &NetworkInterface) -> bool {
    match rule.peer.parse::<IpNet>() {
        Ok(block) => interface.private_ip.parse::<IpAddr>().is_ok_and(|ip| block.contains(&ip)),
        Err(_) => interface.groups.contains(&rule.peer),
    }
}

fn share_ports(a: &SecurityGroupRule, b: &SecurityGroupRule) -> bool {
    a.protocol == "-1"
        || b.protocol == "-1"
        || (a.protocol == b.protocol && a.from_port <= b.to_port && b.from_port <= a.to_port)
}

/// Whether a network ACL denies everything that comes from this address: its lowest entry about it decides,
/// and without one it denies.
fn is_denied(account: &Inventory, network_acl: &str, address: IpAddr) -> bool {
    let Some(acl) = account.network_acls.get(network_acl) else { return false };
    let about = acl.entries.iter().filter(|e| !e.egress && e.cidr.contains(&address));
    // An entry about one protocol decides for that protocol only.
    about.filter(|e| e.protocol == "-1" || e.allow).min_by_key(|e| e.rule_number).is_none_or(|e| !e.allow)
}

fn runs(instance: &Instance) -> bool {
    matches!(instance.state.as_str(), "running" | "pending")
}

fn label(rule: &SecurityGroupRule) -> String {
    match (rule.protocol.as_str(), rule.from_port, rule.to_port) {
        ("-1", ..) => "network all".to_owned(),
        (protocol @ ("tcp" | "udp"), from, to) if from == to => format!("network {protocol}/{from}"),
        (protocol @ ("tcp" | "udp"), from, to) => format!("network {protocol}/{from}-{to}"),
        (protocol, ..) => format!("network {}", crate::text::clip(protocol, 16)),
    }
}
