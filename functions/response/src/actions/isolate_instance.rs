//! IsolateInstance: nothing reaches the instance, it reaches nothing, and nothing destroys it.
//!
//! Connections that a security group tracks survive a change of groups; those that all traffic is allowed for are not
//! tracked ("Amazon EC2 security group connection tracking", Amazon EC2 User Guide). So each interface passes through a
//! group that allows everything into one that allows nothing. Before that the public address goes, so that the open
//! group never faces the internet through it. Interfaces are changed one by one: the instance's own attribute reaches
//! the primary one only.
//!
//! Undo gives everything back but one number: Auto Scaling raises its group's desired capacity by one when the
//! instance comes back, because it has started a replacement; to lower it could terminate either.
//!
//! Must not: stop, reboot or terminate the instance, or change a security group that it did not create.

use domain::{
    AccountWrite, Facets,
    account::{Instance, NetworkInterface, SecurityGroup, SecurityGroupRule, Tags},
};
use serde_json::{Value, json};

use super::{ACTION_TAG, View, value};

const PROTECTION: &str = "termination protection";
const SHUTDOWN: &str = "shutdown behavior";
const PROFILE: &str = "instance profile";
const TAG: &str = "tag asoc:isolated-by";
const TAG_KEY: &str = "asoc:isolated-by";

fn device_facet(device: &str) -> String {
    format!("device {device} delete on termination")
}

fn target_facet(target_group: &str) -> String {
    format!("target group {target_group}")
}

fn scaling_facet(group: &str) -> String {
    format!("auto scaling group {group}")
}

fn groups_facet(interface: &str) -> String {
    format!("interface {interface} groups")
}

fn address_facet(interface: &str) -> String {
    format!("interface {interface} address")
}

/// The two security groups that the action makes for itself.
#[derive(Clone, Copy)]
enum Own {
    /// Allows everything: connections through it are not tracked.
    Open,
    /// Allows nothing.
    Quarantine,
}

impl Own {
    const BOTH: [Own; 2] = [Own::Open, Own::Quarantine];

    fn name(self, view: &View<'_>) -> String {
        match self {
            Own::Open => format!("asoc-open-{}", view.id),
            Own::Quarantine => format!("asoc-quarantine-{}", view.id),
        }
    }

    fn facet(self) -> &'static str {
        match self {
            Own::Open => "open group",
            Own::Quarantine => "quarantine group",
        }
    }

    fn find<'a>(self, instance: &Instance, view: &View<'a>) -> Option<(&'a String, &'a SecurityGroup)> {
        let name = self.name(view);
        view.account.security_groups.iter().find(|(_, g)| g.vpc == instance.vpc && g.name == name)
    }

    fn create(self, instance: &Instance, view: &View<'_>) -> AccountWrite {
        let description = match self {
            Own::Open => "Lets tracked connections become untracked; kept for moments",
            Own::Quarantine => "Allows nothing",
        };
        AccountWrite::CreateSecurityGroup {
            name: self.name(view),
            description: description.to_owned(),
            vpc: instance.vpc.clone(),
            tags: Tags::from([(ACTION_TAG.to_owned(), view.id.to_string())]),
        }
    }
}

pub(super) fn facets(name: &str, view: &View<'_>) -> Option<Facets> {
    let instance = view.account.instances.get(name)?;
    let text = |text: Option<&String>| text.map_or(Value::Null, |text| text.clone().into());
    let mut facets = Facets::from([
        (PROTECTION.to_owned(), instance.disable_api_termination.into()),
        (SHUTDOWN.to_owned(), instance.shutdown_behavior.clone().into()),
        (PROFILE.to_owned(), text(instance.instance_profile.as_ref())),
        (TAG.to_owned(), text(instance.tags.get(TAG_KEY))),
    ]);
    for (device, attachment) in &instance.volumes {
        facets.insert(device_facet(device), attachment.delete_on_termination.into());
    }
    for (id, interface) in &instance.interfaces {
        facets.insert(groups_facet(id), json!(interface.groups));
        facets.insert(address_facet(id), text(interface.address.as_ref().map(|a| &a.allocation)));
    }
    for (arn, group) in &view.account.target_groups {
        if let Some(port) = group.targets.get(name) {
            facets.insert(target_facet(arn), (*port).into());
        }
    }
    for group in scaling_groups(name, view) {
        facets.insert(scaling_facet(group), true.into());
    }
    for own in Own::BOTH {
        let group = own.find(instance, view);
        let group = group.map(|(id, g)| json!({ "id": id, "ingress": g.ingress, "egress": g.egress }));
        facets.insert(own.facet().to_owned(), group.unwrap_or(Value::Null));
    }
    Some(facets)
}

pub(super) fn forward(name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let instance = view.account.instances.get(name)?;
    protect(name, instance)
        .or_else(|| withdraw(name, view))
        .or_else(|| take_address(instance))
        .or_else(|| quarantine(instance, view))
        .or_else(|| take_credentials(name, instance))
        .or_else(|| mark(name, instance, view))
        .or_else(|| {
            let (group, _) = Own::Open.find(instance, view)?;
            Some(AccountWrite::DeleteSecurityGroup { group: group.clone() })
        })
}

fn protect(name: &str, instance: &Instance) -> Option<AccountWrite> {
    let name = || name.to_owned();
    if !instance.disable_api_termination {
        return Some(AccountWrite::SetDisableApiTermination { instance: name(), value: true });
    }
    if instance.shutdown_behavior != "stop" {
        return Some(AccountWrite::SetShutdownBehavior { instance: name(), value: "stop".to_owned() });
    }
    let (device, _) = instance.volumes.iter().find(|(_, attachment)| attachment.delete_on_termination)?;
    Some(AccountWrite::SetDeleteOnTermination { instance: name(), device: device.clone(), value: false })
}

/// Out of load balancing first, so that requests drain, then out of auto scaling, which would replace the instance and
/// terminate it.
fn withdraw(name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let registered =
        view.account.target_groups.iter().find_map(|(arn, group)| Some((arn, *group.targets.get(name)?)));
    if let Some((arn, port)) = registered {
        return Some(AccountWrite::DeregisterTarget {
            target_group: arn.clone(),
            instance: name.to_owned(),
            port,
        });
    }
    let group = scaling_groups(name, view).next()?;
    Some(AccountWrite::DetachFromAutoScaling { group: group.clone(), instance: name.to_owned() })
}

fn take_address(instance: &Instance) -> Option<AccountWrite> {
    let (interface, address) =
        instance.interfaces.iter().find_map(|(id, interface)| Some((id, interface.address.as_ref()?)))?;
    Some(AccountWrite::DisassociateAddress {
        interface: interface.clone(),
        allocation: address.allocation.clone(),
    })
}

fn quarantine(instance: &Instance, view: &View<'_>) -> Option<AccountWrite> {
    let Some((closed, rules)) = Own::Quarantine.find(instance, view) else {
        return Some(Own::Quarantine.create(instance, view));
    };
    if let Some(rule) = rules.egress.first() {
        return Some(AccountWrite::RevokeSecurityGroupEgress { group: closed.clone(), rule: rule.clone() });
    }
    if let Some(rule) = rules.ingress.first() {
        return Some(AccountWrite::RevokeSecurityGroupIngress { group: closed.clone(), rule: rule.clone() });
    }
    let open = Own::Open.find(instance, view);
    let loose: Vec<_> = instance.interfaces.iter().filter(|(_, i)| !wears_only(i, closed)).collect();
    // One interface at a time all the way, so that none stays in the open group longer than it must.
    let ready =
        loose.iter().find(|(_, i)| open.is_some_and(|(open, _)| wears_only(i, open)) || is_cut_off(i, view));
    if let Some((interface, _)) = ready {
        return Some(AccountWrite::SetInterfaceGroups {
            interface: (*interface).clone(),
            groups: vec![closed.clone()],
        });
    }
    let (interface, _) = loose.first()?;
    let Some((open, rules)) = open else {
        return Some(Own::Open.create(instance, view));
    };
    if let Some(rule) = everything().into_iter().find(|rule| !rules.ingress.contains(rule)) {
        return Some(AccountWrite::AuthorizeSecurityGroupIngress { group: open.clone(), rule });
    }
    Some(AccountWrite::SetInterfaceGroups { interface: (*interface).clone(), groups: vec![open.clone()] })
}

fn take_credentials(name: &str, instance: &Instance) -> Option<AccountWrite> {
    let profile_arn = instance.instance_profile.clone()?;
    Some(AccountWrite::DisassociateInstanceProfile { instance: name.to_owned(), profile_arn })
}

fn mark(name: &str, instance: &Instance, view: &View<'_>) -> Option<AccountWrite> {
    let is_marked = instance.tags.get(TAG_KEY).is_some_and(|by| by == view.id.as_str());
    (!is_marked).then(|| tag(name, view.id.as_str()))
}

pub(super) fn backward(name: &str, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    let instance = view.account.instances.get(name)?;
    unmark(name, instance, before)
        .or_else(|| {
            let profile_arn = value(before, PROFILE).as_str()?.to_owned();
            instance
                .instance_profile
                .is_none()
                .then(|| AccountWrite::AssociateInstanceProfile { instance: name.to_owned(), profile_arn })
        })
        .or_else(|| reconnect(instance, view, before))
        .or_else(|| rejoin(name, view, before))
        .or_else(|| unprotect(name, instance, before))
}

fn unmark(name: &str, instance: &Instance, before: &Facets) -> Option<AccountWrite> {
    let now = instance.tags.get(TAG_KEY).map(String::as_str);
    match value(before, TAG).as_str() {
        was if was == now => None,
        Some(was) => Some(tag(name, was)),
        None => Some(AccountWrite::DeleteTags { resource: name.to_owned(), keys: vec![TAG_KEY.to_owned()] }),
    }
}

/// The groups of each interface, then its address, then the action's own groups, which nothing wears any more.
fn reconnect(instance: &Instance, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    for (id, interface) in &instance.interfaces {
        let was: Option<Vec<String>> = serde_json::from_value(value(before, &groups_facet(id)).clone()).ok();
        if let Some(groups) = was.filter(|groups| groups != &interface.groups) {
            return Some(AccountWrite::SetInterfaceGroups { interface: id.clone(), groups });
        }
    }
    for (id, interface) in &instance.interfaces {
        if let (Some(was), None) = (value(before, &address_facet(id)).as_str(), &interface.address) {
            return Some(AccountWrite::AssociateAddress {
                interface: id.clone(),
                allocation: was.to_owned(),
            });
        }
    }
    let own = Own::BOTH
        .into_iter()
        .filter(|own| value(before, own.facet()).is_null())
        .find_map(|own| own.find(instance, view));
    let (group, _) = own?;
    Some(AccountWrite::DeleteSecurityGroup { group: group.clone() })
}

/// What the instance was taken out of is read from the snapshot: the account names only what it is in.
fn rejoin(name: &str, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    for group in before.keys().filter_map(|facet| facet.strip_prefix(&scaling_facet(""))) {
        if !scaling_groups(name, view).any(|is_in| is_in == group) {
            return Some(AccountWrite::AttachToAutoScaling {
                group: group.to_owned(),
                instance: name.to_owned(),
            });
        }
    }
    for (facet, port) in before {
        let Some(arn) = facet.strip_prefix(&target_facet("")) else { continue };
        let port = port.as_u64().and_then(|port| u16::try_from(port).ok())?;
        if view.account.target_groups.get(arn).and_then(|g| g.targets.get(name)) != Some(&port) {
            return Some(AccountWrite::RegisterTarget {
                target_group: arn.to_owned(),
                instance: name.to_owned(),
                port,
            });
        }
    }
    None
}

fn unprotect(name: &str, instance: &Instance, before: &Facets) -> Option<AccountWrite> {
    for (device, attachment) in &instance.volumes {
        match value(before, &device_facet(device)).as_bool() {
            Some(value) if value != attachment.delete_on_termination => {
                return Some(AccountWrite::SetDeleteOnTermination {
                    instance: name.to_owned(),
                    device: device.clone(),
                    value,
                });
            }
            _ => {}
        }
    }
    let shutdown = value(before, SHUTDOWN).as_str()?;
    if shutdown != instance.shutdown_behavior {
        return Some(AccountWrite::SetShutdownBehavior {
            instance: name.to_owned(),
            value: shutdown.to_owned(),
        });
    }
    let value = value(before, PROTECTION).as_bool()?;
    (value != instance.disable_api_termination)
        .then(|| AccountWrite::SetDisableApiTermination { instance: name.to_owned(), value })
}

fn scaling_groups<'a>(name: &'a str, view: &View<'a>) -> impl Iterator<Item = &'a String> {
    let groups = &view.account.auto_scaling_groups;
    groups.iter().filter(move |(_, g)| g.instances.iter().any(|id| id == name)).map(|(group, _)| group)
}

fn wears_only(interface: &NetworkInterface, group: &str) -> bool {
    matches!(interface.groups.as_slice(), [only] if only == group)
}

/// Whether an interface is in quarantine already, another action's: then there is no connection left to untrack, and
/// to open it would be harm.
fn is_cut_off(interface: &NetworkInterface, view: &View<'_>) -> bool {
    interface.groups.iter().all(|id| {
        view.account.security_groups.get(id).is_some_and(|g| g.ingress.is_empty() && g.egress.is_empty())
    })
}

fn everything() -> [SecurityGroupRule; 2] {
    ["0.0.0.0/0", "::/0"].map(|peer| SecurityGroupRule {
        protocol: "-1".to_owned(),
        from_port: 0,
        to_port: 0,
        peer: peer.to_owned(),
    })
}

fn tag(instance: &str, by: &str) -> AccountWrite {
    AccountWrite::CreateTags {
        resource: instance.to_owned(),
        tags: Tags::from([(TAG_KEY.to_owned(), by.to_owned())]),
    }
}
