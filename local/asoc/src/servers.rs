//! Redis and OPA in place of embedded parts. Either may be lost at any time; what is true does not stand in them.

use std::{sync::Arc, time::Duration};

use agent::{Policies, Policy};
use cache::{Cache, Limits};
use policy::{Opa, Rego};
use store::SqlStore;
use tokio_util::sync::CancellationToken;

use crate::{
    degraded::{Degraded, Part},
    services::Services,
};

/// How often to look whether they answer, so that people see it before anything needs them.
const LOOK: Duration = Duration::from_secs(5);

/// The servers that are set up. Cheap to clone.
#[derive(Clone)]
pub struct Servers {
    cache: Option<Cache>,
    limits: Arc<Limits>,
    policy: Authorization,
}

/// Who says what may be done.
#[derive(Clone)]
enum Authorization {
    Rego(Arc<Rego>),
    Opa(Arc<Opa>),
}

impl Servers {
    /// Looks for the servers that are set up. One that does not answer is no error: it may come later.
    ///
    /// # Errors
    /// If an address is none, or the policies do not hold.
    pub async fn open(services: &Services, policies: &Policies) -> anyhow::Result<Self> {
        let rego = Rego::load(&policies.under("authorization"))?;
        let policy = match &services.opa {
            Some(address) => {
                Authorization::Opa(Arc::new(Opa::new(address, services.opa_token.as_deref(), rego)?))
            }
            None => Authorization::Rego(Arc::new(rego)),
        };
        let cache = services.redis.as_deref().map(Cache::new).transpose()?;
        let limits = Arc::new(Limits::new(cache.clone()));
        let servers = Self { cache, limits, policy };
        servers.probe().await;
        Ok(servers)
    }

    /// The store, with the cache before it.
    pub fn before(&self, store: SqlStore) -> SqlStore {
        match &self.cache {
            Some(cache) => store.cached_by(cache.clone()),
            None => store,
        }
    }

    /// Who says what may be done.
    pub fn policy(&self) -> Arc<dyn Policy> {
        match &self.policy {
            Authorization::Rego(rego) => rego.clone(),
            Authorization::Opa(opa) => opa.clone(),
        }
    }

    /// Counts who asks how often.
    pub fn limits(&self) -> Arc<Limits> {
        self.limits.clone()
    }

    /// What authorizes, for people.
    pub fn policy_name(&self) -> &'static str {
        match self.policy {
            Authorization::Rego(_) => "Rego, in-process",
            Authorization::Opa(_) => "OPA",
        }
    }

    /// What spares the store, for people.
    pub fn cache_name(&self) -> &'static str {
        if self.cache.is_some() { "Redis" } else { "none" }
    }

    /// Has these parts looked at.
    pub fn watch(&self, degraded: &Degraded) {
        if let Some(cache) = self.cache.clone() {
            degraded.watch(Part::Cache, move || cache.degraded());
        }
        if let Authorization::Opa(opa) = &self.policy {
            let opa = opa.clone();
            degraded.watch(Part::Policy, move || opa.degraded());
        }
    }

    /// Looks every few seconds whether they answer.
    pub async fn keep_probing(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            self.probe().await;
        }
    }

    async fn probe(&self) {
        if let Some(cache) = &self.cache {
            cache.probe().await;
        }
        if let Authorization::Opa(opa) = &self.policy {
            opa.probe().await;
        }
    }
}
