//! Numbers as rules and events write them.

use crate::test::Comparison;

/// A finite number. Whole ones are compared as such, because account numbers do not fit into a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Number {
    whole: Option<i128>,
    /// The bits of the nearest float.
    bits: u64,
}

impl Number {
    /// Reads a text that is a number as a whole.
    pub(crate) fn read(text: &str) -> Option<Self> {
        // Everything that is a number begins like one; `inf` and `nan` do not.
        if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
            return None;
        }
        let float = text.parse::<f64>().ok().filter(|float| float.is_finite())?;
        // Adding zero makes of minus zero what it is equal to.
        Some(Self { whole: text.parse().ok(), bits: (float + 0.0).to_bits() })
    }

    /// The nearest float; equal numbers have equal ones.
    pub(crate) fn bits(self) -> u64 {
        self.bits
    }

    /// Whether the number that the text is compares so with this one.
    pub(crate) fn compares(self, comparison: Comparison, text: &str) -> bool {
        let Some(other) = Self::read(text) else { return false };
        let order = match (other.whole, self.whole) {
            (Some(other), Some(own)) => Some(other.cmp(&own)),
            _ => f64::from_bits(other.bits).partial_cmp(&f64::from_bits(self.bits)),
        };
        order.is_some_and(|order| match comparison {
            Comparison::Equal => order.is_eq(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        })
    }
}
