//! Generated CloudTrail records: the same for the same number, about 1.2 KB each, mostly everyday traffic.
//!
//! Shapes and field order are those of the CloudTrail User Guide ("CloudTrail record contents"); who does what follows what a
//! middling account does: services assuming roles, workloads reading and writing data, a few people, now and then an attack.

use std::fmt::Write;

/// Share of records that are worth a look: one in so many.
const TELLING: u64 = 400;

/// Everyday calls: service, operation, parameters, answer, read only. `{n}` becomes a number.
const EVERYDAY: [(&str, &str, &str, &str, bool); 24] = [
    (
        "sts",
        "AssumeRole",
        r#"{"roleArn":"arn:aws:iam::111122223333:role/job-{n}","roleSessionName":"job-{n}","durationSeconds":3600}"#,
        r#"{"credentials":{"accessKeyId":"ASIAIOSFODNN7{n}","sessionToken":"IQoJb3JpZ2luX2VjE{n}","expiration":"Jan 5, 2026, 4:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE{n}:job-{n}","arn":"arn:aws:sts::111122223333:assumed-role/job-{n}/job-{n}"}}"#,
        true,
    ),
    ("sts", "GetCallerIdentity", "null", "null", true),
    (
        "s3",
        "GetObject",
        r#"{"bucketName":"reports-{n}","Host":"reports-{n}.s3.eu-central-1.amazonaws.com","key":"2026/01/{n}.parquet"}"#,
        "null",
        true,
    ),
    (
        "s3",
        "PutObject",
        r#"{"bucketName":"uploads-{n}","Host":"uploads-{n}.s3.eu-central-1.amazonaws.com","key":"in/{n}.json","x-amz-server-side-encryption":"aws:kms"}"#,
        r#"{"x-amz-server-side-encryption":"aws:kms"}"#,
        false,
    ),
    (
        "s3",
        "ListObjects",
        r#"{"list-type":"2","bucketName":"reports-{n}","prefix":"2026/","encoding-type":"url","Host":"reports-{n}.s3.eu-central-1.amazonaws.com"}"#,
        "null",
        true,
    ),
    (
        "s3",
        "GetBucketAcl",
        r#"{"bucketName":"trail-{n}","Host":"trail-{n}.s3.amazonaws.com","acl":""}"#,
        "null",
        true,
    ),
    (
        "kms",
        "Decrypt",
        r#"{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::uploads-{n}/in/{n}.json"}}"#,
        "null",
        true,
    ),
    (
        "kms",
        "GenerateDataKey",
        r#"{"keyId":"arn:aws:kms:eu-central-1:111122223333:key/0f3a7c1e-{n}","keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::uploads-{n}"}}"#,
        "null",
        true,
    ),
    (
        "ec2",
        "DescribeInstances",
        r#"{"maxResults":100,"instancesSet":{},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"}]}}]}}"#,
        "null",
        true,
    ),
    (
        "ec2",
        "DescribeVolumes",
        r#"{"maxResults":500,"volumeSet":{},"filterSet":{"items":[{"name":"attachment.instance-id","valueSet":{"items":[{"value":"i-0{n}"}]}}]}}"#,
        "null",
        true,
    ),
    (
        "ec2",
        "DescribeSecurityGroups",
        r#"{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"sg-0{n}"}]},"filterSet":{}}"#,
        "null",
        true,
    ),
    (
        "ec2",
        "CreateTags",
        r#"{"resourcesSet":{"items":[{"resourceId":"i-0{n}"}]},"tagSet":{"items":[{"key":"team","value":"shop"},{"key":"cost","value":"{n}"}]}}"#,
        r#"{"requestId":"5b1c2d-{n}","_return":true}"#,
        false,
    ),
    (
        "elasticloadbalancing",
        "DescribeTargetHealth",
        r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/web-{n}/6d0ecf831eec9f09"}"#,
        "null",
        true,
    ),
    ("autoscaling", "DescribeAutoScalingGroups", r#"{"autoScalingGroupNames":["web-{n}"]}"#, "null", true),
    ("dynamodb", "DescribeTable", r#"{"tableName":"orders-{n}"}"#, "null", true),
    (
        "dynamodb",
        "GetItem",
        r#"{"tableName":"orders-{n}","key":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#,
        "null",
        true,
    ),
    (
        "lambda",
        "Invoke",
        r#"{"functionName":"arn:aws:lambda:eu-central-1:111122223333:function:resize-{n}","invocationType":"RequestResponse"}"#,
        "null",
        false,
    ),
    (
        "logs",
        "CreateLogStream",
        r#"{"logGroupName":"/aws/lambda/resize-{n}","logStreamName":"2026/01/05/[$LATEST]{n}"}"#,
        "null",
        false,
    ),
    (
        "ssm",
        "UpdateInstanceInformation",
        r#"{"instanceId":"i-0{n}","agentVersion":"3.3.1611.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux"}"#,
        "null",
        false,
    ),
    ("iam", "GetRole", r#"{"roleName":"job-{n}"}"#, "null", true),
    ("iam", "ListAttachedRolePolicies", r#"{"roleName":"job-{n}"}"#, "null", true),
    ("cloudformation", "DescribeStacks", r#"{"stackName":"shop-{n}"}"#, "null", true),
    ("monitoring", "DescribeAlarms", r#"{"maxRecords":100,"alarmNames":["cpu-{n}"]}"#, "null", true),
    (
        "ecr",
        "BatchGetImage",
        r#"{"repositoryName":"shop/web","imageIds":[{"imageDigest":"sha256:9f86d081884c7d659a2feaa0c55ad015{n}"}],"registryId":"111122223333"}"#,
        "null",
        true,
    ),
];

/// Calls of an attack.
const ATTACKS: [(&str, &str, &str, &str, bool); 8] = [
    (
        "iam",
        "CreateAccessKey",
        r#"{"userName":"deploy-{n}"}"#,
        r#"{"accessKey":{"accessKeyId":"AKIAIOSFODNN{n}","status":"Active","userName":"deploy-{n}"}}"#,
        false,
    ),
    (
        "iam",
        "AttachUserPolicy",
        r#"{"userName":"deploy-{n}","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
        "null",
        false,
    ),
    ("cloudtrail", "StopLogging", r#"{"name":"trail-{n}"}"#, "null", false),
    (
        "ec2",
        "AuthorizeSecurityGroupIngress",
        r#"{"groupId":"sg-0{n}","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}"#,
        r#"{"_return":true}"#,
        false,
    ),
    (
        "ec2",
        "ModifySnapshotAttribute",
        r#"{"snapshotId":"snap-0{n}","createVolumePermission":{"add":{"items":[{"group":"all"}]}},"attributeType":"CREATE_VOLUME_PERMISSION"}"#,
        r#"{"_return":true}"#,
        false,
    ),
    (
        "s3",
        "PutBucketPolicy",
        r#"{"bucketName":"reports-{n}","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports-{n}/*"}]}}"#,
        "null",
        false,
    ),
    ("secretsmanager", "GetSecretValue", r#"{"secretId":"prod/db-{n}"}"#, "null", true),
    ("guardduty", "DeleteDetector", r#"{"detectorId":"12abc34d567e8fa901bc2d34e56789f0"}"#, "null", false),
];

const AGENTS: [&str; 6] = [
    "aws-sdk-java/2.31.9 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1 lang/java#21 md/OpenJDK_64-Bit_Server_VM m/D",
    "Boto3/1.40.11 md/Botocore#1.40.11 ua/2.1 os/linux#6.8.0-1029-aws md/arch#x86_64 lang/python#3.13.2 cfg/retry-mode#legacy",
    "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.2 md/GOOS#linux md/GOARCH#arm64 api/ec2#1.210.0",
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-aws/5.96.0",
    "aws-cli/2.27.5 md/awscrt#0.25.7 ua/2.1 os/macos#24.4.0 md/arch#arm64 lang/python#3.13.3 md/prompt#off md/command#s3.ls",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
];

const REGIONS: [&str; 4] = ["eu-central-1", "eu-central-1", "us-east-1", "eu-west-1"];

/// The record of this number, as one line of JSON without its line break. Numbers rise with time, four a second.
pub(super) fn record(number: u64) -> String {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xa076_1d64_78bd_642f);
    let is_telling = dice.below(TELLING) == 0;
    let (service, operation, asked, answered, reads) = if is_telling {
        ATTACKS[dice.below(ATTACKS.len() as u64) as usize]
    } else {
        EVERYDAY[dice.below(EVERYDAY.len() as u64) as usize]
    };
    let who = dice.below(5_000);
    let thing = dice.below(100_000).to_string();
    let agent = AGENTS[dice.below(AGENTS.len() as u64) as usize];
    let region = REGIONS[dice.below(REGIONS.len() as u64) as usize];
    let seconds = number / 4;
    let (day, hour, minute, second) =
        (1 + seconds / 86_400 % 28, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let mut line = String::with_capacity(1500);
    line.push_str(r#"{"eventVersion":"1.11","userIdentity":"#);
    let written = match dice.below(20) {
        0..=2 => write!(line, r#"{{"type":"AWSService","invokedBy":"{service}.amazonaws.com"}}"#),
        3 => write!(
            line,
            r#"{{"type":"IAMUser","principalId":"AIDAEXAMPLE{who}","arn":"arn:aws:iam::111122223333:user/person-{who}","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE{who}","userName":"person-{who}"}}"#
        ),
        _ => write!(
            line,
            r#"{{"type":"AssumedRole","principalId":"AROAEXAMPLE{who}:work-{who}","arn":"arn:aws:sts::111122223333:assumed-role/work-{who}/work-{who}","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE{who}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE{who}","arn":"arn:aws:iam::111122223333:role/work-{who}","accountId":"111122223333","userName":"work-{who}"}},"attributes":{{"creationDate":"2026-01-05T02:00:00Z","mfaAuthenticated":"false"}}}}}}"#
        ),
    };
    debug_assert!(written.is_ok());
    let (a, b) = (dice.below(256), dice.below(256));
    let failed = if dice.below(50) == 0 {
        r#""errorCode":"AccessDenied","errorMessage":"User is not authorized to perform this operation","#
    } else {
        ""
    };
    let (asked, answered) = (asked.replace("{n}", &thing), answered.replace("{n}", &thing));
    let (high, low) = (dice.next(), dice.next());
    let written = write!(
        line,
        r#","eventTime":"2026-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z","eventSource":"{service}.amazonaws.com","eventName":"{operation}","awsRegion":"{region}","sourceIPAddress":"203.0.{a}.{b}","userAgent":"{agent}",{failed}"requestParameters":{asked},"responseElements":{answered},"requestID":"{high:016x}{low:016x}","eventID":"{low:016x}{high:016x}","readOnly":{reads},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.{region}.amazonaws.com"}}}}"#
    );
    debug_assert!(written.is_ok());
    line
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
