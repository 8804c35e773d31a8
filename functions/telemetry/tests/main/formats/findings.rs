//! What other detectors found: Insights, GuardDuty's attack sequences, Security Hub.

use domain::{EventClass, PrincipalKind, ResourceKind, Source};
use serde_json::json;

use super::{events, only};

#[test]
fn an_insight_is_no_call() {
    let insight = json!({"eventVersion": "1.09", "eventTime": "2026-01-01T00:00:00Z", "awsRegion": "us-east-1", "eventID": "i-1",
        "eventType": "AwsCloudTrailInsight", "recipientAccountId": "111122223333", "eventCategory": "Insight",
        "insightDetails": {"state": "Start", "eventSource": "iam.amazonaws.com", "eventName": "DeleteUser", "insightType": "ApiCallRateInsight"}});
    let event = only(&json!({"Records": [insight]}).to_string());
    assert_eq!((event.source, event.class), (Source::Cloudtrail, EventClass::DetectionFinding));
    assert_eq!(
        (event.operation.as_str(), event.actor),
        ("Insight ApiCallRateInsight DeleteUser Start", None)
    );
    assert!(event.id.as_str().starts_with("i-1~"));
}

#[test]
fn calls_that_are_not_management_are_calls() {
    let call = |category: &str, kind: &str, source: &str, name: &str| {
        json!({"eventVersion": "1.11", "eventID": name, "eventType": kind, "eventCategory": category, "eventSource": source,
            "eventName": name, "eventTime": "2026-01-01T00:00:00Z", "resources": [{"ARN": "arn:aws:s3:::books/a.csv"}]})
    };
    let calls = [
        call("Data", "AwsApiCall", "s3.amazonaws.com", "GetObject"),
        call("Data", "AwsApiCall", "lambda.amazonaws.com", "Invoke"),
        call("Data", "AwsApiCall", "dynamodb.amazonaws.com", "GetItem"),
        call("NetworkActivity", "AwsVpceEvent", "kms.amazonaws.com", "Decrypt"),
        json!({"userIdentity": {"type": "Root"}, "eventName": "DeleteTrail"}),
        json!({"eventType": "AwsApiCall", "eventName": "DeleteTrail", "eventSource": 7}),
    ];
    let read = events(&json!({"Records": calls}).to_string());
    assert_eq!(read.len(), calls.len());
    for event in read {
        assert_eq!((event.source, event.class), (Source::Cloudtrail, EventClass::ApiActivity));
    }
}

#[test]
fn an_attack_sequence_names_actor_origin_and_resources() {
    let sequence = json!({"schemaVersion": "2.0", "accountId": "111122223333", "region": "us-east-1", "id": "s1",
    "arn": "arn:aws:guardduty:us-east-1:111122223333:detector/d/finding/s1", "type": "AttackSequence:IAM/CompromisedCredentials",
    "severity": 9, "updatedAt": "2026-01-01T00:00:00Z", "resource": {"resourceType": "AttackSequence"},
    "service": {"serviceName": "guardduty", "detection": {"sequence": {"uid": "s",
        "actors": [{"id": "p", "process": {"name": "x"}}, {"id": "a", "user": {"name": "ann", "uid": "AIDAEXAMPLE", "type": "IAMUser",
            "credentialUid": "AKIAEXAMPLE", "account": {"uid": "111122223333"}}}],
        "endpoints": [{"id": "e", "domain": "x"}, {"id": "f", "ip": "198.51.100.7"}],
        "resources": [{"uid": "arn:aws:s3:::books", "name": "books", "resourceType": "S3_BUCKET"},
            {"uid": "AKIAEXAMPLE", "resourceType": "ACCESS_KEY"}],
        "signals": [{"type": "CLOUD_TRAIL"}],
        "sequenceIndicators": [{"key": "ATTACK_TACTIC", "values": ["Impact"]}, {"key": "ATTACK_TECHNIQUE", "values": ["T1078.004", "T1485"]}],
    }}}});
    let event = only(&sequence.to_string());
    let actor = event.actor.as_ref().unwrap();
    assert_eq!((actor.kind, actor.arn.as_str()), (PrincipalKind::User, "arn:aws:iam::111122223333:user/ann"));
    assert_eq!(
        (actor.access_key.as_deref(), event.origin.as_deref()),
        (Some("AKIAEXAMPLE"), Some("198.51.100.7"))
    );
    let kinds: Vec<_> = event.resources.iter().map(|resource| resource.kind).collect();
    assert_eq!(kinds, [ResourceKind::Bucket, ResourceKind::AccessKey]);
}

#[test]
fn guardduty_resources_of_every_plan() {
    for (resource, kind, name) in [
        (json!({"instanceDetails": {"instanceId": "i-1"}}), ResourceKind::Instance, "i-1"),
        (json!({"s3BucketDetails": [{"name": "books"}]}), ResourceKind::Bucket, "books"),
        (
            json!({"lambdaDetails": {"functionArn": "arn:aws:lambda:us-east-1:1:function:f"}}),
            ResourceKind::Function,
            "f",
        ),
        (
            json!({"rdsDbInstanceDetails": {"dbInstanceArn": "arn:aws:rds:us-east-1:1:db:main"}}),
            ResourceKind::Database,
            "main",
        ),
        (
            json!({"eksClusterDetails": {"arn": "arn:aws:eks:us-east-1:1:cluster/shop"}}),
            ResourceKind::Other,
            "shop",
        ),
        (
            json!({"kubernetesDetails": {"kubernetesWorkloadDetails": {"type": "pods", "namespace": "shop", "name": "web"}}}),
            ResourceKind::Kubernetes,
            "web",
        ),
        (
            json!({"ebsVolumeDetails": {"scannedVolumeDetails": [{"volumeArn": "arn:aws:ec2:us-east-1:1:volume/vol-1"}]}}),
            ResourceKind::Volume,
            "vol-1",
        ),
    ] {
        let finding = json!({"type": "Execution:Runtime/X", "id": "f", "resource": resource, "service": {"serviceName": "guardduty"}});
        let event = only(&finding.to_string());
        assert_eq!((event.resources[0].kind, event.resources[0].name.as_str()), (kind, name), "{finding}");
    }
    let cluster = json!({"type": "Discovery:Kubernetes/X", "service": {"serviceName": "guardduty",
            "action": {"kubernetesApiCallAction": {"sourceIPs": ["198.51.100.7"]}}},
        "resource": {"kubernetesDetails": {"kubernetesUserDetails": {"username": "system:anonymous"}}}});
    let event = only(&cluster.to_string());
    assert_eq!(
        (event.origin.as_deref(), event.actor.unwrap().kind),
        (Some("198.51.100.7"), PrincipalKind::Unknown)
    );
}

#[test]
fn security_hub_in_both_formats() {
    let ocsf = json!({"class_uid": 2004, "category_uid": 2, "severity_id": 4, "time": 1_767_225_600_000_i64,
        "metadata": {"product": {"name": "GuardDuty", "vendor_name": "AWS"}, "version": "1.6.0"},
        "cloud": {"account": {"uid": "111122223333"}, "region": "us-east-1", "provider": "AWS"},
        "finding_info": {"uid": "f-1", "title": "Credentials used from outside", "modified_time_dt": "2026-01-01T00:00:00Z"},
        "resources": [{"uid": "arn:aws:s3:::books", "type": "AWS::S3::Bucket"}],
        "evidences": [{"src_endpoint": {"ip": "198.51.100.7"}, "actor": {"user": {"uid": "arn:aws:iam::111122223333:user/ann"}}}]});
    let asff = json!({"SchemaVersion": "2018-10-08", "Id": "f-1", "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty",
        "ProductName": "GuardDuty", "GeneratorId": "g", "AwsAccountId": "111122223333", "Region": "us-east-1", "Types": ["TTPs/Impact"],
        "UpdatedAt": "2026-01-01T00:00:00Z", "Title": "t", "Severity": {"Label": "HIGH"}, "Network": {"SourceIpV4": "198.51.100.7"},
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::books"}, {"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE"}]});
    let bridge = |kind: &str, finding| {
        json!({"detail-type": kind, "source": "aws.securityhub", "detail": {"findings": [finding]}})
            .to_string()
    };
    for (body, operation) in [
        (ocsf.to_string(), "Credentials used from outside"),
        (bridge("Findings Imported V2", &ocsf), "Credentials used from outside"),
        (json!({"Findings": [ocsf]}).to_string(), "Credentials used from outside"),
        (asff.to_string(), "TTPs/Impact"),
        (bridge("Security Hub Findings - Imported", &asff), "TTPs/Impact"),
    ] {
        let event = only(&body);
        assert_eq!((event.source, event.class), (Source::SecurityHub, EventClass::DetectionFinding));
        assert_eq!((event.service.as_str(), event.operation.as_str()), ("GuardDuty", operation));
        assert_eq!(event.id.as_str(), "securityhub:f-1@2026-01-01T00:00:00Z");
        assert_eq!(
            (event.account.as_deref(), event.region.as_deref()),
            (Some("111122223333"), Some("us-east-1"))
        );
        assert_eq!(event.origin.as_deref(), Some("198.51.100.7"));
        assert_eq!(
            (event.resources[0].kind, event.resources[0].name.as_str()),
            (ResourceKind::Bucket, "books")
        );
    }
}
