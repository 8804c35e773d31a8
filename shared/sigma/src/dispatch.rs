//! Which conditions an event must be held against.
//!
//! Of nearly every condition one can tell a few values, one of which must be there for it to hold: its *guard*. An event's
//! values are looked up among them, so that an everyday event is held against few conditions, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use hashbrown::{HashMap, HashSet};
use json::{Node as Value, Shape};

use crate::{
    graph::{FieldId, Graph, Node, NodeId},
    number::Number,
    path::text,
    pattern::lower,
    test::{Comparison, Test},
};

/// A value, or a part of one, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Exact(Box<str>),
    Number(u64),
    Literal(Box<str>),
}

type Guard = BTreeSet<(FieldId, Key)>;

/// Conditions, each of them once.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    pub(crate) found: Vec<NodeId>,
    /// The search in which a condition was found last.
    conditions: Vec<u32>,
    /// The search in which a literal was, so that a text full of it costs no more than one that has it once.
    literals: Vec<u32>,
    search: u32,
}

impl Candidates {
    fn begin(&mut self) {
        self.found.clear();
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            (self.conditions, self.literals, self.search) = (Vec::new(), Vec::new(), 1);
        }
    }

    fn add(&mut self, conditions: &[NodeId]) {
        for condition in conditions {
            if is_first(&mut self.conditions, *condition as usize, self.search) {
                self.found.push(*condition);
            }
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
    guards: Vec<Guarded>,
    /// Conditions without a guard.
    always: Vec<NodeId>,
}

/// Conditions that are guarded by the values of one field.
#[derive(Debug)]
struct Guarded {
    field: FieldId,
    exact: HashMap<Box<str>, Vec<NodeId>>,
    numbers: HashMap<u64, Vec<NodeId>>,
    scan: Option<AhoCorasick>,
    /// By the scan's pattern; each with a number of its own within the dispatch.
    literals: Vec<(usize, Vec<NodeId>)>,
}

impl Dispatch {
    pub(crate) fn of(graph: &Graph, roots: &BTreeSet<NodeId>) -> Self {
        let chooser = Chooser::of(graph, roots);
        let mut by_field: BTreeMap<FieldId, BTreeMap<Key, Vec<NodeId>>> = BTreeMap::new();
        let mut always = Vec::new();
        let mut known = HashMap::new();
        for root in roots {
            match chooser.best(*root, &mut known) {
                Some((_, guard)) => {
                    for (field, key) in guard {
                        by_field.entry(field).or_default().entry(key).or_default().push(*root);
                    }
                }
                None => always.push(*root),
            }
        }
        let mut literals = 0;
        let guarded = |(field, keys)| Guarded::of(field, keys, &mut literals, &mut always);
        let guards = by_field.into_iter().map(guarded).collect();
        always.sort_unstable();
        always.dedup();
        Self { guards, always }
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
        found.add(&self.always);
        for guarded in &self.guards {
            let Some(field) = graph.field(guarded.field) else { continue };
            field.elements(event, &mut |value| {
                guarded.candidates(value, buffer, found);
                false
            });
        }
    }
}

impl Guarded {
    /// What cannot be scanned for is put to those that are always looked at.
    fn of(
        field: FieldId,
        keys: BTreeMap<Key, Vec<NodeId>>,
        literals: &mut usize,
        always: &mut Vec<NodeId>,
    ) -> Self {
        let mut guarded =
            Self { field, exact: HashMap::new(), numbers: HashMap::new(), scan: None, literals: Vec::new() };
        let mut texts = Vec::new();
        for (key, roots) in keys {
            match key {
                Key::Exact(text) => drop(guarded.exact.insert(text, roots)),
                Key::Number(bits) => drop(guarded.numbers.insert(bits, roots)),
                Key::Literal(text) => {
                    texts.push(text);
                    guarded.literals.push((*literals, roots));
                    *literals += 1;
                }
            }
        }
        if !texts.is_empty() {
            guarded.scan = AhoCorasick::new(texts.iter().map(|text| text.as_bytes())).ok();
            if guarded.scan.is_none() {
                always.extend(guarded.literals.iter().flat_map(|(_, roots)| roots));
            }
        }
        guarded
    }

    fn candidates(&self, value: &Value<'_>, buffer: &mut String, found: &mut Candidates) {
        let Some(text) = text(value) else { return };
        if !self.numbers.is_empty() && matches!(value.shape(), Shape::Number(_) | Shape::Text(_)) {
            let conditions = Number::read(&text).and_then(|number| self.numbers.get(&number.bits()));
            found.add(conditions.map_or(&[], Vec::as_slice));
        }
        let text = lower(&text, buffer);
        found.add(self.exact.get(text).map_or(&[], Vec::as_slice));
        let Some(scan) = &self.scan else { return };
        for hit in scan.find_overlapping_iter(text) {
            let Some((literal, conditions)) = self.literals.get(hit.pattern().as_usize()) else { continue };
            if is_first(&mut found.literals, *literal, found.search) {
                found.add(conditions);
            }
        }
    }
}

/// Chooses guards by what the rules ask for.
///
/// A field that rules ask for many different values has many values in events, so that each of them is rare. A field that
/// most rules ask for is read anyway, and one near the top of the event is read fast.
struct Chooser<'a> {
    graph: &'a Graph,
    /// Different values that rules ask of a field.
    values: HashMap<FieldId, HashSet<Key>>,
    /// Conditions that ask for the field.
    roots: HashMap<FieldId, usize>,
}

impl<'a> Chooser<'a> {
    fn of(graph: &'a Graph, roots: &BTreeSet<NodeId>) -> Self {
        let mut chooser = Self { graph, values: HashMap::new(), roots: HashMap::new() };
        for root in roots {
            let (mut fields, mut seen, mut left) = (HashSet::new(), HashSet::new(), vec![*root]);
            while let Some(id) = left.pop() {
                match graph.node(id) {
                    _ if !seen.insert(id) => {}
                    Some(Node::All(parts) | Node::Any(parts)) => left.extend(parts),
                    Some(Node::Test(field, test)) => {
                        let keys = keys(test).unwrap_or_default();
                        fields.extend((!keys.is_empty()).then_some(*field));
                        chooser.values.entry(*field).or_default().extend(keys);
                    }
                    Some(Node::Not(_)) | None => {}
                }
            }
            fields.into_iter().for_each(|field| *chooser.roots.entry(field).or_default() += 1);
        }
        chooser
    }

    /// The guard that costs least, and its cost.
    fn best(&self, id: NodeId, known: &mut HashMap<NodeId, Option<(f64, Guard)>>) -> Option<(f64, Guard)> {
        if let Some(best) = known.get(&id) {
            return best.clone();
        }
        let best = match self.graph.node(id)? {
            Node::Test(field, test) => self.of_test(*field, test),
            Node::All(parts) => {
                let options = parts.iter().filter_map(|part| self.best(*part, known));
                options.min_by(|(a, _), (b, _)| a.total_cmp(b))
            }
            Node::Any(parts) => {
                let options: Option<Vec<_>> = parts.iter().map(|part| self.best(*part, known)).collect();
                options.map(|options| {
                    let cost = options.iter().map(|(cost, _)| cost).sum();
                    (cost, options.into_iter().flat_map(|(_, guard)| guard).collect())
                })
            }
            Node::Not(_) => None,
        };
        known.insert(id, best.clone());
        best
    }

    fn of_test(&self, field: FieldId, test: &Test) -> Option<(f64, Guard)> {
        let keys = keys(test)?;
        if self.graph.field(field)?.is_keyword() {
            return None;
        }
        let count = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok()).map_or(1.0, f64::from).max(1.0);
        let values = count(self.values.get(&field).map(HashSet::len));
        let levels = self.graph.field(field)?.levels();
        let reading = count(Some(levels)) / count(self.roots.get(&field).copied());
        let rarity = |key: &Key| match key {
            Key::Exact(_) | Key::Number(_) => 1.0 / values,
            Key::Literal(text) => (1.0 + 8.0 / count(Some(text.len()))) / values,
        };
        let cost = reading + keys.iter().map(rarity).sum::<f64>();
        Some((cost, keys.into_iter().map(|key| (field, key)).collect()))
    }
}

/// Values one of which must be there for the test to hold; nothing if that cannot be said.
fn keys(test: &Test) -> Option<Vec<Key>> {
    let small = |text: &str| lower(text, &mut String::new()).into();
    match test {
        Test::Texts(texts) => {
            let key = |pattern: &crate::pattern::Pattern| match pattern.exact() {
                Some(text) => Some(Key::Exact(small(text))),
                None => pattern.literal().map(|text| Key::Literal(small(&text))),
            };
            texts.patterns().iter().map(key).collect()
        }
        Test::Number(None, Comparison::Equal, number) => Some(vec![Key::Number(number.bits())]),
        Test::Bool(value) => Some(vec![Key::Exact(value.to_string().into())]),
        Test::Number(..)
        | Test::Null
        | Test::Exists
        | Test::Regex(_)
        | Test::Cidr(_)
        | Test::Field { .. } => None,
    }
}
