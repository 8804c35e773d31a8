//! How far an attacker could get: a graph of what leads to what, walked breadth first from what they have.
//!
//! The graph is laid out only as far as it is reached. Every action only ever takes links away from it, so that what
//! an action would change is the same walk with some links severed.

mod network;
mod observed;
mod power;
mod roots;
mod vertex;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use domain::{Incident, Inventory};
use petgraph::{
    graph::{DiGraph, NodeIndex},
    visit::EdgeRef,
};

pub(crate) use vertex::{Vertex, arn_of_role, arn_of_user};

use crate::{
    attacker::Attacker,
    iam::{self, Caller, Identity, Issued, ResourcePolicies},
    text::clip,
};

/// The graph is not laid out beyond so many things.
const LARGEST: usize = 5_000;
/// Nor with more links.
const MOST_LINKS: usize = 50_000;

const CUT: &str = "So much is reachable that not all of it was followed: the counts are too low.";

/// What leads from one thing to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    /// Where to.
    pub(crate) to: Vertex,
    /// By which means: `sts:AssumeRole`, `instance profile`, `network tcp/5432`.
    pub(crate) means: String,
    /// What says so, for people.
    pub(crate) because: String,
    /// What it runs over: this is what actions sever.
    pub(crate) channel: Channel,
    /// Whether the history shows it.
    pub(crate) observed: bool,
}

/// What a link runs over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Channel {
    /// Calls to AWS with the credential it starts from.
    Power,
    /// The instance metadata service.
    Profile,
    /// The network inside a VPC.
    Network,
    /// The internet, past this network ACL.
    Door {
        /// The network ACL of the subnet.
        network_acl: String,
    },
    /// Public access to a bucket.
    Public,
}

impl Link {
    fn new(to: Vertex, means: impl Into<String>, because: impl Into<String>, channel: Channel) -> Self {
        Self { to, means: means.into(), because: clip(&because.into(), 400), channel, observed: false }
    }
}

/// What an attacker has, and what leads on from there.
#[derive(Debug)]
pub(crate) struct Reach {
    /// Things, and what leads from one to another.
    pub(crate) graph: DiGraph<Vertex, Link>,
    /// What the incident is about.
    pub(crate) roots: Vec<NodeIndex>,
    /// What the attacker has by now, the roots included: taking the way to it away does not take it back.
    pub(crate) held: Vec<NodeIndex>,
    /// Users that are held by nothing but these access keys, by name.
    pub(crate) keys: BTreeMap<String, BTreeSet<String>>,
    /// Administrators among the vertices.
    pub(crate) administrators: BTreeSet<NodeIndex>,
    /// What could not be seen.
    pub(crate) blind_spots: BTreeSet<String>,
}

impl Reach {
    /// How far the attacker of this incident could get in this account.
    pub(crate) fn new(account: &Inventory, incident: &Incident, attacker: &Attacker<'_>) -> Self {
        let policies = ResourcePolicies::of(account);
        let mut layout = Layout {
            reach: Reach {
                graph: DiGraph::new(),
                roots: Vec::new(),
                held: Vec::new(),
                keys: attacker.keys.clone(),
                administrators: BTreeSet::new(),
                blind_spots: BTreeSet::from([iam::UNSEEN.to_owned()]),
            },
            places: BTreeMap::new(),
            waiting: VecDeque::new(),
        };
        layout.reach.blind_spots.extend(policies.blind_spots());
        let (roots, unseen) = roots::of(account, &policies, incident, attacker);
        layout.reach.blind_spots.extend(unseen);
        layout.reach.roots = roots.into_iter().filter_map(|root| layout.place(root)).collect();
        let seen = observed::of(account, attacker);
        let held = seen.held.into_iter().filter_map(|thing| layout.place(thing)).collect::<BTreeSet<_>>();
        layout.reach.held = held.into_iter().chain(layout.reach.roots.iter().copied()).collect();
        layout.reach.held.sort_unstable();
        layout.reach.held.dedup();

        while let Some(at) = layout.waiting.pop_front() {
            if layout.reach.graph.edge_count() >= MOST_LINKS {
                layout.reach.blind_spots.insert(CUT.to_owned());
                break;
            }
            let vertex = layout.reach.graph[at].clone();
            let mut links = layout.links_from(account, &policies, attacker, at, &vertex);
            for link in seen.links.get(&vertex).into_iter().flatten() {
                match links.iter_mut().find(|l| l.to == link.to && l.means == link.means) {
                    Some(known) => {
                        known.observed = true;
                        known.because = clip(&format!("{}; {}", known.because, link.because), 400);
                    }
                    None => links.push(link.clone()),
                }
            }
            links.sort();
            links.dedup_by(|a, b| (&a.to, &a.means) == (&b.to, &b.means) && a.channel == b.channel);
            for link in links.into_iter().filter(|l| l.to != vertex) {
                if let Some(to) = layout.place(link.to.clone()) {
                    layout.reach.graph.add_edge(at, to, link);
                }
            }
        }
        let mut reach = layout.reach;
        // What the history shows in their hands is compromised, even where it does not show how they came by it.
        let shown = reach.walk(&reach.roots, |_, _| false);
        reach.roots.extend(reach.held.iter().filter(|at| !shown.contains_key(at)));
        reach
    }

    /// What is reached from `starts`, with the least number of steps, if the links that `severed` picks were gone.
    pub(crate) fn walk(
        &self,
        starts: &[NodeIndex],
        severed: impl Fn(&Vertex, &Link) -> bool,
    ) -> BTreeMap<NodeIndex, u32> {
        let mut steps: BTreeMap<NodeIndex, u32> = starts.iter().map(|at| (*at, 0)).collect();
        let mut waiting: VecDeque<NodeIndex> = starts.iter().copied().collect();
        while let Some(at) = waiting.pop_front() {
            let next = steps.get(&at).map_or(0, |n| n + 1);
            let mut onward: Vec<_> = self
                .graph
                .edges(at)
                .filter(|e| !severed(&self.graph[at], e.weight()))
                .map(|e| e.target())
                .collect();
            onward.sort_unstable();
            for to in onward {
                steps.entry(to).or_insert_with(|| {
                    waiting.push_back(to);
                    next
                });
            }
        }
        steps
    }
}

/// A reach in the making.
struct Layout {
    reach: Reach,
    places: BTreeMap<Vertex, NodeIndex>,
    waiting: VecDeque<NodeIndex>,
}

impl Layout {
    fn place(&mut self, vertex: Vertex) -> Option<NodeIndex> {
        if let Some(at) = self.places.get(&vertex) {
            return Some(*at);
        }
        if self.places.len() >= LARGEST {
            self.reach.blind_spots.insert(CUT.to_owned());
            return None;
        }
        let at = self.reach.graph.add_node(vertex.clone());
        self.places.insert(vertex, at);
        self.waiting.push_back(at);
        Some(at)
    }

    fn links_from(
        &mut self,
        account: &Inventory,
        policies: &ResourcePolicies,
        attacker: &Attacker<'_>,
        at: NodeIndex,
        vertex: &Vertex,
    ) -> Vec<Link> {
        let identity = match vertex {
            Vertex::User(name) => Identity::user(account, name),
            Vertex::Group(name) => Identity::group(account, name),
            Vertex::Role(name) => Identity::role(account, name, Issued::Anew),
            Vertex::Session(name) => {
                let known = attacker.sessions.get(&arn_of_role(account, name));
                Identity::role(account, name, known.map_or(Issued::Anew, |s| Issued::By(s.issued)))
            }
            Vertex::Root => return vec![power::of_root()],
            Vertex::Administrator => return power::of_administrator(account),
            Vertex::Origin(origin) => {
                let mut links = network::from_origin(account, origin);
                links.extend(power::public_buckets(account, policies));
                return links;
            }
            Vertex::Instance(id) => {
                let mut links = network::from_instance(account, id);
                links.extend(power::profile(account, id));
                return links;
            }
            Vertex::Neighbour(_) | Vertex::Bucket(_) | Vertex::Secret(_) | Vertex::Other(_) => None,
        };
        let Some(identity) = identity else { return Vec::new() };
        self.reach.blind_spots.extend(identity.blind_spots.iter().cloned());
        if let Some(grant) = identity.administrator() {
            self.reach.administrators.insert(at);
            return vec![Link::new(Vertex::Administrator, "administrator", grant.because, Channel::Power)];
        }
        let (arn, id) = match vertex {
            Vertex::User(name) => (
                arn_of_user(account, name),
                account.users.get(name).map(|u| u.id.clone()).unwrap_or_default(),
            ),
            Vertex::Role(name) | Vertex::Session(name) => (
                arn_of_role(account, name),
                account.roles.get(name).map(|r| r.id.clone()).unwrap_or_default(),
            ),
            _ => Default::default(),
        };
        let caller = Caller { account: &account.account_id, arn: &arn, id: &id };
        power::of_identity(account, policies, vertex, &identity, caller)
    }
}
