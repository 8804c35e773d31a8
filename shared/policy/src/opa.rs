//! The same rules, evaluated by an OPA server (its documentation, "REST API", "Get a Document (with Input)").

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use domain::{Effect, Verdict, verdict::Question};
use reqwest::{
    Client, Response, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
    redirect,
};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use thiserror::Error;

use crate::{PolicyError, Rego, answer};

/// Where the rule stands that answers, under the server's address.
const PATH: &str = "v1/data/asoc/authorization/verdict?provenance=true&strict-builtin-errors=true";
/// How long a verdict may take, second try and all. OPA needs milliseconds.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// Bytes of an answer. A verdict on hundreds of actions takes a few ten thousand.
const BODY: usize = 1 << 20;

/// An OPA that serves the bundle of these rules ([`Rego::bundle`]).
///
/// Its answer counts only if it comes in time, has the form of a verdict, and was made by the rules in force. Otherwise the
/// built-in evaluator answers, and nothing may be applied without approval until OPA is back.
pub struct Opa {
    client: Client,
    url: Url,
    rego: Rego,
    /// Why the last question had no answer, if it had none.
    degraded: Mutex<Option<String>>,
}

/// Why OPA's answer does not count. Nothing here repeats what was asked.
#[derive(Debug, Error)]
enum Silence {
    #[error("OPA did not answer in {} s", TIME_LIMIT.as_secs())]
    Late,
    #[error("OPA cannot be reached")]
    Away,
    #[error("OPA answered with HTTP status {0}")]
    Status(u16),
    #[error("OPA's answer is longer than {BODY} bytes")]
    Long,
    #[error("OPA's answer cannot be read: {0}")]
    Unreadable(serde_json::Error),
    #[error(
        "OPA serves other policies ({0}) than those in force: give it a new bundle (`asoc policies bundle`)"
    )]
    Other(String),
    #[error(transparent)]
    Answer(PolicyError),
}

#[derive(Deserialize)]
struct Answered {
    result: Option<Box<RawValue>>,
    #[serde(default)]
    provenance: Provenance,
}

#[derive(Default, Deserialize)]
struct Provenance {
    #[serde(default)]
    bundles: BTreeMap<String, Bundle>,
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    revision: String,
}

impl Opa {
    /// The OPA at this address, let in by this token; `rego` holds the policies in force.
    ///
    /// # Errors
    /// If the address or the token cannot be one.
    pub fn new(address: &str, token: Option<&str>, rego: Rego) -> anyhow::Result<Self> {
        let url = format!("{}/{PATH}", address.trim_end_matches('/'));
        let url: Url =
            url.parse().context("OPA_URL is no address; give one such as http://localhost:8181")?;
        anyhow::ensure!(
            matches!(url.scheme(), "http" | "https"),
            "OPA_URL is no address of a web server; give one such as http://localhost:8181"
        );
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .context("OPA_TOKEN has characters that no HTTP header may have")?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = Client::builder()
            .default_headers(headers)
            // A token must go nowhere but to the address that was set up.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .context("no HTTP client can be made")?;
        Ok(Self { client, url, rego, degraded: Mutex::default() })
    }

    /// Why OPA is not relied on for now; nothing, if it answered the last time it was asked.
    pub fn degraded(&self) -> Option<String> {
        self.degraded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks whether OPA answers, and by the policies in force, without asking about anything.
    pub async fn probe(&self) {
        let seen = self.fetch(None).await;
        self.note(seen.err().as_ref());
    }

    /// OPA's own verdict.
    async fn ask(&self, question: &Question) -> Result<Verdict, Silence> {
        let result = self.fetch(Some(question)).await?;
        answer::check(result.as_deref().map(RawValue::get), question, self.rego.digest())
            .map_err(Silence::Answer)
    }

    /// What the rule gives, by the policies in force.
    async fn fetch(&self, question: Option<&Question>) -> Result<Option<Box<RawValue>>, Silence> {
        let tries = async {
            match self.send(question).await {
                // A connection that was kept is gone after a restart: the second one is new.
                Err(Silence::Away | Silence::Status(500..)) => self.send(question).await,
                other => other,
            }
        };
        let body = tokio::time::timeout(TIME_LIMIT, tries).await.unwrap_or(Err(Silence::Late))?;
        let answered: Answered = serde_json::from_slice(&body).map_err(Silence::Unreadable)?;
        let wanted = self.rego.digest().to_string();
        let served = answered.provenance.bundles;
        if !served.values().any(|bundle| bundle.revision == wanted) {
            let revisions: Vec<_> = served.into_values().map(|bundle| bundle.revision).collect();
            return Err(Silence::Other(revisions.join(", ").chars().take(100).collect()));
        }
        Ok(answered.result)
    }

    async fn send(&self, question: Option<&Question>) -> Result<Vec<u8>, Silence> {
        let body = question.map_or_else(|| json!({}), |question| json!({ "input": question }));
        let response =
            self.client.post(self.url.clone()).json(&body).send().await.map_err(|_| Silence::Away)?;
        if !response.status().is_success() {
            return Err(Silence::Status(response.status().as_u16()));
        }
        read(response).await
    }

    /// Remembers how it went, and says so in the log when it changes.
    fn note(&self, silence: Option<&Silence>) {
        let now = silence.map(ToString::to_string);
        let mut before = self.degraded.lock().unwrap_or_else(PoisonError::into_inner);
        match (&now, &*before) {
            (Some(why), None) => {
                tracing::warn!(
                    why,
                    "degraded: OPA is not relied on, and nothing is applied without approval"
                );
            }
            (None, Some(_)) => tracing::info!("OPA answers again"),
            _ => {}
        }
        *before = now;
    }
}

impl fmt::Debug for Opa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opa").field("degraded", &self.degraded()).finish_non_exhaustive()
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Silence> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Silence::Away)? {
        if body.len() + chunk.len() > BODY {
            return Err(Silence::Long);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What may be done on the built-in evaluator's word alone: a denial stands; whatever else is asked, and is applied only if
/// people say so.
fn closed(verdict: Verdict, why: &Silence) -> Verdict {
    let mut reasons =
        vec![format!("{why}; the built-in evaluator answered, and nothing is applied without approval")];
    reasons.extend(verdict.reasons);
    let effect = if verdict.effect == Effect::Deny { Effect::Deny } else { Effect::Approval };
    let approvers = if effect == Effect::Deny { 0 } else { verdict.approvers.max(1) };
    Verdict { effect, reasons, approvers, on_expiry: Vec::new(), ..verdict }
}

#[async_trait::async_trait]
impl agent::Policy for Opa {
    async fn authorize(&self, question: &Question) -> anyhow::Result<Verdict> {
        let asked = self.ask(question).await;
        self.note(asked.as_ref().err());
        match asked {
            Ok(verdict) => Ok(verdict),
            Err(why) => Ok(closed(self.rego.ask(question)?, &why)),
        }
    }
}
