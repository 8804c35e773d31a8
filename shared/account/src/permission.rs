//! One allowance of a security group in two forms: EC2's, which puts many peers together, and A-SOC's, one peer each.

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use domain::account::SecurityGroupRule;

/// Each rule of a permission, beside the permission for this one peer alone: the rule has no place for a negative
/// ICMP type or a peered group's account, which EC2 wants to see again when the rule is revoked.
pub(crate) fn rules(told: &IpPermission) -> Vec<(SecurityGroupRule, IpPermission)> {
    let bare = || {
        let ports = IpPermission::builder().set_from_port(told.from_port).set_to_port(told.to_port);
        ports.set_ip_protocol(told.ip_protocol.clone())
    };
    let v4 = told.ip_ranges().iter().filter_map(|range| {
        let peer = range.cidr_ip.clone()?;
        Some((peer.clone(), bare().ip_ranges(IpRange::builder().cidr_ip(peer).build())))
    });
    let v6 = told.ipv6_ranges().iter().filter_map(|range| {
        let peer = range.cidr_ipv6.clone()?;
        Some((peer.clone(), bare().ipv6_ranges(Ipv6Range::builder().cidr_ipv6(peer).build())))
    });
    let lists = told.prefix_list_ids().iter().filter_map(|list| {
        let peer = list.prefix_list_id.clone()?;
        Some((peer.clone(), bare().prefix_list_ids(PrefixListId::builder().prefix_list_id(peer).build())))
    });
    let groups = told.user_id_group_pairs().iter().filter_map(|pair| {
        let peer = pair.group_id.clone()?;
        let only = UserIdGroupPair::builder().group_id(&peer).set_user_id(pair.user_id.clone());
        Some((peer, bare().user_id_group_pairs(only.build())))
    });
    let peers = v4.chain(v6).chain(lists).chain(groups);
    peers.map(|(peer, permission)| (rule(told, peer), permission.build())).collect()
}

fn rule(told: &IpPermission, peer: String) -> SecurityGroupRule {
    let protocol = told.ip_protocol.clone().unwrap_or_else(|| "-1".to_owned());
    let port = |port: Option<i32>| match protocol.as_str() {
        "-1" => 0,
        _ => port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
    };
    SecurityGroupRule { from_port: port(told.from_port), to_port: port(told.to_port), protocol, peer }
}

/// A rule as a permission. All ports where it allows all protocols.
pub(crate) fn of(rule: &SecurityGroupRule) -> IpPermission {
    let permission = IpPermission::builder().ip_protocol(&rule.protocol);
    let permission = match rule.protocol.as_str() {
        "-1" => permission,
        _ => permission.from_port(rule.from_port.into()).to_port(rule.to_port.into()),
    };
    let peer = &rule.peer;
    let permission = if peer.starts_with("sg-") {
        permission.user_id_group_pairs(UserIdGroupPair::builder().group_id(peer).build())
    } else if peer.starts_with("pl-") {
        permission.prefix_list_ids(PrefixListId::builder().prefix_list_id(peer).build())
    } else if peer.contains(':') {
        permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(peer).build())
    } else {
        permission.ip_ranges(IpRange::builder().cidr_ip(peer).build())
    };
    permission.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(protocol: &str, ports: Option<(i32, i32)>) -> aws_sdk_ec2::types::builders::IpPermissionBuilder {
        let (from, to) = ports.unzip();
        IpPermission::builder().ip_protocol(protocol).set_from_port(from).set_to_port(to)
    }

    #[test]
    fn one_rule_for_each_peer_and_back() {
        let many = told("tcp", Some((443, 443)))
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").description("inside").build())
            .ip_ranges(IpRange::builder().cidr_ip("192.0.2.1/32").build())
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build())
            .prefix_list_ids(PrefixListId::builder().prefix_list_id("pl-1").build())
            .user_id_group_pairs(UserIdGroupPair::builder().group_id("sg-1").build())
            .build();
        let rules = rules(&many);
        let peers: Vec<&str> = rules.iter().map(|(rule, _)| rule.peer.as_str()).collect();
        assert_eq!(peers, ["10.0.0.0/8", "192.0.2.1/32", "::/0", "pl-1", "sg-1"]);
        for (rule, permission) in &rules {
            assert_eq!((rule.protocol.as_str(), rule.from_port, rule.to_port), ("tcp", 443, 443));
            assert_eq!(&of(rule), permission);
        }
    }

    #[test]
    fn what_a_rule_cannot_say_is_kept_in_the_permission() {
        let anyone = IpRange::builder().cidr_ip("0.0.0.0/0").build();
        let pings = told("icmp", Some((-1, -1))).ip_ranges(anyone.clone()).build();
        let [(rule, permission)] = &rules(&pings)[..] else { panic!("one rule") };
        assert_eq!((rule.from_port, rule.to_port), (0, 0));
        assert_eq!((permission.from_port, permission.to_port), (Some(-1), Some(-1)));

        let all = told("-1", None).ip_ranges(anyone).build();
        let [(rule, permission)] = &rules(&all)[..] else { panic!("one rule") };
        assert_eq!((&of(rule), rule.from_port), (permission, 0));
    }
}
