//! What is affected.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A resource, named by its ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct Resource {
    /// What kind of resource it is.
    pub kind: ResourceKind,
    /// Its ARN; where a source gives none, the id it gives.
    pub arn: String,
    /// The name people know it by (`i-0abc…`, a bucket's name).
    pub name: String,
}

/// Kinds of resource that agents tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// An IAM user.
    User,
    /// An IAM role.
    Role,
    /// An IAM group.
    Group,
    /// An IAM policy.
    Policy,
    /// An access key.
    AccessKey,
    /// An instance profile.
    InstanceProfile,
    /// An EC2 instance.
    Instance,
    /// A network interface.
    NetworkInterface,
    /// A security group.
    SecurityGroup,
    /// A network ACL.
    NetworkAcl,
    /// An EBS volume.
    Volume,
    /// An EBS snapshot.
    Snapshot,
    /// An S3 bucket.
    Bucket,
    /// A CloudTrail trail.
    Trail,
    /// A Secrets Manager secret.
    Secret,
    /// A KMS key.
    Key,
    /// A Lambda function.
    Function,
    /// A database.
    Database,
    /// A Kubernetes object.
    Kubernetes,
    /// An IP address.
    Address,
    /// Anything else.
    Other,
}
