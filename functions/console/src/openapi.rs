//! The wire types as an OpenAPI document, from which the dashboard's TypeScript types are made.

use std::collections::BTreeMap;

use serde_json::{Value, json};
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
        api::FindingDetail,
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
    let sorted: Value = serde_json::to_value(Document::openapi())?;
    Ok(serde_json::to_string_pretty(&sorted)? + "\n")
}

/// JSON Schema (draft 2020-12, which OpenAPI 3.1 uses) of the message envelope, as JSON text, keys sorted.
pub fn message_schema() -> Result<String, serde_json::Error> {
    let document = serde_json::to_string(&Document::openapi())?.replace("#/components/schemas/", "#/$defs/");
    let mut document: Value = serde_json::from_str(&document)?;
    let schemas = document["components"]["schemas"].take();
    let mut used = BTreeMap::new();
    reach("ASOCMessage", &schemas, &mut used);
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "#/$defs/ASOCMessage",
        "$defs": used,
    });
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

/// Collects this schema and those it refers to.
fn reach(name: &str, schemas: &Value, used: &mut BTreeMap<String, Value>) {
    if used.contains_key(name) {
        return;
    }
    used.insert(name.to_owned(), schemas[name].clone());
    let mut waiting = vec![&schemas[name]];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(map) => {
                if let Some(next) =
                    map.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/"))
                {
                    reach(next, schemas, used);
                }
                waiting.extend(map.values());
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
}
