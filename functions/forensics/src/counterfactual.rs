//! What each action would change: how much less is reached, what is protected, and which actions it takes.

use std::{collections::BTreeSet, net::IpAddr};

use domain::{
    Action,
    graph::{Breakage, Counterfactual},
    plan::PlannedAction,
};
use petgraph::graph::NodeIndex;

use crate::{
    drawing::Drawing,
    reach::{Channel, Link, Reach, Vertex},
};

/// Up to so many effective actions, every set of them is tried; of more, one is dropped after the other.
const EXHAUSTIVE: usize = 10;

/// What each of these actions would change, in their order; what it would break is asked of `breaks`.
pub(crate) fn of(
    reach: &Reach,
    drawing: &Drawing,
    actions: &[&PlannedAction],
    breaks: impl Fn(&Action) -> Vec<Breakage>,
) -> Vec<Counterfactual> {
    let all: Vec<&Action> = actions.iter().map(|a| &a.action).collect();
    let reached = |applied: &[&Action]| things(drawing, &left(reach, applied));
    let before = reached(&[]);
    let needed = smallest_cut(reach, &all);
    actions
        .iter()
        .enumerate()
        .map(|(place, planned)| {
            let after = reached(&[&planned.action]);
            let cut = before.difference(&after).filter_map(|id| drawing.nodes.get(*id));
            Counterfactual {
                action: planned.id.clone(),
                reachable_before: count(before.len()),
                reachable_after: count(after.len()),
                protects: cut.filter(|n| n.crown_jewel).map(|n| n.id.clone()).collect(),
                breaks: breaks(&planned.action),
                recommended: needed.contains(&place),
            }
        })
        .collect()
}

/// How many things stay within reach when all of these actions are applied.
pub(crate) fn reachable_after(reach: &Reach, drawing: &Drawing, actions: &[&PlannedAction]) -> u32 {
    let all: Vec<&Action> = actions.iter().map(|a| &a.action).collect();
    count(things(drawing, &left(reach, &all)).len())
}

/// Crown jewels that stay within reach when all of these actions are applied.
pub(crate) fn unprotected(reach: &Reach, drawing: &Drawing, actions: &[&PlannedAction]) -> Vec<String> {
    let all: Vec<&Action> = actions.iter().map(|a| &a.action).collect();
    let left = left(reach, &all);
    let things = things(drawing, &left).into_iter().filter_map(|id| drawing.nodes.get(id));
    things.filter(|n| n.crown_jewel).map(|n| n.resource.name.clone()).collect()
}

/// What the attacker would have or reach once these actions are applied together.
fn left(reach: &Reach, applied: &[&Action]) -> BTreeSet<NodeIndex> {
    let starts: Vec<NodeIndex> =
        reach.held.iter().copied().filter(|at| !is_disarmed(reach, applied, &reach.graph[*at])).collect();
    let walked = reach.walk(&starts, |from, link| {
        // That somebody came with a key which is off says nothing any more.
        let came_with_key = link.observed && matches!(from, Vertex::Origin(_));
        applied.iter().any(|a| severs(a, from, link))
            || (came_with_key && has_lost_its_keys(reach, applied, &link.to))
    });
    walked.into_keys().collect()
}

/// Nodes beyond the compromised ones.
fn things<'a>(drawing: &'a Drawing, left: &BTreeSet<NodeIndex>) -> BTreeSet<&'a str> {
    let ids = left.iter().filter_map(|at| drawing.ids.get(at));
    ids.filter(|id| drawing.nodes.get(*id).is_some_and(|n| n.distance > 0)).map(String::as_str).collect()
}

/// Whether these actions together take this out of the attacker's hands.
pub(crate) fn is_disarmed(reach: &Reach, applied: &[&Action], vertex: &Vertex) -> bool {
    applied.iter().any(|a| disarms(a, vertex)) || has_lost_its_keys(reach, applied, vertex)
}

/// Whether the attacker has a user by access keys alone, and all of them are off. Who may make another key has the user
/// again, so this takes no link away.
fn has_lost_its_keys(reach: &Reach, applied: &[&Action], vertex: &Vertex) -> bool {
    let Vertex::User(name) = vertex else { return false };
    let is_off = |key: &String| applied.iter().any(|action| is_of_key(action, name, key));
    reach.keys.get(name).is_some_and(|keys| keys.iter().all(is_off))
}

fn is_of_key(action: &Action, name: &str, key: &str) -> bool {
    matches!(action, Action::DeactivateAccessKey { user, access_key } if user == name && access_key == key)
}

/// Whether an action by itself takes this out of the attacker's hands.
fn disarms(action: &Action, vertex: &Vertex) -> bool {
    match (action, vertex) {
        (Action::RevokeIamUser { user }, Vertex::User(name)) => user == name,
        // Only sessions that exist are denied: whoever may still assume the role has it again.
        (Action::RevokeRoleSessions { role }, Vertex::Session(name)) => role == name,
        (Action::IsolateInstance { instance }, Vertex::Instance(id) | Vertex::Neighbour(id)) => {
            instance == id
        }
        _ => false,
    }
}

/// Whether an action takes this link away.
fn severs(action: &Action, from: &Vertex, link: &Link) -> bool {
    if disarms(action, from) || disarms(action, &link.to) {
        return true;
    }
    match (action, &link.channel) {
        (Action::BlockIp { cidr, network_acl: blocked }, Channel::Door { network_acl }) => {
            let Vertex::Origin(origin) = from else { return false };
            blocked == network_acl && origin.parse::<IpAddr>().is_ok_and(|ip| cidr.contains(&ip))
        }
        (Action::BlockPublicAccess { bucket }, Channel::Public) => link.to == Vertex::Bucket(bucket.clone()),
        _ => false,
    }
}

/// Places of the fewest actions that together leave no more than all of them do. What the attacker holds counts as much
/// as what they could reach from it.
fn smallest_cut(reach: &Reach, actions: &[&Action]) -> BTreeSet<usize> {
    let uncut = left(reach, &[]);
    let goal = left(reach, actions);
    let effective: Vec<usize> =
        (0..actions.len()).filter(|i| has_effect(reach, actions[*i], &uncut)).collect();
    let is_enough = |places: &[usize]| {
        let applied: Vec<&Action> = places.iter().map(|i| actions[*i]).collect();
        left(reach, &applied) == goal
    };
    let mut kept = effective.clone();
    if effective.len() <= EXHAUSTIVE {
        let mut sets: Vec<u32> = (0..1 << effective.len()).collect();
        sets.sort_by_key(|set| (set.count_ones(), *set));
        let pick = |set: u32| -> Vec<usize> {
            effective.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, i)| *i).collect()
        };
        kept = sets.into_iter().map(pick).find(|places| is_enough(places)).unwrap_or(kept);
    } else {
        // The ones that cut least by themselves are the first to be tried without.
        let mut order = effective;
        order.sort_by_key(|i| (std::cmp::Reverse(left(reach, &[actions[*i]]).len()), std::cmp::Reverse(*i)));
        for place in order {
            let without: Vec<usize> = kept.iter().copied().filter(|i| *i != place).collect();
            if is_enough(&without) {
                kept = without;
            }
        }
    }
    kept.into_iter().collect()
}

/// Whether an action takes anything away at all, if perhaps only together with others.
fn has_effect(reach: &Reach, action: &Action, uncut: &BTreeSet<NodeIndex>) -> bool {
    uncut.iter().any(|at| {
        let vertex = &reach.graph[*at];
        let takes_a_key = matches!(vertex, Vertex::User(name)
            if reach.keys.get(name).is_some_and(|keys| keys.iter().any(|key| is_of_key(action, name, key))));
        takes_a_key
            || disarms(action, vertex)
            || reach.graph.edges(*at).any(|e| severs(action, vertex, e.weight()))
    })
}

fn count(things: usize) -> u32 {
    u32::try_from(things).unwrap_or(u32::MAX)
}
