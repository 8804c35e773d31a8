//! What is counted for the operators: every message passes here once.

use agent::{Ctx, ports::IncidentFilter};
use aws::metrics::Unit;
use domain::{Message, Payload, Status};

/// A name, a unit, and how much.
type Figure = (&'static str, Unit, f64);

/// What a message says in figures.
pub(crate) fn figures(message: &Message) -> Vec<Figure> {
    match &message.payload {
        Payload::Alert(alert) => vec![("Events", Unit::Count, alert.events.len() as f64)],
        Payload::Report(_) => vec![("Findings", Unit::Count, 1.0)],
        // Each incident gets one first plan.
        Payload::Verdict(given) if given.revision == 1 => vec![("Incidents", Unit::Count, 1.0)],
        Payload::Record(record) => {
            let at = |stage: &str| record.receipt.reached.get(stage).map(|time| time.millis());
            let (Some(event), Some(contained)) = (at("event"), at("contained")) else { return Vec::new() };
            vec![("TimeToContain", Unit::Seconds, (contained - event) as f64 / 1000.0)]
        }
        _ => Vec::new(),
    }
}

/// How many requests wait for people, and how long the most urgent has left.
pub(crate) async fn waiting(ctx: &Ctx) -> anyhow::Result<Vec<Figure>> {
    let filter = IncidentFilter { statuses: vec![Status::AwaitingApproval], ..Default::default() };
    let now = ctx.clock.now().millis();
    let mut left = Vec::new();
    for approval in ctx.store.incidents(&filter).await?.into_iter().filter_map(|incident| incident.approval) {
        if approval.outcome.is_none() {
            left.push((approval.request.expires.millis() - now).max(0) as f64 / 1000.0);
        }
    }
    let mut figures = vec![("ApprovalsWaiting", Unit::Count, left.len() as f64)];
    figures
        .extend(left.into_iter().reduce(f64::min).map(|least| ("ApprovalSecondsLeft", Unit::Seconds, least)));
    Ok(figures)
}
