//! Executions of the workflows in Step Functions.

use std::collections::BTreeMap;

use agent::{Workflows, ports::Settled};
use anyhow::{Context, anyhow};
use async_trait::async_trait;
use aws_sdk_sfn::{Client, types::HistoryEvent};
use domain::{Execution, Time, execution::ExecutionEvent};
use serde_json::{Value, json};

use crate::tokens::Tokens;

/// Lines of an execution's history that are shown, the newest.
const SHOWN: i32 = 200;

/// The port.
pub struct StepFunctions {
    client: Client,
    tokens: Tokens,
    /// ARNs by the names that agents use.
    machines: BTreeMap<String, String>,
}

impl StepFunctions {
    /// With these state machines.
    pub fn new(client: Client, tokens: Tokens, machines: BTreeMap<String, String>) -> Self {
        Self { client, tokens, machines }
    }
}

#[async_trait]
impl Workflows for StepFunctions {
    async fn start(&self, machine: &str, name: &str, input: Value) -> anyhow::Result<()> {
        let arn = self.machines.get(machine);
        let arn = arn.ok_or_else(|| anyhow!("this function knows no state machine `{machine}`"))?;
        let start = self.client.start_execution().state_machine_arn(arn).name(name).input(input.to_string());
        match start.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_execution_already_exists()) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("{machine} {name} cannot be started")),
        }
    }

    async fn settle(&self, execution: &str, decided: Time, output: Value) -> anyhow::Result<Settled> {
        let Some(token) = self.tokens.get(execution, decided).await? else { return Ok(Settled::Gone) };
        match self.client.send_task_success().task_token(token).output(output.to_string()).send().await {
            Ok(_) => Ok(Settled::Accepted),
            Err(error) => match error.as_service_error() {
                Some(e) if e.is_task_does_not_exist() || e.is_task_timed_out() || e.is_invalid_token() => {
                    Ok(Settled::Gone)
                }
                // Without the error's own text, which may repeat the token.
                _ => Err(anyhow!("{execution} cannot be told the answer: {}", error_name(&error))),
            },
        }
    }

    async fn execution(&self, name: &str) -> anyhow::Result<Option<Execution>> {
        for (machine, arn) in &self.machines {
            let arn = format!("{}:{name}", arn.replacen(":stateMachine:", ":execution:", 1));
            let described = match self.client.describe_execution().execution_arn(&arn).send().await {
                Ok(described) => described,
                Err(e) if e.as_service_error().is_some_and(|e| e.is_execution_does_not_exist()) => continue,
                Err(error) => return Err(error).with_context(|| format!("{name} cannot be described")),
            };
            let history = self.client.get_execution_history().execution_arn(&arn);
            let history = history.reverse_order(true).max_results(SHOWN).include_execution_data(true);
            let history = history.send().await.with_context(|| format!("{name} has no history"))?;
            let mut history: Vec<_> = history.events.iter().map(line).collect();
            history.reverse();
            let status = described.status.as_str().to_owned();
            return Ok(Some(Execution { name: name.to_owned(), machine: machine.clone(), status, history }));
        }
        Ok(None)
    }
}

fn error_name<E: std::fmt::Debug, R>(error: &aws_sdk_sfn::error::SdkError<E, R>) -> &'static str {
    use aws_sdk_sfn::error::SdkError;
    match error {
        SdkError::TimeoutError(_) => "a time-out",
        SdkError::DispatchFailure(_) => "Step Functions cannot be reached",
        SdkError::ServiceError(_) => "Step Functions refuses",
        _ => "the request or its answer is broken",
    }
}

/// A line as people see it. Of what a task was given only the agent's input is shown: the rest is the token, and where it goes.
fn line(event: &HistoryEvent) -> ExecutionEvent {
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let mut state = None;
    let mut detail = Value::Null;
    if let Some(entered) = &event.state_entered_event_details {
        state = Some(entered.name.clone());
        detail = json!({ "input": entered.input.as_deref().map(parsed) });
    } else if let Some(exited) = &event.state_exited_event_details {
        state = Some(exited.name.clone());
        detail = json!({ "output": exited.output.as_deref().map(parsed) });
    } else if let Some(failed) = &event.task_failed_event_details {
        detail = json!({ "error": failed.error, "cause": failed.cause });
    } else if let Some(failed) = &event.execution_failed_event_details {
        detail = json!({ "error": failed.error, "cause": failed.cause });
    } else if let Some(timed_out) = &event.task_timed_out_event_details {
        detail = json!({ "error": timed_out.error, "cause": timed_out.cause });
    }
    let time = event.timestamp.to_millis().unwrap_or_default();
    ExecutionEvent { time: Time::from_millis(time), kind: event.r#type.as_str().to_owned(), state, detail }
}
