//! A provider on this machine. It answers by a script, and only requests that keep to the published form.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use jsonschema::Validator;
use model::Provider;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};

use crate::KEY;

/// One answer.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    delay: Duration,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".into())],
            body: Vec::new(),
            delay: Duration::ZERO,
        }
    }

    /// The model says this.
    pub(crate) fn says(provider: Provider, text: &str) -> Self {
        Self::ends(provider, text, if provider == Provider::Anthropic { "end_turn" } else { "stop" })
    }

    /// The model says this, and ends for this reason, in the provider's words.
    pub(crate) fn ends(provider: Provider, text: &str, reason: &str) -> Self {
        Self::message(match provider {
            Provider::Anthropic => json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": "a-model-1",
                "content": [{ "type": "thinking", "thinking": "…" }, { "type": "text", "text": text }],
                "stop_reason": reason, "stop_sequence": null,
                "usage": { "input_tokens": 900, "cache_read_input_tokens": 100, "output_tokens": 50 },
            }),
            Provider::OpenAi => json!({
                "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "a-model-1",
                "choices": [{ "index": 0, "finish_reason": reason, "logprobs": null,
                    "message": { "role": "assistant", "content": text, "refusal": null } }],
                "usage": { "prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050 },
            }),
        })
    }

    /// The model will not say.
    pub(crate) fn refuses(provider: Provider) -> Self {
        match provider {
            Provider::Anthropic => Self::ends(provider, "", "refusal"),
            Provider::OpenAi => Self::message(json!({
                "choices": [{ "index": 0, "finish_reason": "stop",
                    "message": { "role": "assistant", "content": null, "refusal": "No." } }],
                "usage": { "prompt_tokens": 1000, "completion_tokens": 3, "total_tokens": 1003 },
            })),
        }
    }

    pub(crate) fn message(message: Value) -> Self {
        Self::status(200).body(message.to_string().into_bytes())
    }

    pub(crate) fn body(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }

    /// With so many blanks behind it.
    pub(crate) fn padded(mut self, blanks: usize) -> Self {
        self.body.resize(self.body.len() + blanks, b' ');
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn after(self, millis: u64) -> Self {
        Self { delay: Duration::from_millis(millis), ..self }
    }
}

pub(crate) struct Server {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    provider: Provider,
    form: Validator,
    /// What is left to answer; the last is answered again and again.
    script: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Value>>,
    faults: Mutex<Vec<String>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Server {
    pub(crate) async fn start(provider: Provider, script: impl Into<VecDeque<Answer>>) -> Self {
        let form = match provider {
            Provider::Anthropic => include_str!("anthropic.request.schema.json"),
            Provider::OpenAi => include_str!("openai.request.schema.json"),
        };
        let shared = Arc::new(Shared {
            provider,
            form: jsonschema::validator_for(&serde_json::from_str(form).unwrap()).unwrap(),
            script: Mutex::new(script.into()),
            requests: Mutex::default(),
            faults: Mutex::default(),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    pub(crate) fn provider(&self) -> Provider {
        self.shared.provider
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on it answers so.
    pub(crate) fn script(&self, script: impl Into<VecDeque<Answer>>) {
        *self.shared.script.lock().unwrap() = script.into();
    }

    /// The requests so far; all of them kept to the form.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let faults = self.shared.faults.lock().unwrap();
        assert!(faults.is_empty(), "{:?}: {faults:?}", self.shared.provider);
        self.shared.requests.lock().unwrap().clone()
    }

    /// The most requests that were open at a time.
    pub(crate) fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = serde_json::from_slice(&body).unwrap_or_default();
    let faults = check(&shared, &method, &uri, &headers, &request);
    shared.faults.lock().unwrap().extend(faults);
    shared.requests.lock().unwrap().push(request);

    let answer = {
        let mut script = shared.script.lock().unwrap();
        let answer = script.pop_front().unwrap();
        if script.is_empty() {
            script.push_back(answer.clone());
        }
        answer
    };
    let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
    shared.most_open.fetch_max(open, Ordering::SeqCst);
    sleep(answer.delay).await;
    shared.open.fetch_sub(1, Ordering::SeqCst);

    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}

/// Everything about a request that the provider would refuse.
fn check(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, request: &Value) -> Vec<String> {
    let mut faults: Vec<String> =
        shared.form.iter_errors(request).map(|error| format!("{}: {error}", error.instance_path())).collect();
    let (path, wanted) = match shared.provider {
        Provider::Anthropic => {
            ("/v1/messages", vec![("x-api-key", KEY.to_owned()), ("anthropic-version", "2023-06-01".into())])
        }
        Provider::OpenAi => ("/v1/chat/completions", vec![("authorization", format!("Bearer {KEY}"))]),
    };
    if method != Method::POST || uri.path() != path || uri.query().is_some() {
        faults.push(format!("{method} {uri}"));
    }
    for (name, value) in wanted.into_iter().chain([("content-type", "application/json".into())]) {
        if headers.get(name).is_none_or(|found| found.to_str().ok() != Some(&value)) {
            faults.push(format!("the header {name}"));
        }
    }
    for schema in schemas(request) {
        // Strict mode: every property is required.
        let properties: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        let mut required: Vec<_> =
            schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        required.sort_unstable();
        if properties != required {
            faults.push(format!("{properties:?} are not all required"));
        }
    }
    faults
}

/// The schemas of objects within a request.
fn schemas(value: &Value) -> Vec<&Value> {
    let mut found = match value {
        Value::Object(map) => map.values().flat_map(schemas).collect(),
        Value::Array(items) => items.iter().flat_map(schemas).collect(),
        _ => Vec::new(),
    };
    if value["type"] == "object" && value["properties"].is_object() {
        found.push(value);
    }
    found
}
