//! `local/docker-compose.yml`, as far as it says what runs and what it may do.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, ensure};
use serde::{Deserialize, Deserializer};
use yaml_serde::Value;

/// The folder of the compose file, to which its paths are relative.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The compose file.
#[derive(Clone, Debug, Deserialize)]
pub struct Compose {
    /// What runs, by name.
    pub services: BTreeMap<String, Service>,
    /// Where each secret comes from, by name.
    pub secrets: BTreeMap<String, Secret>,
    /// Named volumes.
    pub volumes: BTreeMap<String, Value>,
}

/// A secret's source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Path of its file, relative to the compose file.
    pub file: PathBuf,
}

/// A service. Settings that are not here matter to Docker only.
#[derive(Clone, Debug, Deserialize)]
pub struct Service {
    /// Name of its image, with a version.
    pub image: String,
    /// Profiles without one of which it does not start.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// User and group, as numbers.
    pub user: String,
    /// The program, if the image has another one.
    #[serde(default)]
    pub entrypoint: Vec<String>,
    /// Program and arguments, or arguments alone if there is an entry point.
    #[serde(default)]
    pub command: Vec<String>,
    /// Environment, after variables were replaced by their defaults.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Secrets that it gets to read.
    #[serde(default)]
    pub secrets: Vec<Grant>,
    /// Volumes and files, as `SOURCE:TARGET[:ro]`.
    #[serde(default)]
    pub volumes: Vec<Mount>,
    /// Places in memory, as `TARGET[:OPTIONS]`.
    #[serde(default)]
    pub tmpfs: Vec<String>,
    /// Ports on which it listens.
    #[serde(default)]
    pub expose: Vec<String>,
    /// Ports that are published, as `[ADDRESS:]PORT:PORT`.
    #[serde(default)]
    pub ports: Vec<String>,
    /// How to tell that it works; what runs once has none.
    pub healthcheck: Option<Health>,
    /// Whether its file system is read-only, but for volumes and places in memory.
    #[serde(default)]
    pub read_only: bool,
    /// Capabilities that are taken away.
    #[serde(default)]
    pub cap_drop: Vec<String>,
    /// `no-new-privileges:true`.
    #[serde(default)]
    pub security_opt: Vec<String>,
    /// Processes and threads at most.
    pub pids_limit: Option<u32>,
    /// Memory at most, such as `256m`.
    pub mem_limit: Option<String>,
    /// Whether it is started again when it ends.
    pub restart: String,
}

/// How to tell that a service works.
#[derive(Clone, Debug, Deserialize)]
pub struct Health {
    /// `CMD` and a command line, which ends with 0 if it works.
    pub test: Vec<String>,
}

/// A secret that a service gets to read.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Name of the secret.
    pub source: String,
    /// Where the service finds it.
    pub target: String,
}

/// A volume or a file that a service sees.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Name of a volume, or path of a file relative to the compose file (`./…`).
    pub source: String,
    /// Where the service finds it.
    pub target: String,
    /// Whether the service may write there.
    pub writable: bool,
}

impl Compose {
    /// Reads the file, its variables at their defaults, whatever the caller's environment says.
    ///
    /// # Errors
    /// If the file cannot be read or has another shape.
    pub fn load() -> anyhow::Result<Self> {
        Self::with(&BTreeMap::new())
    }

    /// The same with these variables.
    ///
    /// # Errors
    /// As [`Compose::load`].
    pub fn with(variables: &BTreeMap<&str, &str>) -> anyhow::Result<Self> {
        let path = folder().join("docker-compose.yml");
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        let mut file: Value = yaml_serde::from_str(&fill(&text, variables)?)?;
        // What is merged in may itself have something to be merged in.
        let mut before = Value::Null;
        while before != file {
            before = file.clone();
            file.apply_merge()?;
        }
        yaml_serde::from_value(file).with_context(|| format!("{}", path.display()))
    }

    /// The service of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn service(&self, name: &str) -> anyhow::Result<&Service> {
        self.services.get(name).with_context(|| format!("the compose file has no service `{name}`"))
    }
}

impl Service {
    /// Program and arguments.
    pub fn command_line(&self) -> Vec<String> {
        self.entrypoint.iter().chain(&self.command).cloned().collect()
    }
}

impl Health {
    /// Program and arguments.
    ///
    /// # Errors
    /// If it is a line for a shell: most images here have none.
    pub fn command_line(&self) -> anyhow::Result<Vec<String>> {
        let (kind, line) = self.test.split_first().context("a health check has a command")?;
        ensure!(kind == "CMD" && !line.is_empty(), "a health check is a command, not a line for a shell");
        Ok(line.to_vec())
    }
}

/// `${NAME:-DEFAULT}` becomes the variable, or else the default.
fn fill(text: &str, variables: &BTreeMap<&str, &str>) -> anyhow::Result<String> {
    let value = |found: &regex::Captures<'_>| (*variables.get(&found[1]).unwrap_or(&&found[2])).to_owned();
    Ok(regex::Regex::new(r"\$\{(\w+):-([^}]*)\}")?.replace_all(text, value).into_owned())
}

impl<'de> Deserialize<'de> for Grant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Short(String),
            Long { source: String, target: String },
        }
        let (source, target) = match Form::deserialize(from)? {
            Form::Short(name) => (name.clone(), name),
            Form::Long { source, target } => (source, target),
        };
        // An absolute target stays what it is.
        let target = PathBuf::from("/run/secrets").join(target).to_string_lossy().into_owned();
        Ok(Self { source, target })
    }
}

impl<'de> Deserialize<'de> for Mount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let mut parts = text.split(':');
        let (Some(source), Some(target)) = (parts.next(), parts.next()) else {
            return Err(serde::de::Error::custom(format!("`{text}` is not SOURCE:TARGET[:ro]")));
        };
        let writable = parts.next() != Some("ro");
        Ok(Self { source: source.to_owned(), target: target.to_owned(), writable })
    }
}
