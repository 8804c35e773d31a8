//! Puts on the record what happens beside incidents: who was let in, who may approve, what could not be worked on.

use agent::{Agent, Ctx, Decision, Observed};
use domain::{
    Draft, Party, Payload,
    message::{Notice, Severity},
};
use serde::{Deserialize, Serialize};

/// The agent that only repeats what it is told, so that it is sealed and shown.
pub struct Recorder;

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Remark {
    /// What it belongs to: `people`, or a message's id.
    pub about: String,
    /// How bad it is.
    pub severity: Severity,
    /// What, in a sentence. Never a secret.
    pub text: String,
}

impl Agent for Recorder {
    const NAME: Party = Party::Console;
    type Input = Remark;
    type Evidence = ();
    type Output = ();

    async fn gather(&self, _: &Ctx, _: &Remark) -> anyhow::Result<()> {
        Ok(())
    }

    fn decide(&self, remark: &Remark, _: &Observed<()>) -> Decision<()> {
        Decision::answer(()).say(Draft {
            correlation_id: remark.about.clone(),
            receiver: Party::Dashboard,
            risk: None,
            payload: Payload::Notice(Notice { severity: remark.severity, text: remark.text.clone() }),
        })
    }
}

/// Records a remark, once for each time it is made.
pub async fn record(ctx: &Ctx, about: &str, severity: Severity, text: String) -> anyhow::Result<()> {
    let mut key = [0u8; 16];
    getrandom::fill(&mut key).map_err(|e| anyhow::anyhow!("the system gives no random bytes: {e}"))?;
    let remark = Remark { about: about.to_owned(), severity, text };
    Ok(agent::invoke(&Recorder, ctx, &hex::encode(key), None, remark).await?)
}
