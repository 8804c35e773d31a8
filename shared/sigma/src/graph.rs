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

    pub(crate) fn all(&mut self, parts: Vec<NodeId>) -> NodeId {
        self.several(parts, Node::All)
    }

    pub(crate) fn any(&mut self, parts: Vec<NodeId>) -> NodeId {
        self.several(parts, Node::Any)
    }

    pub(crate) fn not(&mut self, part: NodeId) -> NodeId {
        self.nodes.place(Node::Not(part))
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
