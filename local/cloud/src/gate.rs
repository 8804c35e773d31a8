//! A gate before the endpoint, which lets in one request at a time, and can be shut in the middle of what a test does.
//!
//! moto makes a transaction by copying tables and putting the copies back, so two requests at once may undo each other. AWS
//! keeps them apart; the gate does it here. What is interleaved is whole requests, in any order, as on AWS.

use std::sync::{Arc, PoisonError};

use axum::{Router, body::Body, extract::State, http::StatusCode, response::Response};
use tokio::{net::TcpListener, sync::Mutex, task::AbortHandle};

use crate::Moto;

/// A gate; dropping it ends it.
#[derive(Debug)]
pub struct Gate {
    url: String,
    inside: Arc<Inside>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Inside {
    endpoint: String,
    client: reqwest::Client,
    turn: Mutex<()>,
    cut: std::sync::Mutex<Option<Cut>>,
}

/// Where the line is cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    after: u64,
    is_last_heard: bool,
    was_met: bool,
}

impl Gate {
    /// A gate on a free port before this endpoint.
    pub async fn before(moto: &Moto) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let inside = Arc::new(Inside {
            endpoint: moto.url().to_owned(),
            client: reqwest::Client::new(),
            turn: Mutex::default(),
            cut: std::sync::Mutex::default(),
        });
        let router = Router::new().fallback(pass).with_state(inside.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Ok(Self { url, inside, task })
    }

    /// Its address, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts the line after so many more requests: the next one gets no answer, though it is heard if `is_last_heard`, and all
    /// later ones fail. So does a process stop that is killed there.
    pub fn cut(&self, after: u64, is_last_heard: bool) {
        self.inside.set_cut(Some(Cut { after, is_last_heard, was_met: false }));
    }

    /// Mends the line. Whether a request had met the cut by then.
    pub fn mend(&self) -> bool {
        self.inside.set_cut(None).is_some_and(|cut| cut.was_met)
    }
}

/// The routes of a gate that is never shut.
pub(crate) fn router(moto: &Moto) -> Router {
    let inside = Inside {
        endpoint: moto.url().to_owned(),
        client: reqwest::Client::new(),
        turn: Mutex::default(),
        cut: std::sync::Mutex::default(),
    };
    Router::new().fallback(pass).with_state(Arc::new(inside))
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Inside {
    fn set_cut(&self, cut: Option<Cut>) -> Option<Cut> {
        std::mem::replace(&mut *self.cut.lock().unwrap_or_else(PoisonError::into_inner), cut)
    }

    /// Whether the next request is heard, and whether it is answered.
    fn next(&self) -> (bool, bool) {
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *cut {
            None => (true, true),
            Some(Cut { after: 0, is_last_heard, was_met }) => {
                *was_met = true;
                (std::mem::take(is_last_heard), false)
            }
            Some(Cut { after, .. }) => {
                *after -= 1;
                (true, true)
            }
        }
    }
}

async fn pass(State(inside): State<Arc<Inside>>, request: axum::extract::Request) -> Response {
    let _turn = inside.turn.lock().await;
    let (is_heard, is_answered) = inside.next();
    if is_heard {
        match inside.forward(request).await {
            Ok(response) if is_answered => return response,
            Ok(_) => {}
            Err(error) => return nothing(StatusCode::BAD_GATEWAY, &error.to_string()),
        }
    }
    nothing(StatusCode::SERVICE_UNAVAILABLE, "the line is cut")
}

impl Inside {
    async fn forward(&self, request: axum::extract::Request) -> anyhow::Result<Response> {
        let (head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = head.headers;
        headers.remove("content-length");
        let forwarded = self
            .client
            .request(head.method, format!("{}{path}", self.endpoint))
            .headers(headers)
            .body(axum::body::to_bytes(body, usize::MAX).await?);
        let answer = forwarded.send().await?;
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
            response = response.header(name, value);
        }
        Ok(response.body(Body::from(answer.bytes().await?))?)
    }
}

fn nothing(status: StatusCode, why: &str) -> Response {
    let mut response = Response::new(Body::from(why.to_owned()));
    *response.status_mut() = status;
    response
}
