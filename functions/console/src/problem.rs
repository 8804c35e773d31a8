//! How a request that fails is answered.

use agent::StoreError;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::api::Problem;

/// An answer that is not a success. What went wrong inside is logged, not told.
#[derive(Debug)]
pub struct Failure(StatusCode, Problem);

impl Failure {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self(status, Problem { code: code.to_owned(), message: message.into() })
    }

    /// There is no such thing.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no {what}."))
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "You are not signed in. Open the dashboard and sign in there.",
        )
    }

    /// The person's role does not allow it.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// The request makes no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
    }

    /// The rules refuse it as things stand.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "refused", message)
    }

    /// Too many requests at once; it works again in so many seconds.
    pub fn too_many(seconds: u64) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many",
            format!("That is too often. Wait {seconds} s, then try again."),
        )
    }

    /// Something does not answer; another try may help.
    pub fn unavailable(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "A part of A-SOC does not answer. Try again; if it stays, look at the server's log.",
        )
    }
}

/// Longest text of a refusal that is passed on, in bytes.
const TEXT: usize = 4096;

/// Gives an answer that is not a success the form of a [`Problem`], where something before our own code made it: a body
/// that is no JSON, a route that does not exist.
pub async fn in_form(answer: Response) -> Response {
    let status = answer.status();
    let json = HeaderValue::from_static("application/json");
    if !(status.is_client_error() || status.is_server_error())
        || answer.headers().get(header::CONTENT_TYPE) == Some(&json)
    {
        return answer;
    }
    let text = axum::body::to_bytes(answer.into_body(), TEXT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let text = if text.is_empty() { status.canonical_reason().unwrap_or("It failed") } else { &text };
    let code = match status {
        StatusCode::NOT_FOUND => "not_found",
        _ if status.is_server_error() => "unavailable",
        _ => "invalid",
    };
    Failure::new(status, code, format!("{}.", text.trim_end_matches('.'))).into_response()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::unavailable(&format!("{error:#}"))
    }
}

impl From<agent::InvokeError> for Failure {
    fn from(error: agent::InvokeError) -> Self {
        Self::unavailable(&error)
    }
}
