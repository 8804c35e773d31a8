//! Calls of services that speak JSON, without an SDK for each.

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::Moto;

impl Moto {
    /// Sends one call: `service` as in a signature's scope, `target` as in `X-Amz-Target`.
    ///
    /// # Errors
    /// What the endpoint says, if it is not a success.
    pub async fn call(&self, service: &str, target: &str, body: &Value) -> anyhow::Result<Value> {
        let (name, _) = target.rsplit_once('.').unwrap_or((target, ""));
        let version = if matches!(name, "AWSStepFunctions" | "AmazonSQS") { "1.0" } else { "1.1" };
        let scope = format!("Credential=test/20260101/us-east-1/{service}/aws4_request");
        let request = reqwest::Client::new()
            .post(format!("{}/", self.outward))
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"))
            .header("content-type", format!("application/x-amz-json-{version}"))
            .header("x-amz-target", target)
            .body(body.to_string());
        let answer = request.send().await.context("the endpoint does not answer")?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{target}: {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}
