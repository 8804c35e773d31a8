//! Attacks to practise on: a script of log records, and what each act does to the sandbox account.

use std::time::Duration;

use anyhow::{Context, bail};
use console::api::Drill;
use domain::{DeliveryReceipt, delivery::Door};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde_json::Value;

use crate::host::Host;

/// How long a drill waits for a store that does not answer.
const PATIENCE: Duration = Duration::from_secs(600);

static SCRIPTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/drills");

/// A drill's script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    #[serde(skip)]
    name: String,
    title: String,
    /// What it teaches, for people.
    #[serde(default)]
    #[allow(dead_code)]
    summary: String,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// Seconds after the drill's begin.
    after_seconds: f64,
    /// The log record, with `${time}` and `${id}` to be filled in.
    event: Value,
    /// What the act does to the account, as a merge patch (RFC 7396) on the inventory.
    #[serde(default)]
    account: Option<Value>,
}

impl Script {
    /// Seconds from its first act to its last, at the speed at which it is written.
    pub fn seconds(&self) -> f64 {
        self.steps.iter().map(|step| step.after_seconds).fold(0.0, f64::max)
    }

    /// As the console lists it.
    pub fn summary(&self) -> Drill {
        Drill {
            name: self.name.clone(),
            title: self.title.clone(),
            events: u32::try_from(self.steps.len()).unwrap_or(u32::MAX),
        }
    }

    /// Plays it: each act changes the sandbox, then its record is delivered, `speed` times faster than written.
    pub async fn play(&self, host: &Host, speed: f64) -> anyhow::Result<()> {
        let begin = tokio::time::Instant::now();
        for (n, step) in self.steps.iter().enumerate() {
            if speed > 0.0 {
                tokio::time::sleep_until(begin + Duration::from_secs_f64(step.after_seconds / speed)).await;
            }
            let mut id = [0u8; 16];
            getrandom::fill(&mut id).context("the system gives no random bytes")?;
            let id = hex::encode(id);
            let uuid = format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]);
            let record = serde_json::to_vec(&fill(&step.event, &host.now().to_string(), &uuid))?;
            let mut patch = step.account.as_ref();
            let begin = tokio::time::Instant::now();
            // While the store does not answer the act is tried again, as whoever sends a record does: a copy is dropped.
            let receipt = loop {
                match self.act(host, &mut patch, &record).await {
                    Err(error) if agent::is_transient(&error) && begin.elapsed() < PATIENCE => {
                        tracing::warn!(error = format!("{error:#}"), "an act of a drill is tried again");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                    done => break done?,
                }
            };
            if receipt.read + receipt.duplicate != 1 {
                bail!("record {n} of drill {} was not read: {:?}", self.name, receipt.reasons);
            }
        }
        Ok(())
    }

    /// Changes the account, once, and delivers the record.
    async fn act(
        &self,
        host: &Host,
        patch: &mut Option<&Value>,
        record: &[u8],
    ) -> anyhow::Result<DeliveryReceipt> {
        if let Some(value) = patch {
            host.edit_sandbox(value).await?;
            *patch = None;
        }
        host.deliver(&format!("drill {}", self.name), Door::Drill, record).await
    }
}

/// All drills, by name.
pub fn list() -> anyhow::Result<Vec<Drill>> {
    names().into_iter().map(|name| Ok(load(&name)?.summary())).collect()
}

/// The names of all drills.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = SCRIPTS
        .files()
        .filter_map(|file| Some(file.path().file_name()?.to_str()?.strip_suffix(".yaml")?.to_owned()))
        .collect();
    names.sort();
    names
}

/// The drill of this name.
pub fn load(name: &str) -> anyhow::Result<Script> {
    let Some(file) = SCRIPTS.get_file(format!("{name}.yaml")) else {
        bail!("there is no drill `{name}`; there are: {}", names().join(", "));
    };
    let mut script: Script = yaml_serde::from_str(file.contents_utf8().unwrap_or_default())
        .with_context(|| format!("the script of drill {name} is faulty"))?;
    script.name = name.to_owned();
    Ok(script)
}

fn fill(value: &Value, time: &str, id: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("${time}", time).replace("${id}", id)),
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, time, id)).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, item)| (key.clone(), fill(item, time, id))).collect())
        }
        other => other.clone(),
    }
}
