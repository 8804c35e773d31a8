//! How much an event or an incident matters.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A risk from 0 (none) to 100 (act now). Messages carry it as a `risk_score` from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = u8, minimum = 0, maximum = 100)]
pub struct Risk(u8);

impl Risk {
    /// The highest risk.
    pub const MAX: Risk = Risk(100);

    /// This many points, held to 0..=100.
    pub fn new(points: i64) -> Self {
        Self(u8::try_from(points.clamp(0, 100)).unwrap_or(100))
    }

    /// The sum of contributions, held to 0..=100.
    pub fn of(contributions: &[Contribution]) -> Self {
        Self::new(contributions.iter().map(|c| i64::from(c.points)).sum())
    }

    /// 0 to 100.
    pub fn points(self) -> u8 {
        self.0
    }

    /// 0.0 to 1.0.
    pub fn score(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl<'de> Deserialize<'de> for Risk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let points = u8::deserialize(deserializer)?;
        if points > 100 {
            return Err(serde::de::Error::custom(format!("a risk is 0 to 100, not {points}")));
        }
        Ok(Self(points))
    }
}

/// One named part of a risk. The parts of a finding add up to its risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contribution {
    /// What contributes, such as `rule level` or `principal's power`.
    pub name: String,
    /// Points it adds; negative where it lowers.
    pub points: i32,
    /// Why, in a sentence that names the evidence.
    pub why: String,
}
