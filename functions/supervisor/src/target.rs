//! What of a finding an action could be applied to. Every field of a finding is the attacker's to write, so nothing here
//! is taken at its word: a target must be in the watched account, and a session's name must match what the account says.

use std::net::IpAddr;

use domain::{Action, Finding, Inventory, PrincipalKind, ResourceKind, account::Instance};
use ipnet::IpNet;

use crate::playbook::{Kind, Subject};

/// The actions of this kind that this subject of a finding calls for; they may turn out to be impossible.
pub(crate) fn actions(kind: Kind, subject: Subject, finding: &Finding, account: &Inventory) -> Vec<Action> {
    if finding.account.as_ref().is_some_and(|id| id != &account.account_id) {
        return Vec::new();
    }
    let users = || named(subject, finding, account, PrincipalKind::User, ResourceKind::User);
    let roles = || named(subject, finding, account, PrincipalKind::Role, ResourceKind::Role);
    let instances = || match subject {
        Subject::Actor => actor_instance(finding, account).into_iter().collect(),
        _ => touched(finding, account, ResourceKind::Instance),
    };
    match kind {
        Kind::RevokeIamUser => users().into_iter().map(|user| Action::RevokeIamUser { user }).collect(),
        Kind::RevokeRoleSessions => {
            roles().into_iter().map(|role| Action::RevokeRoleSessions { role }).collect()
        }
        Kind::SnapshotVolumes => {
            instances().into_iter().map(|instance| Action::SnapshotVolumes { instance }).collect()
        }
        Kind::IsolateInstance => {
            instances().into_iter().map(|instance| Action::IsolateInstance { instance }).collect()
        }
        Kind::BlockPublicAccess => touched(finding, account, ResourceKind::Bucket)
            .into_iter()
            .map(|bucket| Action::BlockPublicAccess { bucket })
            .collect(),
        Kind::RestartTrail => finding
            .resources
            .iter()
            .filter(|r| r.kind == ResourceKind::Trail && is_of(&r.arn, account))
            .map(|r| Action::RestartTrail { trail: r.arn.clone() })
            .collect(),
        Kind::BlockIp => blocks(finding, account),
        // A finding names no key as one that may be switched off.
        Kind::DeactivateAccessKey => Vec::new(),
    }
}

/// The last part of an ARN, or of a name with a path.
pub(crate) fn short(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// Whether text is an EC2 instance's id: `i-` and 8 or 17 hexadecimal digits.
pub(crate) fn is_instance_id(text: &str) -> bool {
    text.strip_prefix("i-")
        .is_some_and(|id| matches!(id.len(), 8 | 17) && id.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether an ARN names the watched account; one that names none (a bucket's, or a plain id) may be of it.
pub(crate) fn is_of(arn: &str, account: &Inventory) -> bool {
    let owner = if arn.starts_with("arn:") { arn.split(':').nth(4) } else { None };
    owner.is_none_or(|owner| owner.is_empty() || owner == account.account_id)
}

fn named(
    subject: Subject,
    finding: &Finding,
    account: &Inventory,
    principal: PrincipalKind,
    resource: ResourceKind,
) -> Vec<String> {
    match subject {
        Subject::Actor => finding
            .actor
            .iter()
            .filter(|actor| actor.kind == principal && is_of(&actor.arn, account))
            .map(|actor| short(&actor.arn).to_owned())
            .collect(),
        _ => touched(finding, account, resource),
    }
}

fn touched(finding: &Finding, account: &Inventory, kind: ResourceKind) -> Vec<String> {
    let of_kind = finding.resources.iter().filter(|r| r.kind == kind && is_of(&r.arn, account));
    of_kind.map(|r| short(&r.arn).to_owned()).collect()
}

/// The instance whose role's credentials the actor used. EC2 names such sessions by the instance; but whoever assumes a
/// role chooses the session's name, so the instance must really have that role, or an innocent one would be isolated.
fn actor_instance(finding: &Finding, account: &Inventory) -> Option<String> {
    let actor = finding.actor.as_ref().filter(|a| a.kind == PrincipalKind::Role && is_of(&a.arn, account))?;
    let id = actor.session.as_deref().filter(|session| is_instance_id(session))?;
    let profile = account.instances.get(id)?.instance_profile.as_deref()?;
    let role = account.instance_profiles.get(short(profile))?.role.as_deref()?;
    (role == short(&actor.arn)).then(|| id.to_owned())
}

/// The origin, denied at each network ACL in front of the involved instances.
fn blocks(finding: &Finding, account: &Inventory) -> Vec<Action> {
    let Some(address) = finding.origin.as_deref().and_then(|origin| origin.parse().ok()) else {
        return Vec::new();
    };
    if !is_public(address) || account.addresses.values().any(|own| own.parse() == Ok(address)) {
        return Vec::new();
    }
    let mut involved = touched(finding, account, ResourceKind::Instance);
    involved.extend(actor_instance(finding, account));
    involved
        .iter()
        .filter_map(|id| account.instances.get(id))
        .flat_map(|instance| acls(instance, account))
        .map(|network_acl| Action::BlockIp { cidr: IpNet::from(address), network_acl })
        .collect()
}

fn acls<'a>(instance: &'a Instance, account: &'a Inventory) -> impl Iterator<Item = String> + 'a {
    let subnets = instance.interfaces.values().filter_map(|interface| account.subnets.get(&interface.subnet));
    subnets.map(|subnet| subnet.network_acl.clone()).filter(|acl| !acl.is_empty())
}

/// Whether an address is one of the internet's (IANA special-purpose address registries). The blocks for documentation
/// count as public: nothing real is behind them, and drills use them.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (b == 18 || b == 19)))
        }
        IpAddr::V6(v6) => v6.to_ipv4_mapped().is_none() && v6.segments()[0] & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for public in ["203.0.113.66", "8.8.8.8", "198.51.100.1", "2600:1f18::1", "2001:db8::1", "100.63.0.1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn instance_ids() {
        for id in ["i-0a1b2c3d4e5f60001", "i-0a1b2c3d"] {
            assert!(is_instance_id(id));
        }
        for other in ["i-", "i-0a1b", "alice", "i-0a1b2c3d4e5f6000g", "j-0a1b2c3d", "i-0a1b2c3d4e5f60001/x"] {
            assert!(!is_instance_id(other), "{other}");
        }
    }
}
