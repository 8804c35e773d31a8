//! How one observation changes a window.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    rule::{Correlation, Kind},
    window::{Burst, Seen, State, Window},
};

/// The most bursts that are remembered of one group; they all lie within timespan and lateness.
const MOST_BURSTS: usize = 32;

/// A window met the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// When its burst began: the end of the first window that was reported of it. This names the burst among those of its
    /// group, and stays the same for all that is reported of it. Milliseconds since 1970, as all times here.
    pub since: i64,
    /// The end of this window.
    pub until: i64,
    /// How much was counted in this window. It is exact as long as the condition could tell the difference; beyond that,
    /// there are at least so many.
    pub count: usize,
    /// Whether nothing was reported of this burst before. A burst ends when a window does not meet the condition, or is
    /// empty. What a late observation joins is one burst from there on, under the older name.
    pub fresh: bool,
}

/// Adds an observation, and looks at each window that it stands in.
pub(super) fn advance(rule: &Correlation, at: i64, token: u64, window: &mut Window) -> Option<Fired> {
    let mut state = window.open();
    let newest = state.seen.last().map_or(at, |seen| seen.at.max(at));
    let settled = newest.saturating_sub(rule.lateness);
    if at < settled {
        return None;
    }
    let seen = Seen::new(at, token);
    match state.seen.binary_search(&seen) {
        Ok(_) => return again(rule, at, &state),
        Err(place) => state.seen.insert(place, seen),
    }
    let fired = fire(rule, at, &mut state);
    forget(rule, settled, &mut state);
    window.keep(&state);
    fired
}

/// Looks at the windows in which an observation of this time stands. The first that meets the condition is told of; with
/// all that do, it belongs to one burst, as they share that observation.
fn fire(rule: &Correlation, at: i64, state: &mut State) -> Option<Fired> {
    let found = satisfied(rule, &state.seen, at, at.saturating_add(rule.timespan));
    let (&(first, count), &(last, _)) = (found.first()?, found.last()?);
    // A neighbour that was reported belongs to the same burst, unless the window was empty in between.
    let before = state.seen.iter().rev().map(|seen| seen.at).find(|before| *before < first);
    let before = before.filter(|before| first.saturating_sub(*before) <= rule.timespan).unwrap_or(first);
    let after = state.seen.iter().map(|seen| seen.at).find(|after| *after > last);
    let after = after.filter(|after| after.saturating_sub(last) <= rule.timespan).unwrap_or(last);
    let mut burst = Burst { first, last, since: first };
    let mut fresh = true;
    state.bursts.retain(|known| {
        let is_same = known.first <= after && known.last >= before;
        if is_same {
            burst.since = if fresh { known.since } else { burst.since.min(known.since) };
            burst.first = burst.first.min(known.first);
            burst.last = burst.last.max(known.last);
            fresh = false;
        }
        !is_same
    });
    let place = state.bursts.partition_point(|known| known.first < burst.first);
    state.bursts.insert(place, burst);
    Some(Fired { since: burst.since, until: first, count, fresh })
}

/// What is said of an observation that was there before.
fn again(rule: &Correlation, at: i64, state: &State) -> Option<Fired> {
    let found = satisfied(rule, &state.seen, at, at.saturating_add(rule.timespan));
    let &(until, count) = found.first()?;
    let burst = state.bursts.iter().find(|burst| (burst.first..=burst.last).contains(&until));
    Some(Fired { since: burst.map_or(until, |burst| burst.since), until, count, fresh: false })
}

/// The times from `from` to `to` at which a window ends that meets the condition, and what is counted in it.
fn satisfied(rule: &Correlation, seen: &[Seen], from: i64, to: i64) -> Vec<(i64, usize)> {
    let start = seen.partition_point(|seen| seen.at < from.saturating_sub(rule.timespan));
    let end = seen.partition_point(|seen| seen.at <= to);
    let seen = seen.get(start..end).unwrap_or_default();
    let counts = match rule.kind {
        Kind::TemporalOrdered => in_order(rule, seen),
        _ => distinct(rule, seen),
    };
    let ends = seen.iter().zip(counts).enumerate().filter(|(n, (entry, _))| {
        let is_last_of_its_time = seen.get(n + 1).is_none_or(|next| next.at > entry.at);
        entry.at >= from && is_last_of_its_time
    });
    let ends = ends.map(|(_, (entry, count))| (entry.at, count));
    ends.filter(|(_, count)| *count > 0 && rule.condition.holds(*count)).collect()
}

/// For each entry: how many different tokens lie in the window that ends with it.
fn distinct(rule: &Correlation, seen: &[Seen]) -> Vec<usize> {
    let mut window: HashMap<u64, usize> = HashMap::new();
    let mut leaving = seen.iter().peekable();
    let count = |entry: &Seen| {
        *window.entry(entry.token).or_default() += 1;
        let start = entry.at.saturating_sub(rule.timespan);
        while let Some(gone) = leaving.next_if(|oldest| oldest.at < start) {
            if let Some(times) = window.get_mut(&gone.token) {
                *times -= 1;
                if *times == 0 {
                    window.remove(&gone.token);
                }
            }
        }
        window.len()
    };
    seen.iter().map(count).collect()
}

/// For each entry: all rules, if they came in their order in the window that ends with it, else none.
fn in_order(rule: &Correlation, seen: &[Seen]) -> Vec<usize> {
    let rules = rule.rules.len();
    let mut chains = Chains::new(rules);
    let count = |(place, entry): (usize, &Seen)| {
        chains.add(place, entry);
        let whole =
            chains.start_of_whole().is_some_and(|start| start >= entry.at.saturating_sub(rule.timespan));
        if whole { rules } else { 0 }
    };
    seen.iter().enumerate().map(count).collect()
}

/// For each number of rules, from the first on: the entries that had them in their order, and began as late as can be.
struct Chains(Vec<Option<(i64, Vec<usize>)>>);

impl Chains {
    fn new(rules: usize) -> Self {
        Self(vec![None; rules])
    }

    fn add(&mut self, place: usize, entry: &Seen) {
        let member = entry.token as usize;
        let mut chain = match member.checked_sub(1) {
            None => Some((entry.at, Vec::new())),
            Some(before) => self.0.get(before).cloned().flatten(),
        };
        if let (Some(best), Some((start, places))) = (self.0.get_mut(member), &mut chain)
            && best.as_ref().is_none_or(|(known, _)| *known <= *start)
        {
            places.push(place);
            *best = chain;
        }
    }

    fn start_of_whole(&self) -> Option<i64> {
        self.0.last()?.as_ref().map(|(start, _)| *start)
    }
}

/// Forgets what cannot matter any more. Before `settled` nothing new can come, so that only the newest tokens of that part
/// matter, as many as the condition can count. A group with more observations since than a window holds gets less time to
/// be late, and what comes in order is still answered exactly.
fn forget(rule: &Correlation, settled: i64, state: &mut State) {
    let useful = settled.saturating_sub(rule.timespan);
    state.seen.retain(|seen| seen.at >= useful);
    state.bursts.retain(|burst| burst.last >= useful);
    let too_many = state.bursts.len().saturating_sub(MOST_BURSTS);
    state.bursts.drain(..too_many);
    settle(rule, state.seen.partition_point(|seen| seen.at < settled), &mut state.seen);
    if state.seen.len() > limit(rule) {
        settle(rule, state.seen.len() - limit(rule) / 2, &mut state.seen);
    }
}

/// How many observations the condition needs of those before which nothing new can come.
fn needed(rule: &Correlation) -> usize {
    match rule.kind {
        Kind::TemporalOrdered => rule.rules.len() * (rule.rules.len() + 1) / 2 + 1,
        _ => rule.condition.enough(),
    }
}

/// The most observations that a window holds.
pub(super) fn limit(rule: &Correlation) -> usize {
    2 * needed(rule) + 64
}

/// Keeps what is needed of the observations before this place.
fn settle(rule: &Correlation, end: usize, seen: &mut Vec<Seen>) {
    if end <= needed(rule) {
        return;
    }
    let settled = seen.get(..end).unwrap_or_default();
    let useful: BTreeSet<usize> = match rule.kind {
        Kind::TemporalOrdered => {
            let mut chains = Chains::new(rule.rules.len());
            settled.iter().enumerate().for_each(|(place, entry)| chains.add(place, entry));
            // The newest one tells what the next stands beside.
            chains.0.into_iter().flatten().flat_map(|(_, places)| places).chain([end - 1]).collect()
        }
        _ => {
            let mut tokens = HashSet::new();
            let newest = settled.iter().enumerate().rev().filter(|(_, entry)| tokens.insert(entry.token));
            newest.take(rule.condition.enough()).map(|(place, _)| place).collect()
        }
    };
    let mut place = 0..;
    seen.retain(|_| place.next().is_none_or(|place| place >= end || useful.contains(&place)));
}
