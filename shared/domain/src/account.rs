//! An AWS account as the agents see it: what can be read of it, and the calls that change it.
//!
//! The reading side is one struct a thing, in the terms of the service's own Describe and Get calls. The writing
//! side is one variant a call, named as AWS names it, so that what is recorded is what was sent.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Time;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// Everything of an account that containment and forensics look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Inventory {
    /// Twelve digits.
    pub account_id: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// The region that regional resources stand in.
    pub region: String,
    /// IAM users by name.
    pub users: BTreeMap<String, User>,
    /// IAM groups by name.
    pub groups: BTreeMap<String, Group>,
    /// IAM roles by name.
    pub roles: BTreeMap<String, Role>,
    /// Managed policies by ARN, with the default version's document.
    #[schema(value_type = Object)]
    pub policies: BTreeMap<String, Value>,
    /// Instance profiles by name; each holds at most one role's name.
    pub instance_profiles: BTreeMap<String, InstanceProfile>,
    /// Elastic addresses by allocation id, associated or not.
    pub addresses: BTreeMap<String, String>,
    /// Subnets by id.
    pub subnets: BTreeMap<String, Subnet>,
    /// Instances by id.
    pub instances: BTreeMap<String, Instance>,
    /// Security groups by id.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Network ACLs by id.
    pub network_acls: BTreeMap<String, NetworkAcl>,
    /// EBS snapshots by id.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// Load balancer target groups by ARN.
    pub target_groups: BTreeMap<String, TargetGroup>,
    /// Auto scaling groups by name.
    pub auto_scaling_groups: BTreeMap<String, AutoScalingGroup>,
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// Trails by ARN.
    pub trails: BTreeMap<String, Trail>,
    /// Secrets Manager secrets by ARN.
    pub secrets: BTreeMap<String, Secret>,
}

/// An IAM user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct User {
    /// `AIDA…`: stays the same for this user's life, and a new user of the same name has another.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// Tags.
    pub tags: Tags,
    /// Names of the groups it is in.
    pub groups: Vec<String>,
    /// ARNs of attached managed policies.
    pub attached_policies: Vec<String>,
    /// Inline policies by name.
    #[schema(value_type = Object)]
    pub inline_policies: BTreeMap<String, Value>,
    /// Access keys by id.
    pub access_keys: BTreeMap<String, AccessKey>,
    /// Whether it has a console password.
    pub login_profile: bool,
}

/// An access key. The secret is not here, and never will be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccessKey {
    /// Active or inactive.
    pub status: KeyStatus,
    /// When it was last used, where known (GetAccessKeyLastUsed).
    #[serde(default)]
    pub last_used: Option<Time>,
}

/// State of an access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum KeyStatus {
    /// Requests signed with it are accepted.
    Active,
    /// They are refused.
    Inactive,
}

/// An IAM group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Group {
    /// ARN.
    pub arn: String,
    /// ARNs of attached managed policies.
    pub attached_policies: Vec<String>,
    /// Inline policies by name.
    #[schema(value_type = Object)]
    pub inline_policies: BTreeMap<String, Value>,
}

/// An IAM role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = IamRole)]
pub struct Role {
    /// `AROA…`.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// `/` or the path it stands under; Identity Center's roles stand under `/aws-reserved/`.
    pub path: String,
    /// Tags.
    pub tags: Tags,
    /// Who may assume it.
    #[schema(value_type = Object)]
    pub trust: Value,
    /// ARNs of attached managed policies.
    pub attached_policies: Vec<String>,
    /// Inline policies by name.
    #[schema(value_type = Object)]
    pub inline_policies: BTreeMap<String, Value>,
    /// Seconds a session may last at most.
    pub max_session_seconds: u32,
}

/// An instance profile.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct InstanceProfile {
    /// ARN.
    pub arn: String,
    /// The role in it.
    pub role: Option<String>,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Subnet {
    /// VPC.
    pub vpc: String,
    /// IPv4 range.
    pub cidr: String,
    /// Whether its route table leads to an internet gateway.
    pub public: bool,
    /// The network ACL it is associated with.
    pub network_acl: String,
}

/// An EC2 instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Instance {
    /// `running`, `stopped`, …
    pub state: String,
    /// Tags.
    pub tags: Tags,
    /// VPC.
    pub vpc: String,
    /// Network interfaces by id, the primary one included.
    pub interfaces: BTreeMap<String, NetworkInterface>,
    /// EBS volumes by device name.
    pub volumes: BTreeMap<String, VolumeAttachment>,
    /// ARN of the associated instance profile.
    pub instance_profile: Option<String>,
    /// Whether the API refuses to terminate it.
    pub disable_api_termination: bool,
    /// `stop` or `terminate`.
    pub shutdown_behavior: String,
}

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NetworkInterface {
    /// Subnet.
    pub subnet: String,
    /// Device index, 0 for the primary one.
    pub device_index: u32,
    /// Private IPv4 address.
    pub private_ip: String,
    /// Ids of its security groups, sorted.
    pub groups: Vec<String>,
    /// Elastic address, if one is associated.
    pub address: Option<Address>,
}

/// An Elastic IP address associated with an interface.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Address {
    /// `eipalloc-…`
    pub allocation: String,
    /// The public address.
    pub public_ip: String,
}

/// A volume attached to an instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VolumeAttachment {
    /// `vol-…`
    pub volume: String,
    /// Whether it is deleted with the instance.
    pub delete_on_termination: bool,
}

/// A security group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SecurityGroup {
    /// Name, unique in its VPC.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// VPC.
    pub vpc: String,
    /// Tags.
    pub tags: Tags,
    /// What may come in.
    pub ingress: Vec<SecurityGroupRule>,
    /// What may go out.
    pub egress: Vec<SecurityGroupRule>,
}

/// One allowance of a security group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct SecurityGroupRule {
    /// `tcp`, `udp`, `icmp`, or `-1` for all.
    pub protocol: String,
    /// First port; 0 where the protocol has none.
    pub from_port: u16,
    /// Last port.
    pub to_port: u16,
    /// A CIDR block, or another group's id.
    pub peer: String,
}

/// A network ACL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NetworkAcl {
    /// VPC.
    pub vpc: String,
    /// Its entries, in any order.
    pub entries: Vec<NetworkAclEntry>,
}

/// One numbered rule of a network ACL; the lowest number that matches decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NetworkAclEntry {
    /// 1 to 32766.
    pub rule_number: u16,
    /// Outbound, else inbound.
    pub egress: bool,
    /// Whether it allows, else denies.
    pub allow: bool,
    /// `-1` for all protocols, else the protocol's number.
    pub protocol: String,
    /// IPv4 or IPv6 block.
    #[schema(value_type = String)]
    pub cidr: IpNet,
}

/// An EBS snapshot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Snapshot {
    /// The volume it was taken of.
    pub volume: String,
    /// What it is for.
    pub description: String,
    /// Tags.
    pub tags: Tags,
}

/// A load balancer's target group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TargetGroup {
    /// Name.
    pub name: String,
    /// Ports by registered instance id.
    pub targets: BTreeMap<String, u16>,
}

/// An auto scaling group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AutoScalingGroup {
    /// Ids of its instances.
    pub instances: Vec<String>,
    /// How many it wants.
    pub desired_capacity: u32,
    /// How many it may have at least.
    pub min_size: u32,
}

/// An S3 bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Bucket {
    /// Tags.
    pub tags: Tags,
    /// The public access block, if one is set.
    pub public_access_block: Option<PublicAccessBlock>,
    /// Bucket policy, if one is set.
    #[schema(value_type = Option<Object>)]
    pub policy: Option<Value>,
}

/// S3's four switches against public access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicAccessBlock {
    /// Refuse new public ACLs.
    pub block_public_acls: bool,
    /// Ignore public ACLs that exist.
    pub ignore_public_acls: bool,
    /// Refuse new public policies.
    pub block_public_policy: bool,
    /// Restrict access to buckets with public policies.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four on.
    pub const ALL: PublicAccessBlock = PublicAccessBlock {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// A CloudTrail trail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Trail {
    /// Name.
    pub name: String,
    /// Bucket it delivers to.
    pub bucket: String,
    /// Whether it records now (GetTrailStatus `IsLogging`).
    pub logging: bool,
}

/// A secret's description. The value is not here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Secret {
    /// Name.
    pub name: String,
    /// Tags.
    pub tags: Tags,
}

/// One call that changes an account. Each is safe to send twice: the second either does nothing or is refused in a
/// way that shows the first was done. Fields are AWS's own request parameters.
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "call")]
pub enum AccountWrite {
    /// IAM AttachUserPolicy.
    AttachUserPolicy { user: String, policy_arn: String },
    /// IAM DetachUserPolicy.
    DetachUserPolicy { user: String, policy_arn: String },
    /// IAM UpdateAccessKey.
    UpdateAccessKey { user: String, access_key: String, status: KeyStatus },
    /// IAM PutRolePolicy.
    PutRolePolicy {
        role: String,
        policy_name: String,
        #[schema(value_type = Object)]
        document: Value,
    },
    /// IAM DeleteRolePolicy.
    DeleteRolePolicy { role: String, policy_name: String },
    /// EC2 CreateNetworkAclEntry.
    CreateNetworkAclEntry { network_acl: String, entry: NetworkAclEntry },
    /// EC2 DeleteNetworkAclEntry.
    DeleteNetworkAclEntry { network_acl: String, rule_number: u16, egress: bool },
    /// EC2 ModifyInstanceAttribute, DisableApiTermination.
    SetDisableApiTermination { instance: String, value: bool },
    /// EC2 ModifyInstanceAttribute, InstanceInitiatedShutdownBehavior.
    SetShutdownBehavior { instance: String, value: String },
    /// EC2 ModifyInstanceAttribute, BlockDeviceMappings DeleteOnTermination.
    SetDeleteOnTermination { instance: String, device: String, value: bool },
    /// EC2 CreateSnapshot.
    CreateSnapshot { volume: String, description: String, tags: Tags },
    /// EC2 DeleteSnapshot.
    DeleteSnapshot { snapshot: String },
    /// EC2 CreateSecurityGroup. EC2 gives a new group an egress rule that allows everything.
    CreateSecurityGroup { name: String, description: String, vpc: String, tags: Tags },
    /// EC2 DeleteSecurityGroup.
    DeleteSecurityGroup { group: String },
    /// EC2 AuthorizeSecurityGroupIngress.
    AuthorizeSecurityGroupIngress { group: String, rule: SecurityGroupRule },
    /// EC2 RevokeSecurityGroupIngress.
    RevokeSecurityGroupIngress { group: String, rule: SecurityGroupRule },
    /// EC2 RevokeSecurityGroupEgress.
    RevokeSecurityGroupEgress { group: String, rule: SecurityGroupRule },
    /// EC2 ModifyNetworkInterfaceAttribute, Groups.
    SetInterfaceGroups { interface: String, groups: Vec<String> },
    /// EC2 DisassociateAddress.
    DisassociateAddress { interface: String, allocation: String },
    /// EC2 AssociateAddress.
    AssociateAddress { interface: String, allocation: String },
    /// EC2 DisassociateIamInstanceProfile.
    DisassociateInstanceProfile { instance: String, profile_arn: String },
    /// EC2 AssociateIamInstanceProfile.
    AssociateInstanceProfile { instance: String, profile_arn: String },
    /// ELBv2 DeregisterTargets.
    DeregisterTarget { target_group: String, instance: String, port: u16 },
    /// ELBv2 RegisterTargets.
    RegisterTarget { target_group: String, instance: String, port: u16 },
    /// Auto Scaling DetachInstances, desired capacity left as it is, so that a replacement is started.
    DetachFromAutoScaling { group: String, instance: String },
    /// Auto Scaling AttachInstances; raises the desired capacity by one.
    AttachToAutoScaling { group: String, instance: String },
    /// EC2 CreateTags.
    CreateTags { resource: String, tags: Tags },
    /// EC2 DeleteTags.
    DeleteTags { resource: String, keys: Vec<String> },
    /// S3 PutPublicAccessBlock.
    PutPublicAccessBlock { bucket: String, block: PublicAccessBlock },
    /// S3 DeletePublicAccessBlock.
    DeletePublicAccessBlock { bucket: String },
    /// CloudTrail StartLogging.
    StartLogging { trail: String },
    /// CloudTrail StopLogging.
    StopLogging { trail: String },
}

/// Which part of an account to read.
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum Scope {
    /// Everything of [`Inventory`] that an account lists. What AWS tells only of one instance at a time (its termination
    /// protection and shutdown behaviour, the snapshots of its volumes) need not be in it.
    Everything,
    /// One user.
    User { name: String },
    /// One role.
    Role { name: String },
    /// One network ACL.
    NetworkAcl { id: String },
    /// One instance, with its subnets, the security groups of its VPC, the snapshots of its volumes, and the target
    /// groups and auto scaling groups it is in.
    Instance { id: String },
    /// One bucket.
    Bucket { name: String },
    /// One trail.
    Trail { arn: String },
}

impl Scope {
    /// What an action needs to see.
    pub fn of(action: &crate::Action) -> Self {
        use crate::Action;
        match action {
            Action::RevokeIamUser { user } | Action::DeactivateAccessKey { user, .. } => {
                Scope::User { name: user.clone() }
            }
            Action::RevokeRoleSessions { role } => Scope::Role { name: role.clone() },
            Action::BlockIp { network_acl, .. } => Scope::NetworkAcl { id: network_acl.clone() },
            Action::SnapshotVolumes { instance } | Action::IsolateInstance { instance } => {
                Scope::Instance { id: instance.clone() }
            }
            Action::BlockPublicAccess { bucket } => Scope::Bucket { name: bucket.clone() },
            Action::RestartTrail { trail } => Scope::Trail { arn: trail.clone() },
        }
    }
}
