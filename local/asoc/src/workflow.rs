//! Carries executions of the workflows: keeps each step before it acts on it, and goes on after a crash.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
    time::Duration,
};

use agent::{Clock, Workflows, faults, ports::Settled};
use anyhow::{Context, anyhow};
use asl::{Advance, Answer, Env, Execution, Failure, Machine, Request, Status, Stimulus, TaskId};
use async_trait::async_trait;
use domain::{Digest, Time, execution};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{SqlStore, StoredExecution};
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::host::Inner as Host;

const MACHINES: [(&str, &str); 2] = [
    ("incident", include_str!("../../../infra/incident.asl.json")),
    ("undo", include_str!("../../../infra/undo.asl.json")),
];
/// How long to wait before the store is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The workflow service. Cheap to clone.
#[derive(Clone)]
pub struct Workflow(Arc<Service>);

struct Service {
    store: SqlStore,
    clock: Arc<dyn Clock>,
    /// By digest: an execution goes on under the definition with which it began.
    definitions: Mutex<HashMap<String, Arc<Machine>>>,
    /// By name: the definitions with which new executions begin.
    machines: BTreeMap<String, Arc<Machine>>,
    /// Makes task tokens that nobody can guess.
    secret: [u8; 32],
    host: OnceLock<Weak<Host>>,
    running: Mutex<HashMap<String, mpsc::UnboundedSender<Told>>>,
    /// No task is begun any more.
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What the carrier of an execution is told.
enum Told {
    /// The last is dropped once the answer is kept.
    Answered(TaskId, Answer, oneshot::Sender<()>),
    Settle(Timestamp, Value, oneshot::Sender<Settled>),
}

impl Workflow {
    /// Loads the definitions, and keeps them for the executions that begin under them.
    pub async fn new(store: SqlStore, clock: Arc<dyn Clock>, secret: [u8; 32]) -> anyhow::Result<Self> {
        let mut machines = BTreeMap::new();
        let mut definitions = HashMap::new();
        for (name, text) in MACHINES {
            let machine = Arc::new(load(name, text)?);
            store.put_document(&document(machine.digest()), &text).await?;
            definitions.insert(machine.digest().to_owned(), machine.clone());
            machines.insert(name.to_owned(), machine);
        }
        Ok(Self(Arc::new(Service {
            store,
            clock,
            definitions: Mutex::new(definitions),
            machines,
            secret,
            host: OnceLock::new(),
            running: Mutex::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })))
    }

    /// Says who runs the tasks.
    pub(crate) fn attach(&self, host: Weak<Host>) {
        let _ = self.0.host.set(host);
    }

    /// Goes on with every execution that has not ended.
    pub async fn go_on(&self) -> anyhow::Result<usize> {
        let running = self.0.store.running_executions().await?;
        for stored in &running {
            self.0.carrier(&stored.name).await?;
        }
        Ok(running.len())
    }

    /// Begins no further task, and waits for those in hand. Answers are still taken: one that was given must not get lost.
    pub async fn rest(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }
}

impl Service {
    /// Who carries this execution, started from what is kept if nobody does yet; none if it has ended.
    async fn carrier(self: &Arc<Self>, name: &str) -> anyhow::Result<Option<mpsc::UnboundedSender<Told>>> {
        if let Some(carrier) = self.lock().get(name) {
            return Ok(Some(carrier.clone()));
        }
        let Some(stored) = self.store.execution(name).await? else { return Ok(None) };
        let execution: Execution =
            serde_json::from_value(stored.body).context("a kept execution cannot be read")?;
        if execution.status != Status::Running {
            return Ok(None);
        }
        let machine = self.definition(&execution).await?;
        let requests = asl::pending(&machine, &execution, &|task| self.token(task))?;
        Ok(Some(self.carry(machine, execution, requests)))
    }

    async fn definition(&self, execution: &Execution) -> anyhow::Result<Arc<Machine>> {
        let known = self
            .definitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&execution.definition)
            .cloned();
        if let Some(machine) = known {
            return Ok(machine);
        }
        let text: Option<String> = self.store.document(&document(&execution.definition)).await?;
        let machine = Arc::new(load(&execution.machine, &text.context("its definition is not kept")?)?);
        self.definitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(execution.definition.clone(), machine.clone());
        Ok(machine)
    }

    fn carry(
        self: &Arc<Self>,
        machine: Arc<Machine>,
        execution: Execution,
        requests: Vec<Request>,
    ) -> mpsc::UnboundedSender<Told> {
        let mut running = self.lock();
        if let Some(carrier) = running.get(&execution.name) {
            return carrier.clone();
        }
        let (tell, told) = mpsc::unbounded_channel();
        running.insert(execution.name.clone(), tell.clone());
        drop(running);
        let carrier = Carrier { service: self.clone(), machine, execution, tell: tell.clone() };
        tokio::spawn(carrier.run(requests, told));
        tell
    }

    fn token(&self, task: &TaskId) -> String {
        Digest::of_json(&(hex::encode(self.secret), task.to_string())).0
    }

    fn now(&self) -> Timestamp {
        timestamp(self.clock.now())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, mpsc::UnboundedSender<Told>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Carries one execution from where it is to its end.
struct Carrier {
    service: Arc<Service>,
    machine: Arc<Machine>,
    execution: Execution,
    tell: mpsc::UnboundedSender<Told>,
}

impl Carrier {
    async fn run(mut self, requests: Vec<Request>, mut told: mpsc::UnboundedReceiver<Told>) {
        self.ask(requests);
        while self.execution.status == Status::Running {
            let due = self.execution.wake_at().map_or(Duration::from_secs(3600), |at| {
                let left = at.as_millisecond() - self.service.now().as_millisecond();
                Duration::from_millis(u64::try_from(left).unwrap_or(0))
            });
            tokio::select! {
                message = told.recv() => match message {
                    Some(Told::Answered(task, answer, _kept)) => {
                        // A refused answer came too late or twice: the execution has gone another way.
                        self.stir(&Stimulus::Answered { task, answer }).await;
                    }
                    Some(Told::Settle(decided, output, reply)) => {
                        let settled = self.settle(decided, output).await;
                        let _ = reply.send(settled);
                    }
                    None => return,
                },
                () = tokio::time::sleep(due) => {
                    self.stir(&Stimulus::TimePassed).await;
                }
            }
        }
        self.service.lock().remove(&self.execution.name);
    }

    async fn settle(&mut self, decided: Timestamp, output: Value) -> Settled {
        let Some(task) = self.execution.waiting(decided) else { return Settled::Gone };
        if self.stir(&Stimulus::Answered { task, answer: Answer::Succeeded(output) }).await {
            Settled::Accepted
        } else {
            Settled::Gone
        }
    }

    /// Takes one stimulus; says whether it was accepted.
    async fn stir(&mut self, stimulus: &Stimulus) -> bool {
        let mut next = self.execution.clone();
        let service = self.service.clone();
        let advance = {
            let mut random = random;
            let mut env =
                Env { now: service.now(), random: &mut random, token: &|task: &TaskId| service.token(task) };
            asl::advance(&self.machine, &mut next, stimulus, &mut env)
        };
        let Advance { history, requests } = match advance {
            Ok(advance) => advance,
            Err(refused) => {
                tracing::debug!(execution = self.execution.name, %refused, "a stimulus was refused");
                return false;
            }
        };
        faults::point("before advance");
        while let Err(error) = keep(&self.service.store, &next, &history).await {
            tracing::error!(execution = next.name, %error, "an execution cannot be kept; trying again");
            tokio::time::sleep(AGAIN).await;
        }
        faults::point("after advance");
        self.execution = next;
        self.ask(requests);
        true
    }

    fn ask(&self, requests: Vec<Request>) {
        for request in requests {
            let Request::RunTask(task) = request else { continue };
            if self.service.stop.is_cancelled() {
                return;
            }
            let (host, tell) = (self.service.host.get().and_then(Weak::upgrade), self.tell.clone());
            self.service.tasks.spawn(async move {
                let result = match host {
                    Some(host) => host.run_task(&task.function, task.payload).await,
                    None => Err(Failure::new("Transient", "the host is stopping")),
                };
                let answer = match result {
                    Ok(_) if task.waits_for_token => Answer::Submitted,
                    Ok(output) => Answer::Succeeded(json!({ "Payload": output })),
                    Err(failure) => Answer::Failed(failure),
                };
                let (kept, is_kept) = oneshot::channel();
                let _ = tell.send(Told::Answered(task.task, answer, kept));
                let _ = is_kept.await;
            });
        }
    }
}

#[async_trait]
impl Workflows for Workflow {
    async fn start(&self, machine: &str, name: &str, input: Value) -> anyhow::Result<()> {
        let machine =
            self.0.machines.get(machine).ok_or_else(|| anyhow!("there is no workflow `{machine}`"))?;
        let (execution, advance) = {
            let mut random = random;
            let mut env =
                Env { now: self.0.now(), random: &mut random, token: &|task: &TaskId| self.0.token(task) };
            asl::start(machine, name, input, &mut env)
        };
        let stored = stored(&execution)?;
        if self.0.store.begin_execution(&stored, &values(&advance.history)?).await? {
            self.0.carry(machine.clone(), execution, advance.requests);
        } else {
            // It may have begun without our having been told, if the store went away meanwhile.
            self.0.carrier(&stored.name).await?;
        }
        Ok(())
    }

    async fn settle(&self, execution: &str, decided: Time, output: Value) -> anyhow::Result<Settled> {
        let Some(carrier) = self.0.carrier(execution).await? else { return Ok(Settled::Gone) };
        let (reply, settled) = oneshot::channel();
        if carrier.send(Told::Settle(timestamp(decided), output, reply)).is_err() {
            return Ok(Settled::Gone);
        }
        Ok(settled.await.unwrap_or(Settled::Gone))
    }

    async fn execution(&self, name: &str) -> anyhow::Result<Option<execution::Execution>> {
        let Some(stored) = self.0.store.execution(name).await? else { return Ok(None) };
        let history = self.0.store.history_of(name).await?;
        let history = history.into_iter().map(serde_json::from_value).collect::<Result<_, _>>()?;
        Ok(Some(execution::Execution {
            name: stored.name,
            machine: stored.machine,
            status: stored.status,
            history,
        }))
    }
}

/// Loads a definition with the names under which this host knows the functions.
fn load(name: &str, text: &str) -> anyhow::Result<Machine> {
    let substitutions = [
        ("Partition", "aws"),
        ("SupervisorFunction", "supervisor"),
        ("ForensicsFunction", "forensics"),
        ("ResponseFunction", "response"),
        ("ComplianceFunction", "compliance"),
    ];
    let substitutions = substitutions.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Ok(Machine::load(name, text, &substitutions)?)
}

async fn keep(store: &SqlStore, execution: &Execution, history: &[asl::HistoryEvent]) -> anyhow::Result<()> {
    Ok(store.advance_execution(&stored(execution)?, &values(history)?).await?)
}

fn stored(execution: &Execution) -> anyhow::Result<StoredExecution> {
    let status = match execution.status {
        Status::Running => "RUNNING",
        Status::Succeeded { .. } => "SUCCEEDED",
        Status::Failed(_) => "FAILED",
    };
    Ok(StoredExecution {
        name: execution.name.clone(),
        machine: execution.machine.clone(),
        status: status.to_owned(),
        body: serde_json::to_value(execution)?,
    })
}

fn values(history: &[asl::HistoryEvent]) -> anyhow::Result<Vec<Value>> {
    Ok(history.iter().map(serde_json::to_value).collect::<Result<_, _>>()?)
}

fn timestamp(time: Time) -> Timestamp {
    Timestamp::from_millisecond(time.millis()).unwrap_or(Timestamp::MIN)
}

fn document(digest: &str) -> String {
    format!("workflow/{digest}")
}

/// 0.0..1.0; only spreads retries, so a failing source is no harm.
fn random() -> f64 {
    let mut bytes = [0u8; 4];
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}
