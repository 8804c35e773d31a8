//! Lambda's Runtime API, and the programs that ask it: each function is its real binary, started anew when it dies.
//!
//! Source: "Using the Lambda runtime API for custom runtimes" of the Lambda developer guide.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    process::Command,
    sync::{Mutex, mpsc, oneshot},
    task::AbortHandle,
};

/// How long an invocation may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a function answers: its output, or the error that it or its end gave.
pub type Answer = Result<Value, Failure>;

/// A failed invocation, as Lambda tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `errorType`.
    pub kind: String,
    /// `errorMessage`.
    pub message: String,
}

/// One function: one environment, one invocation at a time. Dropping it ends the program.
#[derive(Debug)]
pub struct Function {
    name: String,
    asked: mpsc::UnboundedSender<Asked>,
    desk: Arc<Desk>,
    tasks: [AbortHandle; 2],
}

#[derive(Debug)]
struct Asked {
    event: Value,
    reply: oneshot::Sender<Answer>,
}

/// Where the program comes for work.
#[derive(Debug)]
struct Desk {
    waiting: Mutex<mpsc::UnboundedReceiver<Asked>>,
    current: std::sync::Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    count: AtomicU64,
    /// From the program's start to its first question.
    started: std::sync::Mutex<(Instant, Option<Duration>)>,
    /// The program's process, 0 before it runs.
    process: AtomicU32,
}

impl Function {
    /// Starts a program with this environment.
    pub async fn start(name: &str, program: PathBuf, env: Vec<(String, String)>) -> anyhow::Result<Self> {
        anyhow::ensure!(
            program.exists(),
            "{} is missing: build the functions first (`cargo build --workspace --bins`)",
            program.display()
        );
        let (asked, waiting) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk {
            waiting: Mutex::new(waiting),
            current: std::sync::Mutex::default(),
            count: AtomicU64::default(),
            started: std::sync::Mutex::new((Instant::now(), None)),
            process: AtomicU32::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let api = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(desk.clone());
        let server = tokio::spawn(async move { axum::serve(listener, api).await }).abort_handle();
        let keeper =
            tokio::spawn(keep_up(name.to_owned(), program, env, address, desk.clone())).abort_handle();
        Ok(Self { name: name.to_owned(), asked, desk, tasks: [server, keeper] })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long the program took from its start to its first question, once it has asked one.
    pub fn init(&self) -> Option<Duration> {
        self.desk.started.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// The program's process, for who looks at what it uses.
    pub fn process(&self) -> u32 {
        self.desk.process.load(Ordering::Relaxed)
    }

    /// Invokes it and waits.
    pub async fn invoke(&self, event: Value) -> Answer {
        let (reply, answer) = oneshot::channel();
        let gone = || Failure { kind: "Runtime.ExitError".into(), message: "the function is gone".into() };
        self.asked.send(Asked { event, reply }).map_err(|_| gone())?;
        match tokio::time::timeout(TIMEOUT, answer).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(gone())),
            Err(_) => Err(Failure {
                kind: "Sandbox.Timedout".into(),
                message: format!("{} took too long", self.name),
            }),
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// Runs the program, again and again.
async fn keep_up(
    name: String,
    program: PathBuf,
    env: Vec<(String, String)>,
    api: SocketAddr,
    desk: Arc<Desk>,
) -> anyhow::Result<()> {
    loop {
        *desk.started.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), None);
        let mut process = Command::new(&program)
            .env_clear()
            .envs(env.iter().cloned())
            .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "test")
            .stdin(Stdio::null())
            .stdout(output())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        desk.process.store(process.id().unwrap_or_default(), Ordering::Relaxed);
        let status = process.wait().await?;
        if let Some((_, reply)) = desk.take() {
            let message = format!("RequestId: the program ended: {status}");
            let _ = reply.send(Err(Failure { kind: "Runtime.ExitError".into(), message }));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Programs log to standard output, which is shown where `ASOC_FUNCTION_LOG` is set.
fn output() -> Stdio {
    if std::env::var_os("ASOC_FUNCTION_LOG").is_some() { Stdio::inherit() } else { Stdio::null() }
}

impl Desk {
    fn take(&self) -> Option<(String, oneshot::Sender<Answer>)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Answers the invocation of this id, if that is what the program is at.
    fn reply(&self, id: &str, answer: Answer) -> StatusCode {
        match self.take() {
            Some((current, reply)) if current == id => {
                let _ = reply.send(answer);
                StatusCode::ACCEPTED
            }
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    {
        let mut started = desk.started.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = started.0;
        started.1.get_or_insert_with(|| begin.elapsed());
    }
    let Some(asked) = desk.waiting.lock().await.recv().await else {
        return std::future::pending().await;
    };
    let n = desk.count.fetch_add(1, Ordering::Relaxed);
    let id = format!("request-{n}");
    *desk.current.lock().unwrap_or_else(PoisonError::into_inner) = Some((id.clone(), asked.reply));
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TIMEOUT;
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:test".to_owned(),
        ),
        ("lambda-runtime-trace-id", format!("Root=1-5759e988-{n:024x};Parent={n:016x};Sampled=1")),
    ];
    (headers, Json(asked.event)).into_response()
}

async fn response(State(desk): State<Arc<Desk>>, Path(id): Path<String>, output: Bytes) -> StatusCode {
    desk.reply(&id, Ok(serde_json::from_slice(&output).unwrap_or_default()))
}

async fn error(State(desk): State<Arc<Desk>>, Path(id): Path<String>, error: Bytes) -> StatusCode {
    let error: Value = serde_json::from_slice(&error).unwrap_or_default();
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    desk.reply(&id, Err(Failure { kind: text("errorType"), message: text("errorMessage") }))
}

/// The form in which a failure is told to who invoked.
pub fn told(failure: &Failure) -> Value {
    json!({ "errorType": failure.kind, "errorMessage": failure.message })
}
