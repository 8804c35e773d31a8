//! What the operators set: whom to tell, and with which secrets.

use std::{collections::BTreeMap, fmt, net::IpAddr};

use domain::Person;
use reqwest::Url;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use thiserror::Error;

/// A secret. It has no text form: neither logs nor errors can show it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that it belongs in.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_secret = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_secret
            .then_some(Self(text))
            .ok_or_else(|| D::Error::custom("it is empty, or no HTTP header may hold it"))
    }
}

/// Where and as whom to speak in Slack, and who may answer there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackSettings {
    /// The app's token, `xoxb-…`, with the scope `chat:write`.
    pub bot_token: Secret,
    /// With which Slack signs what it sends.
    pub signing_secret: Secret,
    /// The channel's id, `C…`.
    pub channel: String,
    /// Who is who, by Slack's user id, `U…`. A person has the same name here as on the dashboard, so that nobody counts twice.
    #[serde(default)]
    pub people: BTreeMap<String, Person>,
    /// Where Slack's API is: https, or http on this machine.
    #[serde(default = "slack_api", deserialize_with = "api")]
    pub api: Url,
}

/// Where PagerDuty takes events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagerDutySettings {
    /// The integration key of a service's Events API v2 integration.
    pub routing_key: Secret,
    /// Where events go: https, or http on this machine. Accounts in the EU have another address than the usual one.
    #[serde(default = "pagerduty_api", deserialize_with = "api")]
    pub api: Url,
}

/// Why settings are refused. It shows nothing of them: they are secrets.
#[derive(Debug, Error)]
#[error(
    "the secret for {of} is not the JSON it should be (line {line}, column {column}, {what}); see infra/docs/notify.md for its form"
)]
pub struct SettingsError {
    of: &'static str,
    line: usize,
    column: usize,
    what: &'static str,
}

impl SlackSettings {
    /// From a secret's text.
    ///
    /// # Errors
    /// Where it is not in form.
    pub fn read(secret: &str) -> Result<Self, SettingsError> {
        read("Slack", secret)
    }
}

impl PagerDutySettings {
    /// From a secret's text.
    ///
    /// # Errors
    /// Where it is not in form.
    pub fn read(secret: &str) -> Result<Self, SettingsError> {
        read("PagerDuty", secret)
    }
}

fn read<T: DeserializeOwned>(of: &'static str, secret: &str) -> Result<T, SettingsError> {
    // serde_json's own message may hold a part of what it read.
    serde_json::from_str(secret).map_err(|error| SettingsError {
        of,
        line: error.line(),
        column: error.column(),
        what: if error.is_data() {
            "a field is missing, unknown or not in its form"
        } else {
            "it is no JSON"
        },
    })
}

fn slack_api() -> Url {
    address("https://slack.com/api/")
}

fn pagerduty_api() -> Url {
    address("https://events.pagerduty.com/v2/")
}

#[allow(clippy::expect_used)] // Both are written above, and read by a test.
fn address(text: &str) -> Url {
    text.parse().expect("an address")
}

fn api<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    let url: Url = format!("{}/", text.trim_end_matches('/')).parse().map_err(D::Error::custom)?;
    let host = url.host_str().unwrap_or_default();
    let is_here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_here;
    is_safe.then_some(url).ok_or_else(|| D::Error::custom("it is https, or http on this machine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLACK: &str = r#"{"bot_token": "xoxb-SECRET", "signing_secret": "SECRET", "channel": "C1",
        "people": {"U1": {"name": "ana", "role": "approver", "principals": ["arn:aws:iam::111122223333:user/ana"]}}}"#;

    #[test]
    fn the_documented_forms_are_read_and_never_shown() {
        let slack = SlackSettings::read(SLACK).unwrap();
        assert_eq!((slack.api.as_str(), slack.people["U1"].name.as_str()), ("https://slack.com/api/", "ana"));
        let pager = PagerDutySettings::read(r#"{"routing_key": "SECRET"}"#).unwrap();
        assert_eq!(pager.api.as_str(), "https://events.pagerduty.com/v2/");
        assert!(!format!("{slack:?} {pager:?}").contains("SECRET"));
    }

    #[test]
    fn what_is_not_in_form_is_refused_without_a_word_of_it() {
        for (from, to) in [
            ("\"channel\"", "\"chanel\""),
            ("\"approver\"", "\"SECRET\""),
            ("\"xoxb-SECRET\"", "\"two SECRET words\""),
            ("\"xoxb-SECRET\"", "[\"xoxb-SECRET\"]"),
            ("\"C1\"", "\"C1\", \"api\": \"http://SECRET.example\""),
            ("}}}", "}}"),
        ] {
            let error = SlackSettings::read(&SLACK.replace(from, to)).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
        }
        for api in ["http://127.0.0.1:1/api", "http://localhost:1", "https://slack-gov.com/api/"] {
            let text = SLACK.replace("\"C1\"", &format!("\"C1\", \"api\": \"{api}\""));
            assert!(SlackSettings::read(&text).is_ok(), "{api}");
        }
    }
}
