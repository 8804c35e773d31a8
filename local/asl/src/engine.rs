//! What the host asks: start, advance, and what is pending.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    Machine, context,
    execution::{Execution, Pending, Status, TaskId, Visit},
    failure::Failure,
    history::{EventKind, HistoryEvent},
    language::{Resource, State, Task},
    run::Run,
};

/// What an execution cannot know by itself.
pub struct Env<'h> {
    /// The present. Only its milliseconds count.
    pub now: Timestamp,
    /// A random number in 0.0..1.0, for the jitter of retries.
    pub random: &'h mut dyn FnMut() -> f64,
    /// The token of a task, not to be guessed by anyone else, and always the same for the same task (such as an HMAC of
    /// its id): the execution keeps only the token's digest, and after a crash the task is asked again with its token.
    pub token: &'h dyn Fn(&TaskId) -> String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Stimulus {
    /// A task answered.
    Answered {
        /// Which.
        task: TaskId,
        /// What.
        answer: Answer,
    },
    /// Time passed. Does nothing if nothing was due.
    TimePassed,
}

/// A task's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The function that was given a task token has returned; the token is still to be answered.
    Submitted,
    /// The result: Lambda Invoke's, which is `{"Payload": what the function returned}`; of a task that waits for its
    /// token, what the token was answered with.
    Succeeded(Value),
    /// The function failed.
    Failed(Failure),
}

/// What an execution did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advance {
    /// The next events of its history. Keep them and the execution in one transaction.
    pub history: Vec<HistoryEvent>,
    /// What is to be done then.
    pub requests: Vec<Request>,
}

/// What an execution asks of the host.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Invoke a function, and answer.
    RunTask(TaskRequest),
    /// Say at this time that time passed. Takes the place of any earlier wish of this execution.
    WakeAt(Timestamp),
}

/// A function to be invoked.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRequest {
    /// Names the try; the answer must name it too.
    pub task: TaskId,
    /// The state.
    pub state: String,
    /// The function, as the substitutions name it.
    pub function: String,
    /// What it is given. Holds the task token if it waits for one: the only place where it stands.
    pub payload: Value,
    /// Whether the function's return means [`Answer::Submitted`], and the result is the token's answer.
    pub waits_for_token: bool,
    /// After this the answer comes too late.
    pub deadline: Timestamp,
}

/// Why a stimulus was not taken. The execution is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Answered before, given up, or never asked.
    #[error("nothing waits for an answer of task {task}")]
    NotWaiting {
        /// The task.
        task: TaskId,
    },
    /// The task's time was over.
    #[error("task {task} timed out at {deadline}")]
    TimedOut {
        /// The task.
        task: TaskId,
        /// When it did.
        deadline: Timestamp,
    },
    /// The execution was started under another definition.
    #[error("the execution `{execution}` was started under another definition of `{machine}`")]
    OtherDefinition {
        /// The execution's name.
        execution: String,
        /// The machine's name.
        machine: String,
    },
}

/// Starts an execution.
pub fn start(machine: &Machine, name: &str, input: Value, env: &mut Env<'_>) -> (Execution, Advance) {
    let now = to_millis(env.now);
    let mut execution = Execution {
        name: name.to_owned(),
        machine: machine.name.clone(),
        definition: machine.digest.clone(),
        input: input.clone(),
        started: now,
        status: Status::Running,
        history_len: 0,
        latest: now,
        last_entered: later(now, -1),
        at: None,
    };
    let mut run = Run::new(&mut execution, env);
    run.record(EventKind::ExecutionStarted, None, json!({ "input": input }));
    let outcome = run.enter(&machine.flow, &machine.flow.start_at, input);
    let advance = run.finish(outcome);
    (execution, advance)
}

/// Goes on after something happened.
pub fn advance(
    machine: &Machine,
    execution: &mut Execution,
    stimulus: &Stimulus,
    env: &mut Env<'_>,
) -> Result<Advance, Refused> {
    fits(machine, execution)?;
    if let Stimulus::Answered { task, answer } = stimulus {
        accepts(execution, task, answer, execution.latest.max(to_millis(env.now)))?;
    }
    let Some(frame) = execution.at.take() else { return Ok(Advance::default()) };
    let mut run = Run::new(execution, env);
    let outcome = run.stir(&machine.flow, frame, stimulus);
    Ok(run.finish(outcome))
}

/// What was asked and is not done: to be asked again after a crash. `token` is [`Env::token`].
pub fn pending(
    machine: &Machine,
    execution: &Execution,
    token: &dyn Fn(&TaskId) -> String,
) -> Result<Vec<Request>, Refused> {
    fits(machine, execution)?;
    let ask = |(visit, task): (&Visit, &Pending)| {
        let Some(State::Task(definition)) = machine.flow.find(&visit.state) else { return None };
        let token = task.token.as_ref().map(|_| token(&execution.id_of(task)));
        request(execution, visit, definition, task, token.as_deref()).ok()
    };
    let tasks = execution.tasks().into_iter().filter(|(_, task)| !task.submitted).filter_map(ask);
    Ok(tasks.map(Request::RunTask).chain(execution.wake_at().map(Request::WakeAt)).collect())
}

/// The request for one try of a task. Only reads, so that it is the same after a crash.
pub(crate) fn request(
    execution: &Execution,
    visit: &Visit,
    definition: &Task,
    task: &Pending,
    token: Option<&str>,
) -> Result<TaskRequest, Failure> {
    Ok(TaskRequest {
        task: execution.id_of(task),
        state: visit.state.clone(),
        function: definition.parameters.function_name.clone(),
        payload: payload(execution, visit, definition, token)?,
        waits_for_token: definition.resource == Resource::InvokeAndWait,
        deadline: task.deadline,
    })
}

/// A task's payload.
pub(crate) fn payload(
    execution: &Execution,
    visit: &Visit,
    definition: &Task,
    token: Option<&str>,
) -> Result<Value, Failure> {
    let context = context::object(execution, visit, token);
    definition
        .parameters
        .payload
        .fill(&visit.input, &context)
        .map_err(|path| Failure::runtime(format!("`Payload`: nothing stands at `{}`", path.as_str())))
}

fn fits(machine: &Machine, execution: &Execution) -> Result<(), Refused> {
    if execution.definition == machine.digest {
        return Ok(());
    }
    Err(Refused::OtherDefinition { execution: execution.name.clone(), machine: machine.name.clone() })
}

fn accepts(execution: &Execution, task: &TaskId, answer: &Answer, now: Timestamp) -> Result<(), Refused> {
    let tasks = execution.tasks();
    let pending = tasks.iter().map(|(_, pending)| *pending).find(|pending| execution.id_of(pending) == *task);
    match pending {
        Some(pending) if pending.deadline <= now => {
            Err(Refused::TimedOut { task: task.clone(), deadline: pending.deadline })
        }
        // Returning counts once, and means something only where a token is still to be answered.
        Some(pending) if *answer == Answer::Submitted && (pending.submitted || pending.token.is_none()) => {
            Err(Refused::NotWaiting { task: task.clone() })
        }
        Some(_) => Ok(()),
        None => Err(Refused::NotWaiting { task: task.clone() }),
    }
}

/// The time, to the millisecond.
pub(crate) fn to_millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// The time so many milliseconds later; saturates.
pub(crate) fn later(time: Timestamp, millis: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_millis(millis)).unwrap_or(Timestamp::MAX)
}
