//! Holds an event against the graph.

use std::sync::{Mutex, PoisonError};

use json::Node as Value;

use crate::{
    dispatch::{Candidates, Dispatch},
    graph::{Graph, Node, NodeId},
    path::text,
};

/// Longest value of a field that a match tells, in bytes.
const SHOWN: usize = 512;

/// Answers of one event, by node. Kept from event to event, so that none of them has to clear or make it.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Twice the number of the event that it is the answer for, plus the answer.
    answers: Vec<u32>,
    event: u32,
    buffer: String,
    candidates: Candidates,
}

/// Scratches that nobody uses at the moment.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Scratch>>);

impl Pool {
    pub(crate) fn take(&self) -> Scratch {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(crate) fn put(&self, scratch: Scratch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}

impl Scratch {
    /// Forgets all answers.
    pub(crate) fn begin(&mut self, graph: &Graph) {
        self.event += 1;
        if self.answers.len() != graph.nodes.len() || self.event > u32::MAX / 2 {
            self.answers.clear();
            self.answers.resize(graph.nodes.len(), 0);
            self.event = 1;
        }
    }

    /// Finds the conditions that can hold.
    pub(crate) fn candidates(&mut self, graph: &Graph, dispatch: &Dispatch, event: &Value<'_>) {
        dispatch.candidates(graph, event, &mut self.buffer, &mut self.candidates);
    }

    /// One of the conditions that were found.
    pub(crate) fn candidate(&self, n: usize) -> Option<NodeId> {
        self.candidates.found.get(n).copied()
    }

    /// Whether the condition holds.
    pub(crate) fn holds(&mut self, graph: &Graph, id: NodeId, event: &Value<'_>) -> bool {
        let place = id as usize;
        match self.answers.get(place) {
            Some(answer) if answer >> 1 == self.event => return answer & 1 == 1,
            _ => {}
        }
        let answer = match graph.node(id) {
            Some(Node::Test(field, test)) => graph
                .field(*field)
                .is_some_and(|field| test.holds(field, event, &mut self.buffer, &mut |_| {})),
            Some(Node::All(parts)) => parts.iter().all(|part| self.holds(graph, *part, event)),
            Some(Node::Any(parts)) => parts.iter().any(|part| self.holds(graph, *part, event)),
            Some(Node::Not(part)) => !self.holds(graph, *part, event),
            None => false,
        };
        if let Some(kept) = self.answers.get_mut(place) {
            *kept = self.event << 1 | u32::from(answer);
        }
        answer
    }

    /// Adds the fields, with their values, that made a condition hold which does.
    pub(crate) fn explain(
        &mut self,
        graph: &Graph,
        id: NodeId,
        event: &Value<'_>,
        fields: &mut Vec<(String, String)>,
    ) {
        match graph.node(id) {
            Some(Node::Test(field, test)) => {
                let Some(field) = graph.field(*field) else { return };
                let name = if field.is_keyword() { "keyword" } else { &field.name };
                test.holds(field, event, &mut self.buffer, &mut |value| {
                    let told = (name.to_owned(), shown(&text(value).unwrap_or_default()));
                    if !fields.contains(&told) {
                        fields.push(told);
                    }
                });
            }
            Some(Node::All(parts)) => parts.iter().for_each(|part| self.explain(graph, *part, event, fields)),
            Some(Node::Any(parts)) => {
                if let Some(part) = parts.iter().find(|part| self.holds(graph, **part, event)) {
                    self.explain(graph, *part, event, fields);
                }
            }
            Some(Node::Not(_)) | None => {}
        }
    }
}

fn shown(text: &str) -> String {
    let mut end = SHOWN.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
