//! From source texts to a policy.

use domain::{Digest, Risk, verdict::Question};
use regorus::{Engine, Value};

use crate::{ENTRY, PolicyError, Rego};

/// OPA's list of built-ins that rules may use: for tools, neither rule nor setting.
const CAPABILITIES: &str = "capabilities.json";

impl Rego {
    /// Parses and compiles rules (`*.rego`) and settings (`*.json`), given as (relative path, text). Tests
    /// (`*_test.rego`) and `capabilities.json` are left out. One question is asked at once, so that a policy which
    /// cannot answer is refused here and not in the first incident.
    ///
    /// # Errors
    /// The file and line that cannot be read, or why the rules do not answer.
    pub fn load(sources: &[(String, String)]) -> Result<Self, PolicyError> {
        let in_force: Vec<_> = sorted(sources).into_iter().filter(|(path, _)| !is_test(path)).collect();
        let mut engine = engine(&in_force)?;
        engine.compile_with_entrypoint(&ENTRY.into()).map_err(|e| {
            located(&e.to_string()).unwrap_or_else(|| PolicyError::Answer(format!("`{ENTRY}`: {e}")))
        })?;
        let rego = Self { engine, digest: Digest::of_json(&in_force) };
        rego.ask(&Question {
            risk: Risk::MAX,
            drill: true,
            actions: Vec::new(),
            principals: Vec::new(),
            actions_last_hour: 0,
        })?;
        Ok(rego)
    }
}

/// Sources that are rules or settings, by path, so that their order on disk does not show.
pub(crate) fn sorted(sources: &[(String, String)]) -> Vec<&(String, String)> {
    let mut sorted: Vec<_> = sources
        .iter()
        .filter(|(path, _)| path.rsplit('/').next() != Some(CAPABILITIES))
        .filter(|(path, _)| path.ends_with(".rego") || path.ends_with(".json"))
        .collect();
    sorted.sort();
    sorted
}

pub(crate) fn is_test(path: &str) -> bool {
    path.ends_with("_test.rego")
}

/// An interpreter that holds these sources.
pub(crate) fn engine(sources: &[&(String, String)]) -> Result<Engine, PolicyError> {
    let mut engine = Engine::new();
    for (path, text) in sources {
        let at = |line, why| PolicyError::Source { file: path.clone(), line, why };
        if path.ends_with(".rego") {
            engine.add_policy(path.clone(), text.clone()).map_err(|e| {
                let why = e.to_string();
                located(&why).unwrap_or_else(|| at(1, why))
            })?;
        } else {
            let json: serde_json::Value =
                serde_json::from_str(text).map_err(|e| at(e.line(), e.to_string()))?;
            let data = Value::from_json_str(&json.to_string()).map_err(|e| at(1, e.to_string()))?;
            engine.add_data(data).map_err(|e| at(1, e.to_string()))?;
        }
    }
    Ok(engine)
}

/// The interpreter says where an error is in its text: a line `--> file:line:column`, and after a picture of the place
/// `error: what`.
pub(crate) fn located(text: &str) -> Option<PolicyError> {
    let (file, line) = text.lines().find_map(|line| {
        let mut parts = line.trim().strip_prefix("--> ")?.rsplitn(3, ':');
        let (_column, line, file) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        Some((file.to_owned(), line))
    })?;
    let why = text.split_once("error: ").map_or(text, |(_, why)| why).trim().to_owned();
    Some(PolicyError::Source { file, line, why })
}
