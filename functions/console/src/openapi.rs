//! The wire types as an OpenAPI document, from which the dashboard's TypeScript types are made.

use utoipa::OpenApi;

use crate::api;

/// The document: schemas only. Routes are listed in the crate's `routes` module.
#[derive(OpenApi)]
#[openapi(
    info(title = "A-SOC", description = "What goes over A-SOC's HTTP routes and WebSocket."),
    components(schemas(
        api::Problem,
        api::SignIn,
        api::SocketTicket,
        api::LoggedMessage,
        api::Feed,
        api::IncidentRow,
        api::IncidentDetail,
        api::May,
        api::ApprovalCard,
        api::UndoBody,
        api::LedgerPage,
        api::LedgerReport,
        api::AgentHealth,
        api::Health,
        api::Events,
        api::Quarantine,
        api::Drill,
        api::DrillStart,
        api::NewPerson,
        api::PersonAdded,
        api::VoteCounted,
        domain::Ballot,
        domain::Message,
        domain::Person,
        domain::Inventory,
        domain::DeliveryReceipt,
    ))
)]
struct Document;

/// The document as JSON text, keys sorted.
pub fn document() -> Result<String, serde_json::Error> {
    let sorted: serde_json::Value = serde_json::to_value(Document::openapi())?;
    Ok(serde_json::to_string_pretty(&sorted)? + "\n")
}
