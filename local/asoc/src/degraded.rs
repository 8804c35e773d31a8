//! Parts that serve less well than they should, while the whole still serves: shown wherever people and programs look.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A part that another server may stand in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Where state is kept.
    Store,
    /// What spares the store.
    Cache,
    /// Authorization.
    Policy,
    /// The language model.
    Model,
    /// Slack and PagerDuty.
    Notices,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 5] = [Part::Store, Part::Cache, Part::Policy, Part::Model, Part::Notices];

    /// Its name as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Store => "store",
            Part::Cache => "cache",
            Part::Policy => "policy",
            Part::Model => "model",
            Part::Notices => "notices",
        }
    }
}

/// Says why a part is degraded, if it is.
type Probe = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Which parts are degraded, and why. Cheap to clone; whoever puts a server in a part's place says how to tell.
#[derive(Clone, Default)]
pub struct Degraded(Arc<Mutex<Vec<(Part, Probe)>>>);

impl Degraded {
    /// Asks this from now on how that part is.
    pub fn watch(&self, part: Part, probe: impl Fn() -> Option<String> + Send + Sync + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((part, Box::new(probe)));
    }

    /// The degraded parts, with the reasons.
    pub fn list(&self) -> BTreeMap<Part, String> {
        let probes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        probes.iter().filter_map(|(part, probe)| Some((*part, probe()?))).collect()
    }
}
