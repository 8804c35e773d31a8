//! RestartTrail: a trail that was stopped records again (ATT&CK T1562.008, Disable or Modify Cloud Logs).
//!
//! Must not: change where the trail delivers to or what it selects.

use domain::{AccountWrite, Facets};
use serde_json::Value;

use super::{View, value};

const FACET: &str = "logging";

pub(super) fn facets(trail: &str, view: &View<'_>) -> Option<Facets> {
    let logging = view.account.trails.get(trail)?.logging;
    Some(Facets::from([(FACET.to_owned(), Value::Bool(logging))]))
}

pub(super) fn forward(name: &str, view: &View<'_>) -> Option<AccountWrite> {
    let trail = view.account.trails.get(name)?;
    (!trail.logging).then(|| AccountWrite::StartLogging { trail: name.to_owned() })
}

pub(super) fn backward(name: &str, view: &View<'_>, before: &Facets) -> Option<AccountWrite> {
    let trail = view.account.trails.get(name)?;
    let was_stopped = value(before, FACET) == &Value::Bool(false);
    (trail.logging && was_stopped).then(|| AccountWrite::StopLogging { trail: name.to_owned() })
}
