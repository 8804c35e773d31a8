//! What an incident says is compromised.

use std::collections::BTreeSet;

use domain::{Incident, Inventory, Principal, PrincipalKind, ResourceKind};

use super::Vertex;
use crate::{
    attacker::{Attacker, is_address},
    iam::{ResourcePolicies, is_public},
    text::clip,
};

/// The compromised things, and what the inventory does not hold of them.
pub(super) fn of(
    account: &Inventory,
    policies: &ResourcePolicies,
    incident: &Incident,
    attacker: &Attacker<'_>,
) -> (BTreeSet<Vertex>, Vec<String>) {
    let (mut roots, mut unseen) = (BTreeSet::new(), Vec::new());
    for principal in &incident.principals {
        let owner = principal.access_key.as_deref().and_then(|key| owner_of(account, key));
        match of_principal(account, principal).or(owner) {
            Some(root) => _ = roots.insert(root),
            None if principal.kind.is_person_or_workload() => unseen.push(format!(
                "{} is not in the inventory of this account: what it may do is not drawn.",
                clip(&principal.arn, 160)
            )),
            None => {}
        }
    }
    for resource in &incident.resources {
        match resource.kind {
            ResourceKind::Instance => roots.extend(Vertex::of(account, resource.kind, &resource.arn)),
            ResourceKind::AccessKey => roots.extend(owner_of(account, &resource.name)),
            // Whoever finds a public bucket needs no address that we know.
            ResourceKind::Bucket if is_public(account, policies, &resource.name).is_some() => {
                roots.insert(Vertex::Origin("internet".to_owned()));
            }
            _ => {}
        }
    }
    // A session of an instance is named after it: whoever has its credentials took them from there.
    let names = attacker.sessions.values().flat_map(|s| &s.names);
    roots.extend(
        names.filter(|name| account.instances.contains_key(*name)).map(|id| Vertex::Instance(id.clone())),
    );
    roots.extend(incident.origins.iter().filter(|o| is_address(o)).map(|o| Vertex::Origin(o.clone())));
    (roots, unseen)
}

/// The vertex of whoever acts as this principal.
pub(super) fn of_principal(account: &Inventory, principal: &Principal) -> Option<Vertex> {
    match principal.kind {
        PrincipalKind::Root => {
            let here = principal.account.as_deref().is_none_or(|id| id == account.account_id);
            here.then_some(Vertex::Root)
        }
        PrincipalKind::User => Vertex::of(account, ResourceKind::User, &principal.arn),
        PrincipalKind::Role => match Vertex::of(account, ResourceKind::Role, &principal.arn)? {
            Vertex::Role(name) => Some(Vertex::Session(name)),
            other => Some(other),
        },
        _ => None,
    }
}

fn owner_of(account: &Inventory, key: &str) -> Option<Vertex> {
    let owner = account.users.iter().find(|(_, user)| user.access_keys.contains_key(key))?;
    Some(Vertex::User(owner.0.clone()))
}
