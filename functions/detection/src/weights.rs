//! How many points each part of a risk gives: `policies/risk/weights.yaml`.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use domain::{Level, Raise, attack::TACTICS};
use serde::{Deserialize, Serialize};

/// Points by part. All are 0 to 100, but for those that speak for less, which are -100 to 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// By level, rising.
    pub level: Levels,
    /// By ATT&CK tactic, each of them named.
    pub stage: BTreeMap<String, i32>,
    /// What whoever acted may do.
    pub power: Powers,
    /// What it touched.
    pub worth: Worth,
    /// What else the principal did lately.
    pub related: Related,
    /// What the principal never did before.
    pub novelty: Novelty,
    /// A match with an indicator.
    pub intelligence: i32,
    /// What a model's opinion counts, and when it is asked for.
    pub model: Model,
    /// It was refused.
    pub failed: i32,
    /// AWS itself did it.
    pub service: i32,
}

/// Points by level.
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    pub informational: i32,
    pub low: i32,
    pub medium: i32,
    pub high: i32,
    pub critical: i32,
}

/// Points by power over the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Powers {
    /// It may do everything.
    pub administrator: i32,
    /// It can give itself more than it has.
    pub escalates: i32,
}

/// Points by what is touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worth {
    /// A resource that is tagged as a crown jewel.
    pub crown_jewel: i32,
}

/// Points for related findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Related {
    /// For each other kind of finding.
    pub each: i32,
    /// For all of them at most.
    pub most: i32,
}

/// Points for behaviour that was never seen before, by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Novelty {
    /// An operation.
    pub api: i32,
    /// A network.
    pub network: i32,
    /// A region.
    pub region: i32,
    /// A kind of client.
    pub agent: i32,
    /// For all kinds at most.
    pub most: i32,
}

/// A model's opinion: its bound, and what may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The most an opinion adds, 0 to [`Raise::MAX`].
    pub most: i32,
    /// Findings of a lower risk are not worth it.
    pub from: u8,
    /// Those of a higher risk need no opinion.
    pub to: u8,
    /// Findings an alert.
    pub per_alert: usize,
    /// Questions a day (UTC), answered or not.
    pub per_day: u64,
    /// US dollars a day (UTC).
    pub dollars_per_day: u64,
}

impl Weights {
    /// Reads them. A file that misses one, names one that does not exist, or holds numbers that contradict each other is
    /// refused with the reason.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let weights: Self = yaml_serde::from_str(text).context("this does not have the form of weights")?;
        weights.check()?;
        Ok(weights)
    }

    /// What a claim of this level starts from.
    pub fn level(&self, level: Level) -> i32 {
        match level {
            Level::Informational => self.level.informational,
            Level::Low => self.level.low,
            Level::Medium => self.level.medium,
            Level::High => self.level.high,
            Level::Critical => self.level.critical,
        }
    }

    /// What serving this tactic adds.
    pub fn stage(&self, tactic: &str) -> i32 {
        self.stage.get(tactic).copied().unwrap_or(0)
    }

    /// Whether they contradict each other.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for tactic in self.stage.keys() {
            ensure!(TACTICS.contains(&tactic.as_str()), "stage: {tactic} is not a tactic of ATT&CK");
        }
        for tactic in TACTICS {
            ensure!(self.stage.contains_key(tactic), "stage: {tactic} is missing");
        }
        let Levels { informational, low, medium, high, critical } = self.level;
        ensure!(
            [informational, low, medium, high, critical].is_sorted(),
            "level: points must rise from informational to critical"
        );
        let raising = [
            ("level", vec![informational, critical]),
            ("stage", self.stage.values().copied().collect()),
            ("power", vec![self.power.administrator, self.power.escalates]),
            ("worth", vec![self.worth.crown_jewel]),
            ("related", vec![self.related.each, self.related.most]),
            ("novelty", {
                let Novelty { api, network, region, agent, most } = self.novelty;
                vec![api, network, region, agent, most]
            }),
            ("intelligence", vec![self.intelligence]),
            ("model", vec![self.model.most]),
        ];
        for (part, points) in raising {
            ensure!(
                points.iter().all(|points| (0..=100).contains(points)),
                "{part}: points must be 0 to 100"
            );
        }
        for (part, points) in [("failed", self.failed), ("service", self.service)] {
            ensure!((-100..=0).contains(&points), "{part}: points must be -100 to 0, as it speaks for less");
        }
        let bound = i32::from(Raise::MAX.points());
        ensure!(self.model.most <= bound, "model: an opinion adds at most {bound} points");
        ensure!(
            self.model.from <= self.model.to && self.model.to <= 100,
            "model: from..to must be in 0 to 100"
        );
        Ok(())
    }
}
