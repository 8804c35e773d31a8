//! What a language model says about a finding. It is shown a case, answers with an opinion, and is trusted with nothing: an
//! opinion may raise a risk by a few points and explain it, and that is all.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{Contribution, FindingId, Level, Risk};

/// A finding as a model is shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The finding.
    pub finding: FindingId,
    /// The rule's title.
    pub title: String,
    /// Why it matters, from the rule.
    pub description: String,
    /// The rule's level.
    pub level: Level,
    /// The risk before the model was asked.
    pub risk: Risk,
    /// What that risk is made of. The reasons quote the event: hostile text.
    pub contributions: Vec<Contribution>,
    /// Fields of the event, by path and value as text. Hostile text; cut, and what looks like a secret is left out.
    pub fields: Vec<(String, String)>,
}

/// What a model makes of a case. Hostile text, as the case that it read was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Opinion {
    /// By how much the risk should be raised.
    pub raise: Raise,
    /// Why, for people.
    pub explanation: String,
    /// What in the event it rests on.
    pub quotes: Vec<Quote>,
}

/// Points by which an opinion raises a risk, from 0 to [`Raise::MAX`]: there is no way to say that a risk is lower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = u8, minimum = 0, maximum = 20)]
pub struct Raise(u8);

impl Raise {
    /// The most that any opinion counts.
    pub const MAX: Raise = Raise(20);

    /// So many points, held to 0..=20.
    pub fn new(points: i64) -> Self {
        Self(u8::try_from(points.clamp(0, i64::from(Self::MAX.0))).unwrap_or(Self::MAX.0))
    }

    /// 0 to 20.
    pub fn points(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Raise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let points = u8::deserialize(deserializer)?;
        if points > Self::MAX.0 {
            return Err(serde::de::Error::custom(format!("a raise is 0 to {}, not {points}", Self::MAX.0)));
        }
        Ok(Self(points))
    }
}

/// A piece of a field, literally.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// The field's path, as in [`Case::fields`].
    pub field: String,
    /// What stands in it.
    pub text: String,
}

/// An opinion with what it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opined {
    /// The opinion.
    pub opinion: Opinion,
    /// What it cost.
    pub usage: Usage,
    /// The model that was asked, by its provider's name for it.
    pub model: String,
}

/// What asking a model took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// The price in millionths of a US dollar.
    pub micro_dollars: u64,
}
