//! Response as a Lambda function: it does tasks of the workflows.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    aws::log();
    let cloud = aws::Cloud::from_env().await?;
    let account = Some(account::from_env(cloud.sdk()).await?);
    let ctx = cloud.ctx(aws::Ports { account, ..Default::default() });
    aws::serve(&cloud, ctx, response::Response).await
}
