//! Which conditions an event must be held against.
//!
//! Of nearly every condition one can tell a few values, one of which must be there for it to hold: its *guard*. An event's
//! values are looked up among them, so that an everyday event is held against few conditions, however many there are. What
//! was found that way must meet the condition's further guards too, as far as they are about the same fields.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use hashbrown::HashMap;
use json::{Node as Value, Shape};

use crate::{
    graph::{FieldId, Graph, NodeId},
    guard::{Chooser, Guard, Key},
    number::Number,
    path::text,
    pattern::lower,
};

/// Place of a key among those of a dispatch.
type KeyId = usize;

/// Conditions, each of them once.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    pub(crate) found: Vec<NodeId>,
    /// The search in which a condition was found last.
    conditions: Vec<u32>,
    /// The search in which a key was, so that a text full of it costs no more than one that has it once.
    keys: Vec<u32>,
    search: u32,
}

impl Candidates {
    fn begin(&mut self) {
        self.found.clear();
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            (self.conditions, self.keys, self.search) = (Vec::new(), Vec::new(), 1);
        }
    }

    fn add(&mut self, conditions: &[NodeId]) {
        for condition in conditions {
            if is_first(&mut self.conditions, *condition as usize, self.search) {
                self.found.push(*condition);
            }
        }
    }

    fn meet(&mut self, key: KeyId, dispatch: &Dispatch) {
        if is_first(&mut self.keys, key, self.search) {
            self.add(dispatch.guarded.get(key).map_or(&[], Vec::as_slice));
        }
    }
}

fn is_first(searches: &mut Vec<u32>, place: usize, search: u32) -> bool {
    if place >= searches.len() {
        searches.resize(place + 1, 0);
    }
    searches.get_mut(place).is_some_and(|last| std::mem::replace(last, search) != search)
}

/// The conditions of the rules of one log, by what guards them.
#[derive(Debug, Default)]
pub(crate) struct Dispatch {
    fields: Vec<Index>,
    /// By key: the conditions that it is a first guard of.
    guarded: Vec<Vec<NodeId>>,
    /// The further guards of conditions, as keys of which one must be met.
    further: HashMap<NodeId, Vec<Vec<KeyId>>>,
    /// Keys that cannot be searched for, and count as met.
    unsearched: Vec<KeyId>,
    /// Conditions without a guard.
    always: Vec<NodeId>,
}

/// The keys of one field.
#[derive(Debug)]
struct Index {
    field: FieldId,
    exact: HashMap<Box<str>, KeyId>,
    numbers: HashMap<u64, KeyId>,
    scan: Option<AhoCorasick>,
    /// By the scan's pattern.
    literals: Vec<KeyId>,
}

impl Dispatch {
    pub(crate) fn of(graph: &Graph, roots: &BTreeSet<NodeId>) -> Self {
        let chooser = Chooser::of(graph, roots);
        let mut known = HashMap::new();
        let (mut first, mut further, mut always) = (Vec::new(), Vec::new(), Vec::new());
        for root in roots {
            let mut guards = chooser.guards(*root, &mut known).into_iter();
            match guards.next() {
                Some(guard) => first.push((*root, guard)),
                None => always.push(*root),
            }
            further.push((*root, guards.collect::<Vec<_>>()));
        }
        let mut keys = Keys::default();
        let mut guarded: Vec<Vec<NodeId>> = Vec::new();
        for (root, guard) in first {
            for key in keys.places(guard) {
                guarded.resize(guarded.len().max(key + 1), Vec::new());
                guarded.get_mut(key).into_iter().for_each(|roots| roots.push(root));
            }
        }
        // What is looked up anyway costs nothing to ask for; any other field would have to be read for it.
        let is_read = keys.reads();
        let mut kept = HashMap::new();
        for (root, mut guards) in further {
            guards.retain(|guard| {
                guard.iter().all(|(field, key)| is_read.contains(&(*field, key.is_literal())))
            });
            if !guards.is_empty() {
                kept.insert(root, guards.into_iter().map(|guard| keys.places(guard)).collect());
            }
        }
        let mut unsearched = Vec::new();
        let fields =
            keys.by_field.into_iter().map(|(field, keys)| Index::of(field, keys, &mut unsearched)).collect();
        Self { fields, guarded, further: kept, unsearched, always }
    }

    /// Adds every condition that can hold, and few that cannot.
    pub(crate) fn candidates(
        &self,
        graph: &Graph,
        event: &Value<'_>,
        buffer: &mut String,
        found: &mut Candidates,
    ) {
        found.begin();
        for key in &self.unsearched {
            found.meet(*key, self);
        }
        for index in &self.fields {
            let Some(field) = graph.field(index.field) else { continue };
            field.elements(event, &mut |value| {
                index.meet(value, buffer, &mut |key| found.meet(key, self));
                false
            });
        }
        let Candidates { found: conditions, keys, search, .. } = found;
        let is_met = |key: &KeyId| keys.get(*key) == Some(search);
        conditions.retain(|condition| {
            let guards = self.further.get(condition).map_or(&[][..], Vec::as_slice);
            guards.iter().all(|guard| guard.iter().any(is_met))
        });
        found.add(&self.always);
    }
}

/// Keys by field, each with its place.
#[derive(Default)]
struct Keys {
    by_field: BTreeMap<FieldId, BTreeMap<Key, KeyId>>,
    count: usize,
}

impl Keys {
    fn places(&mut self, guard: Guard) -> Vec<KeyId> {
        let place = |(field, key)| {
            *self.by_field.entry(field).or_default().entry(key).or_insert_with(|| {
                self.count += 1;
                self.count - 1
            })
        };
        guard.into_iter().map(place).collect()
    }

    /// The fields whose values are looked up, and whether they are searched for literals.
    fn reads(&self) -> BTreeSet<(FieldId, bool)> {
        let fields = self.by_field.iter();
        fields.flat_map(|(field, keys)| keys.keys().map(|key| (*field, key.is_literal()))).collect()
    }
}

impl Index {
    fn of(field: FieldId, keys: BTreeMap<Key, KeyId>, unsearched: &mut Vec<KeyId>) -> Self {
        let mut index =
            Self { field, exact: HashMap::new(), numbers: HashMap::new(), scan: None, literals: Vec::new() };
        let mut texts = Vec::new();
        for (key, place) in keys {
            match key {
                Key::Exact(text) => drop(index.exact.insert(text, place)),
                Key::Number(bits) => drop(index.numbers.insert(bits, place)),
                Key::Literal(text) => {
                    texts.push(text);
                    index.literals.push(place);
                }
            }
        }
        if !texts.is_empty() {
            index.scan = AhoCorasick::new(texts.iter().map(|text| text.as_bytes())).ok();
            if index.scan.is_none() {
                unsearched.extend(&index.literals);
            }
        }
        index
    }

    /// Tells the keys that a value has.
    fn meet(&self, value: &Value<'_>, buffer: &mut String, met: &mut dyn FnMut(KeyId)) {
        let Some(text) = text(value) else { return };
        if !self.numbers.is_empty() && matches!(value.shape(), Shape::Number(_) | Shape::Text(_)) {
            let number = Number::read(&text).and_then(|number| self.numbers.get(&number.bits()));
            number.into_iter().for_each(|key| met(*key));
        }
        let text = lower(&text, buffer);
        self.exact.get(text).into_iter().for_each(|key| met(*key));
        let Some(scan) = &self.scan else { return };
        for hit in scan.find_overlapping_iter(text) {
            self.literals.get(hit.pattern().as_usize()).into_iter().for_each(|key| met(*key));
        }
    }
}
