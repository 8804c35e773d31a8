//! Task tokens of executions that wait for people. Who has one can answer in people's place, so they are kept encrypted,
//! each bound to its execution, and are decrypted only to be sent back to Step Functions.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::{
    Client as DynamoDb,
    types::AttributeValue::{self, B, N, S},
};
use aws_sdk_kms::{Client as Kms, primitives::Blob};
use domain::Time;

/// Seconds a token is kept; the longest that people may be asked is a week.
const KEPT: i64 = 8 * 24 * 3600;

/// The table `{stack}-executions`. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    table: String,
    dynamodb: DynamoDb,
    kms: Kms,
    key: String,
}

impl Tokens {
    /// Tokens under this key.
    pub fn new(stack: &str, dynamodb: DynamoDb, kms: Kms, key: String) -> Self {
        Self { table: format!("{stack}-executions"), dynamodb, kms, key }
    }

    /// Keeps the token with which an execution waits from now on.
    pub async fn put(&self, execution: &str, token: &str, now: Time) -> anyhow::Result<()> {
        let encrypted = self.kms.encrypt().key_id(&self.key).plaintext(Blob::new(token));
        let encrypted = encrypted.encryption_context("execution", execution).send().await;
        let token = encrypted.context("a task token cannot be encrypted")?.ciphertext_blob;
        let put = self.dynamodb.put_item().table_name(&self.table).item("execution", S(execution.into()));
        let put = put.item("token", B(token.context("KMS gave no ciphertext")?));
        let put = put.item("since", N(now.millis().to_string()));
        let put = put.item("ttl", N((now.millis() / 1000 + KEPT).to_string()));
        put.send().await.context("a task token cannot be kept")?;
        Ok(())
    }

    /// The token with which an execution waits, if it waited already at this time.
    pub async fn get(&self, execution: &str, time: Time) -> anyhow::Result<Option<String>> {
        let get = self.dynamodb.get_item().table_name(&self.table).key("execution", S(execution.into()));
        let answer = get.consistent_read(true).send().await.context("a task token cannot be read")?;
        let Some(item) = answer.item else { return Ok(None) };
        let (Some(B(token)), Some(since)) = (item.get("token"), millis(&item)) else { return Ok(None) };
        if since > time.millis() {
            return Ok(None);
        }
        let decrypt = self.kms.decrypt().key_id(&self.key).ciphertext_blob(token.clone());
        let decrypted = decrypt.encryption_context("execution", execution).send().await;
        let token = decrypted.context("a task token cannot be decrypted")?.plaintext;
        let token = String::from_utf8(token.context("KMS gave no plaintext")?.into_inner());
        Ok(Some(token.context("a task token is not text")?))
    }
}

fn millis(item: &HashMap<String, AttributeValue>) -> Option<i64> {
    item.get("since")?.as_n().ok()?.parse().ok()
}
