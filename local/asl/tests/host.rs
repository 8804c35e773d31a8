//! A host whose functions answer from a script, and whose clock jumps to whatever is due next.

use std::collections::{BTreeMap, VecDeque};

use asl::{
    Advance, Answer, Env, EventKind, Execution, Failure, HistoryEvent, Machine, Request, Status, Stimulus,
    TaskId, TaskRequest, advance, pending, start,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

/// What a state's function does at one try.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// Returns this.
    Ok(Value),
    /// Fails with this error.
    Fail(String),
    /// Returns, and the task token is answered with this.
    Settle(Value),
    /// Returns, and the task token is never answered.
    Submit,
    /// Never returns.
    Hang,
}

/// What each state's function does, one act a try.
pub(crate) type Script = BTreeMap<String, VecDeque<Act>>;

/// What the host loses, before each of its moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    No,
    /// It dies before it runs a task.
    BeforeTask,
    /// It dies after it ran a task, before the answer is kept.
    AfterTask,
}

pub(crate) struct Host<'m> {
    pub(crate) machine: &'m Machine,
    pub(crate) execution: Execution,
    pub(crate) history: Vec<HistoryEvent>,
    /// Every task that was asked for, also repeatedly.
    pub(crate) asked: Vec<TaskRequest>,
    pub(crate) script: Script,
    pub(crate) now: Timestamp,
    todo: VecDeque<TaskRequest>,
    acts: BTreeMap<TaskId, Act>,
}

pub(crate) fn token(task: &TaskId) -> String {
    format!("secret-{task}")
}

pub(crate) fn substitutions() -> BTreeMap<String, String> {
    ["Supervisor", "Forensics", "Response", "Compliance"]
        .iter()
        .map(|name| (format!("{name}Function"), name.to_lowercase()))
        .chain([("Partition".to_owned(), "aws".to_owned())])
        .collect()
}

pub(crate) fn epoch() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

impl<'m> Host<'m> {
    pub(crate) fn start(machine: &'m Machine, input: Value, script: Script) -> Self {
        let now = epoch();
        let (execution, first) =
            start(machine, "exec-1", input, &mut Env { now, random: &mut || 0.5, token: &token });
        let mut host = Self {
            machine,
            execution,
            history: Vec::new(),
            asked: Vec::new(),
            script,
            now,
            todo: VecDeque::new(),
            acts: BTreeMap::new(),
        };
        host.keep(first);
        host
    }

    fn keep(&mut self, advance: Advance) {
        self.history.extend(advance.history);
        self.ask(advance.requests);
    }

    fn ask(&mut self, requests: Vec<Request>) {
        for request in requests {
            if let Request::RunTask(task) = request {
                self.asked.push(task.clone());
                self.todo.push_back(task);
            }
        }
    }

    pub(crate) fn take(&mut self, stimulus: &Stimulus) -> Result<(), asl::Refused> {
        let mut env = Env { now: self.now, random: &mut || 0.5, token: &token };
        let advance = advance(self.machine, &mut self.execution, stimulus, &mut env)?;
        self.keep(advance);
        Ok(())
    }

    pub(crate) fn answer(&mut self, task: &TaskId, answer: Answer) -> Result<(), asl::Refused> {
        self.take(&Stimulus::Answered { task: task.clone(), answer })
    }

    /// Loses all but what was kept, and asks for what is pending.
    pub(crate) fn crash(&mut self) {
        let kept = serde_json::to_string(&self.execution).unwrap();
        self.execution = serde_json::from_str(&kept).unwrap();
        self.todo.clear();
        let again = pending(self.machine, &self.execution, &token).unwrap();
        self.ask(again);
    }

    /// One move: a task that was asked for is run, or else time passes.
    pub(crate) fn step(&mut self, crash: Crash) {
        if crash == Crash::BeforeTask {
            self.crash();
        }
        while let Some(task) = self.todo.pop_front() {
            match self.act(&task) {
                Act::Hang => continue,
                // The answer is lost; the function gives the same one when it is asked again.
                _ if crash == Crash::AfterTask => self.crash(),
                act => self.perform(&task.task, act),
            }
            return;
        }
        if let Some(due) = self.execution.wake_at() {
            self.now = self.now.max(due);
            self.take(&Stimulus::TimePassed).unwrap();
        }
    }

    /// What the function does at this try: the same however often it is asked.
    fn act(&mut self, task: &TaskRequest) -> Act {
        let script = &mut self.script;
        let mut next = || script.get_mut(&task.state).and_then(VecDeque::pop_front);
        let act = self
            .acts
            .entry(task.task.clone())
            .or_insert_with(|| next().unwrap_or_else(|| panic!("{} is asked too often", task.state)));
        act.clone()
    }

    fn perform(&mut self, task: &TaskId, act: Act) {
        // Each try takes a while.
        self.now += SignedDuration::from_millis(7);
        match act {
            Act::Ok(output) => self.answer(task, Answer::Succeeded(json!({ "Payload": output }))).unwrap(),
            Act::Fail(error) => {
                self.answer(task, Answer::Failed(Failure::new(error, "as the script says"))).unwrap();
            }
            Act::Submit => self.answer(task, Answer::Submitted).unwrap(),
            Act::Settle(output) => {
                self.answer(task, Answer::Submitted).unwrap();
                let waiting = self.execution.waiting(jiff::Timestamp::MAX).unwrap();
                self.answer(&waiting, Answer::Succeeded(output)).unwrap();
            }
            Act::Hang => {}
        }
    }

    pub(crate) fn run(&mut self) -> &Status {
        self.run_crashing(&mut std::iter::empty())
    }

    pub(crate) fn run_crashing(&mut self, crashes: &mut dyn Iterator<Item = Crash>) -> &Status {
        while self.execution.status == Status::Running {
            self.step(crashes.next().unwrap_or(Crash::No));
        }
        &self.execution.status
    }

    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        self.history.iter().map(|event| event.kind).collect()
    }

    /// Names of the states that were entered, in order.
    pub(crate) fn visited(&self) -> Vec<&str> {
        let entered = |event: &&HistoryEvent| format!("{:?}", event.kind).ends_with("StateEntered");
        self.history.iter().filter(entered).filter_map(|event| event.state.as_deref()).collect()
    }
}
