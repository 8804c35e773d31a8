//! What decisions count as, wherever they are counted: in Prometheus's metrics as in CloudWatch's.

use domain::{ActionState, Incident, Level, Message, Payload, Source, Status, Time};

use crate::Write;

/// Something to be counted or measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// So many new events, of one log where that is known.
    Events(Option<Source>, u64),
    /// A finding.
    Finding(Level),
    /// An incident was opened.
    Opened,
    /// An incident's workflow ended like this.
    Closed(Status),
    /// Seconds from an incident's first event until people were asked about it.
    Asked(f64),
    /// Seconds from an incident's first event until it was contained.
    Contained(f64),
    /// An action reached this state.
    Action(ActionState),
    /// So many messages were sealed into the ledger.
    Sealed(u64),
}

/// What a message counts as.
pub fn said(message: &Message) -> Vec<Figure> {
    match &message.payload {
        Payload::Alert(alert) => vec![Figure::Events(None, alert.events.len() as u64)],
        Payload::Report(finding) => vec![Figure::Finding(finding.level)],
        // Each incident gets one first plan.
        Payload::Verdict(given) if given.revision == 1 => vec![Figure::Opened],
        Payload::ActionUpdate(update) => vec![Figure::Action(update.state)],
        Payload::Record(record) => {
            let at = |stage: &str| record.receipt.reached.get(stage).copied();
            let contained = seconds(at("event"), at("contained")).map(Figure::Contained);
            [Figure::Closed(record.status)].into_iter().chain(contained).collect()
        }
        _ => Vec::new(),
    }
}

/// What a committed decision counts as. What it wrote says more than its messages alone: of which log events are, and how long
/// people were not asked.
pub fn decided(writes: &[Write], messages: &[Message]) -> Vec<Figure> {
    let told = messages.iter().flat_map(said).filter(|figure| !matches!(figure, Figure::Events(..)));
    let is_asking = messages.iter().any(|m| matches!(m.payload, Payload::ApprovalRequired(_)));
    let written = writes.iter().flat_map(|write| match write {
        Write::Events(events) => {
            events.iter().map(|event| Figure::Events(Some(event.source), 1)).collect::<Vec<_>>()
        }
        Write::Ledger(entries) => vec![Figure::Sealed(entries.len() as u64)],
        Write::Incident(incident) if is_asking => {
            let at = |stage: &str| incident.receipt.reached.get(stage).copied();
            seconds(at("event"), at("asked")).map(Figure::Asked).into_iter().collect()
        }
        _ => Vec::new(),
    });
    told.chain(written).collect()
}

/// Requests that wait for people.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Waiting {
    /// How many.
    pub requests: u64,
    /// Seconds that the most urgent has left, at least 0.
    pub seconds_left: Option<f64>,
}

/// How many of these incidents wait for people, and how long the most urgent has left.
pub fn waiting(incidents: &[Incident], now: Time) -> Waiting {
    let open = incidents.iter().filter_map(|incident| incident.approval.as_ref());
    let left = open
        .filter(|approval| approval.outcome.is_none())
        .map(|approval| (approval.request.expires.millis() - now.millis()).max(0) as f64 / 1000.0);
    left.fold(Waiting::default(), |all, left| Waiting {
        requests: all.requests + 1,
        seconds_left: Some(all.seconds_left.map_or(left, |least| least.min(left))),
    })
}

fn seconds(from: Option<Time>, to: Option<Time>) -> Option<f64> {
    Some((to?.millis() - from?.millis()) as f64 / 1000.0)
}
