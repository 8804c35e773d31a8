//! What an action would stop that is not the attacker's: who used its target in the last days.

use std::{collections::BTreeMap, net::IpAddr};

use domain::{Action, Event, EventClass, Inventory, PrincipalKind, Time, graph::Breakage};

use crate::{
    attacker::Attacker,
    reach::{arn_of_role, arn_of_user},
    text::clip,
};

/// How far back use counts.
pub(crate) const DAYS: i64 = 7;
/// More uses than these are summed up in one line.
const MOST: usize = 12;

/// What this action would break.
pub(crate) fn of(
    account: &Inventory,
    attacker: &Attacker<'_>,
    history: &[Event],
    action: &Action,
    now: Time,
) -> Vec<Breakage> {
    let since = now.plus_seconds(-DAYS * 24 * 3600);
    let others = || history.iter().filter(|e| e.time >= since && !attacker.did(e));
    let by = |arn: String| others().filter(move |e| e.actor.as_ref().is_some_and(|a| a.arn == arn));
    match action {
        Action::RevokeIamUser { user } => {
            let mut broken = uses(by(arn_of_user(account, user)));
            if broken.is_empty() {
                broken = keys_in_use(account, attacker, user, since);
            }
            broken
        }
        Action::DeactivateAccessKey { access_key, .. } => uses(
            others().filter(|e| e.actor.as_ref().is_some_and(|a| a.access_key.as_ref() == Some(access_key))),
        ),
        Action::RevokeRoleSessions { role } => {
            let mut broken = uses(by(arn_of_role(account, role)));
            broken.extend(holders(account, role));
            broken
        }
        Action::BlockIp { cidr, .. } => {
            uses(others().filter(|e| e.origin_ip().is_some_and(|ip: IpAddr| cidr.contains(&ip))))
        }
        Action::IsolateInstance { instance } => {
            let session = |e: &&Event| e.actor.as_ref().is_some_and(|a| a.session.as_ref() == Some(instance));
            let talk = |e: &&Event| {
                e.class == EventClass::NetworkActivity && e.resources.iter().any(|r| &r.name == instance)
            };
            let mut broken = uses(others().filter(|e| session(e) || talk(e)));
            broken.extend(duties(account, instance));
            broken
        }
        Action::BlockPublicAccess { bucket } => uses(others().filter(|e| {
            let stranger = e.actor.as_ref().is_none_or(|a| {
                matches!(a.kind, PrincipalKind::Unknown | PrincipalKind::Account)
                    || a.account.as_ref().is_some_and(|id| *id != account.account_id)
            });
            stranger && e.resources.iter().any(|r| &r.name == bucket)
        })),
        // Neither takes anything away from anybody.
        Action::SnapshotVolumes { .. } | Action::RestartTrail { .. } => Vec::new(),
    }
}

/// Events, summed up by who asked which service from where, the most frequent first.
fn uses<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<Breakage> {
    let mut sums: BTreeMap<(String, &str, &str), (u64, Time)> = BTreeMap::new();
    for event in events {
        let who = event.actor.as_ref().map_or_else(
            || "anonymous".to_owned(),
            |a| match &a.session {
                Some(session) => format!("{}/{session}", a.name),
                None => a.name.clone(),
            },
        );
        let origin = event.origin.as_deref().unwrap_or("an unknown address");
        let sum = sums.entry((who, &event.service, origin)).or_insert((0, event.time));
        *sum = (sum.0 + 1, sum.1.max(event.time));
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    let rest = sums.split_off(sums.len().min(MOST));
    let mut broken: Vec<Breakage> = sums
        .into_iter()
        .map(|((who, service, origin), (calls, last))| Breakage {
            what: clip(&who, 128),
            evidence: format!(
                "{calls} {} to {} from {} in {DAYS} days",
                if calls == 1 { "call" } else { "calls" },
                clip(service, 64),
                clip(origin, 64)
            ),
            last_used: Some(last),
        })
        .collect();
    if let Some(last) = rest.iter().map(|(_, (_, last))| *last).max() {
        let calls: u64 = rest.iter().map(|(_, (calls, _))| calls).sum();
        broken.push(Breakage {
            what: format!("{} more", rest.len()),
            evidence: format!("{calls} calls in {DAYS} days"),
            last_used: Some(last),
        });
    }
    broken
}

/// Keys that were used lately though no event shows by whom.
fn keys_in_use(account: &Inventory, attacker: &Attacker<'_>, user: &str, since: Time) -> Vec<Breakage> {
    let theirs = |key: &String| {
        attacker.events.iter().any(|e| e.actor.as_ref().is_some_and(|a| a.access_key.as_ref() == Some(key)))
    };
    let keys = account.users.get(user).into_iter().flat_map(|u| &u.access_keys);
    keys.filter(|(id, key)| key.last_used.is_some_and(|at| at >= since) && !theirs(id))
        .map(|(id, key)| Breakage {
            what: format!("access key {}", clip(id, 32)),
            evidence: "in use by GetAccessKeyLastUsed; the history does not show by whom".to_owned(),
            last_used: key.last_used,
        })
        .collect()
}

/// Instances that have the role: their credentials are denied until they fetch new ones.
fn holders(account: &Inventory, role: &str) -> Vec<Breakage> {
    let profiles: Vec<&str> = account
        .instance_profiles
        .values()
        .filter(|p| p.role.as_deref() == Some(role))
        .map(|p| p.arn.as_str())
        .collect();
    let has = |arn: &Option<String>| arn.as_deref().is_some_and(|arn| profiles.contains(&arn));
    account
        .instances
        .iter()
        .filter(|(_, i)| i.state == "running" && has(&i.instance_profile))
        .take(MOST)
        .map(|(id, _)| Breakage {
            what: id.clone(),
            evidence: "has this role through its instance profile; denied until it fetches new credentials"
                .to_owned(),
            last_used: None,
        })
        .collect()
}

/// Load balancing and auto scaling that count on an instance.
fn duties(account: &Inventory, instance: &str) -> Vec<Breakage> {
    let targets = account.target_groups.values().filter(|g| g.targets.contains_key(instance)).map(|g| {
        let (all, left) = (g.targets.len(), g.targets.len() - 1);
        (format!("target group {}", g.name), format!("{left} of {all} targets left"))
    });
    let scaling =
        account.auto_scaling_groups.iter().filter(|(_, g)| g.instances.iter().any(|i| i == instance));
    let scaling = scaling.map(|(name, g)| {
        let left = g.instances.len() - 1;
        let wanted = g.desired_capacity;
        (
            format!("auto scaling group {name}"),
            format!("{left} of {wanted} wanted instances left until a replacement has started"),
        )
    });
    targets
        .chain(scaling)
        .map(|(what, evidence)| Breakage { what: clip(&what, 128), evidence, last_used: None })
        .collect()
}
