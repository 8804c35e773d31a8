//! DeactivateAccessKey: requests signed with this one key are refused, as for a key that somebody else made for a user
//! whose own credentials are not known to be stolen (ATT&CK T1098.001, Additional Cloud Credentials).
//!
//! What signs with the key is refused at once; sessions that were got with it live on, which is why the plan's other
//! actions are about those.
//!
//! Must not: delete the key (its last use is evidence, and it cannot be restored), nor touch another key of the user.

use domain::{
    AccountWrite, Facets,
    account::{AccessKey, KeyStatus},
};

use super::{View, value};

fn facet(key: &str) -> String {
    format!("key {key}")
}

fn live<'a>(user: &str, key: &str, view: &'a View<'_>) -> Option<&'a AccessKey> {
    view.account.users.get(user)?.access_keys.get(key)
}

fn update(user: &str, key: &str, status: KeyStatus) -> AccountWrite {
    AccountWrite::UpdateAccessKey { user: user.to_owned(), access_key: key.to_owned(), status }
}

pub(super) fn facets(user: &str, key: &str, view: &View<'_>) -> Option<Facets> {
    let status = match live(user, key, view)?.status {
        KeyStatus::Active => "Active",
        KeyStatus::Inactive => "Inactive",
    };
    Some(Facets::from([(facet(key), status.into())]))
}

pub(super) fn forward(user: &str, key: &str, view: &View<'_>) -> Option<AccountWrite> {
    let is_active = live(user, key, view)?.status == KeyStatus::Active;
    is_active.then(|| update(user, key, KeyStatus::Inactive))
}

pub(super) fn backward(user: &str, key: &str, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    let is_asleep = live(user, key, view)?.status == KeyStatus::Inactive;
    (is_asleep && value(before, &facet(key)) == "Active").then(|| update(user, key, KeyStatus::Active))
}
