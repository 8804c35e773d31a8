//! RevokeRoleSessions: sessions of the role that were issued before the anchor can do nothing.
//!
//! The same inline policy that IAM's console writes ("Revoking IAM role temporary security credentials", IAM User
//! Guide); a session that was revoked there before is kept in the snapshot and restored. Who may assume the role can
//! do so again: for an instance's role the instance is isolated as well.
//!
//! Must not: change the trust policy, or touch a role under `/aws-reserved/` or `/aws-service-role/`.

use domain::{AccountWrite, Facets, Time};
use serde_json::{Value, json};

use super::{View, value};

const POLICY: &str = "AWSRevokeOlderSessions";
const FACET: &str = "inline policy AWSRevokeOlderSessions";

/// `Time` is UTC, as the condition needs it: a local time marked `Z` would revoke too much or too little.
fn deny_older_than(anchor: Time) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": { "DateLessThan": { "aws:TokenIssueTime": anchor.to_string() } },
        }],
    })
}

/// Up to when a policy of this form revokes.
fn cutoff(policy: &Value) -> Option<Time> {
    let condition = &policy["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"];
    let time = condition.as_str()?.parse().ok()?;
    (*policy == deny_older_than(time)).then_some(time)
}

/// Whether another incident has revoked the sessions since: that holds for this one too, and is not this one's to take back.
fn is_revoked_later(policy: Option<&Value>, anchor: Time) -> bool {
    policy.and_then(cutoff).is_some_and(|cutoff| cutoff > anchor)
}

pub(super) fn facets(role: &str, view: &View<'_>) -> Option<Facets> {
    let policy = view.account.roles.get(role)?.inline_policies.get(POLICY);
    Some(Facets::from([(FACET.to_owned(), policy.cloned().unwrap_or(Value::Null))]))
}

pub(super) fn forward(name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let role = view.account.roles.get(name)?;
    let (document, policy) = (deny_older_than(view.anchor), role.inline_policies.get(POLICY));
    let is_reached = policy == Some(&document) || is_revoked_later(policy, view.anchor);
    (!is_reached).then(|| AccountWrite::PutRolePolicy {
        role: name.to_owned(),
        policy_name: POLICY.to_owned(),
        document,
    })
}

pub(super) fn backward(name: &str, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    let role = view.account.roles.get(name)?;
    let (role_name, policy_name) = (name.to_owned(), POLICY.to_owned());
    match (value(before, FACET), role.inline_policies.get(POLICY)) {
        (_, now) if is_revoked_later(now, view.anchor) => None,
        (Value::Null, None) => None,
        (Value::Null, Some(_)) => Some(AccountWrite::DeleteRolePolicy { role: role_name, policy_name }),
        (was, now) if now == Some(was) => None,
        (was, _) => Some(AccountWrite::PutRolePolicy { role: role_name, policy_name, document: was.clone() }),
    }
}

/// When the last session that the deny stops has ended by itself.
pub(super) fn longest_session(role: &str, view: &View<'_>, applied: Time) -> Option<Time> {
    let role = view.account.roles.get(role)?;
    Some(applied.plus_seconds(i64::from(role.max_session_seconds)))
}

#[cfg(test)]
mod tests {
    use domain::ActionId;

    use super::*;

    #[test]
    fn of_two_incidents_the_later_revocation_holds_for_both() {
        let (id, anchor) = (ActionId("act".into()), Time::from_millis(1_800_000_000_000));
        let foreign = json!({ "Statement": deny_older_than(anchor.plus_seconds(1))["Statement"] });
        for (policy, is_reached, is_ours) in [
            (Value::Null, false, true),
            (deny_older_than(anchor.plus_seconds(-1)), false, true),
            (deny_older_than(anchor), true, true),
            (deny_older_than(anchor.plus_seconds(1)), true, false),
            (foreign, false, true),
        ] {
            let mut account = sandbox::default_account().unwrap();
            let policies = &mut account.roles.get_mut("deploy").unwrap().inline_policies;
            policies.insert(POLICY.to_owned(), policy.clone());
            policies.retain(|_, policy| !policy.is_null());
            let view = View { id: &id, anchor, snapshot: None, account: &account };
            assert_eq!(forward("deploy", &view).is_none(), is_reached, "{policy}");
            let back = backward("deploy", &view, &Facets::new());
            assert_eq!(back.is_some(), is_ours && !policy.is_null(), "{policy}");
        }
    }
}
