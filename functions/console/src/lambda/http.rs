//! HTTP routes behind API Gateway (HTTP API, payload format 2.0).

use agent::Ctx;
use aws::{
    Diagnostic,
    function::{permanent, to_value},
};
use aws_lambda_events::{
    apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse},
    encodings,
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::request,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use console::problem::{Failure, in_form};
use domain::Person;
use serde_json::Value;
use tower::ServiceExt;

use crate::{
    doors::{self, Doors},
    people,
};

/// Bytes of an answer at most; API Gateway takes no more than 10 MB, a Lambda function gives no more than 6.
const ANSWER: usize = 6 * 1024 * 1024;

/// All routes.
pub(crate) struct Http(Router);

impl Http {
    pub(crate) fn new(ctx: Ctx, doors: Doors) -> Self {
        let signed_in = Router::new()
            .merge(console::routes::router(ctx))
            .merge(doors::routes(doors.clone()))
            .layer(middleware::from_fn_with_state((), require));
        let routes = signed_in
            .merge(doors::open_routes(doors))
            .fallback(async || Failure::not_found("such route"))
            .layer(middleware::map_response(in_form));
        Self(routes)
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, event: Value) -> Result<Value, Diagnostic> {
        let unreadable =
            |why: &dyn std::fmt::Display| permanent(format!("the request cannot be read: {why}"));
        let event: ApiGatewayV2httpRequest = serde_json::from_value(event).map_err(|e| unreadable(&e))?;
        let asked = request(event).map_err(|e| unreadable(&e))?;
        let answered = match self.0.clone().oneshot(asked).await {
            Ok(answered) => answered,
            Err(never) => match never {},
        };
        to_value(&response(answered).await.map_err(|e| permanent(e.to_string()))?)
    }
}

fn request(event: ApiGatewayV2httpRequest) -> anyhow::Result<Request> {
    let http = event.request_context.http;
    let path = event.raw_path.unwrap_or_default();
    let query = event.raw_query_string.filter(|query| !query.is_empty());
    let uri = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
    let mut request = request::Builder::new().method(http.method).uri(uri);
    if let Some(headers) = request.headers_mut() {
        *headers = event.headers;
    }
    let authorizer = event.request_context.authorizer.and_then(|authorizer| authorizer.jwt);
    if let (Some(person), Some(extensions)) =
        (authorizer.and_then(|jwt| people::person(&jwt.claims)), request.extensions_mut())
    {
        extensions.insert(person);
    }
    let body = event.body.unwrap_or_default();
    let body = if event.is_base64_encoded { BASE64_STANDARD.decode(body)? } else { body.into_bytes() };
    Ok(request.body(Body::from(body))?)
}

async fn response(answered: Response) -> anyhow::Result<ApiGatewayV2httpResponse> {
    let (parts, body) = answered.into_parts();
    let body: Bytes = to_bytes(body, ANSWER).await?;
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = parts.status.as_u16().into();
    response.headers = parts.headers;
    response.body = Some(encodings::Body::Text(String::from_utf8(body.to_vec())?));
    Ok(response)
}

/// Lets through whom API Gateway knows, with a role of ours.
async fn require(State(()): State<()>, request: Request, next: Next) -> Response {
    match request.extensions().get::<Person>() {
        Some(_) => next.run(request).await,
        None => Failure::unauthenticated().into_response(),
    }
}
