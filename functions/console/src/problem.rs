//! How a request that fails is answered.

use agent::StoreError;
use axum::{
    Json,
    http::StatusCode,
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
            "You are not signed in. Use a sign-in link: `asoc user link NAME` prints a new one.",
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
