//! Figures for the operators, as Prometheus reads them. Labels are of a few values each, known beforehand: never a name, an
//! ARN or an id, so that no attacker can make series.
//!
//! Source: "Metric and label naming" and "Instrumentation" of the Prometheus documentation.

mod agents;
mod gauges;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use agent::{ModelError, Seen, figures::Figure};
use domain::{ActionState, DeliveryReceipt, Level, Opined, Source, Status, delivery::Door};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};
use serde::Serialize;

use agents::Agents;
use gauges::Gauges;

pub(crate) use agents::AGENTS;
pub use agents::Reading;
pub use gauges::Now;

/// Type of what [`Metrics::text`] gives.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A label's name and value.
type Label = (&'static str, String);
/// Counters told apart by one label, or by more.
type Counters<const N: usize = 1> = Family<[Label; N], Counter>;
/// Money, which comes in parts of a dollar.
type Dollars = Counter<f64, std::sync::atomic::AtomicU64>;

/// Everything that is counted. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    families: Arc<Families>,
}

struct Families {
    agents: Agents,
    gauges: Mutex<Gauges>,
    clients: Gauge,
    events: Counters,
    records: Counters<2>,
    findings: Counters,
    opened: Counter,
    closed: Counters,
    asked: Histogram,
    contained: Histogram,
    actions: Counters,
    sealed: Counter,
    model_requests: Counters,
    model_tokens: Counters,
    model_spend: Dollars,
    requests: Counters<3>,
    request_seconds: Family<[Label; 2], Histogram>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut whole = Registry::default();
        let start: Gauge<f64, _> = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
        start.set(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());
        whole.register("process_start_time_seconds", "Start of the process, in seconds since 1970", start);
        let registry = whole.sub_registry_with_prefix("asoc");
        registry.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        let families = Families {
            agents: Agents::new(registry),
            gauges: Mutex::new(Gauges::new(registry)),
            clients: add(registry, "websocket_clients", "Open live feeds", Gauge::default()),
            events: add(registry, "events", "New events, by log", Family::default()),
            records: add(registry, "records", "Records, by door and what became of them", Family::default()),
            findings: add(registry, "findings", "Findings, by level", Family::default()),
            opened: add(registry, "incidents_opened", "Incidents opened", Counter::default()),
            closed: add(registry, "incidents_closed", "Incidents closed, by how", Family::default()),
            asked: timed(
                registry,
                "event_to_approval_request",
                "From an incident's first event until people were asked",
                asked(),
            ),
            contained: timed(
                registry,
                "event_to_containment",
                "From an incident's first event until it was contained",
                contained(),
            ),
            actions: add(registry, "actions", "Actions that reached a state", Family::default()),
            sealed: add(registry, "ledger_entries", "Messages sealed into the ledger", Counter::default()),
            model_requests: add(
                registry,
                "model_requests",
                "Questions to the model, by outcome",
                Family::default(),
            ),
            model_tokens: add(
                registry,
                "model_tokens",
                "Tokens that the model read and wrote",
                Family::default(),
            ),
            model_spend: {
                let (dollars, spend) = (Unit::Other("dollars".into()), Dollars::default());
                registry.register_with_unit("model_spend", "What the model cost", dollars, spend.clone());
                spend
            },
            requests: add(registry, "http_requests", "Requests, by route and status", Family::default()),
            request_seconds: timed(
                registry,
                "http_request_duration",
                "How long requests took",
                Family::new_with_constructor(request as fn() -> Histogram),
            ),
        };
        families.begin_at_zero();
        Self { registry: Arc::new(whole), families: Arc::new(families) }
    }
}

impl Metrics {
    /// Everything as text in the OpenMetrics format, with what was just read of the store; without, those series are absent.
    ///
    /// # Errors
    /// Never, as memory can be written to.
    pub fn text(&self, now: Option<&Now>) -> Result<String, fmt::Error> {
        let gauges = self.families.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        gauges.set(now);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// How an agent did since the start.
    pub fn of(&self, agent: domain::Party) -> Reading {
        self.families.agents.read(agent)
    }

    /// Sees an invocation.
    pub fn see(&self, seen: &Seen<'_>) {
        match seen {
            Seen::Deciding(..) => {}
            Seen::Decided(writes, messages) => {
                agent::figures::decided(writes, messages).into_iter().for_each(|figure| self.count(figure));
            }
            Seen::Ended { agent, took, failure } => {
                self.families.agents.note(*agent, *took, failure.as_ref())
            }
        }
    }

    fn count(&self, figure: Figure) {
        let all = &*self.families;
        let one = |family: &Counters, name, value| {
            family.get_or_create(&[(name, value)]).inc();
        };
        match figure {
            Figure::Events(source, events) => {
                let source = source.as_ref().map_or_else(|| "unknown".to_owned(), word);
                all.events.get_or_create(&[("source", source)]).inc_by(events);
            }
            Figure::Finding(level) => one(&all.findings, "level", word(&level)),
            Figure::Opened => drop(all.opened.inc()),
            Figure::Closed(status) => one(&all.closed, "status", word(&status)),
            Figure::Asked(seconds) => all.asked.observe(seconds),
            Figure::Contained(seconds) => all.contained.observe(seconds),
            Figure::Action(state) => one(&all.actions, "state", word(&state)),
            Figure::Sealed(entries) => drop(all.sealed.inc_by(entries)),
        }
    }

    /// Counts a delivery's records.
    pub fn delivered(&self, door: Door, receipt: &DeliveryReceipt) {
        for (outcome, records) in
            [("read", receipt.read), ("duplicate", receipt.duplicate), ("quarantined", receipt.quarantined)]
        {
            let labels = [("door", word(&door)), ("outcome", outcome.to_owned())];
            self.families.records.get_or_create(&labels).inc_by(records);
        }
    }

    /// Counts an answer of the model, or why there was none.
    pub fn opined(&self, answer: &Result<Opined, ModelError>) {
        self.families.model_requests.get_or_create(&[("outcome", outcome(answer).to_owned())]).inc();
        if let Ok(opined) = answer {
            let tokens = |direction: &str| {
                self.families.model_tokens.get_or_create_owned(&[("direction", direction.to_owned())])
            };
            tokens("input").inc_by(opined.usage.input_tokens);
            tokens("output").inc_by(opined.usage.output_tokens);
            self.families.model_spend.inc_by(opined.usage.micro_dollars as f64 / 1e6);
        }
    }

    /// Counts a request. `route` is the route's template, never a path.
    pub fn requested(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let (method, route) = (("method", method.to_owned()), ("route", route.to_owned()));
        self.families
            .request_seconds
            .get_or_create(&[method.clone(), route.clone()])
            .observe(took.as_secs_f64());
        self.families.requests.get_or_create(&[method, route, ("status", status.to_string())]).inc();
    }

    /// One more live feed, until what is given is dropped.
    pub fn client(&self) -> impl Drop + Send + use<> {
        self.families.clients.inc();
        Gone(self.families.clients.clone())
    }
}

struct Gone(Gauge);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Families {
    /// A series that begins with its first count hides that count from `rate`.
    fn begin_at_zero(&self) {
        let begin = |family: &Counters, name, values: Vec<String>| {
            values.into_iter().for_each(|value| drop(family.get_or_create(&[(name, value)])));
        };
        let sources = [
            Source::Cloudtrail,
            Source::Guardduty,
            Source::VpcFlow,
            Source::Kubernetes,
            Source::SecurityHub,
            Source::Webhook,
        ];
        begin(&self.events, "source", sources.iter().map(word).collect());
        let levels = [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];
        begin(&self.findings, "level", levels.iter().map(word).collect());
        let ends = [
            Status::Contained,
            Status::Undone,
            Status::Simulated,
            Status::Noted,
            Status::Denied,
            Status::Rejected,
            Status::Expired,
            Status::Failed,
        ];
        begin(&self.closed, "status", ends.iter().map(word).collect());
        let states = [
            ActionState::LeftOut,
            ActionState::Simulated,
            ActionState::Applying,
            ActionState::Applied,
            ActionState::Verified,
            ActionState::Undoing,
            ActionState::Undone,
            ActionState::Failed,
        ];
        begin(&self.actions, "state", states.iter().map(word).collect());
        let outcomes = ["answered", "unavailable", "refused", "budget", "invalid"];
        begin(&self.model_requests, "outcome", outcomes.map(str::to_owned).into());
        begin(&self.model_tokens, "direction", ["input", "output"].map(str::to_owned).into());
        for door in [Door::Logs, Door::Webhook, Door::Drill] {
            for outcome in ["read", "duplicate", "quarantined"] {
                drop(self.records.get_or_create(&[("door", word(&door)), ("outcome", outcome.to_owned())]));
            }
        }
    }
}

fn outcome(answer: &Result<Opined, ModelError>) -> &'static str {
    match answer {
        Ok(_) => "answered",
        Err(ModelError::Unavailable(_)) => "unavailable",
        Err(ModelError::Refused(_)) => "refused",
        Err(ModelError::Budget(_)) => "budget",
        Err(ModelError::Invalid(_)) => "invalid",
    }
}

/// A value of a small enumeration as it stands in JSON.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => "unknown".to_owned(),
    }
}

fn add<M: prometheus_client::registry::Metric + Clone>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    metric: M,
) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// The same of what is measured in seconds.
fn timed<M: prometheus_client::registry::Metric + Clone>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    metric: M,
) -> M {
    registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
    metric
}

fn asked() -> Histogram {
    Histogram::new([0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0])
}

fn contained() -> Histogram {
    Histogram::new([
        1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0,
    ])
}

fn request() -> Histogram {
    Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0])
}
