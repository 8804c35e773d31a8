//! Spans, sent by OTLP to a collector where the environment names one (`OTEL_EXPORTER_OTLP_ENDPOINT`); else nothing is loaded.
//! They are sent in the background from a bounded queue, so a collector that is gone costs spans and nothing else.
//!
//! An incident's hops are tied together: what comes of a message, or of a workflow, is a child of who sent or started it. What
//! went before a restart is tied by `asoc.correlation_id` alone.

use std::{
    collections::{HashMap, VecDeque},
    env,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use agent::{Call, Seen};
use anyhow::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TracerProvider};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter, registry::LookupSpan};

/// The variable that names a collector; the others of the OpenTelemetry specification apply too.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// The last spans are waited for so long when the program ends.
const PATIENCE: Duration = Duration::from_secs(2);
/// Messages and executions whose origin is known.
const KEPT: usize = 10_000;

/// Sends spans until it is dropped.
pub struct Exporter(SdkTracerProvider);

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

impl Exporter {
    /// As the environment says.
    ///
    /// # Errors
    /// If what it says cannot be understood.
    pub fn from_env() -> anyhow::Result<Option<Self>> {
        if env::var_os(ENDPOINT).is_none_or(|endpoint| endpoint.is_empty()) {
            return Ok(None);
        }
        let exporter = SpanExporter::builder().with_http().build().with_context(|| {
            format!("spans cannot be sent to where {ENDPOINT} points; give an address such as http://localhost:4318")
        })?;
        let resource = Resource::builder().with_service_name("asoc").build();
        Ok(Some(Self(
            SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build(),
        )))
    }

    /// What turns our own spans into OpenTelemetry's; spans of libraries stay out, the exporter's own among them.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let layer = tracing_opentelemetry::layer()
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_tracer(self.0.tracer("asoc"));
        let is_ours = |target: &str| target == "agent" || target.split("::").next() == Some("asoc");
        layer.with_filter(filter::filter_fn(move |of| {
            of.is_span() && (is_ours(of.target()) || of.target().starts_with("agent::"))
        }))
    }
}

/// Which span a message was said in, or an execution started in. Cheap to clone.
#[derive(Clone, Default)]
pub struct Origins(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    spans: HashMap<String, SpanContext>,
    order: VecDeque<String>,
}

impl Origins {
    /// Sees an invocation, in whose span it is called: before anybody can hear what comes of it.
    pub fn see(&self, seen: &Seen<'_>) {
        let Seen::Deciding(record, messages) = seen else { return };
        let context = Span::current().context();
        let span = context.span().span_context().clone();
        if !span.is_valid() {
            return;
        }
        let started = record.calls.iter().filter_map(|call| match call {
            Call::Start { name, .. } => Some(name.clone()),
            Call::Settle { .. } | Call::Account { .. } => None,
        });
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for name in messages.iter().map(|message| message.message_id.0.clone()).chain(started) {
            if known.spans.insert(name.clone(), span.clone()).is_none() {
                known.order.push_back(name);
            }
        }
        while known.order.len() > KEPT {
            if let Some(oldest) = known.order.pop_front() {
                known.spans.remove(&oldest);
            }
        }
    }

    /// Makes this span, not entered yet, a child of the one in which this message was said or this execution started.
    pub fn follow(&self, span: &Span, name: &str) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(origin) = known.spans.get(name) {
            let parent = opentelemetry::Context::new().with_remote_span_context(origin.clone());
            let _ = span.set_parent(parent);
        }
    }
}
