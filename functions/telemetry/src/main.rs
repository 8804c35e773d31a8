//! Telemetry as a Lambda function: it reads the queue of deliveries, and what CloudWatch Logs sends.

#[path = "lambda/intake.rs"]
mod intake;

use telemetry::Telemetry;

/// Most events that one alert names. Detection decides on an alert at once, and what it changes must fit into one transaction of
/// DynamoDB, as it does of so many as a rule.
const ALERT: usize = 16;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), aws::Error> {
    aws::log();
    let cloud = aws::Cloud::from_env().await?;
    let telemetry = Telemetry::load(cloud.policies())?.alerting(ALERT);
    let intake =
        intake::Intake::new(aws::cloud::s3(cloud.sdk()), cloud.ctx(aws::Ports::default()), telemetry);
    aws::run(|event| intake.answer(event)).await
}
