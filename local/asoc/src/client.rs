//! How commands reach the console: over HTTP where a server runs, else through the same routes in this process.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use console::api::Problem;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;
use tower::ServiceExt;

use crate::{
    home::{Held, Home},
    host::Host,
    services::Services,
    term, web,
};

/// The file in the home folder that says where the running console is.
pub const ADDRESS: &str = "console.address";
/// Largest answer that is read.
const ANSWER: usize = 256 << 20;
/// How long a command without a server waits for what it set going.
const SETTLE: Duration = Duration::from_secs(120);

/// A client of the console, as the owner. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    token: String,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Http { http: reqwest::Client, base: String },
    Local { router: Router, host: Host, _held: Arc<Held> },
}

/// The console said no.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Refused {
    /// HTTP status.
    pub status: u16,
    /// See [`Problem::message`].
    pub message: String,
}

impl Client {
    /// Connects to the server on this home; without one, opens the home under its lock.
    pub async fn connect(home: &Home, policies: Option<PathBuf>) -> anyhow::Result<Self> {
        let token = hex::encode(home.secret("operator.token")?);
        match home.hold() {
            Ok(held) => {
                let host = Host::open(home.clone(), policies, &Services::from_env()?).await?;
                host.run().await?;
                let router = web::local_console(&host, &token).await?;
                Ok(Self { token, way: Way::Local { router, host, _held: Arc::new(held) } })
            }
            Err(busy) => {
                let base = fs::read_to_string(home.path(ADDRESS)).map_err(|_| busy)?;
                let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(300)).build()?;
                Ok(Self { token, way: Way::Http { http, base: base.trim().to_owned() } })
            }
        }
    }

    /// Fetches.
    pub async fn fetch<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        read(self.send(Method::GET, path, Vec::new()).await?)
    }

    /// Posts a value.
    pub async fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> anyhow::Result<T> {
        read(self.send(Method::POST, path, serde_json::to_vec(body)?).await?)
    }

    /// Posts bytes.
    pub async fn post_bytes<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> anyhow::Result<T> {
        read(self.send(Method::POST, path, body).await?)
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        let authorization = format!("Bearer {}", self.token);
        match &self.way {
            Way::Http { http, base } => {
                let answer = http
                    .request(method, format!("{base}{path}"))
                    .header(header::AUTHORIZATION, authorization)
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(body)
                    .send()
                    .await
                    .with_context(|| {
                        format!("the server at {base} does not answer; is `asoc up` still running?")
                    })?;
                Ok((answer.status(), answer.bytes().await?.to_vec()))
            }
            Way::Local { router, .. } => {
                let request = Request::builder()
                    .method(method)
                    .uri(path)
                    .header(header::AUTHORIZATION, authorization)
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(Body::from(body))?;
                let answer = router.clone().oneshot(request).await?;
                let status = answer.status();
                Ok((status, axum::body::to_bytes(answer.into_body(), ANSWER).await?.to_vec()))
            }
        }
    }

    /// Ends the command. Without a server this waits until what it set going has come to rest.
    pub async fn finish(self) -> anyhow::Result<()> {
        if let Way::Local { host, .. } = self.way {
            let begin = std::time::Instant::now();
            while begin.elapsed() < SETTLE && !host.is_idle().await? {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            if !host.is_idle().await? {
                term::note(
                    "stopped before everything was worked on; the next command or `asoc up` goes on with it",
                );
            }
            host.stop().await;
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>((status, body): (StatusCode, Vec<u8>)) -> anyhow::Result<T> {
    if !status.is_success() {
        let message = serde_json::from_slice(&body).map(|p: Problem| p.message).unwrap_or_else(|_| {
            format!(
                "the console answered {status}: {}",
                String::from_utf8_lossy(&body).chars().take(200).collect::<String>()
            )
        });
        return Err(anyhow!(Refused { status: status.as_u16(), message }));
    }
    let body = if body.is_empty() { b"null".as_slice() } else { &body };
    serde_json::from_slice(body).context("the console's answer cannot be read; is it of the same version?")
}
