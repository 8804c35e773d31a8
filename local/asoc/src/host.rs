//! The host: agents, queues and ledger in one process.

mod in_hand;
mod watch;
mod work;

use std::{
    collections::BTreeMap,
    fs,
    ops::Deref,
    path::PathBuf,
    sync::{Arc, Mutex as Lock},
    time::Instant,
};

use agent::{AccountError, Agent, Clock, Ctx, Observer, Store, invoke, ports::IncidentFilter, task::Task};
use anyhow::Context;
use async_trait::async_trait;
use compliance::{Compliance, checkpoint::Notary};
use detection::Detection;
use domain::{Delivery, DeliveryReceipt, Digest, Incident, Inventory, Party, Status, Time, delivery::Door};
use forensics::Forensics;
use response::Response;
use sandbox::{Keep, Sandbox};
use serde_json::Value;
use store::SqlStore;
use supervisor::Supervisor;
use telemetry::Telemetry;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use self::in_hand::InHand;
use crate::{
    degraded::{Degraded, Part},
    drill::Script,
    home::Home,
    metrics::Metrics,
    notices::Notices,
    policies,
    servers::Servers,
    services::Services,
    term,
    trace::Origins,
    workflow::Workflow,
};

/// The sandbox account's document in the store.
const ACCOUNT: &str = "sandbox account";
/// Deliveries under way at a time: one is read and decided on while another is stored.
const UNDER_WAY: usize = 2;
/// The list of indicators in the home folder, if there is one.
const INDICATORS: &str = "indicators.txt";

/// The host. Cheap to clone.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

/// What the host is made of.
pub struct Inner {
    ctx: Ctx,
    store: SqlStore,
    sandbox: Arc<Sandbox>,
    workflow: Workflow,
    /// Slack and PagerDuty, where somebody is to be told.
    notices: Option<Arc<Notices>>,
    home: Home,
    notary: Notary,
    webhook_secret: [u8; 32],
    telemetry: Telemetry,
    /// How many more deliveries may be under way; what was read takes memory.
    places: Semaphore,
    /// The events of those that are under way.
    in_hand: InHand,
    detection: Detection,
    supervisor: Supervisor,
    forensics: Forensics,
    response: Response,
    metrics: Metrics,
    /// Digest of the token with which metrics are read.
    metrics_token: Digest,
    origins: Origins,
    degraded: Degraded,
    /// Dollars a day.
    model_budget: f64,
    /// When each queue was last looked after.
    beats: Lock<BTreeMap<Party, Instant>>,
    /// Faults that the last examination of the ledger found, and when that was, in seconds since 1970.
    examined: Lock<Option<(u64, f64)>>,
    servers: Servers,
    stop: CancellationToken,
    tasks: TaskTracker,
    drills: TaskTracker,
}

impl Deref for Host {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The computer's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        jiff::Timestamp::now().into()
    }
}

struct KeptInStore(SqlStore);

#[async_trait]
impl Keep for KeptInStore {
    async fn save(&self, inventory: &Inventory) -> Result<(), AccountError> {
        self.0.put_document(ACCOUNT, inventory).await.map_err(|e| AccountError::Unavailable(e.to_string()))
    }
}

/// Tells whoever counts, and whoever ties spans together.
fn observer(metrics: &Metrics, origins: &Origins) -> Observer {
    let (metrics, origins) = (metrics.clone(), origins.clone());
    Arc::new(move |seen| {
        origins.see(&seen);
        metrics.see(&seen);
    })
}

fn metered(client: model::Client, metrics: &Metrics, degraded: &Degraded) -> Arc<dyn agent::Model> {
    let metrics = metrics.clone();
    let model = Arc::new(model::Metered::new(Arc::new(client), move |answer| metrics.opined(answer)));
    let watched = model.clone();
    degraded.watch(Part::Model, move || watched.degraded());
    model
}

impl Host {
    /// Assembles everything on this home, and carries out what a crash left half done. Nothing runs by itself yet.
    pub async fn open(home: Home, policies: Option<PathBuf>, services: &Services) -> anyhow::Result<Self> {
        tracing::debug!(?services, "servers in place of embedded parts");
        let policies = policies::load(policies.as_deref())?;
        let servers = Servers::open(services, &policies).await?;
        let store = servers.before(services.store(&home).await?);
        store.hold().await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let inventory = match store.document(ACCOUNT).await? {
            Some(inventory) => inventory,
            None => sandbox::default_account()?,
        };
        let sandbox = Arc::new(Sandbox::new(inventory).kept_by(Arc::new(KeptInStore(store.clone()))));
        let workflow = Workflow::new(store.clone(), clock.clone(), home.secret("workflow.key")?).await?;
        let (metrics, origins, degraded) = (Metrics::default(), Origins::default(), Degraded::default());
        let watched = store.clone();
        degraded.watch(Part::Store, move || watched.degraded());
        let ctx = Ctx {
            store: Arc::new(store.clone()),
            account: sandbox.clone(),
            policy: servers.policy(),
            workflows: Arc::new(workflow.clone()),
            policies: policies.digest(),
            model: model::Config::from_env()?
                .map(|config| model::Client::new(config, clock.clone()))
                .transpose()?
                .map(|client| metered(client, &metrics, &degraded)),
            clock,
            observer: Some(observer(&metrics, &origins)),
        };
        let lists: Vec<_> = fs::read_to_string(home.path(INDICATORS))
            .map(|text| (INDICATORS.to_owned(), text))
            .into_iter()
            .collect();
        let settings =
            detection::Settings::load(&policies, &policies.under("detections"), &lists, &mut |fault| {
                tracing::error!("{}", term::clean(fault));
            })?;
        let notices = Notices::new(&store, services)?.map(Arc::new);
        if let Some(notices) = notices.clone() {
            degraded.watch(Part::Notices, move || notices.degraded());
        }
        let model_budget = settings.weights.model.dollars_per_day as f64;
        let metrics_token = match &services.metrics_token {
            Some(token) => token.clone(),
            None => hex::encode(home.secret("metrics.token")?),
        };
        servers.watch(&degraded);
        let inner = Arc::new(Inner {
            notary: Notary::new(&home.secret("ledger.key")?),
            webhook_secret: home.secret("webhook.key")?,
            ctx,
            store,
            sandbox,
            workflow,
            notices,
            home,
            telemetry: Telemetry::load(&policies)?,
            places: Semaphore::new(UNDER_WAY),
            in_hand: InHand::default(),
            detection: Detection::new(settings),
            supervisor: Supervisor::load(&policies)?,
            forensics: Forensics,
            response: Response,
            metrics_token: Digest::of(metrics_token.as_bytes()),
            metrics,
            origins,
            degraded,
            model_budget,
            beats: Lock::default(),
            examined: Lock::default(),
            servers,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            drills: TaskTracker::new(),
        });
        inner.workflow.attach(Arc::downgrade(&inner));
        inner.store.release().await?;
        let half_done = agent::resume(&inner.ctx, inner.now()).await?;
        if half_done > 0 {
            tracing::info!(half_done, "carried out what was decided before the last stop");
        }
        Ok(Self(inner))
    }

    /// Starts the queues, the sealer and every execution that has not ended.
    pub async fn run(&self) -> anyhow::Result<()> {
        let going_on = self.workflow.go_on().await?;
        if going_on > 0 {
            tracing::info!(going_on, "incidents and undos go on where they were");
        }
        for receiver in watch::RECEIVERS {
            self.beat(receiver);
            self.tasks.spawn(self.clone().drain(receiver));
        }
        self.tasks.spawn(self.clone().seal());
        if let Some(notices) = self.notices.clone() {
            self.tasks.spawn(notices.follow(self.clone()));
        }
        self.tasks.spawn(self.servers.clone().keep_probing(self.stop.clone()));
        self.tasks.spawn(self.clone().make_good());
        Ok(())
    }

    /// Stops taking work, finishes what is in hand, seals and closes the store.
    pub async fn stop(&self) {
        self.rest().await;
        self.close().await;
    }

    /// Takes no more work, which shows at once, and finishes what is in hand.
    pub async fn rest(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.workflow.rest().await;
    }

    /// Makes the calls that are left, seals what was said and closes the store.
    pub async fn close(&self) {
        if let Err(error) = agent::resume(&self.ctx, self.now()).await {
            tracing::error!(error = format!("{error:#}"), "calls may be left; the next start makes them");
        }
        if let Err(error) = self.seal_all(true).await {
            tracing::error!(
                error = format!("{error:#}"),
                "the last messages could not be sealed; the next start does"
            );
        }
        self.store.close().await;
    }

    /// Plays a drill beside everything else.
    pub fn play(&self, script: Script, speed: f64) {
        let host = self.clone();
        self.drills.spawn(async move {
            if let Err(error) = script.play(&host, speed).await {
                tracing::error!(error = format!("{error:#}"), "a drill broke off");
            }
        });
    }

    /// Reads a delivery: its bytes are kept before anything is decided on them, so that nothing is lost.
    pub async fn deliver(&self, name: &str, door: Door, bytes: &[u8]) -> anyhow::Result<DeliveryReceipt> {
        self.deliver_mapped(name, door, None, bytes).await
    }

    /// The same of another system's alert, by the mapping of this name.
    pub async fn deliver_mapped(
        &self,
        name: &str,
        door: Door,
        mapping: Option<String>,
        bytes: &[u8],
    ) -> anyhow::Result<DeliveryReceipt> {
        let _place = self.places.acquire().await.context("the host is closed")?;
        let received = self.now();
        let name: String = name.chars().filter(|c| !c.is_control()).take(256).collect();
        let delivery = Delivery { digest: Digest::of(bytes), name, door, mapping, received };
        tracing::Span::current().record("asoc.correlation_id", &delivery.digest.0);
        let (telemetry, asked, body) = (self.telemetry.clone(), delivery.clone(), bytes.to_vec());
        let reading = tokio::task::spawn_blocking(move || telemetry.ahead(&asked, body));
        let (kept, read) = tokio::join!(self.store.put_blob(bytes), reading);
        kept?;
        let telemetry = read.context("reading a delivery")?;
        let _taken = self.in_hand.take(telemetry.events_ahead()).await;
        let mut nonce = [0u8; 8];
        getrandom::fill(&mut nonce).context("the system gives no random bytes")?;
        let key = format!("{}/{}", delivery.digest, hex::encode(nonce));
        let receipt = invoke(&telemetry, &self.ctx, &key, None, delivery).await?;
        self.metrics.delivered(door, &receipt);
        Ok(receipt)
    }
}

impl Inner {
    /// The ports.
    pub fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// The store.
    pub fn store(&self) -> &SqlStore {
        &self.store
    }

    /// Slack and PagerDuty, where somebody is to be told.
    pub fn notices(&self) -> Option<&Notices> {
        self.notices.as_deref()
    }

    /// Done when no more work is taken.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// The figures.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Digest of the token with which they are read.
    pub fn metrics_token(&self) -> &Digest {
        &self.metrics_token
    }

    /// Which parts serve less well than they should.
    pub fn degraded(&self) -> &Degraded {
        &self.degraded
    }

    /// Servers in place of embedded parts, as far as they may be lost.
    pub fn servers(&self) -> &Servers {
        &self.servers
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.ctx.clock.now()
    }

    /// Whether webhooks can be read by a mapping of this name.
    pub fn maps(&self, name: &str) -> bool {
        self.telemetry.maps(name)
    }

    /// The key with which webhooks are signed.
    pub fn webhook_secret(&self) -> &[u8] {
        &self.webhook_secret
    }

    /// Whether the account is the sandbox.
    pub fn is_sandbox(&self) -> bool {
        true
    }

    /// Changes the sandbox as an attacker would.
    pub async fn edit_sandbox(&self, patch: &Value) -> anyhow::Result<()> {
        Ok(self.sandbox.edit(patch).await?)
    }

    /// Makes the sandbox as it was delivered.
    pub async fn reset_sandbox(&self) -> anyhow::Result<()> {
        Ok(self.sandbox.reset(sandbox::default_account()?).await?)
    }

    /// Runs a workflow's task. The task token, if there is one, goes no further than this.
    pub async fn run_task(&self, function: &str, payload: Value) -> Result<Value, asl::Failure> {
        let Task { key, input, .. } =
            serde_json::from_value(payload).map_err(|e| asl::Failure::new("Permanent", e.to_string()))?;
        let span = tracing::error_span!(
            "workflow",
            otel.name = format!("workflow {}", key.state),
            asoc.execution = key.execution,
            asoc.correlation_id = input["incident"].as_str()
        );
        self.origins.follow(&span, &key.execution);
        let key = key.to_string();
        async {
            match function {
                "supervisor" => self.task(&self.supervisor, &key, input).await,
                "forensics" => self.task(&self.forensics, &key, input).await,
                "response" => self.task(&self.response, &key, input).await,
                "compliance" => self.task(&Compliance, &key, input).await,
                other => Err(asl::Failure::new("Permanent", format!("there is no function `{other}`"))),
            }
        }
        .instrument(span)
        .await
    }

    async fn task<A: Agent>(&self, agent: &A, key: &str, input: Value) -> Result<Value, asl::Failure> {
        let permanent = |e: serde_json::Error| asl::Failure::new("Permanent", e.to_string());
        let input: A::Input = serde_json::from_value(input).map_err(permanent)?;
        let output = invoke(agent, &self.ctx, key, None, input)
            .await
            .map_err(|error| asl::Failure::new(error.fault.as_str(), error.to_string()))?;
        serde_json::to_value(output).map_err(permanent)
    }

    /// Whether nothing is left to do but to wait for people.
    pub async fn is_idle(&self) -> anyhow::Result<bool> {
        if !self.drills.is_empty() {
            return Ok(false);
        }
        for receiver in watch::RECEIVERS {
            if self.store.depth(receiver).await?.waiting > 0 {
                return Ok(false);
            }
        }
        let open = IncidentFilter {
            statuses: vec![Status::Open, Status::Responding, Status::AwaitingApproval],
            limit: usize::MAX,
            ..Default::default()
        };
        // A request that is settled, superseded for one, still has its workflow to go on.
        let waits = |i: &Incident| {
            i.status == Status::AwaitingApproval && i.approval.as_ref().is_some_and(|a| a.outcome.is_none())
        };
        Ok(self.ctx.store.incidents(&open).await?.iter().all(waits)
            && self.store.running_executions().await?.iter().all(|e| e.machine != "undo")
            && self.store.unsealed(1).await?.is_empty())
    }
}
