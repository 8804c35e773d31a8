//! What can be reached, and what it is in the account.

use domain::{Inventory, Resource, ResourceKind, account::Tags};

use crate::text::clip;

/// A tag and its value by which a team says that losing something would be grave.
pub(crate) const CROWN_JEWEL_TAG: (&str, &str) = ("asoc:tier", "crown-jewel");

/// A thing, with the hold that an attacker may have of it. Two holds of one thing are one node of the drawing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Vertex {
    /// An address on the internet, or `internet`.
    Origin(String),
    /// The account's root user.
    Root,
    /// A user, by name.
    User(String),
    /// Sessions of a role that the attacker has already, by the role's name.
    Session(String),
    /// Sessions of a role that could be had anew.
    Role(String),
    /// Membership of a group, by name.
    Group(String),
    /// Every right in the account.
    Administrator,
    /// Running code on an instance, by id.
    Instance(String),
    /// Talking to an instance over the network.
    Neighbour(String),
    /// The objects of a bucket, by name.
    Bucket(String),
    /// A secret's value, by ARN.
    Secret(String),
    /// Something else that was acted on.
    Other(Resource),
}

impl Vertex {
    /// The resource that it is drawn as.
    pub(crate) fn resource(&self, account: &Inventory) -> Resource {
        let (partition, id, region) = (&account.partition, &account.account_id, &account.region);
        let (kind, arn, name) = match self {
            Vertex::Origin(address) => (ResourceKind::Address, address.clone(), address.as_str()),
            Vertex::Root => (ResourceKind::User, format!("arn:{partition}:iam::{id}:root"), "root"),
            Vertex::User(name) => (ResourceKind::User, arn_of_user(account, name), name.as_str()),
            Vertex::Session(name) | Vertex::Role(name) => {
                (ResourceKind::Role, arn_of_role(account, name), name.as_str())
            }
            Vertex::Group(name) => {
                let arn = account.groups.get(name).map(|g| g.arn.clone()).filter(|a| !a.is_empty());
                let arn = arn.unwrap_or_else(|| format!("arn:{partition}:iam::{id}:group/{name}"));
                (ResourceKind::Group, arn, name.as_str())
            }
            Vertex::Administrator => (
                ResourceKind::Policy,
                format!("arn:{partition}:iam::aws:policy/AdministratorAccess"),
                "AdministratorAccess",
            ),
            Vertex::Instance(name) | Vertex::Neighbour(name) => (
                ResourceKind::Instance,
                format!("arn:{partition}:ec2:{region}:{id}:instance/{name}"),
                name.as_str(),
            ),
            Vertex::Bucket(name) => {
                (ResourceKind::Bucket, format!("arn:{partition}:s3:::{name}"), name.as_str())
            }
            Vertex::Secret(arn) => {
                let name = account.secrets.get(arn).map_or(arn.as_str(), |s| s.name.as_str());
                (ResourceKind::Secret, arn.clone(), name)
            }
            Vertex::Other(resource) => (resource.kind, resource.arn.clone(), resource.name.as_str()),
        };
        Resource { kind, arn: clip(&arn, 512), name: clip(name, 128) }
    }

    /// Whether its tags say that losing it would be grave, or it is a secret.
    pub(crate) fn is_precious(&self, account: &Inventory) -> bool {
        let tagged = |tags: &Tags| tags.get(CROWN_JEWEL_TAG.0).is_some_and(|v| v == CROWN_JEWEL_TAG.1);
        match self {
            Vertex::Root | Vertex::Administrator | Vertex::Secret(_) => true,
            Vertex::User(name) => account.users.get(name).is_some_and(|u| tagged(&u.tags)),
            Vertex::Session(name) | Vertex::Role(name) => {
                account.roles.get(name).is_some_and(|r| tagged(&r.tags))
            }
            Vertex::Instance(id) | Vertex::Neighbour(id) => {
                account.instances.get(id).is_some_and(|i| tagged(&i.tags))
            }
            Vertex::Bucket(name) => account.buckets.get(name).is_some_and(|b| tagged(&b.tags)),
            Vertex::Other(thing) => {
                Vertex::of(account, thing.kind, &thing.arn).is_some_and(|known| known.is_precious(account))
            }
            Vertex::Origin(_) | Vertex::Group(_) => false,
        }
    }

    /// The vertex that a resource of this account stands for, by ARN or by id.
    pub(crate) fn of(account: &Inventory, kind: ResourceKind, arn: &str) -> Option<Self> {
        let last = arn.rsplit(['/', ':']).next().unwrap_or(arn).to_owned();
        match kind {
            ResourceKind::User => {
                let known = account.users.contains_key(&last);
                let same = arn_of_user(account, &last) == arn || !arn.starts_with("arn:");
                (known && same).then_some(Vertex::User(last))
            }
            ResourceKind::Role => {
                let known = account.roles.contains_key(&last);
                let same = arn_of_role(account, &last) == arn || !arn.starts_with("arn:");
                (known && same).then_some(Vertex::Role(last))
            }
            ResourceKind::Instance => account.instances.contains_key(&last).then_some(Vertex::Instance(last)),
            ResourceKind::Bucket => {
                // An object's ARN names its bucket first.
                let name = arn.rsplit(":::").next()?.split('/').next()?.to_owned();
                account.buckets.contains_key(&name).then_some(Vertex::Bucket(name))
            }
            ResourceKind::Secret => {
                let named = |(held, secret): &(&String, &domain::account::Secret)| {
                    held.as_str() == arn || secret.name == arn
                };
                account.secrets.iter().find(named).map(|(held, _)| Vertex::Secret(held.clone()))
            }
            _ => None,
        }
    }
}

/// A user's ARN, made up from its name where the inventory has none.
pub(crate) fn arn_of_user(account: &Inventory, name: &str) -> String {
    let held = account.users.get(name).map(|u| u.arn.clone()).filter(|a| !a.is_empty());
    held.unwrap_or_else(|| format!("arn:{}:iam::{}:user/{name}", account.partition, account.account_id))
}

/// A role's ARN, made up from its name where the inventory has none.
pub(crate) fn arn_of_role(account: &Inventory, name: &str) -> String {
    let held = account.roles.get(name).map(|r| r.arn.clone()).filter(|a| !a.is_empty());
    held.unwrap_or_else(|| format!("arn:{}:iam::{}:role/{name}", account.partition, account.account_id))
}
