//! Guards: of nearly every condition one can tell values one of which must be there for it to hold.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use crate::{
    graph::{FieldId, Graph, Node, NodeId},
    pattern::lower,
    test::{Comparison, Test},
};

/// A value, or a part of one, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Exact(Box<str>),
    Number(u64),
    Literal(Box<str>),
}

impl Key {
    /// Whether it is searched for in a value, not looked up.
    pub(crate) fn is_literal(&self) -> bool {
        matches!(self, Key::Literal(_))
    }
}

/// Values of which one must be there.
pub(crate) type Guard = BTreeSet<(FieldId, Key)>;

/// Chooses guards by what the rules ask for.
///
/// A field that rules ask for many different values has many values in events, so that each of them is rare. A field that
/// most rules ask for is read anyway, and one near the top of the event is read fast.
pub(crate) struct Chooser<'a> {
    graph: &'a Graph,
    /// Different values that rules ask of a field.
    values: HashMap<FieldId, HashSet<Key>>,
    /// Conditions that ask for the field.
    roots: HashMap<FieldId, usize>,
}

impl<'a> Chooser<'a> {
    pub(crate) fn of(graph: &'a Graph, roots: &BTreeSet<NodeId>) -> Self {
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

    /// The guards of a condition, all of which must be met for it to hold; the one that costs least first.
    pub(crate) fn guards(
        &self,
        root: NodeId,
        known: &mut HashMap<NodeId, Option<(f64, Guard)>>,
    ) -> Vec<Guard> {
        let (mut guards, mut left) = (Vec::new(), vec![root]);
        while let Some(id) = left.pop() {
            match self.graph.node(id) {
                Some(Node::All(parts)) => left.extend(parts),
                _ => guards.extend(self.best(id, known)),
            }
        }
        guards.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        guards.into_iter().map(|(_, guard)| guard).collect()
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
        Test::Regex(expression) => {
            Some(expression.literals()?.iter().map(|text| Key::Literal(text.as_str().into())).collect())
        }
        Test::Number(None, Comparison::Equal, number) => Some(vec![Key::Number(number.bits())]),
        Test::Bool(value) => Some(vec![Key::Exact(value.to_string().into())]),
        Test::Number(..) | Test::Null | Test::Exists | Test::Cidr(_) | Test::Field { .. } => None,
    }
}
