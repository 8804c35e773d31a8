//! One advance: how states follow each other until each branch rests or ends.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    engine::{Advance, Answer, Env, Request, Stimulus, later, payload, request, to_millis},
    execution::{Execution, Frame, Pending, Rest, Status, Visit, digest_of},
    failure::Failure,
    history::{EventKind, HistoryEvent, abridged},
    language::{Choice, Flow, Resource, State, Task},
    path::Path,
};

/// "Step Functions service quotas": a Standard execution fails when its history has so many events. Here it also ends
/// a loop that never rests.
const LONGEST_HISTORY: u64 = 25_000;

/// The longest time-out and wait, in seconds.
const LONGEST_SECONDS: u64 = 99_999_999;

/// One advance of an execution.
pub(crate) struct Run<'a, 'h> {
    execution: &'a mut Execution,
    env: &'a mut Env<'h>,
    now: Timestamp,
    advance: Advance,
}

/// What became of a flow.
pub(crate) enum Outcome {
    Rests(Frame),
    Done(Value),
    Failed(Failure),
}

/// Where a state leads.
pub(crate) enum Step {
    Go(String, Value),
    Stop(Outcome),
}

impl From<Failure> for Step {
    fn from(failure: Failure) -> Self {
        Step::Stop(Outcome::Failed(failure))
    }
}

impl<'a, 'h> Run<'a, 'h> {
    /// An advance that begins now; a clock that was set back stands still instead.
    pub(crate) fn new(execution: &'a mut Execution, env: &'a mut Env<'h>) -> Self {
        let now = to_millis(env.now).max(execution.latest);
        Self { execution, env, now, advance: Advance::default() }
    }

    /// Adds an event to the history, and returns its id.
    pub(crate) fn record(&mut self, kind: EventKind, state: Option<&str>, detail: Value) -> u64 {
        let id = self.execution.history_len + 1;
        self.execution.history_len = id;
        self.execution.latest = self.now;
        let state = state.map(str::to_owned);
        self.advance.history.push(HistoryEvent { id, time: self.now, kind, state, detail: abridged(detail) });
        id
    }

    /// Keeps where the execution stands now.
    pub(crate) fn finish(mut self, outcome: Outcome) -> Advance {
        match outcome {
            Outcome::Rests(frame) => self.execution.at = Some(frame),
            Outcome::Done(output) => {
                self.record(EventKind::ExecutionSucceeded, None, json!({ "output": output }));
                self.execution.status = Status::Succeeded { output };
            }
            Outcome::Failed(failure) => {
                self.record(EventKind::ExecutionFailed, None, json!(failure));
                self.execution.status = Status::Failed(failure);
            }
        }
        // A branch that failed may have stopped a task that was to be run in this very advance.
        let still: Vec<u64> = self.execution.tasks().iter().map(|(_, task)| task.event).collect();
        self.advance
            .requests
            .retain(|request| matches!(request, Request::RunTask(task) if still.contains(&task.task.event)));
        self.advance.requests.extend(self.execution.wake_at().map(Request::WakeAt));
        self.advance
    }

    /// Enters a state, and goes on until the flow rests or ends.
    pub(crate) fn enter(&mut self, flow: &Flow, name: &str, input: Value) -> Outcome {
        self.follow(flow, Step::Go(name.to_owned(), input))
    }

    fn follow(&mut self, flow: &Flow, mut step: Step) -> Outcome {
        loop {
            let (name, input) = match step {
                Step::Stop(outcome) => return outcome,
                Step::Go(name, input) => (name, input),
            };
            if self.execution.history_len >= LONGEST_HISTORY {
                return Outcome::Failed(Failure::runtime(format!(
                    "the history has reached {LONGEST_HISTORY} events"
                )));
            }
            let Some(state) = flow.states.get(&name) else { return lost(&name) };
            let entered = self.now.max(later(self.execution.last_entered, 1));
            self.execution.last_entered = entered;
            self.record(EventKind::entered(state), Some(&name), json!({ "input": input }));
            let retries = vec![0; state.retry().len()];
            step = self.begin(state, Visit { state: name, input, entered, retries });
        }
    }

    /// Goes on with a flow that rested.
    pub(crate) fn stir(&mut self, flow: &Flow, frame: Frame, stimulus: &Stimulus) -> Outcome {
        let Frame { visit, rest } = frame;
        let Some(state) = flow.states.get(&visit.state) else { return lost(&visit.state) };
        let step = match (rest, stimulus) {
            (Rest::Task(task), Stimulus::Answered { task: id, answer }) if task.event == id.event => {
                self.answered(state, visit, task, answer)
            }
            (Rest::Task(task), Stimulus::TimePassed) if task.deadline <= self.now => {
                self.record(
                    EventKind::TaskTimedOut,
                    Some(&visit.state),
                    json!({ "error": "States.Timeout" }),
                );
                self.fail(state, visit, Failure::new("States.Timeout", ""))
            }
            (Rest::Wait { until }, Stimulus::TimePassed) if until <= self.now => {
                let input = visit.input.clone();
                self.leave(state, &visit, input)
            }
            (Rest::Backoff { until }, Stimulus::TimePassed) if until <= self.now => self.begin(state, visit),
            (Rest::Branches(branches), _) => {
                self.branches(state, visit, branches.into_iter().map(Some).collect(), stimulus)
            }
            (rest, _) => Step::Stop(Outcome::Rests(Frame { visit, rest })),
        };
        self.follow(flow, step)
    }

    /// Begins a try of a state.
    fn begin(&mut self, state: &State, visit: Visit) -> Step {
        match state {
            State::Task(task) => match self.schedule(task, &visit) {
                Ok(task) => Step::Stop(Outcome::Rests(Frame { visit, rest: Rest::Task(task) })),
                Err(failure) => self.fail(state, visit, failure),
            },
            State::Parallel(parallel) => {
                self.record(EventKind::ParallelStateStarted, Some(&visit.state), json!({}));
                let unborn = parallel.branches.iter().map(|_| None).collect();
                self.branches(state, visit, unborn, &Stimulus::TimePassed)
            }
            State::Choice(choice) => match choose(choice, &visit.input) {
                Ok(next) => {
                    self.exit(state, &visit, &visit.input);
                    Step::Go(next.to_owned(), visit.input)
                }
                Err(failure) => failure.into(),
            },
            State::Wait(wait) => match seconds(&wait.seconds_path, "SecondsPath", &visit.input) {
                Ok(seconds) => {
                    let until = self.after_seconds(seconds);
                    Step::Stop(Outcome::Rests(Frame { visit, rest: Rest::Wait { until } }))
                }
                Err(failure) => failure.into(),
            },
            State::Pass(pass) => {
                let result = pass.result.clone().unwrap_or_else(|| visit.input.clone());
                match pass.result_path.apply(visit.input.clone(), result) {
                    Some(output) => self.leave(state, &visit, output),
                    None => mismatch().into(),
                }
            }
            State::Succeed { .. } => {
                self.exit(state, &visit, &visit.input);
                Step::Stop(Outcome::Done(visit.input))
            }
            State::Fail(fail) => {
                let text = |fixed: &Option<String>, path: &Option<Path>| match path {
                    Some(path) => found(path, &visit.input)?
                        .as_str()
                        .map(str::to_owned)
                        .ok_or_else(|| Failure::runtime(format!("`{}` is not a string", path.as_str()))),
                    None => Ok(fixed.clone().unwrap_or_default()),
                };
                match (text(&fail.error, &fail.error_path), text(&fail.cause, &fail.cause_path)) {
                    (Ok(error), Ok(cause)) => Failure::new(error, cause).into(),
                    (Err(failure), _) | (_, Err(failure)) => failure.into(),
                }
            }
        }
    }

    fn schedule(&mut self, definition: &Task, visit: &Visit) -> Result<Pending, Failure> {
        let seconds = match (&definition.timeout_seconds_path, definition.timeout_seconds) {
            (Some(path), _) => seconds(path, "TimeoutSecondsPath", &visit.input)?,
            (None, fixed) => fixed.map_or(LONGEST_SECONDS, u64::from),
        };
        if seconds == 0 {
            return Err(Failure::runtime("`TimeoutSecondsPath` leads to 0"));
        }
        let waits = definition.resource == Resource::InvokeAndWait;
        // What the history shows: the same payload with something else in the token's place.
        let shown = payload(self.execution, visit, definition, waits.then_some("(task token)"))?;
        let event = self.record(
            EventKind::TaskScheduled,
            Some(&visit.state),
            json!({ "function": definition.parameters.function_name, "payload": shown, "timeout_seconds": seconds }),
        );
        self.record(EventKind::TaskStarted, Some(&visit.state), json!({}));
        let mut task =
            Pending { event, deadline: self.after_seconds(seconds), token: None, submitted: false };
        let token = waits.then(|| (self.env.token)(&self.execution.id_of(&task)));
        task.token = token.as_deref().map(digest_of);
        let request = request(self.execution, visit, definition, &task, token.as_deref())?;
        self.advance.requests.push(Request::RunTask(request));
        Ok(task)
    }

    fn answered(&mut self, state: &State, visit: Visit, task: Pending, answer: &Answer) -> Step {
        match answer {
            Answer::Submitted => {
                self.record(EventKind::TaskSubmitted, Some(&visit.state), json!({}));
                let rest = Rest::Task(Pending { submitted: true, ..task });
                Step::Stop(Outcome::Rests(Frame { visit, rest }))
            }
            Answer::Succeeded(output) => {
                self.record(EventKind::TaskSucceeded, Some(&visit.state), json!({ "output": output }));
                self.succeed(state, visit, output.clone())
            }
            Answer::Failed(failure) => {
                self.record(EventKind::TaskFailed, Some(&visit.state), json!(failure));
                self.fail(state, visit, failure.clone())
            }
        }
    }

    /// A Task or Parallel state has its result.
    pub(crate) fn succeed(&mut self, state: &State, visit: Visit, result: Value) -> Step {
        let (selector, result_path, output_path) = match state {
            State::Task(s) => (&s.result_selector, &s.result_path, &None),
            State::Parallel(s) => (&s.result_selector, &s.result_path, &s.output_path),
            _ => return Step::Stop(lost(&visit.state)),
        };
        let selected = match selector {
            Some(selector) => selector.fill(&result, &Value::Null).map_err(|path| {
                Failure::runtime(format!("`ResultSelector`: nothing stands at `{}`", path.as_str()))
            }),
            None => Ok(result),
        };
        let output = selected
            .and_then(|result| result_path.apply(visit.input.clone(), result).ok_or_else(mismatch))
            .and_then(|output| match output_path {
                Some(path) => found(path, &output).cloned(),
                None => Ok(output),
            });
        match output {
            Ok(output) => self.leave(state, &visit, output),
            Err(failure) => self.fail(state, visit, failure),
        }
    }

    /// A try failed: another one, a catcher, or the flow fails.
    pub(crate) fn fail(&mut self, state: &State, mut visit: Visit, failure: Failure) -> Step {
        // The first retrier that names the error is the only one asked, also when it has no tries left.
        let retrier = state.retry().iter().zip(&mut visit.retries);
        let retrier = retrier.into_iter().find(|(retrier, _)| retrier.error_equals.matches(&failure.error));
        if let Some((retrier, tries)) = retrier
            && *tries < retrier.max_attempts
        {
            let delay = retrier.delay_millis(*tries, &mut self.env.random);
            *tries += 1;
            let rest = Rest::Backoff { until: later(self.now, delay) };
            return Step::Stop(Outcome::Rests(Frame { visit, rest }));
        }
        let catcher = state.catch().iter().find(|catcher| catcher.error_equals.matches(&failure.error));
        let Some(catcher) = catcher else { return failure.into() };
        match catcher.result_path.apply(visit.input.clone(), failure.output()) {
            Some(output) => {
                self.exit(state, &visit, &output);
                Step::Go(catcher.next.clone(), output)
            }
            None => mismatch().into(),
        }
    }

    fn leave(&mut self, state: &State, visit: &Visit, output: Value) -> Step {
        self.exit(state, visit, &output);
        match state.transition() {
            Some((Some(next), _)) => Step::Go(next.to_owned(), output),
            _ => Step::Stop(Outcome::Done(output)),
        }
    }

    fn exit(&mut self, state: &State, visit: &Visit, output: &Value) {
        if let Some(kind) = EventKind::exited(state) {
            self.record(kind, Some(&visit.state), json!({ "output": output }));
        }
    }

    fn after_seconds(&self, seconds: u64) -> Timestamp {
        later(self.now, i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
    }
}

fn choose<'m>(choice: &'m Choice, input: &Value) -> Result<&'m str, Failure> {
    for rule in &choice.choices {
        if rule.test.holds(found(&rule.variable, input)?) {
            return Ok(&rule.next);
        }
    }
    choice
        .default
        .as_deref()
        .ok_or_else(|| Failure::new("States.NoChoiceMatched", "no rule holds, and there is no default"))
}

fn seconds(path: &Path, field: &str, input: &Value) -> Result<u64, Failure> {
    found(path, input)?
        .as_u64()
        .filter(|seconds| *seconds <= LONGEST_SECONDS)
        .ok_or_else(|| Failure::runtime(format!("`{field}`: `{}` is not a number of seconds", path.as_str())))
}

fn found<'v>(path: &Path, data: &'v Value) -> Result<&'v Value, Failure> {
    path.find(data, &Value::Null)
        .ok_or_else(|| Failure::runtime(format!("nothing stands at `{}`", path.as_str())))
}

fn mismatch() -> Failure {
    Failure::new("States.ResultPathMatchFailure", "the input has no room for the result")
}

/// The definition was checked, so that its states lead to each other; this is for an execution that was tampered with.
pub(crate) fn lost(state: &str) -> Outcome {
    Outcome::Failed(Failure::runtime(format!("there is no state `{state}` here")))
}
