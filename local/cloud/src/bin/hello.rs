//! A function that does nothing, with the clients that every function of A-SOC makes: what a start costs at least.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let sdk = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let _clients = (
        aws_sdk_dynamodb::Client::new(&sdk),
        aws_sdk_s3::Client::new(&sdk),
        aws_sdk_kms::Client::new(&sdk),
        aws_sdk_sfn::Client::new(&sdk),
        aws_sdk_secretsmanager::Client::new(&sdk),
    );
    lambda_runtime::run(lambda_runtime::service_fn(async |event| greet(event))).await
}

fn greet(_: lambda_runtime::LambdaEvent<serde_json::Value>) -> Result<String, lambda_runtime::Error> {
    Ok("hello".to_owned())
}
