//! All conditions of all rules as one graph, in which nothing stands twice.
//!
//! Two rules that ask the same share the node, and an event answers it once.

use std::{collections::BTreeSet, rc::Rc};

use hashbrown::HashMap;

use crate::{path::Field, test::Test};

/// Place of a node.
pub(crate) type NodeId = u32;

/// Place of a field.
pub(crate) type FieldId = u32;

/// What makes an exception dearer than what it is an exception from.
const EXCEPTION: usize = 1000;

/// What an event is asked. The parts of a node stand before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node<T> {
    Test(FieldId, T),
    /// Each of these; true if there are none.
    All(Box<[NodeId]>),
    /// One of these.
    Any(Box<[NodeId]>),
    Not(NodeId),
}

/// The finished graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) fields: Vec<Field>,
    pub(crate) nodes: Vec<Node<Test>>,
}

impl Graph {
    pub(crate) fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.get(id as usize)
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<&Node<Test>> {
        self.nodes.get(id as usize)
    }
}

/// A graph that grows.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    fields: Interned<Field>,
    nodes: Interned<Node<Rc<Test>>>,
}

impl Builder {
    pub(crate) fn test(&mut self, field: Field, test: Test) -> NodeId {
        let field = self.fields.place(field);
        self.nodes.place(Node::Test(field, Rc::new(test)))
    }

    /// The cheap parts come first, because one that fails spares the others.
    pub(crate) fn all(&mut self, mut parts: Vec<NodeId>) -> NodeId {
        parts.sort_by_key(|part| self.cost(*part));
        self.several(parts, Node::All)
    }

    pub(crate) fn any(&mut self, parts: Vec<NodeId>) -> NodeId {
        self.several(parts, Node::Any)
    }

    pub(crate) fn not(&mut self, part: NodeId) -> NodeId {
        self.nodes.place(Node::Not(part))
    }

    /// What it takes to answer a node, roughly. Deep fields cost more, as each level of the event is read when it is first
    /// looked into, and exceptions most, as they rarely spare the others.
    fn cost(&self, id: NodeId) -> usize {
        match self.nodes.all.get(id as usize).map(AsRef::as_ref) {
            Some(Node::Test(field, test)) => {
                let levels = self.fields.all.get(*field as usize).map_or(0, |field| field.levels());
                let is_dear = matches!(test.as_ref(), Test::Regex(_) | Test::Cidr(_) | Test::Field { .. });
                4 * levels + usize::from(is_dear)
            }
            Some(Node::All(parts) | Node::Any(parts)) => {
                parts.iter().fold(0, |cost, part| self.cost(*part).saturating_add(cost))
            }
            Some(Node::Not(part)) => self.cost(*part).saturating_add(EXCEPTION),
            None => 0,
        }
    }

    pub(crate) fn finish(self) -> Graph {
        // With the places gone, nothing is held twice and can be taken out.
        drop((self.nodes.places, self.fields.places));
        let own = |node: Rc<Node<Rc<Test>>>| match Rc::unwrap_or_clone(node) {
            Node::Test(field, test) => Node::Test(field, Rc::unwrap_or_clone(test)),
            Node::All(parts) => Node::All(parts),
            Node::Any(parts) => Node::Any(parts),
            Node::Not(part) => Node::Not(part),
        };
        Graph {
            fields: self.fields.all.into_iter().map(Rc::unwrap_or_clone).collect(),
            nodes: self.nodes.all.into_iter().map(own).collect(),
        }
    }

    fn several(&mut self, mut parts: Vec<NodeId>, node: impl Fn(Box<[NodeId]>) -> Node<Rc<Test>>) -> NodeId {
        let mut seen = BTreeSet::new();
        parts.retain(|part| seen.insert(*part));
        match parts.as_slice() {
            [only] => *only,
            _ => self.nodes.place(node(parts.into())),
        }
    }
}

/// Values by place, each of them once.
#[derive(Debug)]
struct Interned<T> {
    all: Vec<Rc<T>>,
    places: HashMap<Rc<T>, u32>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { all: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Eq + std::hash::Hash> Interned<T> {
    fn place(&mut self, value: T) -> u32 {
        if let Some(place) = self.places.get(&value) {
            return *place;
        }
        let (value, place) = (Rc::new(value), u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.all.push(value.clone());
        self.places.insert(value, place);
        place
    }
}
