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

pub(super) fn facets(role: &str, view: &View<'_>) -> Option<Facets> {
    let policy = view.account.roles.get(role)?.inline_policies.get(POLICY);
    Some(Facets::from([(FACET.to_owned(), policy.cloned().unwrap_or(Value::Null))]))
}

pub(super) fn forward(name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let role = view.account.roles.get(name)?;
    let document = deny_older_than(view.anchor);
    (role.inline_policies.get(POLICY) != Some(&document)).then(|| AccountWrite::PutRolePolicy {
        role: name.to_owned(),
        policy_name: POLICY.to_owned(),
        document,
    })
}

pub(super) fn backward(name: &str, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    let role = view.account.roles.get(name)?;
    let (role_name, policy_name) = (name.to_owned(), POLICY.to_owned());
    match (value(before, FACET), role.inline_policies.get(POLICY)) {
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
