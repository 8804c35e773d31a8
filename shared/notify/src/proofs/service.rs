//! Slack and PagerDuty on this machine. They take only what keeps to what the vendors publish, and remember it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::limits;
use crate::{Http, PagerDuty, PagerDutySettings, Slack, SlackSettings};

/// The app's token.
pub const TOKEN: &str = "xoxb-1-secret-token";
/// The app's signing secret.
pub const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// The integration's key.
pub const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";
/// The channel.
pub const CHANNEL: &str = "C0123456789";
/// Bytes of an event to PagerDuty.
const EVENT: usize = 512 * 1024;

/// Both services.
#[derive(Clone)]
pub struct Service {
    url: String,
    inside: Arc<Inside>,
}

/// Status, headers, body.
type Answer = (u16, Vec<(&'static str, &'static str)>, Value);

#[derive(Default)]
struct Inside {
    taken: Mutex<Vec<(String, Value)>>,
    faults: Mutex<Vec<String>>,
    /// Answers that come before the usual ones.
    script: Mutex<VecDeque<Answer>>,
}

impl Service {
    /// Starts them.
    pub async fn start() -> Self {
        let inside = Arc::new(Inside::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/api/{method}", post(slack))
            .route("/v2/enqueue", post(pagerduty))
            .with_state(inside.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, inside }
    }

    /// Their address: Slack's API is at `/api`, PagerDuty's at `/v2`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Slack, with these people by their Slack ids.
    pub fn slack(&self, people: Value) -> Slack {
        let settings = json!({ "bot_token": TOKEN, "signing_secret": SIGNING_SECRET, "channel": CHANNEL,
            "people": people, "api": format!("{}/api", self.url) });
        Slack::new(Http::new().unwrap(), SlackSettings::read(&settings.to_string()).unwrap())
    }

    /// PagerDuty.
    pub fn pagerduty(&self) -> PagerDuty {
        let settings = json!({ "routing_key": ROUTING_KEY, "api": format!("{}/v2", self.url) });
        PagerDuty::new(Http::new().unwrap(), PagerDutySettings::read(&settings.to_string()).unwrap())
    }

    /// Answers the next request so, and does not take it.
    pub fn answer_next(&self, status: u16, headers: &[(&'static str, &'static str)], body: Value) {
        self.inside.script.lock().unwrap().push_back((status, headers.to_vec(), body));
    }

    /// What was taken since this was last asked: the method (for PagerDuty the action) and the request. Everything that was sent,
    /// taken or not, kept to what the vendors publish.
    ///
    /// # Panics
    /// Where it did not.
    pub fn taken(&self) -> Vec<(String, Value)> {
        let faults = self.inside.faults.lock().unwrap();
        assert!(faults.is_empty(), "{faults:#?}");
        std::mem::take(&mut self.inside.taken.lock().unwrap())
    }
}

impl Inside {
    fn answer(&self, name: &str, request: Value, faults: Vec<String>, usual: Response) -> Response {
        self.faults.lock().unwrap().extend(faults.iter().map(|fault| format!("{name}: {fault}")));
        if let Some((status, headers, body)) = self.script.lock().unwrap().pop_front() {
            let mut answer = (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
            for (name, value) in headers {
                answer.headers_mut().insert(name, value.parse().unwrap());
            }
            return answer;
        }
        self.taken.lock().unwrap().push((name.to_owned(), request));
        usual
    }
}

async fn slack(
    State(inside): State<Arc<Inside>>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let schema = include_str!("slack.contract.schema.json");
    let mut faults = misfits(schema, Some(&method), &request);
    faults.extend(limits::broken(&request));
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("authorization") != format!("Bearer {TOKEN}")
        || !header("content-type").starts_with("application/json")
    {
        faults.push("a header".to_owned());
    }
    let place = inside.taken.lock().unwrap().len();
    let usual = json!({ "ok": true, "channel": request["channel"], "ts": format!("1.{place:06}") });
    inside.answer(&method, request, faults, Json(usual).into_response())
}

async fn pagerduty(State(inside): State<Arc<Inside>>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut faults = misfits(include_str!("pagerduty.event.schema.json"), None, &request);
    if request["routing_key"] != ROUTING_KEY || body.len() > EVENT {
        faults.push(format!("the key, or {} bytes", body.len()));
    }
    let name = request["event_action"].as_str().unwrap_or_default().to_owned();
    let key = request["dedup_key"].clone();
    let usual = json!({ "status": "success", "message": "Event processed", "dedup_key": key });
    inside.answer(&name, request, faults, (StatusCode::ACCEPTED, Json(usual)).into_response())
}

/// Where a request does not fit a schema, or the part of it that is named.
fn misfits(schema: &str, part: Option<&str>, request: &Value) -> Vec<String> {
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    if let Some(part) = part {
        let contract = schema["definitions"]["Contract"]["properties"][part].clone();
        if contract.is_null() {
            return vec!["no such method".to_owned()];
        }
        schema["$ref"] = contract["$ref"].clone();
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(request).map(|error| format!("{}: {error}", error.instance_path())).collect()
}
