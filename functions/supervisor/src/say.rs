//! What the supervisor tells people.

use domain::{
    Draft, Incident, Party, Payload,
    message::{IncidentUpdate, Notice, Severity},
};

/// Something for the dashboards, about this incident.
pub(crate) fn show(incident: &Incident, payload: Payload) -> Draft {
    Draft {
        correlation_id: incident.id.to_string(),
        receiver: Party::Dashboard,
        risk: Some(incident.risk),
        payload,
    }
}

/// That this incident has changed, and how.
pub(crate) fn update(incident: &Incident, change: impl Into<String>) -> Draft {
    let update = IncidentUpdate {
        incident: incident.id.clone(),
        title: incident.title.clone(),
        status: incident.status,
        risk: incident.risk,
        change: change.into(),
    };
    show(incident, Payload::Incident(update))
}

/// Something that people should know of this incident, and what to do next.
pub(crate) fn notice(incident: &Incident, severity: Severity, text: String) -> Draft {
    show(incident, Payload::Notice(Notice { severity, text }))
}
