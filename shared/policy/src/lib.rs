//! Authorization: Rego, evaluated in-process or by an OPA server.
//!
//! The rules stand under `policies/authorization/`. They are asked one [`Question`] at a time, in an interpreter that
//! has no access to network, files or clock of the host, or of an [`Opa`]; the answer is checked before anyone may rely on it.

mod answer;
mod bundle;
mod load;
mod opa;
mod trial;

use std::{num::NonZeroU32, time::Duration};

use domain::{Digest, Verdict, verdict::Question};
use regorus::{Engine, Value, utils::limits::ExecutionTimerConfig};
use thiserror::Error;

pub use opa::Opa;
pub use trial::Trial;

/// The rule that answers.
const ENTRY: &str = "data.asoc.authorization.verdict";

/// How long one question may take. The rules in use need a millisecond or two; past this the question is given up,
/// which is an error and never a verdict.
const TIME_LIMIT: Duration = Duration::from_secs(1);

/// An authorization policy, parsed and compiled.
#[derive(Debug)]
pub struct Rego {
    engine: Engine,
    digest: Digest,
}

/// Why there is no policy, or no verdict.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// A source cannot be read, or the rule that stands there fails.
    #[error("{file}:{line}: {why}")]
    Source {
        /// Its path, as it was given.
        file: String,
        /// Where in it, counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The rules could not be evaluated, or took too long.
    #[error("the policy failed on this question: {0}")]
    Evaluation(String),
    /// The rules gave no answer, or one that must not be relied on.
    #[error("the policy's answer is not a verdict: {0}")]
    Answer(String),
}

impl Rego {
    /// Digest of the rules and settings in force; tests do not count.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Asks for a verdict. Evaluation starts from the compiled rules each time and leaves nothing behind.
    ///
    /// # Errors
    /// Where the rules fail, take too long, or give no answer that may be relied on. Who gets an error must not act.
    pub fn ask(&self, question: &Question) -> Result<Verdict, PolicyError> {
        let failed = |why: &dyn std::fmt::Display| PolicyError::Evaluation(why.to_string());
        let input = serde_json::to_string(question).map_err(|e| failed(&e))?;
        let mut engine = self.engine.clone();
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: TIME_LIMIT,
            check_interval: NonZeroU32::MIN,
        });
        engine.set_input(Value::from_json_str(&input).map_err(|e| failed(&e))?);
        let answer = engine
            .eval_rule(ENTRY.to_owned())
            .map_err(|e| load::located(&e.to_string()).unwrap_or_else(|| failed(&e)))?;
        let json = (answer != Value::Undefined).then(|| answer.to_json_str()).transpose();
        let json = json.map_err(|e| PolicyError::Answer(e.to_string()))?;
        answer::check(json.as_deref(), question, &self.digest)
    }
}

#[async_trait::async_trait]
impl agent::Policy for Rego {
    async fn authorize(&self, question: &Question) -> anyhow::Result<Verdict> {
        Ok(self.ask(question)?)
    }
}

#[cfg(test)]
mod tests;
