//! Changes that A-SOC can make, each with its way back.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{AccountWrite, ActionId, Inventory, Resource, ResourceKind, Time, account::Tags};

/// The fields of a resource that an action looks at or changes, by name (`key AKIA…`, `interface eni-… groups`).
pub type Facets = BTreeMap<String, Value>;

/// A change to the account. The enum is closed: nothing outside this list can be planned, approved or applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Deny everything to an IAM user and switch its access keys off.
    RevokeIamUser {
        /// The user's name.
        user: String,
    },
    /// Switch one access key of an IAM user off, and leave the user's other credentials alone.
    DeactivateAccessKey {
        /// The user's name.
        user: String,
        /// The key's id.
        access_key: String,
    },
    /// Deny everything to the sessions of a role that were issued before now.
    RevokeRoleSessions {
        /// The role's name.
        role: String,
    },
    /// Deny an address at a network ACL, both ways.
    BlockIp {
        /// The address as a block of one (`/32`, `/128`).
        #[schema(value_type = String)]
        cidr: IpNet,
        /// The network ACL.
        network_acl: String,
    },
    /// Keep a snapshot of each of an instance's volumes.
    SnapshotVolumes {
        /// The instance's id.
        instance: String,
    },
    /// Cut an instance off from every network and from its credentials, and keep it from being destroyed.
    IsolateInstance {
        /// The instance's id.
        instance: String,
    },
    /// Switch all four of a bucket's blocks against public access on.
    BlockPublicAccess {
        /// The bucket's name.
        bucket: String,
    },
    /// Start a trail that was stopped.
    RestartTrail {
        /// The trail's ARN.
        trail: String,
    },
}

impl Action {
    /// What it does, as a sentence for the person who approves it.
    pub fn describe(&self) -> String {
        match self {
            Action::RevokeIamUser { user } => {
                format!("Attach a deny-all policy to IAM user {user} and deactivate its access keys")
            }
            Action::DeactivateAccessKey { user, access_key } => {
                format!(
                    "Deactivate access key {access_key} of IAM user {user}; its other credentials stay as they are"
                )
            }
            Action::RevokeRoleSessions { role } => {
                format!("Deny everything to sessions of role {role} that were issued before now")
            }
            Action::BlockIp { cidr, network_acl } => {
                format!("Deny {cidr} in and out at network ACL {network_acl}")
            }
            Action::SnapshotVolumes { instance } => format!("Snapshot every volume of instance {instance}"),
            Action::IsolateInstance { instance } => format!(
                "Isolate instance {instance}: quarantine every interface, take its address and instance profile away, \
                 take it out of load balancing and auto scaling, and protect it from termination"
            ),
            Action::BlockPublicAccess { bucket } => format!("Block all public access to bucket {bucket}"),
            Action::RestartTrail { trail } => format!("Start logging on trail {trail}"),
        }
    }

    /// What its undo does, as a sentence. Exhaustive on purpose: an action without a way back does not compile.
    pub fn describe_inverse(&self) -> String {
        match self {
            Action::RevokeIamUser { user } => {
                format!(
                    "Reactivate the keys of {user} that were active before, then detach the deny-all policy"
                )
            }
            Action::DeactivateAccessKey { user, access_key } => format!(
                "Reactivate access key {access_key} of {user} if it was active before; whoever has its secret may use it again"
            ),
            Action::RevokeRoleSessions { role } => format!(
                "Remove the deny from role {role}; before its longest session has ended this would revive stolen sessions"
            ),
            Action::BlockIp { cidr, network_acl } => {
                format!("Delete the two entries for {cidr} from {network_acl}")
            }
            Action::SnapshotVolumes { instance } => {
                format!("Delete the snapshots that were taken of {instance}; the evidence in them is lost")
            }
            Action::IsolateInstance { instance } => format!(
                "Give {instance} back its security groups, address, instance profile, targets, auto scaling group and attributes"
            ),
            Action::BlockPublicAccess { bucket } => {
                format!(
                    "Put the public access block of {bucket} back as it was, or delete it if there was none"
                )
            }
            Action::RestartTrail { trail } => format!("Stop logging on trail {trail} again"),
        }
    }

    /// What it acts on. Names are account-local; the plan holds the full resource.
    pub fn target(&self) -> (ResourceKind, &str) {
        match self {
            Action::RevokeIamUser { user } | Action::DeactivateAccessKey { user, .. } => {
                (ResourceKind::User, user)
            }
            Action::RevokeRoleSessions { role } => (ResourceKind::Role, role),
            Action::BlockIp { network_acl, .. } => (ResourceKind::NetworkAcl, network_acl),
            Action::SnapshotVolumes { instance } | Action::IsolateInstance { instance } => {
                (ResourceKind::Instance, instance)
            }
            Action::BlockPublicAccess { bucket } => (ResourceKind::Bucket, bucket),
            Action::RestartTrail { trail } => (ResourceKind::Trail, trail),
        }
    }

    /// Its kind as one word, for policies, metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Action::RevokeIamUser { .. } => "revoke_iam_user",
            Action::DeactivateAccessKey { .. } => "deactivate_access_key",
            Action::RevokeRoleSessions { .. } => "revoke_role_sessions",
            Action::BlockIp { .. } => "block_ip",
            Action::SnapshotVolumes { .. } => "snapshot_volumes",
            Action::IsolateInstance { .. } => "isolate_instance",
            Action::BlockPublicAccess { .. } => "block_public_access",
            Action::RestartTrail { .. } => "restart_trail",
        }
    }
}

/// Where an action stands. A state is only ever reported after what it says was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// In the plan; nothing was sent.
    Planned,
    /// Not approved, or found void: it will not be sent.
    LeftOut,
    /// Authorised, but the account is only observed: nothing was sent.
    Simulated,
    /// The snapshot is recorded; calls are being sent.
    Applying,
    /// Every call was accepted; not read back yet.
    Applied,
    /// Read back, and the account is as the action wants it.
    Verified,
    /// The way back has begun.
    Undoing,
    /// Read back, and the account is as the snapshot says.
    Undone,
    /// A call was refused, or the account was not as it should be. `error` says which; what was changed stays on record.
    Failed,
}

impl ActionState {
    /// Whether nothing more will happen without somebody asking for it.
    pub fn is_settled(self) -> bool {
        !matches!(
            self,
            ActionState::Planned | ActionState::Applying | ActionState::Applied | ActionState::Undoing
        )
    }
}

/// The record of one action: what was, what was sent, what is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionRecord {
    /// The planned action.
    pub id: ActionId,
    /// Where it stands.
    pub state: ActionState,
    /// When the first step was decided. Anything in the action that depends on "now" uses this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Time>,
    /// The fields as they were before the first write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub snapshot: Option<Facets>,
    /// The same fields as the action left them, once read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub left: Option<Facets>,
    /// Every call that was sent, in order, the undo's included.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// When it was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Time>,
    /// Until then an undo would give a thief something back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsafe_to_undo_before: Option<Time>,
    /// Who asked for the undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoRequest>,
    /// When the undo was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Time>,
    /// Why it failed or was left out, and what to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ActionRecord {
    /// The record of an action that is only planned.
    pub fn planned(id: ActionId) -> Self {
        Self {
            id,
            state: ActionState::Planned,
            anchor: None,
            snapshot: None,
            left: None,
            steps: Vec::new(),
            verified: None,
            unsafe_to_undo_before: None,
            undo: None,
            undone: None,
            error: None,
        }
    }
}

impl ActionRecord {
    /// Name of the workflow execution that carries the requested undo.
    pub fn undo_execution(&self) -> Option<String> {
        self.undo.as_ref().map(|undo| format!("undo-{}-{}", self.id, undo.at.millis()))
    }
}

/// One call to the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// When it was decided.
    pub time: Time,
    /// What was sent.
    pub call: AccountWrite,
    /// Whether it belongs to the undo.
    pub undo: bool,
    /// What came of it.
    pub outcome: StepOutcome,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// Recorded before it is sent; whether it arrived is seen at the next look at the account.
    Sent,
    /// A later look showed its effect.
    Observed,
    /// The account refused it, for good; with its error.
    Refused(String),
}

/// A person's request to undo an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndoRequest {
    /// The person's name.
    pub by: String,
    /// When.
    pub at: Time,
    /// Why.
    pub reason: String,
    /// Whether they accept that it is not safe yet.
    pub accept_risk: bool,
}

/// What an action acts on, in full, with the description for people.
pub fn resource(account: &str, partition: &str, region: &str, action: &Action) -> Resource {
    let (kind, name) = action.target();
    let arn = match kind {
        ResourceKind::User => format!("arn:{partition}:iam::{account}:user/{name}"),
        ResourceKind::Role => format!("arn:{partition}:iam::{account}:role/{name}"),
        ResourceKind::NetworkAcl => format!("arn:{partition}:ec2:{region}:{account}:network-acl/{name}"),
        ResourceKind::Instance => format!("arn:{partition}:ec2:{region}:{account}:instance/{name}"),
        ResourceKind::Bucket => format!("arn:{partition}:s3:::{name}"),
        _ => name.to_owned(),
    };
    Resource { kind, arn, name: name.rsplit('/').next().unwrap_or(name).to_owned() }
}

/// Tag by which a team exempts something from every action of A-SOC: `asoc:exempt` = `true`.
pub const EXEMPT_TAG: &str = "asoc:exempt";

/// What must hold about an action's target when it is applied: that it is the same thing as when it was planned, that
/// it can be changed at all, and that it is not exempt. Part of what an approval covers. `None` if it does not exist.
pub fn preconditions(action: &Action, account: &Inventory) -> Option<Facets> {
    let exempt =
        |tags: &Tags| ("exempt".to_owned(), Value::Bool(tags.get(EXEMPT_TAG).is_some_and(|v| v == "true")));
    let fact = |name: &str, value: Value| (name.to_owned(), value);
    Some(match action {
        Action::RevokeIamUser { user } => {
            let user = account.users.get(user)?;
            Facets::from([fact("user id", user.id.clone().into()), exempt(&user.tags)])
        }
        Action::DeactivateAccessKey { user, access_key } => {
            let user = account.users.get(user).filter(|user| user.access_keys.contains_key(access_key))?;
            Facets::from([fact("user id", user.id.clone().into()), exempt(&user.tags)])
        }
        Action::RevokeRoleSessions { role } => {
            let role = account.roles.get(role)?;
            let editable =
                !role.path.starts_with("/aws-reserved/") && !role.path.starts_with("/aws-service-role/");
            Facets::from([
                fact("role id", role.id.clone().into()),
                fact("editable", editable.into()),
                exempt(&role.tags),
            ])
        }
        Action::BlockIp { network_acl, .. } => {
            Facets::from([fact("vpc", account.network_acls.get(network_acl)?.vpc.clone().into())])
        }
        Action::SnapshotVolumes { instance } | Action::IsolateInstance { instance } => {
            let instance = account.instances.get(instance)?;
            Facets::from([fact("vpc", instance.vpc.clone().into()), exempt(&instance.tags)])
        }
        Action::BlockPublicAccess { bucket } => Facets::from([exempt(&account.buckets.get(bucket)?.tags)]),
        Action::RestartTrail { trail } => {
            Facets::from([fact("bucket", account.trails.get(trail)?.bucket.clone().into())])
        }
    })
}
