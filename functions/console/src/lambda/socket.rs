//! The WebSocket API: who may connect, and who is connected. Clients have nothing to say; what they send keeps the
//! connection open.

use aws::{
    Diagnostic,
    function::{permanent, transient},
};
use domain::Time;
use serde_json::{Value, json};

use crate::connections::Connections;

/// Answers an authorizer's question, or an event of a connection.
pub(crate) async fn answer(connections: &Connections, now: Time, event: Value) -> Result<Value, Diagnostic> {
    let failed = |error: anyhow::Error| transient(format!("{error:#}"));
    let context = &event["requestContext"];
    let connection = context["connectionId"].as_str().unwrap_or_default();
    if event["type"] == "REQUEST" {
        let ticket = event["queryStringParameters"]["ticket"].as_str().unwrap_or_default();
        let person = connections.redeem(ticket, now).await.map_err(failed)?;
        let route = event["methodArn"].as_str().unwrap_or_default();
        return Ok(policy(person.filter(|_| comes_from_dashboard(&event)).as_deref(), route));
    }
    match context["eventType"].as_str() {
        Some("CONNECT") => {
            let person = context["authorizer"]["person"].as_str();
            let person = person.ok_or_else(|| permanent("a connection was not authorized"))?;
            connections.open(connection, person, now).await.map_err(failed)?;
        }
        Some("DISCONNECT") => connections.close(connection).await.map_err(failed)?,
        _ => {}
    }
    Ok(json!({ "statusCode": 200 }))
}

/// A browser says where a page comes from. Anything else needs a ticket too, and says nothing.
fn comes_from_dashboard(event: &Value) -> bool {
    let own = std::env::var("ASOC_ORIGIN").unwrap_or_default();
    let headers = event["headers"].as_object().into_iter().flatten();
    let mut origins = headers.filter(|(name, _)| name.eq_ignore_ascii_case("origin"));
    own.is_empty() || origins.all(|(_, origin)| *origin == own)
}

/// The form in which an authorizer answers.
fn policy(person: Option<&str>, route: &str) -> Value {
    let effect = if person.is_some() { "Allow" } else { "Deny" };
    json!({
        "principalId": person.unwrap_or("nobody"),
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": route }],
        },
        "context": { "person": person.unwrap_or_default() },
    })
}
