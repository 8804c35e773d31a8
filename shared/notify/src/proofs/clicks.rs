//! What Slack sends when somebody clicks, in the forms that it publishes, signed as it signs.

use domain::Incident;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{CHANNEL, SIGNING_SECRET};
use crate::slack::sign;

/// Headers and body of a payload that is sent at this second.
pub fn signed(payload: &Value, at: i64) -> (HeaderMap, String) {
    let body =
        form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
    let mut headers = HeaderMap::new();
    headers.insert("x-slack-request-timestamp", at.to_string().parse().unwrap());
    headers
        .insert("x-slack-signature", sign(SIGNING_SECRET, &at.to_string(), body.as_bytes()).parse().unwrap());
    (headers, body)
}

/// The value of the buttons under an incident's message.
pub fn value(incident: &Incident) -> String {
    let plan = incident.plan.as_ref().unwrap();
    json!({ "incident": incident.id, "plan": plan.hash, "revision": plan.revision }).to_string()
}

/// In the form of Slack's "block_actions payload".
pub fn click(user: &str, button: &str, value: &str) -> Value {
    json!({
        "type": "block_actions", "team": { "id": "T1", "domain": "soc" }, "user": { "id": user, "username": "x", "team_id": "T1" },
        "api_app_id": "A1", "token": "deprecated", "trigger_id": "12345.98765.abcd", "response_url": "https://hooks.slack.com/actions/T1/1/x",
        "container": { "type": "message", "message_ts": "1.000000", "channel_id": CHANNEL, "is_ephemeral": false },
        "channel": { "id": CHANNEL, "name": "soc" },
        "actions": [{ "type": "button", "block_id": "b", "action_id": button, "value": value, "action_ts": "1.1",
            "text": { "type": "plain_text", "text": "Approve", "emoji": false } }],
    })
}
