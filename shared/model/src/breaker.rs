//! A circuit breaker: a provider that is down is left alone for a while.

use std::sync::{Arc, Mutex, PoisonError};

use agent::{Clock, ModelError};
use domain::Time;

/// So many questions in a row without an answer open it.
const FAILURES: u32 = 5;
/// For so long nothing is asked then.
const COOL_DOWN_SECONDS: i64 = 30;

pub(crate) struct Breaker {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
enum State {
    /// Questions pass; so many in a row had no answer.
    Closed(u32),
    /// Nothing passes until then, and one question after that.
    Open(Time),
    /// That one question is being asked.
    Probing,
}

/// Leave to ask. Dropped after [`Pass::asking`] without [`Pass::answered`] it counts as a failure, whatever ended it.
#[must_use]
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Unasked,
    Asking,
    Answered,
}

impl Breaker {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new(State::Closed(0)) }
    }

    /// Leave to ask one question.
    pub(crate) fn enter(&self) -> Result<Pass<'_>, ModelError> {
        let now = self.clock.now();
        self.with(|state| match *state {
            State::Closed(_) => Ok(false),
            State::Open(until) if now >= until => {
                *state = State::Probing;
                Ok(true)
            }
            State::Open(until) => Err(ModelError::Unavailable(format!("it is left alone until {until}"))),
            State::Probing => Err(ModelError::Unavailable("it is being tried again".into())),
        })
        .map(|is_probe| Pass { breaker: self, is_probe, stage: Stage::Unasked })
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Pass<'_> {
    /// The question is sent now.
    pub(crate) fn asking(&mut self) {
        self.stage = Stage::Asking;
    }

    /// The provider answered, well or badly.
    pub(crate) fn answered(&mut self) {
        self.stage = Stage::Answered;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let now = self.breaker.clock.now();
        let open = State::Open(now.plus_seconds(COOL_DOWN_SECONDS));
        self.breaker.with(|state| {
            *state = match (*state, self.stage) {
                // Who asked before it opened has no say in when it closes.
                (State::Open(_), _) => *state,
                (State::Probing, _) if !self.is_probe => *state,
                (State::Probing, Stage::Unasked) => State::Open(now),
                (State::Probing, Stage::Asking) => open,
                (State::Closed(_), Stage::Unasked) => *state,
                (State::Closed(failures), Stage::Asking) if failures + 1 < FAILURES => {
                    State::Closed(failures + 1)
                }
                (State::Closed(_), Stage::Asking) => open,
                (_, Stage::Answered) => State::Closed(0),
            };
        });
    }
}
