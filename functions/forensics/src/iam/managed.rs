//! AWS-managed policies that an inventory seldom holds, as far as reach depends on them.

use serde_json::{Value, json};

/// The document of an AWS-managed policy, by ARN (in any partition); narrowed to what reach depends on, after the "AWS
/// Managed Policy Reference Guide". `None` for one that is not known here.
pub(super) fn document(arn: &str) -> Option<Value> {
    let (_, name) = arn.split_once(":iam::aws:policy/")?;
    let allow =
        |actions: &[&str]| json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    Some(match name {
        "AdministratorAccess" => allow(&["*"]),
        "PowerUserAccess" => json!({"Statement": [
            {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
            {"Effect": "Allow", "Action": ["iam:CreateServiceLinkedRole", "iam:ListRoles"], "Resource": "*"}]}),
        "AWSDenyAll" => json!({"Statement": [
            {"Sid": "DenyAll", "Effect": "Deny", "Action": "*", "Resource": "*"}]}),
        "ReadOnlyAccess" => allow(&["s3:Get*", "s3:List*", "ec2:Describe*", "iam:Get*", "iam:List*"]),
        "IAMFullAccess" => allow(&["iam:*"]),
        "AmazonS3FullAccess" => allow(&["s3:*", "s3-object-lambda:*"]),
        "AmazonS3ReadOnlyAccess" => allow(&["s3:Get*", "s3:List*", "s3:Describe*"]),
        "SecretsManagerReadWrite" => allow(&["secretsmanager:*"]),
        "AmazonEC2FullAccess" => allow(&["ec2:*", "elasticloadbalancing:*", "autoscaling:*", "cloudwatch:*"]),
        "AmazonSSMFullAccess" => allow(&["ssm:*"]),
        "AWSLambda_FullAccess" => json!({"Statement": [
            {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
             "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}]}),
        // None of these gives credentials, data or code execution.
        "SecurityAudit"
        | "job-function/ViewOnlyAccess"
        | "IAMReadOnlyAccess"
        | "IAMUserChangePassword"
        | "AmazonEC2ReadOnlyAccess"
        | "AmazonSSMManagedInstanceCore"
        | "CloudWatchAgentServerPolicy"
        | "service-role/AWSLambdaBasicExecutionRole"
        | "service-role/AWSLambdaVPCAccessExecutionRole" => json!({"Statement": []}),
        _ => return None,
    })
}
