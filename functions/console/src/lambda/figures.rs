//! What is counted for the operators: every message passes here once.

use agent::{
    Ctx,
    figures::{self, Figure},
    ports::IncidentFilter,
};
use aws::metrics::Unit;
use domain::{Message, Status};

/// A name, a unit, and how much.
type Named = (&'static str, Unit, f64);

/// What a message says in figures.
pub(crate) fn figures(message: &Message) -> Vec<Named> {
    let named = |figure| match figure {
        Figure::Events(_, events) => Some(("Events", Unit::Count, events as f64)),
        Figure::Finding(_) => Some(("Findings", Unit::Count, 1.0)),
        Figure::Opened => Some(("Incidents", Unit::Count, 1.0)),
        Figure::Contained(seconds) => Some(("TimeToContain", Unit::Seconds, seconds)),
        Figure::Closed(_) | Figure::Asked(_) | Figure::Action(_) | Figure::Sealed(_) => None,
    };
    figures::said(message).into_iter().filter_map(named).collect()
}

/// How many requests wait for people, and how long the most urgent has left.
pub(crate) async fn waiting(ctx: &Ctx) -> anyhow::Result<Vec<Named>> {
    let filter = IncidentFilter { statuses: vec![Status::AwaitingApproval], ..Default::default() };
    let waiting = figures::waiting(&ctx.store.incidents(&filter).await?, ctx.clock.now());
    let left = waiting.seconds_left.map(|left| ("ApprovalSecondsLeft", Unit::Seconds, left));
    Ok([("ApprovalsWaiting", Unit::Count, waiting.requests as f64)].into_iter().chain(left).collect())
}
