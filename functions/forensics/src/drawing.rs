//! The reach as it is shown to people: one node a thing, few enough to look at.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Inventory, Resource, ResourceKind,
    graph::{Edge, Node, Standing},
};
use petgraph::{graph::NodeIndex, visit::EdgeRef};

use crate::reach::Reach;

/// A drawing with more nodes than this cannot be read.
const MOST_NODES: usize = 200;
/// Nor one with more edges.
const MOST_EDGES: usize = 600;

/// What is reached, by the id of its node.
#[derive(Debug)]
pub(crate) struct Drawing {
    /// Every node, the compromised ones included.
    pub(crate) nodes: BTreeMap<String, Node>,
    /// The node of each vertex.
    pub(crate) ids: BTreeMap<NodeIndex, String>,
}

impl Drawing {
    /// The drawing of a reach.
    pub(crate) fn new(account: &Inventory, reach: &Reach) -> Self {
        let steps = reach.walk(&reach.roots, |_, _| false);
        let touched: BTreeSet<NodeIndex> =
            reach.graph.edge_references().filter(|e| e.weight().observed).map(|e| e.target()).collect();
        let (mut nodes, mut ids): (BTreeMap<String, Node>, _) = (BTreeMap::new(), BTreeMap::new());
        for (at, distance) in steps {
            let vertex = &reach.graph[at];
            let resource = vertex.resource(account);
            let standing = match distance {
                0 => Standing::Compromised,
                _ if touched.contains(&at) => Standing::Touched,
                _ => Standing::Reachable,
            };
            let crown_jewel =
                distance > 0 && (vertex.is_precious(account) || reach.administrators.contains(&at));
            let id = resource.arn.clone();
            ids.insert(at, id.clone());
            let node = Node { id: id.clone(), resource, distance, standing, crown_jewel };
            let drawn = nodes.entry(id).or_insert_with(|| node.clone());
            drawn.distance = drawn.distance.min(distance);
            drawn.crown_jewel = drawn.distance > 0 && (drawn.crown_jewel || crown_jewel);
            drawn.standing = surest(drawn.standing, standing);
        }
        Self { nodes, ids }
    }

    /// What is reached beyond what is compromised.
    pub(crate) fn reachable(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().filter(|n| n.distance > 0)
    }

    /// How many reachable things there are of each kind.
    pub(crate) fn totals(&self) -> BTreeMap<String, u32> {
        let mut totals = BTreeMap::new();
        for node in self.reachable() {
            *totals.entry(plural(&node.resource).to_owned()).or_insert(0) += 1;
        }
        totals
    }

    /// The nodes and edges to show, and a note where some had to be left out. Crown jewels stay, with a shortest way
    /// to each; then what is nearest.
    pub(crate) fn cut(&self, reach: &Reach) -> (Vec<Node>, Vec<Edge>, Option<String>) {
        let mut edges = self.edges(reach);
        let mut before: BTreeMap<&str, &str> = BTreeMap::new();
        for edge in &edges {
            if self.distance(&edge.to) == self.distance(&edge.from) + 1 {
                before.entry(&edge.to).or_insert(&edge.from);
            }
        }
        let mut order: Vec<&Node> = self.nodes.values().collect();
        order.sort_by_key(|n| (n.distance > 0, !n.crown_jewel, n.distance, &n.id));
        let mut kept: BTreeSet<&str> = BTreeSet::new();
        for node in order {
            let mut way = vec![node.id.as_str()];
            while let Some(from) = way.last().and_then(|to| before.get(to)) {
                way.push(from);
            }
            way.retain(|id| !kept.contains(id));
            if kept.len() + way.len() <= MOST_NODES {
                kept.extend(way);
            }
        }
        let nodes: Vec<Node> =
            self.nodes.values().filter(|n| kept.contains(n.id.as_str())).cloned().collect();
        let kept: BTreeSet<String> = kept.into_iter().map(str::to_owned).collect();
        edges.retain(|e| kept.contains(&e.from) && kept.contains(&e.to));
        let left_out = (self.nodes.len() - nodes.len(), edges.len().saturating_sub(MOST_EDGES));
        if left_out.1 > 0 {
            edges.sort_by_key(|e| (!e.observed, self.distance(&e.from)));
            edges.truncate(MOST_EDGES);
            edges.sort_by(|a, b| (&a.from, &a.to, &a.means).cmp(&(&b.from, &b.to, &b.means)));
        }
        let note = (left_out != (0, 0))
            .then(|| format!("{} things and {} links are counted but not drawn.", left_out.0, left_out.1));
        (nodes, edges, note)
    }

    fn edges(&self, reach: &Reach) -> Vec<Edge> {
        let mut edges: BTreeMap<(&str, &str, &str), Edge> = BTreeMap::new();
        for edge in reach.graph.edge_references() {
            let (Some(from), Some(to)) = (self.ids.get(&edge.source()), self.ids.get(&edge.target())) else {
                continue;
            };
            if from == to {
                continue;
            }
            let link = edge.weight();
            let drawn = edges.entry((from, to, &link.means)).or_insert_with(|| Edge {
                from: from.clone(),
                to: to.clone(),
                means: link.means.clone(),
                because: link.because.clone(),
                observed: link.observed,
            });
            drawn.observed |= link.observed;
            drawn.because = drawn.because.clone().min(link.because.clone());
        }
        edges.into_values().collect()
    }

    fn distance(&self, id: &str) -> u32 {
        self.nodes.get(id).map_or(0, |n| n.distance)
    }
}

fn surest(a: Standing, b: Standing) -> Standing {
    let doubt = |s: Standing| match s {
        Standing::Compromised => 0,
        Standing::Touched => 1,
        Standing::Reachable => 2,
    };
    if doubt(a) <= doubt(b) { a } else { b }
}

fn plural(resource: &Resource) -> &'static str {
    match resource.kind {
        ResourceKind::User => "users",
        ResourceKind::Role => "roles",
        ResourceKind::Group => "groups",
        ResourceKind::Policy => "policies",
        ResourceKind::Instance => "instances",
        ResourceKind::Bucket => "buckets",
        ResourceKind::Secret => "secrets",
        ResourceKind::Trail => "trails",
        ResourceKind::Address => "addresses",
        _ => "others",
    }
}
