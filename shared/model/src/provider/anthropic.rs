//! Anthropic's Messages API, version 2023-06-01, with structured outputs (`output_config.format`).
//!
//! Source: platform.claude.com, "Create a Message" and "Structured outputs".

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ending, Reply};
use crate::{Config, Secret, prompt::Prompt};

pub(super) fn headers(key: &Secret) -> Option<HeaderMap> {
    let mut key = HeaderValue::from_str(key.expose()).ok()?;
    key.set_sensitive(true);
    Some(HeaderMap::from_iter([
        (HeaderName::from_static("x-api-key"), key),
        (HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01")),
    ]))
}

pub(super) fn question(config: &Config, prompt: &Prompt, schema: Value) -> Value {
    json!({
        "model": config.model,
        "max_tokens": config.max_output_tokens,
        "system": prompt.system,
        "messages": [{ "role": "user", "content": prompt.user }],
        "output_config": { "format": { "type": "json_schema", "schema": schema } },
    })
}

#[derive(Deserialize)]
struct Message {
    content: Vec<Block>,
    stop_reason: String,
    usage: Usage,
}

/// A text, or something that is not asked for, such as a model's thinking.
#[derive(Deserialize)]
struct Block {
    r#type: String,
    text: Option<String>,
}

/// What is read is the sum of all three.
#[derive(Deserialize)]
struct Usage {
    input_tokens: u64,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: u64,
}

pub(super) fn read(body: &[u8]) -> Option<Reply> {
    let message: Message = serde_json::from_slice(body).ok()?;
    let mut texts = message.content.into_iter().filter(|block| block.r#type == "text");
    let ending = match (message.stop_reason.as_str(), texts.next(), texts.next()) {
        ("end_turn", Some(Block { text: Some(text), .. }), None) => Ending::Text(text),
        ("max_tokens" | "model_context_window_exceeded", ..) => Ending::Cut,
        ("refusal", ..) => Ending::Refused,
        _ => Ending::Other,
    };
    let usage = message.usage;
    let cached = [usage.cache_creation_input_tokens, usage.cache_read_input_tokens];
    Some(Reply {
        input_tokens: cached.into_iter().flatten().fold(usage.input_tokens, u64::saturating_add),
        output_tokens: usage.output_tokens,
        ending,
    })
}
