//! Who sent a webhook: a signature over its body and the time.
//!
//! The signature stands in a header beside the body: `X-ASOC-Signature: t=<unix seconds>,v1=<hex>`, where `v1` is the
//! HMAC-SHA256 (RFC 2104) of the time, a full stop and the body. The time is part of what is signed, so that a request
//! that was overheard cannot be sent again later.

use domain::Time;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

/// The header that carries the signature.
pub const HEADER: &str = "X-ASOC-Signature";
/// How far the sender's clock may be off, either way, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;

/// Why a webhook is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The receiver has no secret, so that nothing can be verified.
    #[error("no webhook secret is set")]
    NoSecret,
    /// The header cannot be read.
    #[error("{HEADER} must read `t=<unix seconds>,v1=<64 hexadecimal digits>`")]
    Malformed,
    /// It was signed too long ago, or in the future.
    #[error(
        "the signature's time is {off_seconds} s away from now; at most {TOLERANCE_SECONDS} s are allowed"
    )]
    OutOfTime {
        /// How far it is away, in seconds.
        off_seconds: u64,
    },
    /// It was made with another secret, or for another body or time.
    #[error(
        "the signature does not match the body: check the secret, and that the body is sent exactly as signed"
    )]
    Mismatch,
}

/// The header's value for this body.
///
/// # Errors
/// [`SignatureError::NoSecret`] if the secret is empty.
pub fn sign(secret: &[u8], at: Time, body: &[u8]) -> Result<String, SignatureError> {
    let seconds = at.millis().div_euclid(1000);
    let tag = mac(secret, &seconds.to_string(), body)?.finalize().into_bytes();
    Ok(format!("t={seconds},v1={}", hex::encode(tag)))
}

/// Whether the header was made by who holds the secret, for this body, within [`TOLERANCE_SECONDS`] of `now`. A header
/// may hold several `v1` (a sender that changes its secret signs with both); one that matches is enough. The comparison
/// takes the same time whatever differs.
///
/// # Errors
/// See [`SignatureError`].
pub fn verify(secret: &[u8], header: &str, body: &[u8], now: Time) -> Result<(), SignatureError> {
    let mut time = None;
    let mut tags = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", seconds)) if time.is_none() => time = Some(seconds),
            Some(("v1", tag)) => tags.push(hex::decode(tag).map_err(|_| SignatureError::Malformed)?),
            Some(("t", _)) | None => return Err(SignatureError::Malformed),
            // A later version of the scheme may stand beside this one.
            Some(_) => {}
        }
    }
    let text = time.ok_or(SignatureError::Malformed)?;
    let seconds: i64 = text.parse().map_err(|_| SignatureError::Malformed)?;
    if tags.is_empty() {
        return Err(SignatureError::Malformed);
    }
    let off_seconds = now.millis().div_euclid(1000).abs_diff(seconds);
    if off_seconds > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(SignatureError::OutOfTime { off_seconds });
    }
    let expected = mac(secret, text, body)?;
    if tags.iter().any(|tag| expected.clone().verify_slice(tag).is_ok()) {
        Ok(())
    } else {
        Err(SignatureError::Mismatch)
    }
}

fn mac(secret: &[u8], seconds: &str, body: &[u8]) -> Result<Hmac<Sha256>, SignatureError> {
    if secret.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| SignatureError::NoSecret)?;
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(body);
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a shared secret";

    fn at(seconds: i64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    #[test]
    fn the_mac_is_the_published_one() {
        // Computed with `openssl dgst -sha256 -hmac Jefe` over "1700000000.what do ya want for nothing?".
        let header = sign(b"Jefe", at(1_700_000_000), b"what do ya want for nothing?").unwrap();
        assert_eq!(
            header,
            "t=1700000000,v1=1cdd0650c8be1cb0974b1788d458b1e781206cfef59b85faafc582d2e182c57e"
        );
    }

    #[test]
    fn only_what_was_signed_passes() {
        let header = sign(SECRET, at(1_000_000), b"{}").unwrap();
        let tag = header.split_once("v1=").unwrap().1;
        let zeros = "0".repeat(64);
        use SignatureError::{Malformed, Mismatch, NoSecret, OutOfTime};
        for (secret, header, body, now, expected) in [
            (SECRET, header.clone(), "{}", 1_000_000, Ok(())),
            (SECRET, header.clone(), "{}", 1_000_300, Ok(())),
            (SECRET, header.clone(), "{}", 999_700, Ok(())),
            (SECRET, header.clone(), "{}", 1_000_301, Err(OutOfTime { off_seconds: 301 })),
            (SECRET, header.clone(), "{}", 999_699, Err(OutOfTime { off_seconds: 301 })),
            (SECRET, header.clone(), "{} ", 1_000_000, Err(Mismatch)),
            (b"another", header.clone(), "{}", 1_000_000, Err(Mismatch)),
            (SECRET, format!("t=1000001,v1={tag}"), "{}", 1_000_001, Err(Mismatch)),
            (SECRET, format!("t=1000000,v1={zeros},v1={tag},v2=x"), "{}", 1_000_000, Ok(())),
            (SECRET, format!("t=1000000,v1={}", &tag[..62]), "{}", 1_000_000, Err(Mismatch)),
            (SECRET, format!("t=1000000,t=1000000,v1={tag}"), "{}", 1_000_000, Err(Malformed)),
            (SECRET, "t=1000000".into(), "{}", 1_000_000, Err(Malformed)),
            (SECRET, format!("v1={tag}"), "{}", 1_000_000, Err(Malformed)),
            (SECRET, "t=soon,v1=00".into(), "{}", 1_000_000, Err(Malformed)),
            (SECRET, "t=1000000,v1=xyz".into(), "{}", 1_000_000, Err(Malformed)),
            (SECRET, String::new(), "{}", 1_000_000, Err(Malformed)),
            (b"", header.clone(), "{}", 1_000_000, Err(NoSecret)),
        ] {
            assert_eq!(verify(secret, &header, body.as_bytes(), at(now)), expected, "{header} {body} {now}");
        }
    }
}
