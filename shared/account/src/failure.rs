//! What a failed call means: to be tried again, or refused for good. The one place where the two are told apart.

use std::error::Error;

use agent::AccountError;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};

/// Codes that come with a 4xx status and yet pass: the service is asked too often, somebody else changes the same thing
/// at this moment, or credentials have just run out, which the next try gets anew. From the "Common errors" of the
/// services in use and the retry behaviour of the AWS SDKs and Tools Reference Guide.
const PASSING: [&str; 25] = [
    "BandwidthLimitExceeded",
    "ConcurrentModification",
    "ConflictException",
    "EC2ThrottledException",
    "EntityTemporarilyUnmodifiable",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalError",
    "InternalFailure",
    "OperationAborted",
    "PriorRequestNotComplete",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ResourceContention",
    "ScalingActivityInProgress",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// The port's error for one of an SDK.
pub(crate) fn failure<E>(error: SdkError<E>) -> AccountError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match &error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let code = answer.err().code().map_or_else(|| nameless(status), str::to_owned);
            let message = answer.err().message().unwrap_or("no reason given").to_owned();
            match status >= 500 || status == 429 || PASSING.contains(&code.as_str()) {
                true => AccountError::Unavailable(format!("{code}: {message}")),
                false => AccountError::Refused { code, message },
            }
        }
        SdkError::ConstructionFailure(_) => refused("InvalidRequest", story(&error)),
        _ => AccountError::Unavailable(story(&error)),
    }
}

/// A refusal in words of our own, where AWS's call cannot even be made.
pub(crate) fn refused(code: &str, message: impl Into<String>) -> AccountError {
    AccountError::Refused { code: code.to_owned(), message: message.into() }
}

/// An answer that is not what the API's reference promises.
pub(crate) fn unreadable(what: &str, why: impl std::fmt::Display) -> AccountError {
    refused("UnreadableAnswer", format!("{what} cannot be read ({why}); look at it by hand"))
}

/// None where the account says with one of these codes that there is no such thing.
pub(crate) fn present<T>(
    answer: Result<T, AccountError>,
    absences: &[&str],
) -> Result<Option<T>, AccountError> {
    match answer {
        Ok(thing) => Ok(Some(thing)),
        Err(AccountError::Refused { code, .. }) if absences.contains(&code.as_str()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// None, and a warning, where this one thing is kept even from who may read all others, as by a bucket policy that
/// denies everybody. An attacker who locks one thing must not blind A-SOC for the whole account.
pub(crate) fn unless_denied<T>(
    answer: Result<Option<T>, AccountError>,
    what: &str,
) -> Result<Option<T>, AccountError> {
    match answer {
        Err(AccountError::Refused { code, message }) if is_denial(&code) => {
            tracing::warn!(what, code, message, "not readable; taken as absent");
            Ok(None)
        }
        answer => answer,
    }
}

fn is_denial(code: &str) -> bool {
    matches!(code, "AccessDenied" | "AccessDeniedException" | "AllAccessDisabled")
}

/// An answer without a body, as to a HEAD request, has a status only.
fn nameless(status: u16) -> String {
    match status {
        403 => "AccessDenied".to_owned(),
        404 => "NotFound".to_owned(),
        status => format!("Http{status}"),
    }
}

/// An error with its causes. None of them holds a credential.
fn story(error: &(dyn Error + 'static)) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", story(cause)),
        None => error.to_string(),
    }
}
