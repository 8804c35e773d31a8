//! Reading: one file for what belongs together, and here which of it a scope names.

pub(crate) mod addresses;
mod buckets;
mod document;
mod identities;
mod instances;
pub(crate) mod network;
mod roles;
mod scaling;
mod secrets;
pub(crate) mod snapshots;
pub(crate) mod trails;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use agent::AccountError;
use aws_sdk_ec2::types::Filter;
use domain::{
    Inventory,
    account::{Instance, Scope},
};
use tokio::try_join;

use crate::AwsAccount;

pub(crate) use buckets::region_of;

impl AwsAccount {
    /// What a scope names, and nothing else.
    pub(crate) async fn read(&self, scope: &Scope) -> Result<Inventory, AccountError> {
        let identity = self.identity().await?;
        let nothing = Inventory {
            account_id: identity.account_id.clone(),
            partition: identity.partition.clone(),
            region: self.region.clone(),
            ..Inventory::default()
        };
        Ok(match scope {
            Scope::Everything => self.everything(nothing).await?,
            Scope::User { name } => {
                Inventory { users: named(name, users::one(&self.iam, name).await?), ..nothing }
            }
            Scope::Role { name } => {
                Inventory { roles: named(name, roles::one(&self.iam, name).await?), ..nothing }
            }
            Scope::NetworkAcl { id } => {
                Inventory { network_acls: named(id, network::acl(&self.ec2, id).await?), ..nothing }
            }
            Scope::Bucket { name } => {
                let bucket = buckets::one(&self.s3, &identity.account_id, name).await?;
                Inventory { buckets: named(name, bucket), ..nothing }
            }
            Scope::Trail { arn } => {
                Inventory { trails: named(arn, trails::one(&self.cloudtrail, arn).await?), ..nothing }
            }
            Scope::Instance { id } => match instances::one(&self.ec2, id).await? {
                Some(instance) => self.around(id, instance, nothing).await?,
                None => nothing,
            },
        })
    }

    async fn everything(&self, nothing: Inventory) -> Result<Inventory, AccountError> {
        let (identities, (instances, addresses), network, target_groups, auto_scaling_groups, storage) = try_join!(
            identities::all(&self.iam),
            instances::all(&self.ec2),
            async {
                try_join!(
                    network::subnets(&self.ec2, None),
                    network::groups(&self.ec2, None),
                    network::acls(&self.ec2),
                )
            },
            scaling::target_groups(&self.elb, None),
            scaling::groups(&self.autoscaling, None),
            async {
                try_join!(
                    buckets::all(&self.s3, &nothing.account_id),
                    trails::all(&self.cloudtrail),
                    secrets::all(&self.secrets),
                )
            },
        )?;
        let (subnets, security_groups, network_acls) = network;
        let (buckets, trails, secrets) = storage;
        Ok(Inventory {
            users: identities.users,
            groups: identities.groups,
            roles: identities.roles,
            policies: identities.policies,
            instance_profiles: identities.instance_profiles,
            addresses,
            subnets,
            instances,
            security_groups,
            network_acls,
            target_groups,
            auto_scaling_groups,
            buckets,
            trails,
            secrets,
            ..nothing
        })
    }

    /// An instance with what its containment needs to see.
    async fn around(
        &self,
        id: &str,
        instance: Instance,
        nothing: Inventory,
    ) -> Result<Inventory, AccountError> {
        let vpc = &instance.vpc;
        let subnets: BTreeSet<&String> = instance.interfaces.values().map(|i| &i.subnet).collect();
        let volumes: BTreeSet<&String> = instance.volumes.values().map(|v| &v.volume).collect();
        let (subnets, security_groups, snapshots, mut target_groups, auto_scaling_groups) = try_join!(
            network::subnets(&self.ec2, Some((vpc, subnets))),
            network::groups(&self.ec2, Some(filter("vpc-id", [vpc]))),
            snapshots::of(&self.ec2, volumes),
            scaling::target_groups(&self.elb, Some(vpc)),
            scaling::groups(&self.autoscaling, Some(id)),
        )?;
        target_groups.retain(|_, group| group.targets.contains_key(id));
        let instances = named(id, Some(instance));
        Ok(Inventory {
            instances,
            subnets,
            security_groups,
            snapshots,
            target_groups,
            auto_scaling_groups,
            ..nothing
        })
    }
}

fn named<T>(name: &str, thing: Option<T>) -> BTreeMap<String, T> {
    thing.into_iter().map(|thing| (name.to_owned(), thing)).collect()
}

/// One of EC2's filters: any of these values.
pub(crate) fn filter<'a>(name: &str, values: impl IntoIterator<Item = &'a String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().cloned().collect())).build()
}
