//! What a function learns from its environment, and the clients it makes of that: once, and used by every invocation.

use std::{env, path::Path, sync::Arc, time::Duration};

use agent::{Account, Clock, Ctx, Model, Observer, Policies, Policy, Seen};
use anyhow::{Context, anyhow};
use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use domain::Time;
use serde_json::{Value, json};

use crate::{
    absent::Absent, secrets::Secrets, store::DynamoStore, tokens::Tokens, trace::xray,
    workflow::StepFunctions,
};

/// What the layer with the policies holds.
const POLICIES: &str = "/opt/policies.tar";
/// Authorization's thresholds and lists.
const SETTINGS: &str = "authorization/settings.json";

/// A function's surroundings.
pub struct Cloud {
    stack: String,
    sdk: SdkConfig,
    policies: Policies,
    store: Arc<DynamoStore>,
    tokens: Tokens,
}

/// The ports that not every function has. One that is left out refuses whatever it is asked.
#[derive(Default)]
pub struct Ports {
    /// The watched account.
    pub account: Option<Arc<dyn Account>>,
    /// Authorization.
    pub policy: Option<Arc<dyn Policy>>,
    /// A language model.
    pub model: Option<Arc<dyn Model>>,
}

impl Cloud {
    /// From the environment (ARCHITECTURE.md, "On AWS", lists what is read).
    ///
    /// # Errors
    /// What is missing there, or cannot be read, by name.
    pub async fn from_env() -> anyhow::Result<Self> {
        let sdk = sdk().await;
        let stack = setting("ASOC_STACK")?;
        let place = env::var("ASOC_POLICIES").unwrap_or_else(|_| POLICIES.to_owned());
        let policies = Policies::load(Path::new(&place)).context("the policies cannot be read")?;
        let policies = switched_on(policies, env::var("ASOC_CONTAIN").unwrap_or_default())?;
        let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
        let s3 = s3(&sdk);
        let store = Arc::new(DynamoStore::new(&stack, dynamodb.clone(), s3, setting("ASOC_ARCHIVE")?));
        let kms = aws_sdk_kms::Client::new(&sdk);
        let tokens = Tokens::new(&stack, dynamodb, kms, env::var("ASOC_KEY").unwrap_or_default());
        Ok(Self { stack, sdk, policies, store, tokens })
    }

    /// The stack's name.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// What further clients are made of.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The policies in force.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Task tokens of executions that wait.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Secrets, each read once in a while.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(aws_sdk_secretsmanager::Client::new(&self.sdk))
    }

    /// The outside, as an agent sees it.
    pub fn ctx(&self, ports: Ports) -> Ctx {
        let machines = [("incident", "ASOC_MACHINE_INCIDENT"), ("undo", "ASOC_MACHINE_UNDO")];
        let machines =
            machines.into_iter().filter_map(|(name, at)| Some((name.to_owned(), env::var(at).ok()?)));
        let absent = Arc::new(Absent);
        Ctx {
            store: self.store.clone(),
            account: ports.account.unwrap_or_else(|| absent.clone()),
            policy: ports.policy.unwrap_or(absent),
            workflows: Arc::new(StepFunctions::new(
                aws_sdk_sfn::Client::new(&self.sdk),
                self.tokens.clone(),
                machines.collect(),
            )),
            model: ports.model,
            clock: Arc::new(SystemClock),
            policies: self.policies.digest(),
            observer: xray().map(|xray| Arc::new(move |seen: Seen<'_>| xray.see(&seen)) as Observer),
        }
    }
}

/// The policies with these kinds of actions as the only ones that are really applied, whatever their settings say: containment
/// is switched on by who deploys, kind by kind. What is in force is so part of the policies' digest, and on the record.
fn switched_on(policies: Policies, kinds: String) -> anyhow::Result<Policies> {
    let Some(text) = policies.text(SETTINGS) else { return Ok(policies) };
    let mut settings: Value = serde_json::from_str(text).context(SETTINGS)?;
    let kinds: Vec<&str> = kinds.split(',').map(str::trim).filter(|kind| !kind.is_empty()).collect();
    settings["asoc"]["settings"]["contain"] = json!(kinds);
    Ok(policies.with(SETTINGS, settings.to_string()))
}

/// A setting that the function cannot do without.
pub fn setting(name: &str) -> anyhow::Result<String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.ok_or_else(|| anyhow!("{name} is not set; the template sets it for each function that needs it"))
}

/// The SDK's settings: credentials, region and endpoint from the environment; a call that fails for a passing reason is
/// tried three times within 20 seconds, so that what called us still waits when we give up.
async fn sdk() -> SdkConfig {
    let times = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(8))
        .operation_timeout(Duration::from_secs(20));
    aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(times.build())
        .load()
        .await
}

/// S3. An endpoint other than AWS's own has no host names for buckets.
pub fn s3(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(sdk.endpoint_url().is_some());
    aws_sdk_s3::Client::from_conf(config.build())
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        jiff::Timestamp::now().into()
    }
}
