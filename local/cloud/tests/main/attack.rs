//! An attack as CloudTrail records it, on the user that tests make.

use serde_json::{Value, json};

/// The user whose key leaked.
pub const USER: &str = "ci-deploy";
/// The account that moto is.
pub const ACCOUNT: &str = "123456789012";

/// A log file, with ids that begin so: a leaked key asks around, makes its user an administrator, and silences the trail.
pub fn file(ids: &str, key: &str) -> Value {
    let steps = [
        ("sts.amazonaws.com", "GetCallerIdentity", Value::Null, true),
        ("iam.amazonaws.com", "ListUsers", Value::Null, true),
        (
            "iam.amazonaws.com",
            "AttachUserPolicy",
            json!({ "userName": USER, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess" }),
            false,
        ),
    ];
    let now = jiff::Timestamp::now();
    let records = (0i64..).zip(steps).map(|(n, (service, operation, parameters, read_only))| {
        let time = now - jiff::SignedDuration::from_secs(60 - n * 10);
        json!({
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": format!("arn:aws:iam::{ACCOUNT}:user/{USER}"),
                "accountId": ACCOUNT, "accessKeyId": key, "userName": USER,
            },
            "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "eventSource": service, "eventName": operation, "awsRegion": "us-east-1",
            "sourceIPAddress": "203.0.113.66", "userAgent": "aws-cli/2.27.41 md/distrib#kali.2025",
            "requestParameters": parameters, "responseElements": null,
            "requestID": format!("{ids}-request-{n}"), "eventID": format!("{ids}-{n}"),
            "readOnly": read_only, "eventType": "AwsApiCall", "managementEvent": true,
            "recipientAccountId": ACCOUNT, "eventCategory": "Management",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// S3's notification of an object, as EventBridge carries it ("Amazon S3 events", EventBridge).
pub fn notification(bucket: &str, key: &str) -> Value {
    json!({
        "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": "Object Created",
        "source": "aws.s3", "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
        "resources": [format!("arn:aws:s3:::{bucket}")],
        "detail": { "version": "0", "bucket": { "name": bucket }, "object": { "key": key, "size": 1 },
                    "request-id": "N4N7GDK58NMKJ12R", "requester": "123456789012", "reason": "PutObject" },
    })
}
