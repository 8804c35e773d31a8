//! Who sent a request: Slack's signature, version 0 (Slack's "Verifying requests from Slack").

use domain::Time;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use super::Slack;

/// How far a request's time may be away from now, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;

/// Why a request is not taken for Slack's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// A header is missing or cannot be read.
    #[error("X-Slack-Request-Timestamp and X-Slack-Signature (`v0=` and 64 hexadecimal digits) are needed")]
    Malformed,
    /// It was signed too long ago, or in the future.
    #[error("it was signed {off_seconds} s away from now; at most {TOLERANCE_SECONDS} s are allowed")]
    OutOfTime {
        /// How far it is away, in seconds.
        off_seconds: u64,
    },
    /// It was made with another secret, or for another body or time.
    #[error("the signature does not match: check the signing secret")]
    Mismatch,
}

impl Slack {
    /// Whether Slack made this request for this app, within [`TOLERANCE_SECONDS`]. Answers what is the same whenever the same
    /// request is sent again, however its signature is written. The comparison takes the same time whatever differs.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn verify(
        &self,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now: Time,
    ) -> Result<String, SignatureError> {
        let digits = signature.strip_prefix("v0=").ok_or(SignatureError::Malformed)?;
        let tag = hex::decode(digits).map_err(|_| SignatureError::Malformed)?;
        let is_number = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let seconds: Option<i64> = timestamp.parse().ok().filter(|_| is_number);
        let off_seconds = now.millis().div_euclid(1000).abs_diff(seconds.ok_or(SignatureError::Malformed)?);
        if off_seconds > TOLERANCE_SECONDS.unsigned_abs() {
            return Err(SignatureError::OutOfTime { off_seconds });
        }
        let expected =
            mac(self.settings.signing_secret.expose(), timestamp, body).ok_or(SignatureError::Mismatch)?;
        expected.verify_slice(&tag).map_err(|_| SignatureError::Mismatch)?;
        Ok(hex::encode(tag))
    }
}

/// The signature of a request with this time (seconds since 1970) and body, as Slack makes it. For tests.
pub fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    mac(secret, timestamp, body)
        .map_or_else(String::new, |mac| format!("v0={}", hex::encode(mac.finalize().into_bytes())))
}

fn mac(secret: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(b"v0:");
    mac.update(timestamp.as_bytes());
    mac.update(b":");
    mac.update(body);
    Some(mac)
}
