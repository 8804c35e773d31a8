//! Credentials, and the acts that hand out new ones.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Event, EventOutcome, Principal, PrincipalKind, ResourceKind, Source};

/// A credential that an act handed out, as CloudTrail records it. Every field may be the attacker's to choose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Credential {
    /// A session of a role: STS AssumeRole, AssumeRoleWithSAML, AssumeRoleWithWebIdentity (ATT&CK T1550.001).
    RoleSession {
        /// ARN of the role.
        role: String,
        /// The session's name, where the record has it.
        session: Option<String>,
        /// The session's access key id, where the record has it.
        access_key: Option<String>,
    },
    /// An access key: IAM CreateAccessKey (ATT&CK T1098.001).
    AccessKey {
        /// Name of the user whose key it is.
        user: String,
        /// The key's id, where the record has it.
        access_key: Option<String>,
    },
    /// A console password: IAM CreateLoginProfile, UpdateLoginProfile (ATT&CK T1098.001).
    Password {
        /// Name of the user who signs in with it.
        user: String,
    },
}

impl Credential {
    /// What this event handed to its actor. Nothing if it failed, or if AWS itself acted.
    pub fn handed_out_by(event: &Event) -> Option<Self> {
        let actor = event.actor.as_ref().filter(|actor| actor.kind.is_person_or_workload())?;
        if event.source != Source::Cloudtrail || event.outcome != EventOutcome::Success {
            return None;
        }
        let text = |pointer: &str| event.raw.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let listed = |kind| event.resources.iter().find(|r| r.kind == kind);
        // IAM takes a request that names no user as one about the caller.
        let user = || {
            text("/requestParameters/userName")
                .or_else(|| text("/responseElements/accessKey/userName"))
                .or_else(|| listed(ResourceKind::User).map(|r| r.name.clone()))
                .or_else(|| own_name(actor))
        };
        match (event.service.as_str(), event.operation.as_str()) {
            ("sts.amazonaws.com", "AssumeRole" | "AssumeRoleWithSAML" | "AssumeRoleWithWebIdentity") => {
                let role = text("/requestParameters/roleArn");
                Some(Credential::RoleSession {
                    role: role.or_else(|| listed(ResourceKind::Role).map(|r| r.arn.clone()))?,
                    session: text("/requestParameters/roleSessionName"),
                    access_key: text("/responseElements/credentials/accessKeyId"),
                })
            }
            ("iam.amazonaws.com", "CreateAccessKey") => Some(Credential::AccessKey {
                user: user()?,
                access_key: text("/responseElements/accessKey/accessKeyId"),
            }),
            ("iam.amazonaws.com", "CreateLoginProfile" | "UpdateLoginProfile") => {
                Some(Credential::Password { user: user()? })
            }
            _ => None,
        }
    }

    /// The access key id that shows up in what is done with it, where the record has it.
    pub fn access_key(&self) -> Option<&str> {
        match self {
            Credential::RoleSession { access_key, .. } | Credential::AccessKey { access_key, .. } => {
                access_key.as_deref()
            }
            Credential::Password { .. } => None,
        }
    }
}

fn own_name(actor: &Principal) -> Option<String> {
    let is_user = actor.kind == PrincipalKind::User;
    is_user.then(|| actor.arn.rsplit('/').next().unwrap_or(&actor.name).to_owned())
}

/// A credential that ends only when somebody ends it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct LastingCredential {
    /// ARN of the user, or of the root user.
    pub user: String,
    /// The access key, where it is known that the attacker has this one and nothing else of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
}
