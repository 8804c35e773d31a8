//! Spans, as a collector gets them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode as SpanStatus},
};
use prost::Message;

use super::{Server, command};

/// A collector of our own: OTLP over HTTP, in protobuf.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

impl Collector {
    /// Listens; gives its address.
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = self.0.clone();
        let take = async move |body: Bytes| {
            let Ok(request) = ExportTraceServiceRequest::decode(body) else {
                return (StatusCode::BAD_REQUEST, Vec::new());
            };
            requests.lock().unwrap().push(request);
            (StatusCode::OK, ExportTraceServiceResponse::default().encode_to_vec())
        };
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// All spans, by their ids.
    fn spans(&self) -> BTreeMap<Vec<u8>, Span> {
        let requests = self.0.lock().unwrap().clone();
        let resources = requests.into_iter().flat_map(|request| request.resource_spans);
        let scopes = resources.flat_map(|resource| {
            let service = text(&resource.resource.unwrap().attributes, "service.name");
            assert_eq!(service.as_deref(), Some("asoc"));
            resource.scope_spans
        });
        scopes.flat_map(|scope| scope.spans).map(|span| (span.span_id.clone(), span)).collect()
    }
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    match attributes.iter().find(|attribute| attribute.key == key)?.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        other => Some(format!("{other:?}")),
    }
}

// The collector answers while the test waits for the program to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incidents_hops_are_one_trace() {
    let collector = Collector::default();
    let dir = tempfile::tempdir().unwrap();
    let mut command = command(dir.path());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.listen().await);
    let mut server = Server::start_as(dir, command);
    let incident = server.drill().await;
    server.approve(&incident).await;
    server.terminate();

    let spans = collector.spans();
    let parent = |span: &Span| spans.get(&span.parent_span_id);
    let lines: BTreeSet<(String, String)> = spans
        .values()
        .map(|span| {
            let parent = if span.parent_span_id.is_empty() {
                String::new()
            } else {
                let parent =
                    parent(span).unwrap_or_else(|| panic!("{} has a parent that nobody sent", span.name));
                assert_eq!(parent.trace_id, span.trace_id);
                parent.name.clone()
            };
            (span.name.clone(), parent)
        })
        .collect();
    for (name, parent) in [
        ("telemetry", ""),
        ("receive ALERT", "telemetry"),
        ("detection", "receive ALERT"),
        ("receive REPORT", "detection"),
        ("supervisor", "receive REPORT"),
        ("workflow Evaluate", "supervisor"),
        ("supervisor", "workflow Evaluate"),
        ("workflow Respond", "supervisor"),
        ("response", "workflow Respond"),
        ("forensics", "workflow Investigate"),
        ("compliance", "workflow Record"),
        ("console", "POST /v1/incidents/{id}/approval"),
        ("POST /v1/incidents/{id}/approval", ""),
    ] {
        assert!(lines.contains(&(name.to_owned(), parent.to_owned())), "{name} below {parent} in {lines:#?}");
    }

    let id = incident.id.as_str();
    let of_incident: Vec<&Span> = spans
        .values()
        .filter(|span| text(&span.attributes, "asoc.correlation_id").as_deref() == Some(id))
        .collect();
    for name in ["supervisor", "forensics", "response", "compliance", "console", "workflow Respond"] {
        assert!(of_incident.iter().any(|span| span.name == name), "{name} is found by the incident's id");
    }
    for span in spans.values().filter(|span| span.name.starts_with("workflow ")) {
        assert_eq!(text(&span.attributes, "asoc.correlation_id").as_deref(), Some(id), "{}", span.name);
    }
    let response = of_incident.iter().find(|span| span.name == "response").unwrap();
    let first = spans.values().find(|span| span.name == "telemetry" && span.trace_id == response.trace_id);
    assert!(first.is_some(), "from the record to the call it is one trace");

    for span in spans.values() {
        let expected = if span.name.starts_with("receive ") {
            SpanKind::Consumer
        } else if span.name.contains(" /") {
            SpanKind::Server
        } else {
            SpanKind::Internal
        };
        assert_eq!(span.kind(), expected, "{}", span.name);
        let failed = span.status.as_ref().is_some_and(|status| status.code() == SpanStatus::Error);
        assert!(!failed, "{}", span.name);
    }
    let said = format!("{spans:?}");
    for name in ["operator.token", "metrics.token", "workflow.key", "webhook.key", "ledger.key"] {
        let secret = fs::read_to_string(server.home().join(name)).unwrap();
        assert!(!said.contains(secret.trim()), "{name}");
    }
    for secret in [server.link.as_str(), "AKIA", "asoc_session"] {
        assert!(!said.contains(secret), "{secret}");
    }
    for quiet in ["/health", "/ready", "/metrics"] {
        assert!(spans.values().all(|span| !span.name.ends_with(&format!(" {quiet}"))), "{quiet}");
    }
}

#[tokio::test]
async fn a_collector_that_does_not_answer_holds_up_nothing() {
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut command = command(dir.path());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", deaf.local_addr().unwrap()));
    let mut server = Server::start_as(dir, command);
    let incident = server.drill().await;
    server.approve(&incident).await;
    // More spans than the exporter's queue holds.
    let begin = Instant::now();
    for _ in 0..3000 {
        server.request(reqwest::Method::GET, "/v1/me").send().await.unwrap();
    }
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    server.terminate();
}
