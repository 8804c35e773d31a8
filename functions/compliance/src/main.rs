//! Compliance as a Lambda function: it seals what is said, keeps the seals where nobody can change them, does tasks of the
//! workflows, and verifies the whole trail each hour.

#[path = "lambda/vault.rs"]
mod vault;

use agent::{Ctx, invoke};
use aws::{
    Cloud, Diagnostic, Invocation, Ports, cloud,
    function::{perform, permanent, to_value, transient},
    metrics::{Unit, emit},
    queue,
};
use compliance::{Compliance, Input};
use serde_json::{Value, json};
use vault::Vault;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    aws::log();
    let cloud = Cloud::from_env().await?;
    let ctx = cloud.ctx(Ports::default());
    let vault = Vault::new(cloud::s3(cloud.sdk()), cloud::setting("ASOC_LEDGER")?, cloud.secrets());
    aws::run(|event| answer(&cloud, &ctx, &vault, event)).await
}

async fn answer(cloud: &Cloud, ctx: &Ctx, vault: &Vault, event: Value) -> Result<Value, Diagnostic> {
    match Invocation::read(event)? {
        Invocation::Task(task) => perform(cloud, ctx, &Compliance, task).await,
        // Whatever the messages say: all that is not sealed yet is sealed at the first one.
        Invocation::Queue(batch) => queue::work(batch, |_| seal(ctx, vault)).await,
        Invocation::Other(event) if event["task"] == "verify" => {
            verify(cloud, ctx).await.map_err(|error| transient(format!("{error:#}")))
        }
        Invocation::Other(_) => Err(permanent("compliance seals, records and verifies, and nothing else")),
    }
}

async fn seal(ctx: &Ctx, vault: &Vault) -> anyhow::Result<()> {
    while let Some(key) = compliance::due(ctx).await? {
        invoke(&Compliance, ctx, &key, None, Input::Seal).await?;
    }
    vault.keep(&*ctx.store, ctx.clock.now()).await
}

async fn verify(cloud: &Cloud, ctx: &Ctx) -> anyhow::Result<Value> {
    let report = compliance::verify::examine(&*ctx.store, &[], |_| {}).await?;
    let broken = report.faults.len();
    for fault in report.faults.iter().take(20) {
        tracing::error!(fault, "the audit trail does not hold");
    }
    emit(cloud.stack(), ctx.clock.now().millis(), &[("LedgerBroken", Unit::Count, broken as f64)]);
    to_value(&json!({ "broken": broken })).map_err(|e| anyhow::anyhow!(e.error_message))
}
