//! What a failed request means, and how long to wait before the next.

use std::time::Duration;

use agent::StoreError;
use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};

/// How often a request is made that others get in the way of.
pub(super) const TRIES: u32 = 24;
/// Longest pause between two of them, milliseconds.
const PAUSE: u64 = 400;

/// Codes of what passes ("Error handling with DynamoDB", "Error responses" of S3), apart from all answers of status 5xx.
const PASSING: [&str; 10] = [
    "IDPCommunicationError",
    "OperationAborted",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "SlowDown",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "ReplicatedWriteConflictException",
];

/// What a failed request means for who asked.
pub(super) fn failed<E>(error: SdkError<E, HttpResponse>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let passes = match &error {
        SdkError::ServiceError(answer) => {
            answer.raw().status().is_server_error()
                || answer.err().code().is_some_and(|code| PASSING.contains(&code))
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    };
    let why = DisplayErrorContext(&error).to_string();
    if passes { StoreError::Unavailable(why) } else { StoreError::Refused(why) }
}

/// Waits a random time, the longer the more tries there were, so that those who met do not meet again.
pub(super) async fn pause(tries: u32) {
    let most = 10_u64.saturating_mul(1 << tries.min(16)).min(PAUSE);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(..=most))).await;
}
