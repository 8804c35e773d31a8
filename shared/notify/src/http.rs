//! Requests to those who carry messages, with bounded patience.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use reqwest::{
    Client, Response, StatusCode, Url,
    header::{HeaderMap, RETRY_AFTER},
    redirect,
};
use serde_json::Value;
use thiserror::Error;
use tokio::time::sleep;

use crate::Secret;

/// Bytes of an answer. A posted message comes back whole.
const BODY: usize = 1 << 20;
/// The wait before the second request, where the service says none; it doubles from there.
const BACKOFF: Duration = Duration::from_millis(300);
/// The longest that one request may take, tries and waits together: its queue has others for whom people wait.
const PATIENCE: Duration = Duration::from_secs(8);
/// The longest that a service which does not answer is left alone. After that it is asked again, whatever it said.
const HOLD: Duration = Duration::from_secs(60);

/// An HTTP client for these services. A service that did not answer is left alone for a while, so that what waits behind is not held
/// up again and again. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    held: Arc<Mutex<HashMap<&'static str, Instant>>>,
}

/// How long an answer is worth waiting for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    /// A person waits.
    Short,
    /// A queue waits.
    Long,
}

/// Why a service did not take what it was sent. It shows neither what was sent nor what was answered.
#[derive(Debug, Error)]
pub enum Fault {
    /// Another try may help.
    #[error("{0} does not answer for now ({1})")]
    Unavailable(&'static str, String),
    /// It will not be taken, however often it is sent.
    #[error("{0} refuses ({1}): check its secret and its settings (infra/docs/notify.md)")]
    Refused(&'static str, String),
}

impl Http {
    /// A client.
    ///
    /// # Errors
    /// If the system gives it no certificates to trust.
    pub fn new() -> anyhow::Result<Self> {
        let client = Client::builder()
            .user_agent(concat!("asoc/", env!("CARGO_PKG_VERSION")))
            // A secret must go nowhere but to the address that was set up.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .build()?;
        Ok(Self { client, held: Arc::default() })
    }

    /// Posts this JSON, and answers the JSON that comes back. 429 and 5xx are tried again a few times.
    pub(crate) async fn post(
        &self,
        service: &'static str,
        url: &Url,
        bearer: Option<&Secret>,
        body: &Value,
        patience: Patience,
    ) -> Result<Value, Fault> {
        let (tries, limit) = match patience {
            Patience::Short => (1, Duration::from_millis(1500)),
            Patience::Long if self.held().get(service).is_some_and(|until| Instant::now() < *until) => {
                return Err(Fault::Unavailable(service, "it did not a moment ago".into()));
            }
            Patience::Long => (3, Duration::from_secs(3)),
        };
        let end = Instant::now() + PATIENCE;
        let mut tried = 0;
        loop {
            tried += 1;
            let mut request = self.client.post(url.clone()).timeout(limit).json(body);
            if let Some(secret) = bearer {
                request = request.bearer_auth(secret.expose());
            }
            let (why, wait) = match request.send().await {
                Err(error) => (unsent(&error), None),
                Ok(response) if response.status().is_success() => match read(response).await {
                    Some(answer) => return Ok(answer),
                    None => ("its answer cannot be read".to_owned(), None),
                },
                Ok(response) => {
                    let status = response.status();
                    if status != StatusCode::TOO_MANY_REQUESTS && !status.is_server_error() {
                        return Err(Fault::Refused(service, format!("HTTP {}", status.as_u16())));
                    }
                    (format!("HTTP {}", status.as_u16()), retry_after(response.headers()))
                }
            };
            let wait = wait.unwrap_or_else(|| BACKOFF * 2_u32.pow(tried - 1));
            if tried == tries || Instant::now() + wait.min(HOLD) + limit > end {
                self.held().insert(service, Instant::now() + wait.clamp(PATIENCE, HOLD));
                return Err(Fault::Unavailable(service, why));
            }
            sleep(wait).await;
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<&'static str, Instant>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(mut response: Response) -> Option<Value> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > BODY {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).ok()
}

fn unsent(error: &reqwest::Error) -> String {
    let what = if error.is_connect() {
        "no connection"
    } else if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection broke"
    };
    what.to_owned()
}

/// How long to wait; both services say it in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
