//! What a CloudTrail record touched: its `resources`, and what its request and its answer name.

use domain::{Resource, ResourceKind};
use serde_json::Value;

use crate::{
    arn::{self, Home},
    cloudtrail::text,
};

/// Most resources of one record.
const MAX: usize = 64;

/// How a name in a request is completed to an ARN.
enum Form {
    /// `arn:…:iam::account:PREFIX/name`
    Iam(&'static str),
    /// `arn:…:SERVICE:region:account:PREFIXname`
    Regional(&'static str, &'static str),
    /// `arn:…:s3:::name`
    Bucket,
    /// It is an ARN already, or an id that has none.
    Given,
}

use Form::{Bucket, Given, Iam, Regional};
use ResourceKind as Kind;

/// Service, field (a JSON pointer below request and answer), kind, form. Field names are those of the services' own API
/// references, as CloudTrail writes them.
const FIELDS: [(&str, &str, Kind, Form); 44] = [
    ("iam", "/userName", Kind::User, Iam("user")),
    ("iam", "/user/arn", Kind::User, Given),
    ("iam", "/roleName", Kind::Role, Iam("role")),
    ("iam", "/role/arn", Kind::Role, Given),
    ("iam", "/groupName", Kind::Group, Iam("group")),
    ("iam", "/group/arn", Kind::Group, Given),
    ("iam", "/policyArn", Kind::Policy, Given),
    ("iam", "/policy/arn", Kind::Policy, Given),
    ("iam", "/instanceProfileName", Kind::InstanceProfile, Iam("instance-profile")),
    ("iam", "/instanceProfile/arn", Kind::InstanceProfile, Given),
    ("iam", "/accessKeyId", Kind::AccessKey, Given),
    ("iam", "/accessKey/accessKeyId", Kind::AccessKey, Given),
    ("iam", "/accessKey/userName", Kind::User, Iam("user")),
    ("sts", "/roleArn", Kind::Role, Given),
    ("sts", "/credentials/accessKeyId", Kind::AccessKey, Given),
    ("s3", "/bucketName", Kind::Bucket, Bucket),
    ("ec2", "/instanceId", Kind::Instance, Regional("ec2", "instance/")),
    ("ec2", "/AssociateIamInstanceProfileRequest/InstanceId", Kind::Instance, Regional("ec2", "instance/")),
    ("ec2", "/groupId", Kind::SecurityGroup, Regional("ec2", "security-group/")),
    ("ec2", "/snapshotId", Kind::Snapshot, Regional("ec2", "snapshot/")),
    ("ec2", "/volumeId", Kind::Volume, Regional("ec2", "volume/")),
    ("ec2", "/networkInterfaceId", Kind::NetworkInterface, Regional("ec2", "network-interface/")),
    ("ec2", "/networkAclId", Kind::NetworkAcl, Regional("ec2", "network-acl/")),
    ("ec2", "/imageId", Kind::Other, Regional("ec2", "image/")),
    ("ec2-instance-connect", "/instanceId", Kind::Instance, Regional("ec2", "instance/")),
    ("ssm", "/target", Kind::Instance, Regional("ec2", "instance/")),
    ("cloudtrail", "/name", Kind::Trail, Regional("cloudtrail", "trail/")),
    ("cloudtrail", "/trailName", Kind::Trail, Regional("cloudtrail", "trail/")),
    ("cloudtrail", "/trailARN", Kind::Trail, Given),
    ("secretsmanager", "/secretId", Kind::Secret, Regional("secretsmanager", "secret:")),
    ("secretsmanager", "/aRN", Kind::Secret, Given),
    ("secretsmanager", "/arn", Kind::Secret, Given),
    ("kms", "/keyId", Kind::Key, Regional("kms", "key/")),
    ("lambda", "/functionName", Kind::Function, Regional("lambda", "function:")),
    ("lambda", "/functionArn", Kind::Function, Given),
    ("rds", "/dBInstanceIdentifier", Kind::Database, Regional("rds", "db:")),
    ("rds", "/dBClusterIdentifier", Kind::Database, Regional("rds", "cluster:")),
    ("rds", "/dBSnapshotIdentifier", Kind::Snapshot, Regional("rds", "snapshot:")),
    ("rds", "/dBClusterSnapshotIdentifier", Kind::Snapshot, Regional("rds", "cluster-snapshot:")),
    ("dynamodb", "/tableName", Kind::Database, Regional("dynamodb", "table/")),
    ("guardduty", "/detectorId", Kind::Other, Regional("guardduty", "detector/")),
    ("organizations", "/policyId", Kind::Other, Given),
    ("sqs", "/queueUrl", Kind::Other, Given),
    ("sns", "/topicArn", Kind::Other, Given),
];

/// Sets of EC2, `{"items": [{FIELD: id}]}`, and lists of Systems Manager.
const SETS: [(&str, &str, &str, Kind, &str); 5] = [
    ("ec2", "/instancesSet/items", "/instanceId", Kind::Instance, "instance/"),
    ("ec2", "/groupSet/items", "/groupId", Kind::SecurityGroup, "security-group/"),
    ("ec2", "/snapshotSet/items", "/snapshotId", Kind::Snapshot, "snapshot/"),
    ("ec2", "/volumeSet/items", "/volumeId", Kind::Volume, "volume/"),
    ("ssm", "/instanceIds", "", Kind::Instance, "instance/"),
];

/// The resources of a record, each once, in the order in which it names them.
pub(crate) fn of(raw: &Value, home: &Home) -> Vec<Resource> {
    let service = text(raw, "/eventSource").unwrap_or_default();
    let service = service.strip_suffix(".amazonaws.com").unwrap_or(service);
    let mut found = Vec::new();
    for given in raw.get("resources").and_then(Value::as_array).into_iter().flatten() {
        if let Some(arn) = text(given, "/ARN").or_else(|| text(given, "/arn")) {
            found.push(arn::resource(arn::kind_of(arn), arn));
        }
    }
    for part in ["requestParameters", "responseElements"] {
        let Some(part) = raw.get(part).filter(|v| v.is_object()) else { continue };
        for (of_service, field, kind, form) in &FIELDS {
            if *of_service == service
                && let Some(name) = text(part, field)
            {
                found.push(complete(*kind, form, name, home));
            }
        }
        for (of_service, set, field, kind, prefix) in &SETS {
            if *of_service == service {
                let items = part.pointer(set).and_then(Value::as_array);
                let ids = items.into_iter().flatten().filter_map(|item| text(item, field));
                found.extend(ids.map(|id| complete(*kind, &Regional("ec2", prefix), id, home)));
            }
        }
    }
    let mut once: Vec<Resource> = Vec::new();
    for resource in found {
        if once.len() < MAX && !once.iter().any(|r| r.arn == resource.arn) {
            once.push(resource);
        }
    }
    once
}

/// The resource that a request calls `name`, which may be its ARN already.
fn complete(kind: Kind, form: &Form, name: &str, home: &Home) -> Resource {
    if name.starts_with("arn:") {
        let named = arn::kind_of(name);
        return arn::resource(if named == Kind::Other { kind } else { named }, name);
    }
    let arn = match form {
        Iam(prefix) => home.iam(&format!("{prefix}/{name}")),
        // An alias of a key is a resource beside the keys.
        Regional("kms", _) if name.starts_with("alias/") => home.regional("kms", name),
        Regional(service, prefix) => home.regional(service, &format!("{prefix}{name}")),
        Bucket => Some(home.bucket(name)),
        Given => None,
    };
    Resource { kind, arn: arn.unwrap_or_else(|| name.to_owned()), name: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_become_arns() {
        let home = Home::new(Some("us-east-1"), Some("111122223333"));
        for (record, expected) in [
            (
                json!({"eventSource": "iam.amazonaws.com", "requestParameters": {"userName": "ann"},
                    "responseElements": {"accessKey": {"accessKeyId": "AKIAEXAMPLE", "userName": "ann"}}}),
                vec!["arn:aws:iam::111122223333:user/ann", "AKIAEXAMPLE"],
            ),
            (
                json!({"eventSource": "s3.amazonaws.com", "requestParameters": {"bucketName": "books", "key": "k"},
                    "resources": [{"ARN": "arn:aws:s3:::books"}, {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::books/"}]}),
                vec!["arn:aws:s3:::books"],
            ),
            (
                json!({"eventSource": "ec2.amazonaws.com", "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-1"}]}},
                    "responseElements": {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": 7}]}}}),
                vec!["arn:aws:ec2:us-east-1:111122223333:instance/i-1"],
            ),
            (
                json!({"eventSource": "cloudtrail.amazonaws.com", "requestParameters": {"name": "org"}}),
                vec!["arn:aws:cloudtrail:us-east-1:111122223333:trail/org"],
            ),
            (
                json!({"eventSource": "ssm.amazonaws.com", "requestParameters": {"instanceIds": ["i-2"]}}),
                vec!["arn:aws:ec2:us-east-1:111122223333:instance/i-2"],
            ),
            (
                json!({"eventSource": "kms.amazonaws.com", "requestParameters": {"keyId": "alias/main"}}),
                vec!["arn:aws:kms:us-east-1:111122223333:alias/main"],
            ),
            (
                json!({"eventSource": "rds.amazonaws.com", "requestParameters": {"userName": "db-user"}}),
                vec![],
            ),
            (
                json!({"eventSource": "iam.amazonaws.com", "requestParameters": "bent", "resources": {"a": 1}}),
                vec![],
            ),
        ] {
            let found: Vec<_> = of(&record, &home).into_iter().map(|r| r.arn).collect();
            assert_eq!(found, expected, "{record}");
        }
    }

    #[test]
    fn hostile_records_have_bounded_resources() {
        let many: Vec<_> = (0..500).map(|n| json!({"ARN": format!("arn:aws:s3:::b{n}")})).collect();
        let record = json!({"eventSource": "s3.amazonaws.com", "resources": many});
        assert_eq!(of(&record, &Home::new(None, None)).len(), MAX);
    }
}
