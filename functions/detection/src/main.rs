//! Detection as a Lambda function: it hears alerts.

use std::sync::Arc;

use agent::Clock;
use aws::{
    Cloud,
    metrics::{Unit, emit},
};
use detection::{Detection, Settings};
use model::{Client, Config, Metered};

/// Most states that one decision changes, so that what it writes fits into one transaction of DynamoDB (100 items).
const STATES: usize = 90;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    aws::log();
    let cloud = Cloud::from_env().await?;
    let rules = cloud.policies().under("detections");
    let lists: Vec<_> = cloud.policies().under("indicators");
    let settings = Settings::load(cloud.policies(), &rules, &lists, &mut |fault| tracing::error!("{fault}"))?;
    let account = Some(account::from_env(cloud.sdk()).await?);
    let ctx = cloud.ctx(aws::Ports { account, model: model(&cloud).await?, ..Default::default() });
    aws::serve(&cloud, ctx, Detection::new(settings).changing(STATES)).await
}

/// The model that the environment names, with the key that the secret holds.
async fn model(cloud: &Cloud) -> anyhow::Result<Option<Arc<dyn agent::Model>>> {
    let key = cloud.secrets().named("ASOC_SECRET_MODEL").await?;
    let setting = |name: &str| match name {
        "ANTHROPIC_API_KEY" | "OPENAI_API_KEY" => key.clone(),
        _ => std::env::var(name).ok(),
    };
    let Some(config) = Config::read(setting)? else { return Ok(None) };
    let clock = Arc::new(aws::cloud::SystemClock);
    let model = Arc::new(Client::new(config, clock.clone())?);
    let stack = cloud.stack().to_owned();
    // In dollars; nothing where prices are not set.
    Ok(Some(Arc::new(Metered::new(model, move |answer| {
        if let Ok(opined) = answer {
            let dollars = opined.usage.micro_dollars as f64 / 1e6;
            emit(&stack, clock.now().millis(), &[("ModelSpend", Unit::None, dollars)]);
        }
    }))))
}
