//! Which model is asked, and what that may take.

use std::{env, fs, io::Read, net::IpAddr, path::Path, time::Duration};

use domain::Raise;
use reqwest::Url;
use thiserror::Error;

use crate::{Prices, Provider, Secret};

/// Tokens a day, where nothing else is set.
const DAILY_TOKENS: u64 = 2_000_000;
/// A key file's size, in bytes, past which it is something else.
const KEY_FILE: u64 = 4096;

/// Which model is asked, and what that may take.
///
/// The model must be one that its provider offers structured outputs for. Read from the environment by
/// [`Config::from_env`]:
///
/// | name | means | default |
/// |---|---|---|
/// | `ASOC_MODEL` | `anthropic:NAME` or `openai:NAME`, by the provider's name for the model | no model |
/// | `ASOC_MODEL_KEY_FILE` | a file that holds the API key | |
/// | `ANTHROPIC_API_KEY`, `OPENAI_API_KEY` | the API key, where no file is named | no model |
/// | `ASOC_MODEL_URL` | where the provider's API is: https, or http on this machine | the provider's own |
/// | `ASOC_MODEL_TIMEOUT_SECONDS` | for one opinion, all tries and waits included | 15 |
/// | `ASOC_MODEL_MAX_OUTPUT_TOKENS` | for one answer; a model's reasoning counts | 2048 |
/// | `ASOC_MODEL_DAILY_TOKENS` | in and out together, a UTC day | 2000000 |
/// | `ASOC_MODEL_DAILY_DOLLARS` | a UTC day; needs both prices | no bound but tokens |
/// | `ASOC_MODEL_PRICE_IN`, `ASOC_MODEL_PRICE_OUT` | dollars a million tokens; providers do not tell theirs | unknown |
/// | `ASOC_MODEL_CONCURRENCY` | requests at a time | 4 |
/// | `ASOC_MODEL_MAX_RAISE` | points that an opinion may add, up to 20 | 20 |
#[derive(Clone, Debug)]
pub struct Config {
    /// Who is asked.
    pub provider: Provider,
    /// The provider's name for the model.
    pub model: String,
    /// The API key.
    pub key: Secret,
    /// Where the API is, without `/v1`.
    pub base_url: Url,
    /// For one opinion, all tries and waits included.
    pub timeout: Duration,
    /// Tokens that one answer may have.
    pub max_output_tokens: u32,
    /// Tokens, in and out together, that a UTC day may take.
    pub daily_tokens: u64,
    /// Millionths of a dollar that a UTC day may take.
    pub daily_micro_dollars: Option<u64>,
    /// What tokens cost. Without it opinions are reported to cost nothing.
    pub prices: Option<Prices>,
    /// Requests at a time, 1 to 64.
    pub concurrency: usize,
    /// The most that an opinion may raise a risk by.
    pub max_raise: Raise,
}

/// Why a configuration is refused. None of these shows a key.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A setting does not have its form.
    #[error("{name}: {why}")]
    Setting {
        /// The setting's name in the environment.
        name: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A budget in dollars can only be kept if prices are known.
    #[error("ASOC_MODEL_DAILY_DOLLARS needs ASOC_MODEL_PRICE_IN and ASOC_MODEL_PRICE_OUT")]
    Unpriced,
    /// The HTTP client cannot be built.
    #[error("there is no HTTP client: {0}")]
    Http(String),
}

impl Config {
    /// The defaults for this model.
    pub fn new(provider: Provider, model: &str, key: Secret) -> Self {
        Self {
            provider,
            model: model.to_owned(),
            key,
            base_url: provider.base_url(),
            timeout: Duration::from_secs(15),
            max_output_tokens: 2048,
            daily_tokens: DAILY_TOKENS,
            daily_micro_dollars: None,
            prices: None,
            concurrency: 4,
            max_raise: Raise::MAX,
        }
    }

    /// What the environment sets. None if it names no model, or no key for it.
    pub fn from_env() -> Result<Option<Self>, ConfigError> {
        Self::read(|name| env::var(name).ok())
    }

    /// What these settings say, by the names of [`Config`]. An empty setting counts as absent.
    pub fn read(setting: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, ConfigError> {
        let setting = |name: &str| setting(name).filter(|value| !value.trim().is_empty());
        let Some(asked) = setting("ASOC_MODEL") else { return Ok(None) };
        let (provider, model) = asked
            .trim()
            .split_once(':')
            .and_then(|(provider, model)| Some((Provider::named(provider)?, model)))
            .filter(|(_, model)| is_model_name(model))
            .ok_or_else(|| wrong("ASOC_MODEL", "it is anthropic:NAME or openai:NAME"))?;

        let key = match setting("ASOC_MODEL_KEY_FILE") {
            Some(path) => Some(("ASOC_MODEL_KEY_FILE", read_key(Path::new(path.trim()))?)),
            None => setting(provider.key_name()).map(|key| (provider.key_name(), key)),
        };
        let Some((name, key)) = key else { return Ok(None) };
        let key = Secret::new(&key).ok_or_else(|| wrong(name, "it holds no key"))?;

        let mut config = Self::new(provider, model, key);
        if let Some(url) = setting("ASOC_MODEL_URL") {
            config.base_url =
                url.trim().parse().map_err(|_| wrong("ASOC_MODEL_URL", "it is not an address"))?;
        }
        let number = |name, range: std::ops::RangeInclusive<u64>| match setting(name) {
            None => Ok(None),
            Some(text) => text.trim().parse().ok().filter(|n| range.contains(n)).map(Some).ok_or_else(|| {
                wrong(name, &format!("it is a number from {} to {}", range.start(), range.end()))
            }),
        };
        if let Some(seconds) = number("ASOC_MODEL_TIMEOUT_SECONDS", 1..=600)? {
            config.timeout = Duration::from_secs(seconds);
        }
        if let Some(tokens) = number("ASOC_MODEL_MAX_OUTPUT_TOKENS", 128..=65_536)? {
            config.max_output_tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        }
        if let Some(tokens) = number("ASOC_MODEL_DAILY_TOKENS", 0..=u64::MAX)? {
            config.daily_tokens = tokens;
        }
        if let Some(requests) = number("ASOC_MODEL_CONCURRENCY", 1..=64)? {
            config.concurrency = usize::try_from(requests).unwrap_or(64);
        }
        if let Some(points) = number("ASOC_MODEL_MAX_RAISE", 0..=u64::from(Raise::MAX.points()))? {
            config.max_raise = Raise::new(i64::try_from(points).unwrap_or(0));
        }
        let dollars = |name| setting(name).map(|text| micro_dollars(name, &text)).transpose();
        config.daily_micro_dollars = dollars("ASOC_MODEL_DAILY_DOLLARS")?;
        config.prices = match (dollars("ASOC_MODEL_PRICE_IN")?, dollars("ASOC_MODEL_PRICE_OUT")?) {
            (Some(input), Some(output)) => Some(Prices { input, output }),
            (None, None) => None,
            (None, Some(_)) => return Err(wrong("ASOC_MODEL_PRICE_IN", "it is missing")),
            (Some(_), None) => return Err(wrong("ASOC_MODEL_PRICE_OUT", "it is missing")),
        };
        config.check()?;
        Ok(Some(config))
    }

    /// Refuses what must not be used: an address where the key could be overheard, a budget that cannot be kept.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let is_http = matches!(self.base_url.scheme(), "http" | "https");
        if !is_http || (self.base_url.scheme() == "http" && !is_loopback(&self.base_url)) {
            return Err(wrong("ASOC_MODEL_URL", "it is https, or http on this machine"));
        }
        if !self.base_url.username().is_empty() || self.base_url.password().is_some() {
            return Err(wrong("ASOC_MODEL_URL", "it holds no name and no password"));
        }
        if self.daily_micro_dollars.is_some() && self.prices.is_none() {
            return Err(ConfigError::Unpriced);
        }
        Ok(())
    }
}

fn wrong(name: &'static str, why: &str) -> ConfigError {
    ConfigError::Setting { name, why: why.to_owned() }
}

/// Providers' names are such; anything else would be a slip, and ends in a log.
fn is_model_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/@".contains(&byte))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn read_key(path: &Path) -> Result<String, ConfigError> {
    let mut key = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(KEY_FILE).read_to_string(&mut key))
        .map_err(|error| wrong("ASOC_MODEL_KEY_FILE", &error.kind().to_string()))?;
    Ok(key)
}

fn micro_dollars(name: &'static str, text: &str) -> Result<u64, ConfigError> {
    let dollars: f64 = text.trim().parse().unwrap_or(f64::NAN);
    if !(0.0..=1e6).contains(&dollars) {
        return Err(wrong(name, "it is dollars, such as 2.50"));
    }
    // At most 1e12, which is exact in both.
    Ok((dollars * 1e6).round() as u64)
}
