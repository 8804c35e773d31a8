//! A language model's opinion, asked for while gathering and weighed while deciding.
//!
//! The model reads hostile text, so what it answers is hostile too. It may raise a risk within a bound, and show why with
//! words that stand in the event. It cannot lower a risk, and touches neither level, playbook nor techniques.

mod case;

use std::{collections::BTreeMap, time::Duration};

use agent::{Ctx, Model, ModelError, State};
use domain::{Case, Digest, Event, Finding, FindingId, Opined, Opinion, Raise, Risk, Time, Usage};
use serde::{Deserialize, Serialize};

use crate::{memory::Memory, score, weights};

/// For how long an opinion on the same case is used again, in seconds.
const KEPT_SECONDS: i64 = 7 * 24 * 60 * 60;
/// For how long it is known what a day cost, in seconds.
const SPEND_SECONDS: i64 = 35 * 24 * 60 * 60;
/// How long an answer is waited for: other alerts wait meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest explanation, name of a model and quote, in characters; and most quotes.
const EXPLANATION: usize = 1_000;
const MODEL: usize = 64;
const QUOTES: usize = 8;

/// What was asked of a model about an alert, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    /// Opinions, by finding.
    pub opinions: BTreeMap<FindingId, Answer>,
    /// Questions that were sent, answered or not.
    pub asked: u64,
    /// Why there is no opinion where there could be one.
    pub unavailable: Option<String>,
}

/// An opinion, and where it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The state that keeps it.
    pub key: String,
    /// What was said.
    pub opined: Opined,
    /// Whether it was said before, about an equal case, and cost nothing now.
    pub kept: bool,
}

impl Consulted {
    /// Whether nobody was asked.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What a day cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Spend {
    asked: u64,
    usage: Usage,
}

/// The cases that are worth an opinion, the highest risk first: neither what is harmless nor what is certain. Drills too, as
/// what a drill leaves out is never rehearsed.
pub(crate) fn cases(found: &[(usize, Finding)], events: &[Event], limits: &weights::Model) -> Vec<Case> {
    let mut worth: Vec<&(usize, Finding)> = found
        .iter()
        .filter(|(_, finding)| {
            let points = finding.risk.points();
            (limits.from..=limits.to).contains(&points) && !score::is_quiet(finding.level, i32::from(points))
        })
        .collect();
    worth.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.risk));
    let worth = worth.into_iter().take(limits.per_alert);
    worth.filter_map(|(place, finding)| Some(case::of(finding, events.get(*place)?))).collect()
}

/// Asks a model about these cases, as far as the day's budget goes; with the states that were read for it. What fails is
/// noted and costs nothing but the opinion.
pub(crate) async fn consult(
    ctx: &Ctx,
    model: &dyn Model,
    cases: &[Case],
    limits: &weights::Model,
    now: Time,
) -> anyhow::Result<(Consulted, Vec<State>)> {
    let mut consulted = Consulted::default();
    if cases.is_empty() {
        return Ok((consulted, Vec::new()));
    }
    let mut keys: Vec<String> = cases.iter().map(key).collect();
    keys.push(day(now));
    let states: Vec<State> = ctx.store.states(&keys, now).await?.into_iter().flatten().collect();
    let memory = Memory::new(&states);
    let spend: Spend = memory.recall(&day(now)).unwrap_or_default();
    let mut left = limits.per_day.saturating_sub(spend.asked);
    if spend.usage.micro_dollars >= limits.dollars_per_day.saturating_mul(1_000_000) {
        left = 0;
    }
    let mut open = Vec::new();
    for (case, key) in cases.iter().zip(keys) {
        match memory.recall::<Opined>(&key) {
            Some(opined) => {
                consulted.opinions.insert(case.finding.clone(), Answer { key, opined, kept: true });
            }
            None if consulted.asked == left => {
                consulted.unavailable = Some("what may be asked a day is used up".into());
            }
            None => {
                consulted.asked += 1;
                open.push(async move { (case, key, ask(model, case).await) });
            }
        }
    }
    for (case, key, answer) in futures::future::join_all(open).await {
        match answer {
            Ok(opined) => {
                let opined = bounded(opined, case);
                consulted.opinions.insert(case.finding.clone(), Answer { key, opined, kept: false });
            }
            Err(error) => consulted.unavailable = Some(cut(&error.to_string(), EXPLANATION)),
        }
    }
    Ok((consulted, states))
}

async fn ask(model: &dyn Model, case: &Case) -> Result<Opined, ModelError> {
    let patience = tokio::time::timeout(PATIENCE, model.opine(case)).await;
    patience.unwrap_or_else(|_| Err(ModelError::Unavailable(format!("no answer in {PATIENCE:?}"))))
}

/// Puts an opinion on a finding, as far as it is sound.
pub(crate) fn apply(finding: &mut Finding, event: &Event, consulted: &Consulted, limits: &weights::Model) {
    let Some(answer) = consulted.opinions.get(&finding.id) else { return };
    let opined = bounded(answer.opined.clone(), &case::of(finding, event));
    let room = i32::from(Risk::MAX.points() - finding.risk.points());
    let points = i32::from(opined.opinion.raise.points()).min(limits.most).min(room);
    if points > 0 {
        let why = format!("{} holds that it weighs more than its parts.", opined.model);
        finding.contributions.push(score::part("model's opinion", points, why));
        finding.risk = Risk::of(&finding.contributions);
    }
    finding.opinion = Some(Opinion { raise: Raise::new(i64::from(points)), ..opined.opinion });
}

/// Keeps new opinions, and what they cost.
pub(crate) fn remember(consulted: &Consulted, memory: &mut Memory<'_>, now: Time) {
    if consulted.asked == 0 {
        return;
    }
    let mut spend: Spend = memory.recall(&day(now)).unwrap_or_default();
    spend.asked = spend.asked.saturating_add(consulted.asked);
    for Answer { key, opined, .. } in consulted.opinions.values().filter(|answer| !answer.kept) {
        let Usage { input_tokens, output_tokens, micro_dollars } = opined.usage;
        spend.usage.input_tokens = spend.usage.input_tokens.saturating_add(input_tokens);
        spend.usage.output_tokens = spend.usage.output_tokens.saturating_add(output_tokens);
        spend.usage.micro_dollars = spend.usage.micro_dollars.saturating_add(micro_dollars);
        memory.remember(key.clone(), opined, now.plus_seconds(KEPT_SECONDS));
    }
    memory.remember(day(now), &spend, now.plus_seconds(SPEND_SECONDS));
}

/// The state that keeps what is said about all cases that read the same.
fn key(case: &Case) -> String {
    let Case { finding: _, title, description, level, risk, contributions, fields } = case;
    format!("opinion/{}", Digest::of_json(&(title, description, level, risk, contributions, fields)))
}

/// The state that holds what this day (UTC) cost.
fn day(now: Time) -> String {
    format!("model-spend/{}", now.to_string().get(..10).unwrap_or_default())
}

/// An opinion of bounded size, without what could deceive a terminal or a page, and with those quotes only that stand in the
/// case word for word.
fn bounded(mut opined: Opined, case: &Case) -> Opined {
    opined.model = cut(&opined.model, MODEL);
    let opinion = &mut opined.opinion;
    opinion.explanation = cut(&opinion.explanation, EXPLANATION);
    opinion.quotes.retain(|quote| {
        let is_said =
            |(field, value): &(String, String)| *field == quote.field && value.contains(&quote.text);
        !quote.text.trim().is_empty() && case.fields.iter().any(is_said)
    });
    opinion.quotes.truncate(QUOTES);
    opined
}

/// Text of bounded length in which control and formatting characters are blanks.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if is_plain(c) { c } else { ' ' }).collect::<String>().trim().to_owned()
}

/// Whether a character only ever shows itself, as against one that moves others about or is not seen.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        && !matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests;
