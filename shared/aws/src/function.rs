//! One function: what it is handed, and how it answers.

use std::{env, future::Future};

use agent::{Agent, Ctx, InvokeError, invoke, task::Task};
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing_subscriber::EnvFilter;

use crate::{Cloud, queue, trace::xray};

/// What AWS hands to a function.
pub enum Invocation {
    /// A task of a workflow.
    Task(Task),
    /// Messages of a queue.
    Queue(SqsEvent),
    /// Anything else.
    Other(Value),
}

impl Invocation {
    /// Tells them apart by their form.
    ///
    /// # Errors
    /// One that has the form of a task or a queue's batch, but cannot be read as it.
    pub fn read(event: Value) -> Result<Self, Diagnostic> {
        let record = |name: &str| event["Records"][0][name].as_str();
        if record("eventSource") == Some("aws:sqs") {
            return parse(event).map(Invocation::Queue);
        }
        if event.get("key").is_some() && event.get("input").is_some() {
            return parse(event).map(Invocation::Task);
        }
        Ok(Invocation::Other(event))
    }
}

/// Serves an agent that hears messages and does tasks, and nothing else.
pub async fn serve<A: Agent>(cloud: &Cloud, ctx: Ctx, agent: A) -> Result<(), Error> {
    run(|event| answer(cloud, &ctx, &agent, event)).await
}

/// Answers what an agent can be asked.
pub async fn answer<A: Agent>(
    cloud: &Cloud,
    ctx: &Ctx,
    agent: &A,
    event: Value,
) -> Result<Value, Diagnostic> {
    match Invocation::read(event)? {
        Invocation::Task(task) => perform(cloud, ctx, agent, task).await,
        Invocation::Queue(batch) => queue::work(batch, |body| queue::hear(ctx, agent, body)).await,
        Invocation::Other(_) => Err(permanent("this function is asked by workflows and queues only")),
    }
}

/// Does a task of a workflow. Its token, if it has one, is kept before the agent is asked, and goes no further.
pub async fn perform<A: Agent>(cloud: &Cloud, ctx: &Ctx, agent: &A, task: Task) -> Result<Value, Diagnostic> {
    if let Some(token) = &task.task_token {
        let kept = cloud.tokens().put(&task.key.execution, token, ctx.clock.now()).await;
        kept.map_err(|error| transient(format!("{error:#}")))?;
    }
    let output = invoke(agent, ctx, &task.key.to_string(), None, parse(task.input)?).await;
    to_value(&output.map_err(diagnosis)?)
}

/// Takes invocations one after the other, until the environment is taken down. Logs a line of JSON for each that fails.
pub async fn run<F, R>(answer: F) -> Result<(), Error>
where
    F: Fn(Value) -> R,
    R: Future<Output = Result<Value, Diagnostic>>,
{
    let answer = &answer;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        if let Some(xray) = xray() {
            xray.begin(event.context.xray_trace_id.as_deref());
        }
        let result = answer(event.payload).await;
        if let Err(failure) = &result {
            let (request, kind) = (event.context.request_id, &failure.error_type);
            tracing::error!(request, kind, error = failure.error_message, "an invocation failed");
        }
        result
    }))
    .await
}

/// Logs to standard output, a JSON object a line; `ASOC_LOG` sets the level.
pub fn log() {
    let level = env::var("ASOC_LOG").unwrap_or_else(|_| "info".to_owned());
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true);
    let _ = lines.with_env_filter(EnvFilter::new(level)).with_ansi(false).try_init();
}

/// How a failed decision is told to a workflow, whose retriers go by the name.
pub fn diagnosis(error: InvokeError) -> Diagnostic {
    Diagnostic { error_type: error.fault.as_str().to_owned(), error_message: error.to_string() }
}

/// A failure that another try may mend.
pub fn transient(message: impl Into<String>) -> Diagnostic {
    Diagnostic { error_type: "Transient".to_owned(), error_message: message.into() }
}

/// A failure that stays one.
pub fn permanent(message: impl Into<String>) -> Diagnostic {
    Diagnostic { error_type: "Permanent".to_owned(), error_message: message.into() }
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Diagnostic> {
    serde_json::from_value(value).map_err(|e| permanent(format!("the invocation cannot be read: {e}")))
}

/// An answer's JSON form.
pub fn to_value(answer: &impl serde::Serialize) -> Result<Value, Diagnostic> {
    serde_json::to_value(answer).map_err(|e| permanent(format!("the answer has no JSON form: {e}")))
}
