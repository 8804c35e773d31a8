//! Amazon Resource Names: `arn:partition:service:region:account:resource`.

use domain::{Principal, PrincipalKind, Resource, ResourceKind};

/// Where a record's resources stand, as far as it says: what completes a name to an ARN.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub(crate) partition: String,
    /// Empty where it is not known.
    pub(crate) region: String,
    /// Twelve digits; empty where it is not known.
    pub(crate) account: String,
}

impl Home {
    /// The home of a region's and an account's resources. A region names its partition.
    pub(crate) fn new(region: Option<&str>, account: Option<&str>) -> Self {
        let region = region.unwrap_or_default();
        let partition = match region {
            r if r.starts_with("cn-") => "aws-cn",
            r if r.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let (partition, region) = (partition.to_owned(), region.to_owned());
        Self { partition, region, account: account.unwrap_or_default().to_owned() }
    }

    /// ARN of an IAM resource (which has no region): `user/ann`.
    pub(crate) fn iam(&self, resource: &str) -> Option<String> {
        let known = !self.account.is_empty();
        known.then(|| format!("arn:{}:iam::{}:{resource}", self.partition, self.account))
    }

    /// ARN of a regional resource.
    pub(crate) fn regional(&self, service: &str, resource: &str) -> Option<String> {
        let known = !self.account.is_empty() && !self.region.is_empty();
        known.then(|| format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account))
    }

    /// ARN of a bucket, which has neither region nor account.
    pub(crate) fn bucket(&self, name: &str) -> String {
        format!("arn:{}:s3:::{name}", self.partition)
    }
}

/// An ARN's six parts.
pub(crate) fn parts(arn: &str) -> Option<[&str; 6]> {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next();
    let parts = [next()?, next()?, next()?, next()?, next()?, next()?];
    (parts[0] == "arn" && !parts[5].is_empty()).then_some(parts)
}

/// The account that an ARN names, if it names one.
pub(crate) fn account(arn: &str) -> Option<&str> {
    parts(arn).map(|p| p[4]).filter(|account| !account.is_empty())
}

/// The region that an ARN names, if it names one.
pub(crate) fn region(arn: &str) -> Option<&str> {
    parts(arn).map(|p| p[3]).filter(|region| !region.is_empty())
}

/// What a person calls the thing: the last part of its ARN. A secret's, a function's and a log group's name may have
/// slashes, and stands behind a colon.
pub(crate) fn name(arn: &str) -> &str {
    let Some([_, _, service, _, _, resource]) = parts(arn) else { return arn };
    let name = match service {
        "s3" => resource,
        "secretsmanager" | "lambda" | "rds" | "logs" => {
            resource.split_once(':').map_or(resource, |(_, name)| name)
        }
        _ => resource.rsplit('/').next().unwrap_or(resource),
    };
    if name.is_empty() { resource } else { name }
}

/// What kind of resource an ARN names.
pub(crate) fn kind_of(arn: &str) -> ResourceKind {
    let Some([_, _, service, _, _, resource]) = parts(arn) else { return ResourceKind::Other };
    let kind = resource.split(['/', ':']).next().unwrap_or_default();
    match (service, kind) {
        ("iam", "user") => ResourceKind::User,
        ("iam", "role") | ("sts", "assumed-role") => ResourceKind::Role,
        ("iam", "group") => ResourceKind::Group,
        ("iam", "policy") => ResourceKind::Policy,
        ("iam", "instance-profile") => ResourceKind::InstanceProfile,
        ("ec2", "instance") => ResourceKind::Instance,
        ("ec2", "network-interface") => ResourceKind::NetworkInterface,
        ("ec2", "security-group") => ResourceKind::SecurityGroup,
        ("ec2", "network-acl") => ResourceKind::NetworkAcl,
        ("ec2", "volume") => ResourceKind::Volume,
        ("ec2", "snapshot") => ResourceKind::Snapshot,
        // An object's ARN has a slash; its bucket's has none.
        ("s3", _) if !resource.contains('/') => ResourceKind::Bucket,
        ("cloudtrail", "trail") => ResourceKind::Trail,
        ("secretsmanager", "secret") => ResourceKind::Secret,
        ("kms", _) => ResourceKind::Key,
        ("lambda", "function") => ResourceKind::Function,
        ("rds" | "dynamodb" | "redshift", _) => ResourceKind::Database,
        _ => ResourceKind::Other,
    }
}

/// The resource with this ARN, or with this id where there is no ARN.
pub(crate) fn resource(kind: ResourceKind, arn: &str) -> Resource {
    Resource { kind, arn: arn.to_owned(), name: name(arn).to_owned() }
}

/// The identity that an ARN names. A session's ARN gives its role; the role's path does not stand in it and is lost.
pub(crate) fn principal(arn: &str) -> Principal {
    let nobody = Principal {
        kind: PrincipalKind::Unknown,
        arn: arn.to_owned(),
        name: name(arn).to_owned(),
        account: account(arn).map(str::to_owned),
        session: None,
        access_key: None,
    };
    let Some([_, partition, service, _, account, resource]) = parts(arn) else { return nobody };
    match (service, resource.split_once('/')) {
        ("iam", None) if resource == "root" => Principal { kind: PrincipalKind::Root, ..nobody },
        ("iam", Some(("user", _))) => Principal { kind: PrincipalKind::User, ..nobody },
        ("iam", Some(("role", _))) => Principal { kind: PrincipalKind::Role, ..nobody },
        ("sts", Some(("federated-user", _))) => Principal { kind: PrincipalKind::Federated, ..nobody },
        ("sts", Some(("assumed-role", session))) => {
            let (role, session) = session.split_once('/').unwrap_or((session, ""));
            Principal {
                kind: PrincipalKind::Role,
                arn: format!("arn:{partition}:iam::{account}:role/{role}"),
                name: role.to_owned(),
                session: Some(session.to_owned()).filter(|s| !s.is_empty()),
                ..nobody
            }
        }
        _ => nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_name_kinds_and_things() {
        for (arn, kind, called) in [
            ("arn:aws:iam::111122223333:user/team/ann", ResourceKind::User, "ann"),
            ("arn:aws-cn:iam::111122223333:role/app", ResourceKind::Role, "app"),
            ("arn:aws:s3:::books", ResourceKind::Bucket, "books"),
            ("arn:aws:s3:::books/a/b.csv", ResourceKind::Other, "books/a/b.csv"),
            (
                "arn:aws:secretsmanager:us-east-1:1:secret:prod/db-AbCdEf",
                ResourceKind::Secret,
                "prod/db-AbCdEf",
            ),
            ("arn:aws:ec2:us-east-1:1:instance/i-1", ResourceKind::Instance, "i-1"),
            ("arn:aws:lambda:us-east-1:1:function:f", ResourceKind::Function, "f"),
            ("i-1", ResourceKind::Other, "i-1"),
            ("arn:aws:iam::1:", ResourceKind::Other, "arn:aws:iam::1:"),
        ] {
            assert_eq!((kind_of(arn), name(arn)), (kind, called), "{arn}");
        }
    }
}
