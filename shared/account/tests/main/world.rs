//! An account to look at and to contain, built by AWS's own calls.

mod network;

use std::{sync::Arc, time::Duration};

use account::AwsAccount;
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use cloud::Moto;
use serde_json::{Value, json};

pub(crate) use network::{Network, join_group, network};

pub(crate) const REGION: &str = "us-east-1";
/// What moto calls the account.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const USER: &str = "ci-deploy";
pub(crate) const ROLE: &str = "web-app";
pub(crate) const BUCKET: &str = "asoc-test-exports";
pub(crate) const FAR_BUCKET: &str = "asoc-test-elsewhere";

/// How the SDKs reach an endpoint.
pub(crate) async fn config(url: &str) -> SdkConfig {
    let credentials = aws_sdk_sts::config::Credentials::new("AKIATEST", "secret", None, None, "test");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(credentials)
        .endpoint_url(url)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .load()
        .await
}

/// A running endpoint and the account in it.
pub(crate) struct World {
    pub(crate) moto: Moto,
    pub(crate) config: SdkConfig,
    pub(crate) account: Arc<AwsAccount>,
}

impl World {
    /// An account with nothing in it but what moto puts there.
    pub(crate) async fn empty() -> Self {
        let moto = Moto::start().await.unwrap();
        let config = config(moto.url()).await;
        Self { account: Arc::new(AwsAccount::new(&config)), moto, config }
    }
}

pub(crate) fn trust(service: &str) -> Value {
    let principal = json!({ "Service": service });
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }],
    })
}

pub(crate) fn allow(action: &str) -> Value {
    let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*", "Sid": "With100Percent" });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// A user with two keys, a password, a group and policies; a role with an inline policy.
pub(crate) async fn identities(config: &SdkConfig) -> [String; 2] {
    use aws_sdk_iam::types::{StatusType, Tag};
    let iam = aws_sdk_iam::Client::new(config);
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    iam.create_group().group_name("developers").send().await.unwrap();
    let document = allow("ec2:Describe*").to_string();
    let own = iam.create_policy().policy_name("look").policy_document(&document).send().await.unwrap();
    let own = own.policy.unwrap().arn.unwrap();
    iam.attach_group_policy().group_name("developers").policy_arn(&own).send().await.unwrap();
    iam.put_group_policy()
        .group_name("developers")
        .policy_name("logs")
        .policy_document(allow("logs:Get*").to_string())
        .send()
        .await
        .unwrap();

    iam.create_user().user_name(USER).tags(tag("team", "platform")).send().await.unwrap();
    iam.add_user_to_group().user_name(USER).group_name("developers").send().await.unwrap();
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    iam.attach_user_policy().user_name(USER).policy_arn(read_only).send().await.unwrap();
    iam.put_user_policy()
        .user_name(USER)
        .policy_name("assume")
        .policy_document(allow("sts:AssumeRole").to_string())
        .send()
        .await
        .unwrap();
    iam.create_login_profile().user_name(USER).password("Not-a-secret-1").send().await.unwrap();
    let key = || async {
        let key = iam.create_access_key().user_name(USER).send().await.unwrap().access_key.unwrap();
        key.access_key_id
    };
    let keys = [key().await, key().await];
    let asleep = iam.update_access_key().user_name(USER).access_key_id(&keys[1]);
    asleep.status(StatusType::Inactive).send().await.unwrap();

    iam.create_role()
        .role_name(ROLE)
        .assume_role_policy_document(trust("ec2.amazonaws.com").to_string())
        .max_session_duration(7200)
        .tags(tag("team", "storefront"))
        .send()
        .await
        .unwrap();
    iam.put_role_policy()
        .role_name(ROLE)
        .policy_name("storefront")
        .policy_document(allow("s3:GetObject").to_string())
        .send()
        .await
        .unwrap();
    iam.attach_role_policy().role_name(ROLE).policy_arn(&own).send().await.unwrap();
    iam.create_instance_profile().instance_profile_name(ROLE).send().await.unwrap();
    let call = iam.add_role_to_instance_profile().instance_profile_name(ROLE).role_name(ROLE);
    call.send().await.unwrap();
    iam.create_instance_profile().instance_profile_name("empty").send().await.unwrap();
    keys
}

/// Two buckets, the second in another region; a trail that is stopped; a secret. Answers the ARNs of the latter.
pub(crate) async fn storage(config: &SdkConfig) -> [String; 2] {
    use aws_sdk_s3::types::{
        BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration, Tag, Tagging,
    };
    let s3 = aws_sdk_s3::Client::new(config);
    s3.create_bucket().bucket(BUCKET).send().await.unwrap();
    let tags = Tagging::builder().tag_set(Tag::builder().key("team").value("data").build().unwrap());
    s3.put_bucket_tagging().bucket(BUCKET).tagging(tags.build().unwrap()).send().await.unwrap();
    s3.put_bucket_policy().bucket(BUCKET).policy(bucket_policy().to_string()).send().await.unwrap();
    let half = PublicAccessBlockConfiguration::builder().block_public_acls(true).ignore_public_acls(true);
    let half = half.block_public_policy(false).restrict_public_buckets(false).build();
    let call = s3.put_public_access_block().bucket(BUCKET).public_access_block_configuration(half);
    call.send().await.unwrap();

    let there = config.to_builder().region(Region::new("eu-west-1")).build();
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    let call = aws_sdk_s3::Client::new(&there).create_bucket().bucket(FAR_BUCKET);
    call.create_bucket_configuration(place.build()).send().await.unwrap();

    let trails = aws_sdk_cloudtrail::Client::new(config);
    let trail = trails.create_trail().name("org-trail").s3_bucket_name(BUCKET).send().await.unwrap();
    let secrets = aws_sdk_secretsmanager::Client::new(config);
    let tag = aws_sdk_secretsmanager::types::Tag::builder().key("team").value("payments").build();
    let secret = secrets.create_secret().name("prod/payment").secret_string("x").tags(tag).send().await;
    [trail.trail_arn.unwrap(), secret.unwrap().arn.unwrap()]
}

pub(crate) fn bucket_policy() -> Value {
    let statement = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/covers%20new/*"),
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}
