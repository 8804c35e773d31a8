//! The watched AWS account, by its own API: the port [`agent::Account`] over AWS's SDKs.
//!
//! What `describe` answers is what AWS shows at this moment, nothing kept. A read lags behind a write by up to some
//! seconds, which who asks has to expect ("Eventual consistency in the Amazon EC2 API", "Changes that I make are not
//! always immediately visible", IAM User Guide).
//!
//! **What a large account costs.** `Scope::Everything` asks, all services at once and per service at most
//! [`TOGETHER`] calls at a time:
//!
//! | calls | of |
//! |---|---|
//! | 1 per 1000 things | IAM's details of all identities, roles, instance profiles; EC2's instances, subnets, security groups and network ACLs; buckets |
//! | 1 per 100 | route tables, auto scaling groups, secrets |
//! | 2, and 1 per access key | each IAM user |
//! | 1 | all Elastic addresses; all trails, and each trail; each target group that holds instances |
//! | 3 | each bucket |
//!
//! So an account of 50 users with 60 keys, 300 roles, 500 instances, 40 target groups and 200 buckets costs about 860
//! calls. Any other scope costs fewer than ten, and one more for each target group of the instance's VPC.

mod describe;
mod failure;
mod permission;
mod remembered;
mod write;

use std::{env, sync::Arc, time::Duration};

use agent::{Account, AccountError};
use anyhow::Context;
use async_trait::async_trait;
use aws_config::{
    Region, SdkConfig, identity::IdentityCache, sts::AssumeRoleProvider, timeout::TimeoutConfig,
};
use aws_sdk_sts::config::SharedCredentialsProvider;
use domain::{AccountWrite, Inventory, account::Scope};
use tokio::sync::OnceCell;

use failure::failure;
pub use remembered::Remembered;

/// Calls of one kind that are under way at the same time.
pub(crate) const TOGETHER: usize = 8;
/// For one call with all its repetitions.
const OPERATION: Duration = Duration::from_secs(20);
/// For one try of it.
const ATTEMPT: Duration = Duration::from_secs(8);
/// For a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// Names A-SOC's sessions in a member account, in its CloudTrail.
const SESSION: &str = "asoc-response";

/// An AWS account in one region, by the API of AWS.
#[derive(Debug)]
pub struct AwsAccount {
    region: String,
    identity: OnceCell<Identity>,
    autoscaling: aws_sdk_autoscaling::Client,
    cloudtrail: aws_sdk_cloudtrail::Client,
    ec2: aws_sdk_ec2::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    iam: aws_sdk_iam::Client,
    s3: aws_sdk_s3::Client,
    secrets: aws_sdk_secretsmanager::Client,
    sts: aws_sdk_sts::Client,
}

/// Whose account it is.
#[derive(Clone, Debug)]
struct Identity {
    account_id: String,
    partition: String,
}

/// How long the whole account is remembered.
const FRESH: Duration = Duration::from_secs(60);

/// The account that the environment names: a member account, where `ASOC_MEMBER_ROLE` is the ARN of a role there and
/// `ASOC_EXTERNAL_ID` what it asks for; else the one that the credentials belong to. All of it is remembered for a minute.
///
/// # Errors
/// A role without its external id.
pub async fn from_env(config: &SdkConfig) -> anyhow::Result<Arc<dyn Account>> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let account = match set("ASOC_MEMBER_ROLE") {
        None => AwsAccount::new(config),
        Some(role) => {
            let id =
                set("ASOC_EXTERNAL_ID").context("ASOC_MEMBER_ROLE is set, and ASOC_EXTERNAL_ID is not")?;
            AwsAccount::assume(config, &role, Some(&id)).await
        }
    };
    Ok(Arc::new(Remembered::new(account, FRESH)))
}

impl AwsAccount {
    /// The account and region that this configuration leads to. The time-outs are set here: 20 seconds for a call, 8
    /// for each try, 3 to connect. Retries are the configuration's, by default three tries in the standard mode.
    pub fn new(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_timeout(OPERATION)
            .operation_attempt_timeout(ATTEMPT)
            .connect_timeout(CONNECT)
            .build();
        let config = config.to_builder().timeout_config(timeouts).build();
        Self {
            region: config.region().map(Region::to_string).unwrap_or_default(),
            identity: OnceCell::new(),
            autoscaling: aws_sdk_autoscaling::Client::new(&config),
            cloudtrail: aws_sdk_cloudtrail::Client::new(&config),
            ec2: aws_sdk_ec2::Client::new(&config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
        }
    }

    /// The account of this role, with sessions of AssumeRole as `asoc-response`, which are renewed before they end. The
    /// external id is the one that the role's trust asks for ("The confused deputy problem", IAM User Guide). Nothing
    /// is called yet: a role that cannot be assumed shows at the first call, as unavailable.
    pub async fn assume(config: &SdkConfig, role_arn: &str, external_id: Option<&str>) -> Self {
        let role = AssumeRoleProvider::builder(role_arn).session_name(SESSION).configure(config);
        let role = match external_id {
            Some(id) => role.external_id(id),
            None => role,
        };
        let member = config
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(role.build().await))
            .identity_cache(IdentityCache::lazy().build())
            .build();
        Self::new(&member)
    }

    /// Asked once: an account does not change its name.
    async fn identity(&self) -> Result<&Identity, AccountError> {
        self.identity
            .get_or_try_init(|| async {
                let caller = self.sts.get_caller_identity().send().await.map_err(failure)?;
                let arn = caller.arn.unwrap_or_default();
                Ok(Identity {
                    account_id: caller.account.unwrap_or_default(),
                    partition: arn.split(':').nth(1).unwrap_or("aws").to_owned(),
                })
            })
            .await
    }
}

#[async_trait]
impl Account for AwsAccount {
    async fn describe(&self, scope: &Scope) -> Result<Inventory, AccountError> {
        self.read(scope).await
    }

    async fn write(&self, call: &AccountWrite) -> Result<(), AccountError> {
        self.send(call).await
    }
}
