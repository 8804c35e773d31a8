//! The program's log: on standard error, an object a line, its fields named after the Elastic Common Schema, so that Elasticsearch
//! and OpenSearch take it as it is.
//!
//! | field | |
//! |---|---|
//! | `@timestamp` | when, RFC 3339 in UTC |
//! | `log.level` | `error`, `warn`, `info`, `debug`, `trace` |
//! | `log.logger` | the module that speaks |
//! | `message` | what happened |
//! | `error.message` | why, where something failed |
//! | `asoc.agent` | the agent at work |
//! | `asoc.correlation_id` | the incident's id, or the delivery's digest before there is one |
//! | `asoc.*`, `http.*` | whatever else is known of the work in hand |

use std::fmt;

use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
    },
    layer::SubscriberExt,
    registry::{LookupSpan, Registry},
    util::SubscriberInitExt,
};

use crate::{log_folder, trace::Exporter};

/// Writes the log there, as much of it as `ASOC_LOG` says, `usual` otherwise, and sends spans where the environment names a collector.
///
/// # Errors
/// If the collector's address cannot be understood, or a server's log folder cannot be written in.
pub fn begin(usual: &str, is_server: bool) -> anyhow::Result<Option<Exporter>> {
    let filter = EnvFilter::try_from_env("ASOC_LOG").unwrap_or_else(|_| usual.into());
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Lines)
        .fmt_fields(JsonFields::new())
        .with_writer(log_folder::writer(is_server)?)
        .with_filter(filter);
    let exporter = Exporter::from_env()?;
    let spans = exporter.as_ref().map(Exporter::layer);
    Registry::default().with(lines).with(spans).init();
    Ok(exporter)
}

/// One object a line.
struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Map::new();
        let of = event.metadata();
        line.insert("@timestamp".into(), jiff::Timestamp::now().to_string().into());
        line.insert("log.level".into(), of.level().as_str().to_lowercase().into());
        line.insert("log.logger".into(), of.target().into());
        // Of what the spans around it know, the innermost counts.
        for span in ctx.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            let fields = span.extensions();
            let fields = fields.get::<FormattedFields<N>>().map_or("", |fields| fields.as_str());
            let fields: Map<String, Value> = serde_json::from_str(fields).unwrap_or_default();
            line.extend(fields.into_iter().filter(|(name, _)| !name.starts_with("otel.")));
        }
        event.record(&mut Fields(&mut line));
        writeln!(to, "{}", Value::Object(line))
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        let name = match field.name() {
            "message" => "message".to_owned(),
            "error" | "why" => "error.message".to_owned(),
            name if name.contains('.') => name.to_owned(),
            name => format!("asoc.{name}"),
        };
        self.0.insert(name, value);
    }
}

impl Visit for Fields<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
}
