//! What can be done to the account. Each action is three pure functions over what was just read: its facets, the next
//! call forward, the next call back.

mod block_ip;
mod block_public_access;
mod deactivate_access_key;
mod isolate_instance;
mod restart_trail;
mod revoke_iam_user;
mod revoke_role_sessions;
mod snapshot_volumes;

use std::collections::BTreeSet;

use domain::{AccountWrite, Action, ActionId, Facets, Inventory, Time};
use ipnet::IpNet;
use serde_json::Value;
use thiserror::Error;

/// Tag by which what an action creates names the action.
const ACTION_TAG: &str = "asoc:action";

/// What an action looks at on a visit.
pub(crate) struct View<'a> {
    /// The action: what it creates is named by it.
    pub(crate) id: &'a ActionId,
    /// When it was begun: "now" for everything in it that depends on the time.
    pub(crate) anchor: Time,
    /// The facets before its first call, once they are on record.
    pub(crate) snapshot: Option<&'a Facets>,
    /// The account as just read, as far as the action's scope goes.
    pub(crate) account: &'a Inventory,
}

/// Why an action cannot be applied to what is there.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum Unfit {
    /// The target is not there.
    #[error("the target does not exist any more; nothing is left to contain there")]
    Gone,
    /// A block that covers more than the one address.
    #[error("{0} is more than one address; plan one block for each address (/32 or /128)")]
    Wide(IpNet),
    /// The quota of entries is used up.
    #[error(
        "{network_acl} has {limit} of {limit} entries in one direction; delete one that is not needed or raise the \
         quota `Rules per network ACL`, then plan the block again"
    )]
    Full {
        /// The network ACL.
        network_acl: String,
        /// Entries in each direction.
        limit: usize,
    },
    /// No rule number that would take effect.
    #[error(
        "{network_acl} has no rule number free from 1 to 20 that comes before every entry that allows {cidr}; \
         renumber its entries, then plan the block again"
    )]
    NoNumber {
        /// The network ACL.
        network_acl: String,
        /// What was to be blocked.
        cidr: IpNet,
    },
}

/// The fields that the action looks at or changes, as they are now. A field that is absent and one that is null are
/// the same. Names of what the action will create stand in it with null from the start.
pub(crate) fn facets(action: &Action, view: &View<'_>) -> Result<Facets, Unfit> {
    match action {
        Action::RevokeIamUser { user } => revoke_iam_user::facets(user, view).ok_or(Unfit::Gone),
        Action::DeactivateAccessKey { user, access_key } => {
            deactivate_access_key::facets(user, access_key, view).ok_or(Unfit::Gone)
        }
        Action::RevokeRoleSessions { role } => revoke_role_sessions::facets(role, view).ok_or(Unfit::Gone),
        Action::BlockIp { cidr, network_acl } => block_ip::facets(*cidr, network_acl, view),
        Action::SnapshotVolumes { instance } => snapshot_volumes::facets(instance, view).ok_or(Unfit::Gone),
        Action::IsolateInstance { instance } => isolate_instance::facets(instance, view).ok_or(Unfit::Gone),
        Action::BlockPublicAccess { bucket } => block_public_access::facets(bucket, view).ok_or(Unfit::Gone),
        Action::RestartTrail { trail } => restart_trail::facets(trail, view).ok_or(Unfit::Gone),
    }
}

/// The next call towards the goal; none once it is reached.
pub(crate) fn forward(action: &Action, view: &View<'_>) -> Option<AccountWrite> {
    match action {
        Action::RevokeIamUser { user } => revoke_iam_user::forward(user, view),
        Action::DeactivateAccessKey { user, access_key } => {
            deactivate_access_key::forward(user, access_key, view)
        }
        Action::RevokeRoleSessions { role } => revoke_role_sessions::forward(role, view),
        Action::BlockIp { cidr, network_acl } => block_ip::forward(*cidr, network_acl, view),
        Action::SnapshotVolumes { instance } => snapshot_volumes::forward(instance, view),
        Action::IsolateInstance { instance } => isolate_instance::forward(instance, view),
        Action::BlockPublicAccess { bucket } => block_public_access::forward(bucket, view),
        Action::RestartTrail { trail } => restart_trail::forward(trail, view),
    }
}

/// The next call towards the snapshot `before`; none where no call leads nearer.
pub(crate) fn backward(action: &Action, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    match action {
        Action::RevokeIamUser { user } => revoke_iam_user::backward(user, view, before),
        Action::DeactivateAccessKey { user, access_key } => {
            deactivate_access_key::backward(user, access_key, view, before)
        }
        Action::RevokeRoleSessions { role } => revoke_role_sessions::backward(role, view, before),
        Action::BlockIp { cidr, network_acl } => block_ip::backward(*cidr, network_acl, view),
        Action::SnapshotVolumes { instance } => snapshot_volumes::backward(instance, view, before),
        Action::IsolateInstance { instance } => isolate_instance::backward(instance, view, before),
        Action::BlockPublicAccess { bucket } => block_public_access::backward(bucket, view, before),
        Action::RestartTrail { trail } => restart_trail::backward(trail, view, before),
    }
}

/// Until when an undo would give a thief something back, for an action that stands since `applied`.
pub(crate) fn unsafe_to_undo_before(action: &Action, view: &View<'_>, applied: Time) -> Option<Time> {
    match action {
        Action::RevokeRoleSessions { role } => revoke_role_sessions::longest_session(role, view, applied),
        Action::RevokeIamUser { .. }
        | Action::DeactivateAccessKey { .. }
        | Action::BlockIp { .. }
        | Action::SnapshotVolumes { .. }
        | Action::IsolateInstance { .. }
        | Action::BlockPublicAccess { .. }
        | Action::RestartTrail { .. } => None,
    }
}

/// A facet's value; null where there is none.
pub(crate) fn value<'a>(facets: &'a Facets, name: &str) -> &'a Value {
    facets.get(name).unwrap_or(&Value::Null)
}

/// A facet that somebody else has changed: what it is now is neither what the action left nor what was before.
pub(crate) fn foreign<'a>(live: &'a Facets, left: &'a Facets, before: &'a Facets) -> Option<&'a str> {
    let names: BTreeSet<&String> = live.keys().chain(left.keys()).chain(before.keys()).collect();
    names.into_iter().map(String::as_str).find(|name| {
        let now = value(live, name);
        now != value(left, name) && now != value(before, name)
    })
}

/// The first facet of the snapshot that is not as it was.
pub(crate) fn unrestored<'a>(live: &Facets, before: &'a Facets) -> Option<&'a str> {
    before.iter().find(|(name, was)| value(live, name) != *was).map(|(name, _)| name.as_str())
}
