//! An outside for tests: a clock that ticks, workflows that only remember, a policy that is never asked.
#![allow(clippy::unwrap_used)]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use domain::{Digest, Execution, Party, Time, Verdict, verdict::Question};
use serde_json::Value;

use crate::{Account, Clock, Commit, Ctx, DecisionRecord, Policy, Store, Workflows, Write, ports::Settled};

/// The outside around this store and account, its clock beginning at `start`; with what its workflows remember.
pub fn outside(store: Arc<dyn Store>, account: Arc<dyn Account>, start: Time) -> (Ctx, Arc<Remembered>) {
    let workflows = Arc::new(Remembered::default());
    let ctx = Ctx {
        store,
        account,
        policy: Arc::new(Unasked),
        workflows: workflows.clone(),
        model: None,
        clock: Arc::new(Ticking(AtomicI64::new(start.millis()))),
        policies: Digest::zero(),
        observer: None,
    };
    (ctx, workflows)
}

/// Writes as some other agent would have.
///
/// # Panics
/// Where the write does not fit: this is for tests.
pub async fn put(ctx: &Ctx, key: &str, write: Write) {
    let record = DecisionRecord {
        agent: Party::Dashboard,
        key: key.to_owned(),
        time: Time::from_millis(0),
        input: Value::Null,
        evidence: Digest::of(b"null"),
        output: Value::Null,
        decision: Digest::zero(),
        calls: Vec::new(),
        carried_out: false,
        policies: Digest::zero(),
    };
    assert_eq!(ctx.store.commit(&record, b"null", &[write], &[]).await.unwrap(), Commit::Committed);
}

/// A second passes at each look.
pub struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Time {
        Time::from_millis(self.0.fetch_add(1000, Ordering::SeqCst))
    }
}

/// Workflows that remember what was started and settled, as `start MACHINE NAME` and `settle EXECUTION OUTPUT`.
#[derive(Default)]
pub struct Remembered(Mutex<Vec<String>>);

impl Remembered {
    /// What was called since this was last asked.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[async_trait]
impl Workflows for Remembered {
    async fn start(&self, machine: &str, name: &str, _input: Value) -> anyhow::Result<()> {
        self.0.lock().unwrap().push(format!("start {machine} {name}"));
        Ok(())
    }

    async fn settle(&self, execution: &str, _decided: Time, output: Value) -> anyhow::Result<Settled> {
        self.0.lock().unwrap().push(format!("settle {execution} {output}"));
        Ok(Settled::Accepted)
    }

    async fn execution(&self, _name: &str) -> anyhow::Result<Option<Execution>> {
        Ok(None)
    }
}

struct Unasked;

#[async_trait]
impl Policy for Unasked {
    async fn authorize(&self, _: &Question) -> anyhow::Result<Verdict> {
        anyhow::bail!("this agent asks no policy")
    }
}
