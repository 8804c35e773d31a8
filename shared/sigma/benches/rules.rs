//! Generated rules, in the mix that a folder of rules for AWS has: most name an API call, some look for text in a field that
//! every event has, a few use expressions, numbers, networks and exceptions.

use std::fmt::Write;

const SERVICES: [&str; 12] = [
    "iam",
    "sts",
    "s3",
    "ec2",
    "kms",
    "lambda",
    "cloudtrail",
    "guardduty",
    "rds",
    "ssm",
    "secretsmanager",
    "dynamodb",
];
const VERBS: [&str; 12] = [
    "Create", "Delete", "Update", "Put", "Attach", "Detach", "Modify", "Stop", "Start", "Get", "List",
    "Describe",
];
const THINGS: [&str; 16] = [
    "Role",
    "User",
    "Policy",
    "Key",
    "Bucket",
    "Trail",
    "Detector",
    "Instance",
    "Instances",
    "Function",
    "Table",
    "Secret",
    "Snapshot",
    "Cluster",
    "Object",
    "Volumes",
];

/// The texts of the first `count` rules, as files.
pub(super) fn rules(count: usize) -> Vec<(String, String)> {
    (0..count).map(|number| (format!("rule-{number}.yml"), rule(number))).collect()
}

fn rule(number: usize) -> String {
    let pick = |list: &[&'static str], salt: usize| list[(number / salt + number * 7) % list.len()];
    let (service, verb, thing) = (pick(&SERVICES, 1), pick(&VERBS, 3), pick(&THINGS, 5));
    let mut text = format!(
        "title: Generated {number}\nid: 00000000-0000-4000-8000-{number:012}\nlevel: medium\n\
         logsource:\n  product: aws\n  service: cloudtrail\ndetection:\n"
    );
    let written = match number % 10 {
        0..=3 => write!(
            text,
            "  call:\n    eventSource: {service}.amazonaws.com\n    eventName: [{verb}{thing}, {verb}{thing}V2]\n  \
             by_a_service:\n    userIdentity.type: AWSService\n  condition: call and not by_a_service\n"
        ),
        4 | 5 => write!(
            text,
            "  call:\n    eventSource: {service}.amazonaws.com\n    eventName|startswith: {verb}{thing}\n    \
             requestParameters.name|contains: canary-{number}\n  condition: call\n"
        ),
        6 => write!(
            text,
            "  agent:\n    userAgent|contains: [tool-{number}/, kit-{number}]\n  condition: agent\n"
        ),
        7 => write!(
            text,
            "  call:\n    eventName: {verb}{thing}\n  who:\n    userIdentity.arn|re: '.*:user/.*-{number}$'\n  \
             home:\n    sourceIPAddress|cidr: [10.{}.0.0/16, 172.16.0.0/12]\n  condition: call and who and not home\n",
            number % 256
        ),
        8 => write!(
            text,
            "  refused:\n    eventSource: {service}.amazonaws.com\n    eventName: {verb}{thing}\n    errorCode|endswith: Denied\n  \
             asked:\n    requestParameters.maxResults|gte: {number}\n  condition: refused or (asked and refused)\n"
        ),
        _ => write!(
            text,
            "  a:\n    eventName: {verb}{thing}\n  b:\n    requestParameters.policyDocument|contains|all: ['\"Allow\"', 's{number}']\n  \
             condition: all of them\n"
        ),
    };
    debug_assert!(written.is_ok());
    text
}
