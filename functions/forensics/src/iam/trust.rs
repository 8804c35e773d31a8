//! Policies of resources: who may assume a role, and who may read a bucket.

use std::collections::BTreeMap;

use domain::Inventory;

use crate::text::clip;

use super::{Condition, Document, Grant, Principals};

/// The policies of an account's resources, read once.
#[derive(Debug)]
pub(crate) struct ResourcePolicies {
    /// Trust policies, by role name.
    pub(crate) trust: BTreeMap<String, Document>,
    /// Bucket policies, by bucket name.
    pub(crate) buckets: BTreeMap<String, Document>,
}

impl ResourcePolicies {
    /// Those of this account.
    pub(crate) fn of(account: &Inventory) -> Self {
        let trust =
            account.roles.iter().map(|(name, role)| (name.clone(), Document::read(&role.trust, None)));
        let buckets = account
            .buckets
            .iter()
            .filter_map(|(name, bucket)| Some((name.clone(), Document::read(bucket.policy.as_ref()?, None))));
        Self { trust: trust.collect(), buckets: buckets.collect() }
    }

    /// What could not be read, one sentence each.
    pub(crate) fn blind_spots(&self) -> impl Iterator<Item = String> {
        let trust = self.trust.iter().map(|(name, document)| ("trust policy of role", name, document));
        let buckets = self.buckets.iter().map(|(name, document)| ("policy of bucket", name, document));
        trust
            .chain(buckets)
            .filter(|(_, _, document)| document.unreadable)
            .map(|(what, name, _)| format!("The {what} {} cannot be read in full.", clip(name, 64)))
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    /// The account it belongs to.
    pub(crate) account: &'a str,
    /// Its ARN: a user's, or a role's.
    pub(crate) arn: &'a str,
    /// `AIDA…` or `AROA…`, as a policy may name it after its ARN was deleted; empty where it has none.
    pub(crate) id: &'a str,
}

/// What a role's trust policy says about a caller of the same account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// It names the caller: the caller's own policies need not allow it ("AssumeRole", STS API Reference).
    Direct(Grant),
    /// It leaves it to the policies of the caller's account.
    Delegated(Grant),
    /// It does not let the caller in.
    Refused,
}

/// What a role's trust policy says about this caller.
pub(crate) fn trusts(document: &Document, caller: Caller<'_>) -> Trust {
    let mut found = Trust::Refused;
    for statement in document.about("sts:AssumeRole", "*") {
        let named = statement.principals.name(caller);
        let delegated = statement.principals.delegate_to(caller.account);
        if !statement.allow {
            if statement.condition == Condition::None && (named || delegated) {
                return Trust::Refused;
            }
            continue;
        }
        let grant = Grant::of("trust policy", statement);
        found = match found {
            Trust::Direct(held) if !held.conditional || grant.conditional || !named => Trust::Direct(held),
            _ if named => Trust::Direct(grant),
            Trust::Delegated(held) if !held.conditional || grant.conditional || !delegated => {
                Trust::Delegated(held)
            }
            _ if delegated => Trust::Delegated(grant),
            other => other,
        };
    }
    found
}

/// Whether a role's trust policy lets this AWS service in.
pub(crate) fn admits_service(document: &Document, service: &str) -> Option<Grant> {
    let found = document.about("sts:AssumeRole", "*").find(|s| {
        s.allow && !s.principals.inverted && s.principals.services.iter().any(|given| given == service)
    })?;
    Some(Grant::of("trust policy", found))
}

/// What lets this caller read objects of a bucket of its own account, given what the caller's policies allow.
pub(crate) fn bucket_access(
    policy: Option<&Document>,
    objects: &str,
    caller: Caller<'_>,
    by_identity: Option<Grant>,
) -> Option<Grant> {
    let Some(document) = policy else { return by_identity };
    let mut granted = by_identity;
    for statement in document.about("s3:GetObject", objects) {
        let named = statement.principals.name(caller);
        if !statement.allow {
            let meant = named || statement.principals.delegate_to(caller.account);
            if statement.condition == Condition::None && meant {
                return None;
            }
        } else if named && granted.as_ref().is_none_or(|g| g.conditional) {
            granted = Some(Grant::of("bucket policy", statement));
        }
    }
    granted
}

/// What lets anybody at all read objects of a bucket ("The meaning of public", S3 User Guide; ACLs are not read).
pub(crate) fn is_public(account: &Inventory, policies: &ResourcePolicies, name: &str) -> Option<Grant> {
    let bucket = account.buckets.get(name)?;
    if bucket.public_access_block.is_some_and(|b| b.restrict_public_buckets) {
        return None;
    }
    let document = policies.buckets.get(name)?;
    let objects = format!("arn:{}:s3:::{name}/*", account.partition);
    let about = || document.about("s3:GetObject", &objects);
    let anyone = |p: &Principals| p.anyone && !p.inverted;
    if about().any(|s| !s.allow && s.condition == Condition::None && anyone(&s.principals)) {
        return None;
    }
    let open = about().filter(|s| s.allow && anyone(&s.principals));
    open.min_by_key(|s| s.condition != Condition::None).map(|s| Grant::of("bucket policy", s))
}

impl Principals {
    /// Whether this caller is meant by name, or everybody is.
    fn name(&self, caller: Caller<'_>) -> bool {
        // Whom a NotPrincipal leaves out depends on the session's name as well: it is never taken to mean the caller.
        let listed = |p: &String| {
            p == caller.arn || (!caller.id.is_empty() && p == caller.id) || is_session_of(p, caller.arn)
        };
        !self.inverted && (self.anyone || self.aws.iter().any(listed))
    }

    /// Whether the caller's account as a whole is meant.
    fn delegate_to(&self, account: &str) -> bool {
        let is_root = |p: &String| {
            p == account || p.strip_suffix(":root").and_then(|p| p.rsplit(':').next()) == Some(account)
        };
        !self.inverted && !account.is_empty() && self.aws.iter().any(is_root)
    }
}

/// Whether an `assumed-role` ARN names a session of this role. Who assumes a role mostly chooses the session's name, so
/// any name counts.
fn is_session_of(arn: &str, role: &str) -> bool {
    let session = arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
    let role = role.split_once(":role/").and_then(|(_, path)| path.rsplit('/').next());
    session.is_some() && session == role
}
