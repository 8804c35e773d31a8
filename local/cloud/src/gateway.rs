//! What stands before moto where moto has nothing: Lambda's invocations, and a WebSocket API. Everything else goes on to moto.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        Path, Query, State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::runtime::{Answer, Failure, Function, told};

/// The functions by name, and who is connected.
#[derive(Debug, Default)]
pub struct Gateway {
    functions: std::sync::Mutex<HashMap<String, Arc<Function>>>,
    clients: std::sync::Mutex<HashMap<String, mpsc::UnboundedSender<Message>>>,
    count: AtomicU64,
    faults: std::sync::Mutex<Vec<Fault>>,
}

/// What a workflow is answered instead of by a function.
#[derive(Debug)]
struct Fault {
    function: String,
    task: String,
    kind: String,
    times: u32,
}

impl Gateway {
    /// From now on this function can be invoked.
    pub fn add(&self, function: Function) {
        let function = Arc::new(function);
        self.functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(function.name().to_owned(), function);
    }

    /// So many times from now on, a workflow that asks this task of a function is answered by an error of this kind.
    pub fn fail(&self, function: &str, task: &str, kind: &str, times: u32) {
        let fault = Fault { function: function.into(), task: task.into(), kind: kind.into(), times };
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    fn fault(&self, function: &str, event: &Value) -> Option<Failure> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let is_meant = |fault: &&mut Fault| {
            fault.times > 0 && fault.function == function && event["input"]["task"] == fault.task
        };
        let fault = faults.iter_mut().find(is_meant)?;
        fault.times -= 1;
        Some(Failure { kind: fault.kind.clone(), message: "a fault that a test injects".into() })
    }

    /// The function of this name, which may be an ARN.
    pub fn function(&self, name: &str) -> Option<Arc<Function>> {
        let name = name.rsplit(':').next().unwrap_or(name);
        self.functions.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Invokes a function and waits.
    pub async fn invoke(&self, name: &str, event: Value) -> Answer {
        match self.function(name) {
            Some(function) => function.invoke(event).await,
            None => Err(Failure {
                kind: "ResourceNotFoundException".into(),
                message: format!("no function {name}"),
            }),
        }
    }

    /// Drops the connection of every client without a word, as a broken network does.
    pub fn forget_clients(&self) {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The routes. `console` is the function behind the WebSocket API.
    pub(crate) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invocation))
            .route("/live", axum::routing::get(connect))
            .route("/live/@connections/{id}", post(to_client))
            .with_state(self.clone())
    }
}

async fn invocation(State(gateway): State<Arc<Gateway>>, Path(name): Path<String>, body: Bytes) -> Response {
    let event = serde_json::from_slice(&body).unwrap_or_default();
    let function = name.rsplit(':').next().unwrap_or(&name);
    let answer = match gateway.fault(function, &event) {
        Some(failure) => Err(failure),
        None => gateway.invoke(function, event).await,
    };
    match answer {
        Ok(output) => Json(output).into_response(),
        Err(failure) => ([("x-amz-function-error", "Unhandled")], Json(told(&failure))).into_response(),
    }
}

/// Asks the authorizer, then connects: as API Gateway does ("Controlling and managing access to a WebSocket API").
async fn connect(
    State(gateway): State<Arc<Gateway>>,
    Query(query): Query<HashMap<String, String>>,
    uri: Uri,
    upgrade: WebSocketUpgrade,
) -> Response {
    let id = format!("client-{}=", gateway.count.fetch_add(1, Ordering::Relaxed));
    let context = |kind: &str, authorizer: Value| {
        json!({ "routeKey": format!("${}", kind.to_lowercase()), "eventType": kind, "connectionId": id, "stage": "live",
                "apiId": "socket", "authorizer": authorizer })
    };
    let asked = json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:socket/live/$connect",
        "headers": {},
        "queryStringParameters": query,
        "requestContext": context("CONNECT", Value::Null),
        "path": uri.path(),
    });
    let Ok(policy) = gateway.invoke("console", asked).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if policy["policyDocument"]["Statement"][0]["Effect"] != "Allow" {
        return StatusCode::FORBIDDEN.into_response();
    }
    let opening = json!({ "requestContext": context("CONNECT", policy["context"].clone()), "headers": {} });
    match gateway.invoke("console", opening).await {
        Ok(answer) if answer["statusCode"] == 200 => {}
        _ => return StatusCode::FORBIDDEN.into_response(),
    }
    let ending = json!({ "requestContext": context("DISCONNECT", policy["context"].clone()) });
    upgrade.on_upgrade(move |socket| carry(gateway, id, socket, ending))
}

async fn carry(gateway: Arc<Gateway>, id: String, mut socket: WebSocket, ending: Value) {
    let (tell, mut told) = mpsc::unbounded_channel();
    gateway.clients.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), tell);
    loop {
        tokio::select! {
            message = told.recv() => match message {
                Some(message) => if socket.send(message).await.is_err() { break },
                None => return,
            },
            frame = socket.recv() => if !matches!(frame, Some(Ok(Message::Text(_) | Message::Ping(_) | Message::Pong(_)))) { break },
        }
    }
    gateway.clients.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    let _ = gateway.invoke("console", ending).await;
}

async fn to_client(State(gateway): State<Arc<Gateway>>, Path(id): Path<String>, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    let clients = gateway.clients.lock().unwrap_or_else(PoisonError::into_inner);
    match clients.get(&id).map(|client| client.send(Message::Text(text.into()))) {
        Some(Ok(())) => StatusCode::OK.into_response(),
        _ => (StatusCode::GONE, [("x-amzn-errortype", "GoneException")], Json(json!({}))).into_response(),
    }
}
