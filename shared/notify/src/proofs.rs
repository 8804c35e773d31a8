//! What every [`Sent`] holds to; and Slack and PagerDuty on this machine.
#![allow(clippy::unwrap_used, clippy::panic)]

mod clicks;
mod limits;
mod service;

use domain::{IncidentId, Time};

pub use clicks::{click, signed, value};
pub use service::{CHANNEL, ROUTING_KEY, SIGNING_SECRET, Service, TOKEN};

use crate::{Sent, Thread};

/// A key is claimed once, and an incident is talked about at one place.
///
/// # Panics
/// Where it is not so.
pub async fn of_many_the_first_counts(sent: &dyn Sent, now: Time) {
    assert!(!sent.is_claimed("slack/m1").await.unwrap());
    assert!(sent.claim("slack/m1", now).await.unwrap());
    assert!(sent.is_claimed("slack/m1").await.unwrap());
    assert!(!sent.claim("slack/m1", now).await.unwrap());
    assert!(sent.claim("pagerduty/m1", now).await.unwrap(), "each place has keys of its own");

    let (incident, other) = (IncidentId::from("inc-1"), IncidentId::from("slack/m1"));
    let thread = |ts: &str| Thread { channel: "C1".into(), ts: ts.into() };
    assert_eq!(sent.thread(&incident).await.unwrap(), None);
    assert_eq!(sent.keep_thread(&incident, &thread("1.1"), now).await.unwrap(), thread("1.1"));
    assert_eq!(sent.keep_thread(&incident, &thread("2.2"), now).await.unwrap(), thread("1.1"));
    assert_eq!(sent.thread(&incident).await.unwrap(), Some(thread("1.1")));
    assert_eq!(sent.thread(&other).await.unwrap(), None, "a key is no incident");
}
