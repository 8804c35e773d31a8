//! RevokeIamUser: no request of the user succeeds any more, signed with a key or with a session that came of it.
//!
//! The deny comes first, since sessions of GetFederationToken and GetSessionToken outlive the key ("Disabling
//! permissions for temporary security credentials", IAM User Guide). It is AWS's own managed policy, so that A-SOC's
//! right to attach can be limited to that one ARN.
//!
//! Must not: delete a key or a login profile (neither can be restored), nor give a key back that was not active before.

use domain::{
    AccountWrite, Facets,
    account::{KeyStatus, User},
};
use serde_json::Value;

use super::{View, value};

const DENY: &str = "deny-all policy attached";

fn deny_all(view: &View<'_>) -> String {
    format!("arn:{}:iam::aws:policy/AWSDenyAll", view.account.partition)
}

fn key_facet(key: &str) -> String {
    format!("key {key}")
}

fn is_denied(user: &User, policy: &str) -> bool {
    user.attached_policies.iter().any(|arn| arn == policy)
}

pub(super) fn facets(user: &str, view: &View<'_>) -> Option<Facets> {
    let user = view.account.users.get(user)?;
    let denied = (DENY.to_owned(), Value::Bool(is_denied(user, &deny_all(view))));
    let keys = user.access_keys.iter().map(|(id, key)| {
        let status = match key.status {
            KeyStatus::Active => "Active",
            KeyStatus::Inactive => "Inactive",
        };
        (key_facet(id), status.into())
    });
    Some(keys.chain([denied]).collect())
}

/// Each active key goes, also one that was made after the snapshot.
pub(super) fn forward(name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let user = view.account.users.get(name)?;
    let policy_arn = deny_all(view);
    if !is_denied(user, &policy_arn) {
        return Some(AccountWrite::AttachUserPolicy { user: name.to_owned(), policy_arn });
    }
    let (key, _) = user.access_keys.iter().find(|(_, key)| key.status == KeyStatus::Active)?;
    Some(AccountWrite::UpdateAccessKey {
        user: name.to_owned(),
        access_key: key.clone(),
        status: KeyStatus::Inactive,
    })
}

/// A key that the snapshot does not know stays inactive: it was made while the user was in a thief's hands.
pub(super) fn backward(name: &str, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    let user = view.account.users.get(name)?;
    let asleep = user
        .access_keys
        .iter()
        .find(|(id, key)| key.status == KeyStatus::Inactive && value(before, &key_facet(id)) == "Active");
    if let Some((key, _)) = asleep {
        return Some(AccountWrite::UpdateAccessKey {
            user: name.to_owned(),
            access_key: key.clone(),
            status: KeyStatus::Active,
        });
    }
    let policy_arn = deny_all(view);
    let is_ours = value(before, DENY) == &Value::Bool(false);
    (is_ours && is_denied(user, &policy_arn))
        .then(|| AccountWrite::DetachUserPolicy { user: name.to_owned(), policy_arn })
}
