//! A key that is never printed.

use std::fmt;

/// An API key. It has no text form: neither logs nor errors can show it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// This key, without the white space around it; none if it is empty or holds what no HTTP header may.
    pub fn new(key: &str) -> Option<Self> {
        let key = key.trim();
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        is_key.then(|| Self(key.to_owned()))
    }

    /// The key itself, for the one header that it belongs in.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
