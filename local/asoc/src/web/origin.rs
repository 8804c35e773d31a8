//! The one address under which people reach dashboard and console through a proxy.

use anyhow::{Context, ensure};
use reqwest::Url;

/// Scheme, host and port, as a browser says where a request came from (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub String);

impl Origin {
    /// Reads an address; a blank one is none.
    ///
    /// # Errors
    /// If it is more or less than an origin, or if sessions would travel there unencrypted.
    pub fn parse(text: &str) -> anyhow::Result<Option<Self>> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = || format!("--origin `{text}` is not an address such as https://asoc.example.org");
        let url = Url::parse(text).with_context(wrong)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        ensure!(bare && url.username().is_empty() && url.host_str().is_some(), wrong());
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
        ensure!(
            url.scheme() == "https" || url.scheme() == "http" && is_here,
            "--origin `{text}` must begin with https://, because sessions travel there; local/README.md says how (TLS)"
        );
        Ok(Some(Self(url.origin().ascii_serialization())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_says_it_is() {
        for (text, expected) in [
            ("https://asoc.example.org", "https://asoc.example.org"),
            ("https://ASOC.example.org:443/", "https://asoc.example.org"),
            ("https://asoc.example.org:8443", "https://asoc.example.org:8443"),
            (" http://localhost:8080 ", "http://localhost:8080"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().unwrap().0, expected);
        }
        assert_eq!(Origin::parse("  ").unwrap(), None);
        for text in [
            "asoc.example.org",
            "http://asoc.example.org",
            "ftp://localhost",
            "https://asoc.example.org/soc",
            "https://asoc.example.org/?a",
            "https://asoc.example.org/#a",
            "https://me@asoc.example.org",
            "*",
            "null",
        ] {
            assert!(Origin::parse(text).unwrap_err().to_string().contains("--origin"), "{text}");
        }
    }
}
