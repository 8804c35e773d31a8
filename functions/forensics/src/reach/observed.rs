//! What the history shows that the attacker did, as links, and what they have got by it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Credential, Event, EventClass, EventOutcome, Inventory, Resource, ResourceKind};

use super::{Channel, Link, Vertex, roots};
use crate::{
    attacker::{Attacker, is_address},
    text::clip,
};

/// What the history shows.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// Links, by where they start.
    pub(super) links: BTreeMap<Vertex, Vec<Link>>,
    /// What was got.
    pub(super) held: BTreeSet<Vertex>,
}

/// What the history shows of this attacker.
pub(super) fn of(account: &Inventory, attacker: &Attacker<'_>) -> Observed {
    let mut seen = Observed::default();
    for event in &attacker.events {
        let origin = event.origin.as_ref().filter(|o| is_address(o)).map(|o| Vertex::Origin(o.clone()));
        let actor = event.actor.as_ref().and_then(|a| roots::of_principal(account, a));
        let succeeded = event.outcome == EventOutcome::Success;
        // A refused call still shows a credential that works; a refused sign-in does not.
        if let (Some(origin), Some(actor)) = (&origin, &actor)
            && (succeeded || event.class == EventClass::ApiActivity)
        {
            seen.held.insert(actor.clone());
            seen.link(origin, actor.clone(), "calls".to_owned(), event);
        }
        let Some(from) = actor.or(origin).filter(|_| succeeded) else { continue };
        seen.held.insert(from.clone());
        for (to, got) in touched(account, event) {
            if got {
                seen.held.insert(to.clone());
            }
            seen.link(&from, to, means(event), event);
        }
    }
    seen
}

impl Observed {
    fn link(&mut self, from: &Vertex, to: Vertex, means: String, event: &Event) {
        let known = self.links.entry(from.clone()).or_default();
        if !known.iter().any(|l| l.to == to && l.means == means) {
            let because = format!("event {} at {}", clip(event.id.as_str(), 80), event.time.in_words());
            known.push(Link { observed: true, ..Link::new(to, means, because, Channel::Power) });
        }
    }
}

/// What an act led to, and whether the attacker has it for good: a credential, code that runs, a secret that was read.
fn touched(account: &Inventory, event: &Event) -> Vec<(Vertex, bool)> {
    let of_kind = |kind: ResourceKind| {
        let listed = event.resources.iter().filter(move |r| r.kind == kind);
        listed.filter_map(move |r| Vertex::of(account, kind, &r.arn))
    };
    match Credential::handed_out_by(event) {
        Some(Credential::RoleSession { role, .. }) => {
            return match Vertex::of(account, ResourceKind::Role, &role) {
                Some(Vertex::Role(name)) => vec![(Vertex::Session(name), true)],
                _ => Vec::new(),
            };
        }
        Some(Credential::AccessKey { user, .. } | Credential::Password { user }) => {
            let user = Vertex::of(account, ResourceKind::User, &user);
            return user.into_iter().map(|user| (user, true)).collect();
        }
        None => {}
    }
    match event.operation.as_str() {
        "SendCommand" | "StartSession" | "SendSSHPublicKey" | "RunInstances" => {
            of_kind(ResourceKind::Instance).map(|instance| (instance, true)).collect()
        }
        "GetSecretValue" | "BatchGetSecretValue" => {
            of_kind(ResourceKind::Secret).map(|secret| (secret, true)).collect()
        }
        "GetObject" | "CopyObject" | "SelectObjectContent" => {
            of_kind(ResourceKind::Bucket).map(|bucket| (bucket, false)).collect()
        }
        operation if is_read(operation) => Vec::new(),
        _ => event.resources.iter().take(20).map(|r| (acted_on(account, r), false)).collect(),
    }
}

/// Something that was changed. It leads nowhere by itself: having changed a thing is not being it.
fn acted_on(account: &Inventory, resource: &Resource) -> Vertex {
    let known = Vertex::of(account, resource.kind, &resource.arn).map(|v| v.resource(account));
    Vertex::Other(known.unwrap_or_else(|| Resource {
        kind: resource.kind,
        arn: clip(&resource.arn, 512),
        name: clip(&resource.name, 128),
    }))
}

fn is_read(operation: &str) -> bool {
    ["Get", "List", "Describe", "Head", "Lookup", "Decode"].iter().any(|verb| operation.starts_with(verb))
}

/// `iam:CreateAccessKey`, as a policy would name it.
fn means(event: &Event) -> String {
    let service = event.service.split('.').next().unwrap_or_default();
    clip(&format!("{service}:{}", event.operation), 80)
}
