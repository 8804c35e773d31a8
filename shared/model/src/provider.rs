//! Who can be asked: one shape of question and answer, in each provider's words.

mod anthropic;
mod openai;

use reqwest::{Url, header::HeaderMap};
use serde_json::Value;

use crate::{Config, Secret, prompt::Prompt};

/// A provider of language models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Anthropic's Messages API.
    Anthropic,
    /// OpenAI's Chat Completions API, which other servers speak too.
    OpenAi,
}

/// What a provider answered with.
pub(crate) struct Reply {
    /// Tokens read.
    pub(crate) input_tokens: u64,
    /// Tokens written.
    pub(crate) output_tokens: u64,
    /// What came of them.
    pub(crate) ending: Ending,
}

/// How an answer ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With this text.
    Text(String),
    /// In mid-sentence: the bound on tokens was reached.
    Cut,
    /// With a refusal, of the model or of a filter.
    Refused,
    /// Some other way, which nothing here asks for.
    Other,
}

impl Provider {
    /// Its name in settings and logs.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Anthropic => "anthropic",
            Provider::OpenAi => "openai",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Provider::Anthropic, Provider::OpenAi].into_iter().find(|provider| provider.name() == name)
    }

    /// The name in the environment under which its key is usually found.
    pub(crate) fn key_name(self) -> &'static str {
        match self {
            Provider::Anthropic => "ANTHROPIC_API_KEY",
            Provider::OpenAi => "OPENAI_API_KEY",
        }
    }

    pub(crate) fn base_url(self) -> Url {
        let url = match self {
            Provider::Anthropic => "https://api.anthropic.com",
            Provider::OpenAi => "https://api.openai.com",
        };
        #[allow(clippy::expect_used)] // Both are addresses.
        url.parse().expect("an address")
    }

    /// Where questions go.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Provider::Anthropic => "v1/messages",
            Provider::OpenAi => "v1/chat/completions",
        }
    }

    /// The headers of a question, with the key; none if the key is no header.
    pub(crate) fn headers(self, key: &Secret) -> Option<HeaderMap> {
        match self {
            Provider::Anthropic => anthropic::headers(key),
            Provider::OpenAi => openai::headers(key),
        }
    }

    /// A question.
    pub(crate) fn question(self, config: &Config, prompt: &Prompt, schema: Value) -> Value {
        match self {
            Provider::Anthropic => anthropic::question(config, prompt, schema),
            Provider::OpenAi => openai::question(config, prompt, schema),
        }
    }

    /// Reads an answer with status 200; none if it does not have the provider's form.
    pub(crate) fn read(self, body: &[u8]) -> Option<Reply> {
        match self {
            Provider::Anthropic => anthropic::read(body),
            Provider::OpenAi => openai::read(body),
        }
    }
}
