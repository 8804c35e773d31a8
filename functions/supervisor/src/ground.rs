//! The facts that a plan and a question to the policy are made of.

use std::collections::BTreeSet;

use agent::Ctx;
use domain::{
    Action, Finding, Incident, Inventory, PlannedAction,
    account::{Scope, Tags},
    verdict::{Question, QuestionAction},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    obtained::{self, Acts},
    target,
};

/// Findings, what their actors got since, and the part of the account that all this leads to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ground {
    /// Findings, oldest first.
    pub findings: Vec<Finding>,
    /// What the account holds of all they name, and what belongs to it.
    pub account: Inventory,
    /// By which acts the findings' actors got further credentials since.
    #[serde(default)]
    pub acts: Acts,
}

impl Ground {
    /// Reads the account as far as these findings need it. One reading of the whole, so that what is kept of it fits
    /// together.
    pub(crate) async fn read(ctx: &Ctx, findings: Vec<Finding>) -> anyhow::Result<Self> {
        let acts = obtained::read(ctx, &findings).await?;
        let account = relevant(ctx.account.describe(&Scope::Everything).await?, &findings, &acts);
        Ok(Self { findings, account, acts })
    }

    /// Reads an incident's findings, and the account for them.
    pub(crate) async fn of(ctx: &Ctx, incident: &Incident, more: Option<&Finding>) -> anyhow::Result<Self> {
        let ids: Vec<_> = incident.findings.iter().map(|f| f.id.clone()).collect();
        let mut findings = ctx.store.findings(&ids).await?;
        findings.extend(more.cloned());
        Self::read(ctx, findings).await
    }
}

/// What findings and acts name, and what belongs to that. Evidence is kept for years; the rest of the account is no part
/// of it.
fn relevant(mut account: Inventory, findings: &[Finding], acts: &Acts) -> Inventory {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for finding in findings {
        if let Some(actor) = &finding.actor {
            names.insert(target::short(&actor.arn));
            names.extend(actor.session.as_deref());
        }
    }
    let touched = findings.iter().flat_map(|finding| &finding.resources);
    for resource in touched.chain(acts.events.iter().flat_map(|event| &event.resources)) {
        names.extend([resource.arn.as_str(), target::short(&resource.arn)]);
    }
    let named = |name: &str| names.contains(name);
    account.users.retain(|name, _| named(name));
    account.roles.retain(|name, _| named(name));
    account.instances.retain(|id, _| named(id));
    account.buckets.retain(|name, _| named(name));
    account.trails.retain(|arn, _| named(arn));

    account.groups.retain(|name, _| account.users.values().any(|user| user.groups.contains(name)));
    let attached: BTreeSet<&String> = (account.users.values().flat_map(|user| &user.attached_policies))
        .chain(account.groups.values().flat_map(|group| &group.attached_policies))
        .chain(account.roles.values().flat_map(|role| &role.attached_policies))
        .collect();
    account.policies.retain(|arn, _| attached.contains(arn));
    let profiles: BTreeSet<&str> =
        account.instances.values().filter_map(|i| i.instance_profile.as_deref()).map(target::short).collect();
    account.instance_profiles.retain(|name, _| profiles.contains(name.as_str()));
    let subnets: BTreeSet<&String> =
        account.instances.values().flat_map(|i| i.interfaces.values()).map(|i| &i.subnet).collect();
    account.subnets.retain(|id, _| subnets.contains(id));
    account.network_acls.retain(|id, _| account.subnets.values().any(|subnet| &subnet.network_acl == id));

    Inventory {
        security_groups: Default::default(),
        snapshots: Default::default(),
        target_groups: Default::default(),
        auto_scaling_groups: Default::default(),
        secrets: Default::default(),
        ..account
    }
}

/// What the policy is asked about these actions.
pub(crate) fn question(
    incident: &Incident,
    actions: &[PlannedAction],
    account: &Inventory,
    actions_last_hour: u32,
) -> Question {
    let actions = actions.iter().map(|planned| QuestionAction {
        id: planned.id.clone(),
        kind: planned.action.kind().to_owned(),
        target: planned.target.arn.clone(),
        tags: tags(&planned.action, account),
        administrator: is_administrator(&planned.action, account),
    });
    Question {
        risk: incident.risk,
        drill: incident.drill,
        actions: actions.collect(),
        principals: incident.principals.iter().map(|p| p.arn.clone()).collect(),
        actions_last_hour,
    }
}

fn tags(action: &Action, account: &Inventory) -> Tags {
    let tags = match action {
        Action::RevokeIamUser { user } | Action::DeactivateAccessKey { user, .. } => {
            account.users.get(user).map(|u| &u.tags)
        }
        Action::RevokeRoleSessions { role } => account.roles.get(role).map(|r| &r.tags),
        Action::SnapshotVolumes { instance } | Action::IsolateInstance { instance } => {
            account.instances.get(instance).map(|i| &i.tags)
        }
        Action::BlockPublicAccess { bucket } => account.buckets.get(bucket).map(|b| &b.tags),
        Action::BlockIp { .. } | Action::RestartTrail { .. } => None,
    };
    tags.cloned().unwrap_or_default()
}

/// Whether the target is a principal that may do anything: by AWS's policy AdministratorAccess, or by any other that
/// allows every action on everything. A user's groups count; conditions and denials do not, so it errs towards "yes".
fn is_administrator(action: &Action, account: &Inventory) -> bool {
    let attached = |arns: &[String]| {
        arns.iter().any(|arn| {
            arn.ends_with(":iam::aws:policy/AdministratorAccess")
                || account.policies.get(arn).is_some_and(allows_everything)
        })
    };
    match action {
        Action::RevokeIamUser { user } | Action::DeactivateAccessKey { user, .. } => {
            account.users.get(user).is_some_and(|user| {
                attached(&user.attached_policies)
                    || user.inline_policies.values().any(allows_everything)
                    || user.groups.iter().filter_map(|name| account.groups.get(name)).any(|group| {
                        attached(&group.attached_policies)
                            || group.inline_policies.values().any(allows_everything)
                    })
            })
        }
        Action::RevokeRoleSessions { role } => account.roles.get(role).is_some_and(|role| {
            attached(&role.attached_policies) || role.inline_policies.values().any(allows_everything)
        }),
        _ => false,
    }
}

fn allows_everything(policy: &Value) -> bool {
    let has_star = |value: Option<&Value>| match value {
        Some(Value::String(one)) => one == "*" || one == "*:*",
        Some(Value::Array(many)) => many.iter().any(|one| one == "*" || one == "*:*"),
        _ => false,
    };
    let is_star = |statement: &Value| {
        statement.get("Effect").is_some_and(|effect| effect == "Allow")
            && has_star(statement.get("Action"))
            && has_star(statement.get("Resource"))
    };
    match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().any(is_star),
        Some(statement) => is_star(statement),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixture::{WEB_1, account, finding, instance, on, role, user};

    fn names<T>(things: &std::collections::BTreeMap<String, T>) -> Vec<&str> {
        things.keys().map(String::as_str).collect()
    }

    #[test]
    fn evidence_holds_what_is_named_and_what_belongs_to_it() {
        let whole = account();
        let none = Acts::default();
        let kept = relevant(whole.clone(), &[finding("f", "", Some(user("tom.reyes")), 0)], &none);
        assert_eq!((names(&kept.users), names(&kept.groups)), (vec!["tom.reyes"], vec!["admins"]));
        assert_eq!(names(&kept.policies), ["arn:aws:iam::aws:policy/AdministratorAccess"]);
        assert!(kept.roles.is_empty() && kept.instances.is_empty() && kept.network_acls.is_empty());
        assert!(kept.security_groups.is_empty() && kept.secrets.is_empty());
        assert_eq!((&kept.account_id, &kept.addresses), (&whole.account_id, &whole.addresses));

        for named in [
            finding("f", "", Some(role("web-app", WEB_1)), 0),
            on([instance(WEB_1)], finding("f", "", Some(role("web-app", "x")), 0)),
        ] {
            let kept = relevant(whole.clone(), &[named], &none);
            assert_eq!((names(&kept.roles), names(&kept.instances)), (vec!["web-app"], vec![WEB_1]));
            assert_eq!(names(&kept.instance_profiles), ["web-app"]);
            assert_eq!((kept.subnets.len(), kept.network_acls.len()), (2, 2));
            assert!(kept.users.is_empty() && kept.groups.is_empty() && kept.policies.is_empty());
        }
    }

    #[test]
    fn who_may_do_anything() {
        let star = |action: Value, resource: Value| {
            let statement = serde_json::json!({ "Effect": "Allow", "Action": action, "Resource": resource });
            [serde_json::json!({ "Statement": [statement] }), serde_json::json!({ "Statement": statement })]
        };
        for (action, resource, expected) in [
            (Value::from("*"), Value::from("*"), true),
            (Value::from(vec!["s3:*", "*:*"]), Value::from(vec!["*"]), true),
            (Value::from("iam:*"), Value::from("*"), false),
            (Value::from("*"), Value::from("arn:aws:s3:::b"), false),
        ] {
            for policy in star(action, resource) {
                assert_eq!(allows_everything(&policy), expected, "{policy}");
            }
        }
        let deny = serde_json::json!({ "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*" } });
        assert!(!allows_everything(&deny) && !allows_everything(&Value::Null));
    }
}
