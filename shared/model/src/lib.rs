//! A language model's opinion of a finding, asked over HTTP and never trusted.
//!
//! The model reads what an attacker may have written, so it is taken to be on the attacker's side. What keeps it harmless
//! is not what it is told but what it can say: its answer is a number from 0 to a bound, a text, and quotes that must stand
//! in the event. Whatever else it answers is no opinion.
//!
//! [`Client`] is the port's one implementation. It asks [`Provider::Anthropic`] or [`Provider::OpenAi`], within a time, a
//! budget and a number of tries; who cannot get an opinion goes on without one.

mod answer;
mod breaker;
mod budget;
mod cache;
mod client;
mod config;
mod http;
mod metered;
mod prompt;
#[cfg(feature = "proofs")]
pub mod proofs;
mod provider;
mod secret;

pub use budget::{Prices, Spent};
pub use client::Client;
pub use config::{Config, ConfigError};
pub use domain::visible;
pub use metered::Metered;
pub use provider::Provider;
pub use secret::Secret;
