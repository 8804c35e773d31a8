//! Tells people where they are: in Slack, where they can also answer, and by PagerDuty.
//!
//! A [`Notifier`] is shown the messages of the log and says what is worth saying of them. What it says of an incident is read
//! from the store as it stands then, so that a message that comes late, or twice, tells nothing that is not so any more. It
//! posts first and notes afterwards that it did: a crash in between makes it post twice, never not at all. A doubled post in Slack
//! is known by the message's id in its metadata; PagerDuty drops one by its key.
//!
//! What events say is hostile. In Slack it stands only where nothing is marked up (`plain_text`), escaped, bounded, and with
//! everything invisible shown; what is marked up is made of our own words, numbers and times.

mod facts;
mod http;
mod line;
mod notifier;
pub mod pagerduty;
#[cfg(feature = "proofs")]
pub mod proofs;
mod sent;
mod settings;
pub mod slack;
mod text;

pub use facts::Facts;
pub use http::{Fault, Http};
pub use notifier::Notifier;
pub use pagerduty::PagerDuty;
pub use sent::{Remembered, Sent, Thread};
pub use settings::{PagerDutySettings, Secret, SettingsError, SlackSettings};
pub use slack::Slack;
