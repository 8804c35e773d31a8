//! Secrets Manager, asked seldom.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use aws_sdk_secretsmanager::Client;
use tokio::sync::Mutex;

/// How long a secret is used before it is read again; a rotated one is in force after that.
const FRESH: Duration = Duration::from_secs(300);

/// Secrets by ARN. Cheap to clone.
#[derive(Clone)]
pub struct Secrets {
    client: Client,
    read: Arc<Mutex<HashMap<String, (Instant, String)>>>,
}

impl Secrets {
    /// Nothing is read yet.
    pub fn new(client: Client) -> Self {
        Self { client, read: Arc::default() }
    }

    /// The secret whose ARN the environment gives under this name; none if it gives none, or the secret is still empty.
    ///
    /// # Errors
    /// Why it cannot be read. Never what it holds.
    pub async fn named(&self, name: &str) -> anyhow::Result<Option<String>> {
        match std::env::var(name) {
            Ok(arn) if !arn.is_empty() => {
                Ok(Some(self.get(&arn).await?).filter(|text| !text.trim().is_empty()))
            }
            _ => Ok(None),
        }
    }

    async fn get(&self, arn: &str) -> anyhow::Result<String> {
        let mut read = self.read.lock().await;
        if let Some((at, text)) = read.get(arn)
            && at.elapsed() < FRESH
        {
            return Ok(text.clone());
        }
        let answer = self.client.get_secret_value().secret_id(arn).send().await;
        let answer = answer.with_context(|| format!("the secret {arn} cannot be read"))?;
        let text = answer.secret_string.with_context(|| format!("the secret {arn} holds no text"))?;
        read.insert(arn.to_owned(), (Instant::now(), text.clone()));
        Ok(text)
    }
}
