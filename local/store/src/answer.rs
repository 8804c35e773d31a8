//! The database's answer, or why there is none: the one place where a passing failure is told from one that stays.

use std::{future::Future, time::Duration};

use agent::StoreError;

/// A statement that takes longer than this will not be answered: the connection is dead and nobody said so. The server gives up
/// a statement earlier than that.
const PATIENCE: Duration = Duration::from_secs(45);

/// What the database is asked, for all kinds of results.
pub(crate) trait Answer<T>: Future<Output = Result<T, sqlx::Error>> + Sized {
    /// Waits for the answer, though not for ever.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], unless the same again is refused again.
    async fn answer(self) -> Result<T, StoreError> {
        match tokio::time::timeout(PATIENCE, self).await {
            Ok(answer) => answer.map_err(failure),
            Err(_) => Err(StoreError::Unavailable(format!("no answer within {} s", PATIENCE.as_secs()))),
        }
    }
}

impl<T, F: Future<Output = Result<T, sqlx::Error>>> Answer<T> for F {}

/// Classes of SQLSTATE (PostgreSQL, "Error Codes"): 22 is data that it does not take, 42 a missing right, table or function.
pub(crate) fn failure(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
    // SQLite's codes are plain numbers of up to four digits; SQLSTATE has five places.
    if code.len() == 5 && (code.starts_with("22") || code.starts_with("42")) {
        StoreError::Refused(error.to_string())
    } else {
        StoreError::Unavailable(error.to_string())
    }
}
