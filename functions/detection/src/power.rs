//! How much of the account a principal can reach or take, and what in it is worth most.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Inventory, Principal, PrincipalKind, Resource, account::Tags};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a principal may do to the account as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "power", rename_all = "snake_case")]
pub enum Power {
    /// Everything.
    Administrator {
        /// The policy that says so.
        by: String,
    },
    /// It can give itself more than it has.
    Escalates {
        /// The action that allows it.
        by: String,
    },
    /// Neither.
    Ordinary,
}

/// Actions with which a principal gives itself another's rights, or more rights ("Actions, resources, and condition keys
/// for AWS Identity and Access Management").
const ESCALATING: [&str; 16] = [
    "iam:attachgrouppolicy",
    "iam:attachrolepolicy",
    "iam:attachuserpolicy",
    "iam:addusertogroup",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:createpolicyversion",
    "iam:passrole",
    "iam:putgrouppolicy",
    "iam:putrolepolicy",
    "iam:putuserpolicy",
    "iam:setdefaultpolicyversion",
    "iam:updateassumerolepolicy",
    "iam:updateloginprofile",
    "iam:deleteuserpermissionsboundary",
    "iam:deleterolepermissionsboundary",
];

/// What the account says of a principal; nothing if it is not one of its users or roles. Allows only: what a deny or a
/// boundary takes away again is not looked at, so the answer is rather too high than too low.
pub(crate) fn of(principal: &Principal, account: &Inventory) -> Option<Power> {
    let (attached, inline) = match principal.kind {
        PrincipalKind::Root => return Some(Power::Administrator { by: "the root user".into() }),
        PrincipalKind::User => {
            let user = account.users.values().find(|user| user.arn == principal.arn)?;
            let groups = user.groups.iter().filter_map(|name| account.groups.get(name));
            let mut attached: Vec<&String> = user.attached_policies.iter().collect();
            let mut inline: Vec<(&String, &Value)> = user.inline_policies.iter().collect();
            for group in groups {
                attached.extend(&group.attached_policies);
                inline.extend(&group.inline_policies);
            }
            (attached, inline)
        }
        PrincipalKind::Role => {
            // A session's own ARN lacks the role's path, so that only the name is sure.
            let role = account.roles.values().find(|role| role.arn == principal.arn);
            let role =
                role.or_else(|| account.roles.get(&principal.name).filter(|_| is_of(principal, account)))?;
            (role.attached_policies.iter().collect(), role.inline_policies.iter().collect())
        }
        _ => return None,
    };
    let managed = attached.into_iter().map(|arn| (arn, account.policies.get(arn)));
    let all = managed.chain(inline.into_iter().map(|(name, document)| (name, Some(document))));
    Some(all.fold(Power::Ordinary, |known, (name, document)| stronger(known, of_policy(name, document))))
}

/// Tags that make a resource a crown jewel, by the resources' ARNs and names.
pub(crate) fn crown_jewels(account: &Inventory) -> BTreeSet<String> {
    let is_jewel = |tags: &Tags| tags.get("asoc:tier").is_some_and(|tier| tier == "crown-jewel");
    let mut jewels = BTreeSet::new();
    jewels.extend(account.users.values().filter(|user| is_jewel(&user.tags)).map(|user| user.arn.clone()));
    jewels.extend(account.roles.values().filter(|role| is_jewel(&role.tags)).map(|role| role.arn.clone()));
    jewels.extend(named(&account.instances, |instance| is_jewel(&instance.tags)));
    jewels.extend(named(&account.buckets, |bucket| is_jewel(&bucket.tags)));
    for (arn, secret) in account.secrets.iter().filter(|(_, secret)| is_jewel(&secret.tags)) {
        jewels.extend([arn.clone(), secret.name.clone()]);
    }
    jewels
}

/// Whether a resource is among them, under whichever of its names.
pub(crate) fn is_among(resource: &Resource, jewels: &BTreeSet<String>) -> bool {
    jewels.contains(&resource.arn) || jewels.contains(&resource.name)
}

fn named<'a, T>(
    things: &'a BTreeMap<String, T>,
    wanted: impl Fn(&T) -> bool + 'a,
) -> impl Iterator<Item = String> + 'a {
    things.iter().filter(move |(_, thing)| wanted(thing)).map(|(name, _)| name.clone())
}

fn is_of(principal: &Principal, account: &Inventory) -> bool {
    principal.account.as_ref().is_none_or(|id| *id == account.account_id)
}

fn stronger(one: Power, other: Power) -> Power {
    match (&one, &other) {
        (Power::Administrator { .. }, _) | (_, Power::Ordinary) => one,
        (_, Power::Administrator { .. }) | (Power::Ordinary, _) => other,
        _ => one,
    }
}

fn of_policy(name: &str, document: Option<&Value>) -> Power {
    if name.ends_with(":aws:policy/AdministratorAccess") {
        return Power::Administrator { by: "AdministratorAccess".into() };
    }
    if name.ends_with(":aws:policy/IAMFullAccess") {
        return Power::Escalates { by: "IAMFullAccess".into() };
    }
    let statements = document.map(|d| &d["Statement"]).map(each).unwrap_or_default();
    statements.into_iter().filter(|s| s["Effect"] == "Allow").fold(Power::Ordinary, |known, statement| {
        let actions: Vec<String> = each(&statement["Action"])
            .into_iter()
            .filter_map(Value::as_str)
            .map(str::to_ascii_lowercase)
            .collect();
        let everywhere = each(&statement["Resource"]).into_iter().any(|resource| resource == "*");
        let power = if everywhere && actions.iter().any(|action| action == "*" || action == "*:*") {
            Power::Administrator { by: name.to_owned() }
        } else {
            let escalating =
                ESCALATING.iter().find(|wanted| actions.iter().any(|action| allows(action, wanted)));
            escalating.map_or(Power::Ordinary, |action| Power::Escalates { by: (*action).to_owned() })
        };
        stronger(known, power)
    })
}

/// Whether an action of a policy, which may end in `*`, covers this one. Wildcards elsewhere are rare, and are not
/// taken for a match.
fn allows(action: &str, wanted: &str) -> bool {
    action.strip_suffix('*').map_or(action == wanted, |prefix| wanted.starts_with(prefix))
}

/// The elements of a list, or the one thing that stands in its place.
fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        value => vec![value],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_give_power() {
        let allow = |action: Value, resource: Value| json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}});
        let admin = Power::Administrator { by: "p".into() };
        let by = |action: &str| Power::Escalates { by: action.into() };
        for (document, expected) in [
            (allow(json!("*"), json!("*")), admin.clone()),
            (allow(json!(["s3:Get*", "*:*"]), json!(["*"])), admin),
            (allow(json!("*"), json!("arn:aws:s3:::b")), by("iam:attachgrouppolicy")),
            (allow(json!("iam:PassRole"), json!("*")), by("iam:passrole")),
            (allow(json!("iam:Put*"), json!("*")), by("iam:putgrouppolicy")),
            (allow(json!("s3:*"), json!("*")), Power::Ordinary),
            (json!({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}), Power::Ordinary),
            (json!("bent"), Power::Ordinary),
        ] {
            assert_eq!(of_policy("p", Some(&document)), expected, "{document}");
        }
        let managed = of_policy("arn:aws-cn:iam::aws:policy/AdministratorAccess", None);
        assert_eq!(managed, Power::Administrator { by: "AdministratorAccess".into() });
    }
}
