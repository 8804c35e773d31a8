//! What logs say, and what they must not.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use agent::Model;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    KEY, PROVIDERS, case, client, config,
    server::{Answer, Server},
};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// One log for the whole process, because a log of one thread misses what another registered first.
#[tokio::test]
async fn one_line_a_request_without_event_key_or_answer() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    for provider in PROVIDERS {
        let answer = json!({ "raise": 0, "explanation": "ANSWER-TEXT", "quotes": [] }).to_string();
        let server = Server::start(
            provider,
            [
                Answer::status(500).body(b"{\"error\": \"ANSWER-TEXT\"}".to_vec()),
                Answer::says(provider, "ANSWER-TEXT"),
                Answer::says(provider, &answer),
            ],
        )
        .await;
        let mut config = config(&server);
        config.model = format!("logged-{}", provider.name());
        let name = config.model.clone();
        client(config).opine(&case("EVENT-TEXT")).await.unwrap();

        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ours: Vec<_> =
            lines.iter().filter(|line| line["fields"]["model.name"] == name.as_str()).collect();
        assert_eq!(ours.len(), server.requests().len());
        assert_eq!(ours[2]["fields"]["model.outcome"], "an opinion");
        assert_eq!(ours[2]["fields"]["model.input_tokens"], 1000);
        for secret in [KEY, "EVENT-TEXT", "ANSWER-TEXT", "CreateAccessKey"] {
            assert!(!text.contains(secret), "{provider:?}: {secret} in {text}");
        }
    }
}
