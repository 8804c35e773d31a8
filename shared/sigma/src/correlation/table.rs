//! Windows of many groups in memory, as many as were asked for and no more.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::{Correlations, Fired, Observation, Window};

/// Slots are taken from the allocator so many at a time: what is full is never copied.
const CHUNK: usize = 4096;

/// Windows by key, bounded.
///
/// Whoever writes the log chooses the keys, so that they are found by a keyed hash, and a full table gives up a window
/// for each new one: the next one that is over, else the next one that was not asked for since the last time round.
pub struct Table {
    places: HashTable<u32>,
    slots: Vec<Vec<Slot>>,
    capacity: usize,
    hasher: RandomState,
    /// Where to look next for a window to give up.
    hand: usize,
    evicted: u64,
}

struct Slot {
    key: u128,
    window: Window,
    /// When its window is over, in seconds since 1970, cut to what fits.
    over: u32,
    /// Asked for since the hand last passed.
    used: bool,
}

impl Table {
    /// A table for this many keys, at least one.
    pub fn new(capacity: usize) -> Self {
        Self {
            places: HashTable::new(),
            slots: Vec::new(),
            capacity: capacity.clamp(1, u32::MAX as usize),
            hasher: RandomState::new(),
            hand: 0,
            evicted: 0,
        }
    }

    /// How many keys it holds.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many windows were given up which could still have mattered. Correlations may have missed something if there are
    /// any.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Adds what an event says to the windows that it concerns, and what they say to others. Each observation that stands
    /// in a window which meets the condition comes back with what fired.
    pub fn observe(
        &mut self,
        correlations: &Correlations,
        observations: Vec<Observation>,
    ) -> Vec<(Observation, Fired)> {
        let (mut ahead, mut all) = (observations, Vec::new());
        ahead.reverse();
        while let Some(observation) = ahead.pop() {
            if let Some(fired) = self.advance(correlations, &observation) {
                ahead.extend(correlations.chain(&observation, &fired));
                all.push((observation, fired));
            }
        }
        all
    }

    /// Adds one observation to its window.
    pub fn advance(&mut self, correlations: &Correlations, observation: &Observation) -> Option<Fired> {
        let retention = correlations.get(observation.correlation)?.retention();
        let seconds = |at: i64| u32::try_from((at / 1000).max(0)).unwrap_or(u32::MAX);
        let over = seconds(observation.at.saturating_add(retention).saturating_add(999));
        let slot = self.slot(observation.key.id(), seconds(observation.at))?;
        slot.over = slot.over.max(over);
        correlations.advance(observation, &mut slot.window)
    }

    /// The slot of this key, if need be a new one.
    fn slot(&mut self, key: u128, now: u32) -> Option<&mut Slot> {
        let hash = self.hasher.hash_one(key);
        let slots = &self.slots;
        let is_key = |place: &u32| at(slots, *place as usize).is_some_and(|slot| slot.key == key);
        let known = self.places.find(hash, is_key).map(|place| *place as usize);
        let place = known.unwrap_or_else(|| self.free(now));
        if known.is_none() {
            let slot = Slot { key, window: Window::default(), over: 0, used: false };
            match self.slots.get_mut(place / CHUNK).and_then(|chunk| chunk.get_mut(place % CHUNK)) {
                Some(old) => *old = slot,
                None => self.push(slot),
            }
            let (slots, hasher) = (&self.slots, &self.hasher);
            let hash_of =
                |place: &u32| at(slots, *place as usize).map_or(0, |slot| hasher.hash_one(slot.key));
            self.places.insert_unique(hash, place as u32, hash_of);
        }
        let slot = self.slots.get_mut(place / CHUNK)?.get_mut(place % CHUNK)?;
        slot.used = known.is_some();
        Some(slot)
    }

    fn push(&mut self, slot: Slot) {
        match self.slots.last_mut().filter(|chunk| chunk.len() < CHUNK) {
            Some(chunk) => chunk.push(slot),
            None => {
                let mut chunk = Vec::with_capacity(CHUNK.min(self.capacity));
                chunk.push(slot);
                self.slots.push(chunk);
            }
        }
    }

    /// The place for a new key.
    fn free(&mut self, now: u32) -> usize {
        if self.places.len() < self.capacity {
            return self.places.len();
        }
        loop {
            let place = self.hand;
            self.hand = (self.hand + 1) % self.capacity;
            let Some(slot) = self.slots.get_mut(place / CHUNK).and_then(|chunk| chunk.get_mut(place % CHUNK))
            else {
                continue;
            };
            let is_over = slot.over < now;
            if slot.used && !is_over {
                slot.used = false;
                continue;
            }
            self.evicted += u64::from(!is_over);
            let hash = self.hasher.hash_one(slot.key);
            if let Ok(entry) = self.places.find_entry(hash, |known| *known as usize == place) {
                entry.remove();
            }
            return place;
        }
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("len", &self.len())
            .field("evicted", &self.evicted)
            .finish_non_exhaustive()
    }
}

fn at(slots: &[Vec<Slot>], place: usize) -> Option<&Slot> {
    slots.get(place / CHUNK)?.get(place % CHUNK)
}
