//! What several events mean together: windows of correlations, remembered between alerts and folded in order of event time.

use std::collections::{BTreeSet, HashMap};

use agent::{Ctx, State};
use domain::{Event, Time, finding::Matched};
use sigma::{Fired, Observation, RuleSet, Window};

use crate::{
    assess::Claimed,
    claim::{Claim, by_rule, shorten},
    memory::Memory,
};

/// What an event says to a correlation, with the event's place.
pub(crate) type Said = (usize, Observation);

/// Folds what was said into the windows that are remembered. Each burst makes a claim about the event that began it.
pub(crate) fn fold(
    rules: &RuleSet,
    events: &[Event],
    said: &[Said],
    memory: &mut Memory<'_>,
    drill: bool,
    now: Time,
) -> Vec<Claimed> {
    let mut windows: HashMap<String, (Window, Time)> = HashMap::new();
    let mut claims = Vec::new();
    let mut ahead = said.to_vec();
    // The latest is at the bottom, and what fired is told to other correlations before anything later is.
    ahead.sort_by_key(|(place, observation)| std::cmp::Reverse((observation.at, *place)));
    while let Some((place, observation)) = ahead.pop() {
        let Some(correlation) = rules.correlations().get(observation.correlation) else { continue };
        let key = key(&observation, drill);
        let (window, expires) =
            windows.entry(key).or_insert_with_key(|key| (memory.recall(key).unwrap_or_default(), now));
        let end = now.max(Time::from_millis(observation.at)).plus_seconds(correlation.retention() / 1000 + 1);
        *expires = end.max(*expires);
        let Some(fired) = rules.correlations().advance(&observation, window) else { continue };
        let chained = rules.correlations().chain(&observation, &fired);
        ahead.extend(chained.into_iter().map(|observation| (place, observation)));
        let rule = rules.observed_by(&observation).filter(|rule| rule.raises && fired.fresh);
        if let (Some(rule), Some(event)) = (rule, events.get(place)) {
            claims.push((place, claim(rule, event, &observation, &fired)));
        }
    }
    for (key, (window, expires)) in windows {
        memory.remember(key, &window, expires);
    }
    claims
}

/// The windows that folding takes. What fires is told to further correlations, so that which they are shows only while
/// folding: it is done again until all of them were read.
pub(crate) async fn windows(
    ctx: &Ctx,
    rules: &RuleSet,
    events: &[Event],
    said: &[Said],
    mut states: Vec<State>,
    drill: bool,
) -> anyhow::Result<Vec<State>> {
    let mut asked = BTreeSet::new();
    loop {
        let now = ctx.clock.now();
        let mut memory = Memory::new(&states);
        fold(rules, events, said, &mut memory, drill, now);
        let open: Vec<String> = memory.changed().filter(|key| !asked.contains(*key)).cloned().collect();
        if open.is_empty() {
            return Ok(states);
        }
        let read = ctx.store.states(&open, now).await?;
        states.extend(read.into_iter().flatten());
        asked.extend(open);
    }
}

/// The state that keeps the window of an observation. Drills have windows of their own.
fn key(observation: &Observation, drill: bool) -> String {
    let kind = if drill { "correlation-of-drills" } else { "correlation" };
    format!("{kind}/{}", observation.key)
}

/// The claim. All that fires in one burst is one finding: its name is made of rule, group and when the burst began.
pub(crate) fn claim(rule: &sigma::Rule, event: &Event, observation: &Observation, fired: &Fired) -> Claim {
    let group = observation.key.values().iter().filter_map(|value| {
        Some(Matched { field: shorten(&value.field), value: shorten(value.text.as_ref()?) })
    });
    let count = Matched { field: "counted together".into(), value: fired.count.to_string() };
    Claim {
        burst: Some(format!("{}/{}", observation.key, fired.since)),
        ..by_rule(event, rule, group.chain([count]).collect())
    }
}
