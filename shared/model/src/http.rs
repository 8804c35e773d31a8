//! One request and its answer.

use std::time::Duration;

use domain::Time;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect,
};
use serde_json::Value;

use crate::{Config, Provider, config::ConfigError, provider::Reply};

/// Bytes of an answer. An opinion takes a few thousand.
const BODY: usize = 256 * 1024;

/// A provider's API.
pub(crate) struct Api {
    client: Client,
    url: Url,
    provider: Provider,
}

/// Why a request has no answer that can be used.
#[derive(Debug)]
pub(crate) struct Fault {
    /// For people. Nothing of what was asked or answered.
    pub(crate) what: String,
    pub(crate) kind: FaultKind,
    /// Whether the provider may have done work for it, which costs.
    pub(crate) is_charged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Another try may help, after this time if the provider said one.
    Transient(Option<Duration>),
    /// The provider does not take this request, and will not take it again.
    Rejected,
    /// It answered something that is not its API.
    Unreadable,
}

impl Api {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let http = |why: &str| ConfigError::Http(why.to_owned());
        let headers = config.provider.headers(&config.key).ok_or_else(|| http("the key is no header"))?;
        let client = Client::builder()
            .default_headers(headers)
            .user_agent(concat!("asoc/", env!("CARGO_PKG_VERSION")))
            // A key must go nowhere but to the address that was set up.
            .redirect(redirect::Policy::none())
            .https_only(config.base_url.scheme() == "https")
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| ConfigError::Http(error.to_string()))?;
        let base = config.base_url.as_str().trim_end_matches('/');
        let url = format!("{base}/{}", config.provider.path());
        Ok(Self { client, url: url.parse().map_err(|_| http("no address"))?, provider: config.provider })
    }

    /// Sends one question, once, and waits this long for the whole of its answer.
    pub(crate) async fn ask(&self, question: &Value, limit: Duration, now: Time) -> Result<Reply, Fault> {
        let request = self.client.post(self.url.clone()).timeout(limit).json(question);
        let response = request.send().await.map_err(unsent)?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(refused(response, now).await);
        }
        let is_json =
            response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
                kind.split(';')
                    .next()
                    .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
            });
        if !is_json {
            return Err(unreadable("its answer is not JSON"));
        }
        let body = read(response).await?;
        self.provider.read(&body).ok_or_else(|| unreadable("its answer does not have its form"))
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unsent)? {
        if body.len() + chunk.len() > BODY {
            return Err(unreadable("its answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unreadable(what: &str) -> Fault {
    Fault { what: what.to_owned(), kind: FaultKind::Unreadable, is_charged: true }
}

fn unsent(error: reqwest::Error) -> Fault {
    let (what, is_charged) = if error.is_connect() {
        ("no connection", false)
    } else if error.is_timeout() {
        ("no answer in time", true)
    } else {
        ("the connection broke", true)
    };
    Fault { what: what.to_owned(), kind: FaultKind::Transient(None), is_charged }
}

async fn refused(response: Response, now: Time) -> Fault {
    let status = response.status();
    let is_transient = status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
        || status.is_server_error();
    let kind = if is_transient {
        FaultKind::Transient(retry_after(response.headers(), now))
    } else {
        FaultKind::Rejected
    };
    let name = read(response).await.ok().and_then(|body| error_name(&body)).unwrap_or_default();
    let what = format!("HTTP {} {name}", status.as_u16()).trim_end().to_owned();
    Fault { what, kind, is_charged: false }
}

/// The provider's name for an error, such as `not_found_error`; both give it at the same place. Its message is left out: it
/// may repeat what was asked.
fn error_name(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let name = body.pointer("/error/type")?.as_str()?;
    let is_name = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_name.then(|| name.to_owned())
}

/// How long to wait: `retry-after-ms`, in milliseconds; else `retry-after`, in seconds or as a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: Time) -> Option<Duration> {
    let header = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| !number.is_nan());
    let seconds = header("retry-after-ms").and_then(number).map(|millis| millis / 1000.0).or_else(|| {
        let text = header(RETRY_AFTER.as_str())?;
        number(text).or_else(|| {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            Some(Time::from(at).millis_since(now) as f64 / 1000.0)
        })
    })?;
    Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}
