//! The client against a provider that checks every request, and answers well, badly, late, or as an attacker wishes.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

mod answers;
mod config;
mod injection;
mod limits;
mod logs;
mod server;
mod visible;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use agent::Clock;
use domain::{Case, Contribution, Level, Risk, Time};
use model::{Client, Config, Provider, Secret};
use serde_json::{Value, json};

use server::Server;

const PROVIDERS: [Provider; 2] = [Provider::Anthropic, Provider::OpenAi];

/// The key, as it must be nowhere but in its header.
const KEY: &str = "sk-test-5e1f0a77d0c5";

/// A clock that stands still until it is told.
struct Still(AtomicI64);

impl Still {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_780_000_000_000)))
    }

    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

impl Clock for Still {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::Relaxed))
    }
}

fn config(server: &Server) -> Config {
    let mut config = Config::new(server.provider(), "a-model-1", Secret::new(KEY).unwrap());
    config.base_url = server.url().parse().unwrap();
    config.timeout = Duration::from_secs(5);
    config
}

fn client(config: Config) -> Client {
    Client::new(config, Still::new()).unwrap()
}

/// A case with this user agent.
fn case(user_agent: &str) -> Case {
    case_with("userAgent", user_agent)
}

/// A case with this field besides the usual ones.
fn case_with(field: &str, value: &str) -> Case {
    Case {
        finding: "fnd-1".into(),
        title: "Access key created for another user".into(),
        description: "An attacker who holds one key makes another one to stay.".into(),
        level: Level::High,
        risk: Risk::new(60),
        contributions: vec![Contribution {
            name: "rule level".into(),
            points: 60,
            why: "the rule's level is high".into(),
        }],
        fields: vec![
            ("eventName".into(), "CreateAccessKey".into()),
            ("sourceIPAddress".into(), "203.0.113.7".into()),
            (field.into(), value.into()),
        ],
    }
}

/// An answer that is an opinion on any of these cases.
fn opinion() -> Value {
    json!({
        "raise": 7,
        "explanation": "The call came from an address outside of the account.",
        "quotes": [{ "field": "sourceIPAddress", "text": "203.0.113.7" }],
    })
}
