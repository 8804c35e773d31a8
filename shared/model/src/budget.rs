//! What may be spent a day.

use std::sync::{Arc, Mutex, PoisonError};

use agent::{Clock, ModelError};
use domain::{Time, Usage};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
const MILLION: u64 = 1_000_000;

/// What a million tokens cost, in millionths of a dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// Read.
    pub input: u64,
    /// Written.
    pub output: u64,
}

impl Prices {
    /// What these tokens cost in millionths of a dollar, rounded up.
    pub fn of(&self, input_tokens: u64, output_tokens: u64) -> u64 {
        let input = input_tokens.saturating_mul(self.input);
        input.saturating_add(output_tokens.saturating_mul(self.output)).div_ceil(MILLION)
    }
}

/// What the present UTC day has taken so far, what is reserved for open requests included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// In and out together.
    pub tokens: u64,
    /// Millionths of a dollar; 0 where prices are not known.
    pub micro_dollars: u64,
}

/// A day's budget. Each request reserves the worst case before it is sent, and settles what it really took. This process
/// alone keeps it: a restart begins anew.
pub(crate) struct Budget {
    tokens: u64,
    micro_dollars: Option<u64>,
    prices: Option<Prices>,
    clock: Arc<dyn Clock>,
    /// The day, counted from 1970-01-01, and what it took.
    day: Mutex<(i64, Spent)>,
}

/// What is set aside for one request. Dropped unsettled it stays spent: the provider may have done the work.
#[must_use]
pub(crate) struct Reservation<'a> {
    budget: &'a Budget,
    day: i64,
    held: Spent,
}

impl Budget {
    pub(crate) fn new(
        tokens: u64,
        micro_dollars: Option<u64>,
        prices: Option<Prices>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { tokens, micro_dollars, prices, clock, day: Mutex::default() }
    }

    /// What the present day has taken.
    pub(crate) fn spent(&self) -> Spent {
        self.today(|_, spent| *spent)
    }

    /// What these tokens cost.
    pub(crate) fn usage(&self, input_tokens: u64, output_tokens: u64) -> Usage {
        let micro_dollars = self.prices.map_or(0, |prices| prices.of(input_tokens, output_tokens));
        Usage { input_tokens, output_tokens, micro_dollars }
    }

    /// Sets the worst case of one request aside.
    pub(crate) fn reserve(&self, worst: Usage) -> Result<Reservation<'_>, ModelError> {
        let held = total(worst);
        self.today(|day, spent| {
            let after = Spent {
                tokens: spent.tokens.saturating_add(held.tokens),
                micro_dollars: spent.micro_dollars.saturating_add(held.micro_dollars),
            };
            if after.tokens > self.tokens {
                return Err(ModelError::Budget(format!("{} of {} tokens today", spent.tokens, self.tokens)));
            }
            if let Some(limit) = self.micro_dollars.filter(|limit| after.micro_dollars > *limit) {
                let spent = spent.micro_dollars;
                return Err(ModelError::Budget(format!("{spent} of {limit} micro-dollars today")));
            }
            *spent = after;
            Ok(Reservation { budget: self, day, held })
        })
    }

    fn today<T>(&self, f: impl FnOnce(i64, &mut Spent) -> T) -> T {
        let today = day_of(self.clock.now());
        let mut guard = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that is set back must not give a day's budget twice.
        if today > guard.0 {
            *guard = (today, Spent::default());
        }
        let (day, spent) = &mut *guard;
        f(*day, spent)
    }
}

impl Reservation<'_> {
    /// Replaces the worst case by what it really took.
    pub(crate) fn settle(self, usage: Usage) {
        let took = total(usage);
        self.budget.today(|day, spent| {
            if day == self.day {
                spent.tokens = spent.tokens.saturating_sub(self.held.tokens).saturating_add(took.tokens);
                spent.micro_dollars = spent
                    .micro_dollars
                    .saturating_sub(self.held.micro_dollars)
                    .saturating_add(took.micro_dollars);
            }
        });
    }
}

fn total(usage: Usage) -> Spent {
    Spent {
        tokens: usage.input_tokens.saturating_add(usage.output_tokens),
        micro_dollars: usage.micro_dollars,
    }
}

fn day_of(time: Time) -> i64 {
    time.millis().div_euclid(DAY_MILLIS)
}
