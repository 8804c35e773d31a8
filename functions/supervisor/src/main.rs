//! The supervisor as a Lambda function: it hears what detection reports, and does tasks of the workflow.

use std::sync::Arc;

use policy::Rego;
use supervisor::Supervisor;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    aws::log();
    let cloud = aws::Cloud::from_env().await?;
    let account = Some(account::from_env(cloud.sdk()).await?);
    let policy: Arc<dyn agent::Policy> = Arc::new(Rego::load(&cloud.policies().under("authorization"))?);
    let ctx = cloud.ctx(aws::Ports { account, policy: Some(policy), ..Default::default() });
    aws::serve(&cloud, ctx, Supervisor::load(cloud.policies())?).await
}
