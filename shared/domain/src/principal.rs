//! Identities, in IAM's sense.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct Principal {
    /// What kind of identity it is.
    pub kind: PrincipalKind,
    /// The identity that can be acted on: a user's ARN; for a role session the role's ARN; else the name the source
    /// gives (a service principal, a Kubernetes user).
    pub arn: String,
    /// The name people know it by.
    pub name: String,
    /// The AWS account it belongs to, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The session's name, for role sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The access key id used (never the secret).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
}

impl Principal {
    /// Whether an act of this principal is, as far as the log tells, by whoever acts as `other`: with the same access key,
    /// as the same user, or in the same session of a role. Sessions of one role are different people's, so a role alone is
    /// not enough; and AWS's own services are nobody's.
    pub fn acts_as(&self, other: &Principal) -> bool {
        use PrincipalKind::{Account, Federated, Kubernetes, Role, Root, Service, Unknown, User};
        if self.kind == Service || self.kind != other.kind {
            return false;
        }
        let is_same_key = self.access_key.is_some() && self.access_key == other.access_key;
        let is_same_session = self.session.is_some() && self.session == other.session;
        is_same_key
            || match self.kind {
                Root | User | Federated => self.arn == other.arn,
                Role => self.arn == other.arn && is_same_session,
                Service | Account | Kubernetes | Unknown => false,
            }
    }
}

/// Kinds of principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// The account's root user.
    Root,
    /// An IAM user.
    User,
    /// A role, by way of one of its sessions.
    Role,
    /// A federated user, or an identity of an identity provider.
    Federated,
    /// An AWS service acting by itself.
    Service,
    /// An account as a whole, seen from another one.
    Account,
    /// A Kubernetes user or service account.
    Kubernetes,
    /// Not known, or anonymous.
    Unknown,
}

impl PrincipalKind {
    /// Whether this identity may be someone's stolen credential, as against AWS itself.
    pub fn is_person_or_workload(self) -> bool {
        !matches!(self, PrincipalKind::Service)
    }
}
