//! How well a risk tells attacks from everyday work, measured on labelled records; and weights that would do better.
//!
//! One labelled item is a record, or a whole scenario, with all that was found in it. Its risk is that of its highest finding,
//! 0 if nothing was found.

mod fit;
mod measure;

use std::collections::BTreeMap;

use domain::{Contribution, Finding, Level};
use serde::Serialize;

use crate::weights::Weights;

/// What was found in labelled items, and by which weights it was scored.
#[derive(Clone, Debug)]
pub struct Calibration {
    scored: Weights,
    items: Vec<Item>,
    parts: BTreeMap<String, Means>,
}

/// How well a risk tells the two apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Malicious items.
    pub malicious: usize,
    /// Benign ones.
    pub benign: usize,
    /// Share of pairs of a malicious and a benign item in which the malicious one has the higher risk, a tie counting half;
    /// nothing if one of the two is missing.
    pub auc: Option<f64>,
    /// By risk from which on an item is taken for malicious: 0, 5, … 100.
    pub thresholds: Vec<Threshold>,
    /// By tenth of the risk: whether a risk of 70 means 70 of 100.
    pub reliability: Vec<Band>,
    /// Mean points of each part over all findings of malicious and of benign items, by name; 0 where a finding lacks it. As
    /// the findings were scored.
    pub parts: BTreeMap<String, Measure>,
}

/// What becomes of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// Items of this risk or a higher one are taken for malicious.
    pub risk: u8,
    /// Share of those that are; nothing if there are none.
    pub precision: Option<f64>,
    /// Share of the malicious items among those; nothing if there are no malicious items.
    pub recall: Option<f64>,
}

/// Items of a tenth of the scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Band {
    /// The lowest risk in it.
    pub from: u8,
    /// The highest risk in it.
    pub to: u8,
    /// Its items.
    pub items: usize,
    /// Share of them that are malicious; nothing if there are no items.
    pub malicious: Option<f64>,
}

/// A mean over findings of malicious items, and one over those of benign items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Measure {
    /// Over findings of malicious items.
    pub malicious: f64,
    /// Over findings of benign items.
    pub benign: f64,
}

/// Parts of a risk that are weighed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Stage,
    Power,
    Worth,
    Related,
    Novelty,
    Intelligence,
    Model,
    Failed,
    Service,
}

const GROUPS: [Group; 9] = [
    Group::Stage,
    Group::Power,
    Group::Worth,
    Group::Related,
    Group::Novelty,
    Group::Intelligence,
    Group::Model,
    Group::Failed,
    Group::Service,
];

/// A labelled item, as much of it as weighing takes.
#[derive(Clone, Debug)]
struct Item {
    malicious: bool,
    findings: Vec<Weighed>,
}

/// A finding: its level, and the points of each group as they were scored.
#[derive(Clone, Copy, Debug)]
struct Weighed {
    level: Level,
    points: [i32; GROUPS.len()],
}

/// Sums of points over findings.
#[derive(Clone, Copy, Debug, Default)]
struct Means {
    malicious: i64,
    benign: i64,
}

impl Calibration {
    /// From labelled items: whether each is malicious, and what was found in it by these weights.
    pub fn of(labelled: impl Iterator<Item = (bool, Vec<Finding>)>, scored: Weights) -> Self {
        let (mut items, mut parts) = (Vec::new(), BTreeMap::<String, Means>::new());
        for (malicious, findings) in labelled {
            for part in findings.iter().flat_map(|finding| &finding.contributions) {
                let sums = parts.entry(part.name.clone()).or_default();
                let sum = if malicious { &mut sums.malicious } else { &mut sums.benign };
                *sum += i64::from(part.points);
            }
            items.push(Item { malicious, findings: findings.iter().map(Weighed::of).collect() });
        }
        Self { scored, items, parts }
    }

    /// How well these weights tell the two apart. Those by which the findings were scored give the risks that they have.
    pub fn report(&self, weights: &Weights) -> Report {
        let scale = Scale::between(&self.scored, weights);
        let risks: Vec<(bool, u8)> =
            self.items.iter().map(|item| (item.malicious, scale.risk(item))).collect();
        measure::report(&risks, self.means())
    }

    /// Weights that do better on these items: near those by which they were scored, no sign changed, levels in order. The
    /// same ones if there are none, or if one of the two labels is missing.
    pub fn fit(&self) -> Weights {
        fit::fit(&self.items, &self.scored)
    }

    fn means(&self) -> BTreeMap<String, Measure> {
        let findings = |malicious: bool| {
            let items = self.items.iter().filter(move |item| item.malicious == malicious);
            items.map(|item| item.findings.len()).sum::<usize>().max(1)
        };
        let (malicious, benign) = (findings(true), findings(false));
        #[allow(clippy::cast_precision_loss)] // Points are few, and so are findings.
        let mean = |sum: i64, count: usize| sum as f64 / count as f64;
        let measure = |sums: &Means| Measure {
            malicious: mean(sums.malicious, malicious),
            benign: mean(sums.benign, benign),
        };
        self.parts.iter().map(|(name, sums)| (name.clone(), measure(sums))).collect()
    }
}

impl Weighed {
    fn of(finding: &Finding) -> Self {
        let mut points = [0; GROUPS.len()];
        for (group, points) in GROUPS.into_iter().zip(&mut points) {
            let parts = finding.contributions.iter().filter(|part| group_of(part) == Some(group));
            *points = parts.map(|part| part.points).sum();
        }
        Self { level: finding.level, points }
    }
}

/// Which group a part belongs to; none for what the level gives, and for what is taken back at the ends of the scale.
fn group_of(part: &Contribution) -> Option<Group> {
    Some(match part.name.as_str() {
        "ATT&CK stage" => Group::Stage,
        "principal's power" => Group::Power,
        "resource's worth" => Group::Worth,
        "related findings" => Group::Related,
        "baseline novelty" => Group::Novelty,
        "intelligence match" => Group::Intelligence,
        "model's opinion" => Group::Model,
        "failed attempt" => Group::Failed,
        "service principal" => Group::Service,
        _ => return None,
    })
}

/// What each group's points were scored by: its largest weight.
fn weight_of(group: Group, weights: &Weights) -> i32 {
    match group {
        Group::Stage => weights.stage.values().copied().max().unwrap_or(0),
        Group::Power => weights.power.administrator.max(weights.power.escalates),
        Group::Worth => weights.worth.crown_jewel,
        Group::Related => weights.related.most,
        Group::Novelty => weights.novelty.most,
        Group::Intelligence => weights.intelligence,
        Group::Model => weights.model.most,
        Group::Failed => weights.failed,
        Group::Service => weights.service,
    }
}

/// What points that were scored by some weights are by others.
struct Scale<'a> {
    weights: &'a Weights,
    ratios: [f64; GROUPS.len()],
}

impl<'a> Scale<'a> {
    fn between(scored: &Weights, weights: &'a Weights) -> Self {
        let ratio = |group: Group| match weight_of(group, scored) {
            0 => 0.0,
            was => f64::from(weight_of(group, weights)) / f64::from(was),
        };
        Self { weights, ratios: GROUPS.map(ratio) }
    }

    fn risk(&self, item: &Item) -> u8 {
        item.findings.iter().map(|finding| self.risk_of(finding)).max().unwrap_or(0)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It is held to 0..=100.
    fn risk_of(&self, finding: &Weighed) -> u8 {
        let parts = finding.points.iter().zip(self.ratios);
        let parts: f64 = parts.map(|(points, ratio)| (f64::from(*points) * ratio).round()).sum();
        (f64::from(self.weights.level(finding.level)) + parts).clamp(0.0, 100.0) as u8
    }
}

#[cfg(test)]
mod tests;
