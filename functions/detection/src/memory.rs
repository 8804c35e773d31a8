//! What is remembered from one alert to the next, as states of the store: read once while gathering, folded while deciding,
//! written where it changed.

use std::collections::BTreeMap;

use agent::{State, Write};
use domain::Time;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// States as they were read, and what becomes of them.
pub(crate) struct Memory<'a> {
    read: BTreeMap<&'a str, &'a State>,
    changed: BTreeMap<String, (Value, Time)>,
}

impl<'a> Memory<'a> {
    pub(crate) fn new(states: &'a [State]) -> Self {
        Self {
            read: states.iter().map(|state| (state.key.as_str(), state)).collect(),
            changed: BTreeMap::new(),
        }
    }

    /// What stands under a key now. What cannot be read, as another version wrote it, counts as forgotten.
    pub(crate) fn recall<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let changed = self.changed.get(key).map(|(value, _)| value);
        let value = changed.or_else(|| self.read.get(key).map(|state| &state.value))?;
        T::deserialize(value).ok()
    }

    /// Whether what stands under a key, if anything, ends before this.
    pub(crate) fn expires_before(&self, key: &str, time: Time) -> bool {
        let changed = self.changed.get(key).map(|(_, expires)| *expires);
        changed
            .or_else(|| self.read.get(key).map(|state| state.expires))
            .is_some_and(|expires| expires < time)
    }

    /// Puts this under a key.
    pub(crate) fn remember<T: Serialize>(&mut self, key: String, value: &T, expires: Time) {
        if let Ok(value) = serde_json::to_value(value) {
            self.changed.insert(key, (value, expires));
        }
    }

    /// What is to be written.
    pub(crate) fn writes(self) -> impl Iterator<Item = Write> {
        let Self { read, changed } = self;
        changed.into_iter().map(move |(key, (value, expires))| {
            let read = read.get(key.as_str()).copied();
            Write::State(State::after(read, key, value, expires))
        })
    }
}
