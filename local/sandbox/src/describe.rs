//! What a scope names of an account, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Inventory,
    account::{Instance, Scope},
};

/// The part of an account that a scope names.
pub(crate) fn part(account: &Inventory, scope: &Scope) -> Inventory {
    let nothing = Inventory {
        account_id: account.account_id.clone(),
        partition: account.partition.clone(),
        region: account.region.clone(),
        ..Inventory::default()
    };
    match scope {
        Scope::Everything => account.clone(),
        Scope::User { name } => Inventory { users: one(&account.users, name), ..nothing },
        Scope::Role { name } => Inventory { roles: one(&account.roles, name), ..nothing },
        Scope::NetworkAcl { id } => Inventory { network_acls: one(&account.network_acls, id), ..nothing },
        Scope::Bucket { name } => Inventory { buckets: one(&account.buckets, name), ..nothing },
        Scope::Trail { arn } => Inventory { trails: one(&account.trails, arn), ..nothing },
        Scope::Instance { id } => match account.instances.get(id) {
            Some(instance) => around(account, id, instance, nothing),
            None => nothing,
        },
    }
}

fn around(account: &Inventory, id: &str, instance: &Instance, nothing: Inventory) -> Inventory {
    let subnets: BTreeSet<&String> = instance.interfaces.values().map(|i| &i.subnet).collect();
    let volumes: BTreeSet<&String> = instance.volumes.values().map(|v| &v.volume).collect();
    Inventory {
        instances: one(&account.instances, id),
        subnets: those(&account.subnets, |subnet, _| subnets.contains(subnet)),
        security_groups: those(&account.security_groups, |_, group| group.vpc == instance.vpc),
        snapshots: those(&account.snapshots, |_, snapshot| volumes.contains(&snapshot.volume)),
        target_groups: those(&account.target_groups, |_, group| group.targets.contains_key(id)),
        auto_scaling_groups: those(&account.auto_scaling_groups, |_, group| {
            group.instances.iter().any(|member| member == id)
        }),
        ..nothing
    }
}

fn one<T: Clone>(things: &BTreeMap<String, T>, name: &str) -> BTreeMap<String, T> {
    those(things, |key, _| key == name)
}

fn those<T: Clone>(
    things: &BTreeMap<String, T>,
    wanted: impl Fn(&String, &T) -> bool,
) -> BTreeMap<String, T> {
    things
        .iter()
        .filter(|(key, thing)| wanted(key, thing))
        .map(|(key, thing)| (key.clone(), thing.clone()))
        .collect()
}
