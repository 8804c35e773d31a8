//! Which servers stand in for the embedded parts. Each is swapped in on its own; without any, the process needs nothing but itself.

use std::{env, fmt, fs};

use anyhow::Context;
use store::SqlStore;

use crate::home::Home;

/// Addresses of the servers that are used. They may carry a password, so they are never printed.
#[derive(Clone, Default)]
pub struct Services {
    /// PostgreSQL in place of SQLite (`DATABASE_URL`).
    pub database: Option<String>,
    /// Redis in place of the process's own cache (`REDIS_URL`).
    pub redis: Option<String>,
    /// Open Policy Agent in place of Rego in the process (`OPA_URL`).
    pub opa: Option<String>,
    /// What OPA is told to be let in (`OPA_TOKEN`).
    pub opa_token: Option<String>,
    /// Whom to tell in Slack, as the JSON of [`notify::SlackSettings`] (`ASOC_SLACK`).
    pub slack: Option<String>,
    /// Whom to call by PagerDuty, as the JSON of [`notify::PagerDutySettings`] (`ASOC_PAGERDUTY`).
    pub pagerduty: Option<String>,
    /// The dashboard's address, for links in what people are told.
    pub origin: Option<String>,
    /// What Prometheus shows to read metrics (`ASOC_METRICS_TOKEN`), in place of the one in the home folder.
    pub metrics_token: Option<String>,
}

impl Services {
    /// As the environment says.
    ///
    /// # Errors
    /// If a file that a setting points at cannot be read.
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self {
            database: setting("DATABASE_URL")?,
            redis: setting("REDIS_URL")?,
            opa: setting("OPA_URL")?,
            opa_token: setting("OPA_TOKEN")?,
            slack: setting("ASOC_SLACK")?,
            pagerduty: setting("ASOC_PAGERDUTY")?,
            origin: None,
            metrics_token: setting("ASOC_METRICS_TOKEN")?,
        })
    }

    /// Opens the database: PostgreSQL if there is one, else SQLite in the home folder.
    ///
    /// # Errors
    /// If it does not answer, or this program or its role does not fit it.
    pub async fn store(&self, home: &Home) -> anyhow::Result<SqlStore> {
        match &self.database {
            Some(url) => SqlStore::connect(url).await.context("the database of DATABASE_URL cannot be used"),
            None => Ok(SqlStore::open(&home.private("asoc.db")?).await?),
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = [
            ("database", &self.database),
            ("redis", &self.redis),
            ("opa", &self.opa),
            ("slack", &self.slack),
            ("pagerduty", &self.pagerduty),
        ];
        f.debug_list()
            .entries(used.into_iter().filter(|(_, url)| url.is_some()).map(|(name, _)| name))
            .finish()
    }
}

/// The setting of this name from the environment, or from the file that `NAME_FILE` points at, which is how secrets are given
/// to containers. Blank is as good as absent.
///
/// # Errors
/// If the file cannot be read.
pub fn setting(name: &str) -> anyhow::Result<Option<String>> {
    let value = match env::var(format!("{name}_FILE")) {
        Ok(path) => fs::read_to_string(&path)
            .with_context(|| format!("{name}_FILE points at {path}, which cannot be read"))?,
        Err(_) => env::var(name).unwrap_or_default(),
    };
    let value = value.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}
