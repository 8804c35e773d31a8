//! OpenAI's Chat Completions API, with structured outputs (`response_format`). Nothing of it is to be stored there.
//!
//! Source: platform.openai.com, "Create chat completion" and "Structured model outputs".

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ending, Reply};
use crate::{Config, Secret, prompt::Prompt};

pub(super) fn headers(key: &Secret) -> Option<HeaderMap> {
    let mut key = HeaderValue::from_str(&format!("Bearer {}", key.expose())).ok()?;
    key.set_sensitive(true);
    Some(HeaderMap::from_iter([(AUTHORIZATION, key)]))
}

pub(super) fn question(config: &Config, prompt: &Prompt, schema: Value) -> Value {
    json!({
        "model": config.model,
        "max_completion_tokens": config.max_output_tokens,
        "store": false,
        "messages": [
            { "role": "system", "content": prompt.system },
            { "role": "user", "content": prompt.user },
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": { "name": "opinion", "strict": true, "schema": schema },
        },
    })
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Usage,
}

#[derive(Deserialize)]
struct Choice {
    finish_reason: String,
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

pub(super) fn read(body: &[u8]) -> Option<Reply> {
    let completion: Completion = serde_json::from_slice(body).ok()?;
    let choice = completion.choices.into_iter().next()?;
    let ending = match (choice.finish_reason.as_str(), choice.message) {
        (_, Message { refusal: Some(_), .. }) | ("content_filter", _) => Ending::Refused,
        ("stop", Message { content: Some(text), .. }) => Ending::Text(text),
        ("length", _) => Ending::Cut,
        _ => Ending::Other,
    };
    Some(Reply {
        input_tokens: completion.usage.prompt_tokens,
        output_tokens: completion.usage.completion_tokens,
        ending,
    })
}
