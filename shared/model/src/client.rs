//! Asks for an opinion.

use std::{sync::Arc, time::Duration};

use agent::{Clock, Model, ModelError};
use async_trait::async_trait;
use domain::{Case, Digest, Opined, Usage};
use serde_json::Value;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout_at},
};

use crate::{
    Config, ConfigError, Spent,
    answer::{self, Reader},
    breaker::{Breaker, Pass},
    budget::Budget,
    cache::Cache,
    http::{Api, Fault, FaultKind},
    prompt::{self, Prompt},
    provider::{Ending, Reply},
};

/// Requests for one opinion.
const TRIES: u32 = 3;
/// The wait before the second request, where the provider says none; it doubles from there.
const BACKOFF: Duration = Duration::from_millis(250);
/// A token is at least so many bytes of what is sent here, on average.
const BYTES_PER_TOKEN: u64 = 3;

/// A language model behind a provider's API.
pub struct Client {
    config: Config,
    clock: Arc<dyn Clock>,
    api: Api,
    reader: Reader,
    slots: Semaphore,
    budget: Budget,
    breaker: Breaker,
    cache: Cache,
}

/// A question on its way.
struct Question<'a> {
    case: &'a Case,
    body: Value,
    end: Instant,
    pass: Pass<'a>,
    /// What it took so far, over all tries.
    usage: Usage,
}

/// Why there is no opinion yet, and whether another request may bring one.
struct Failed {
    error: ModelError,
    next: Next,
}

enum Next {
    /// It will not.
    Stop,
    /// It may: this answer was no opinion, another may be. Once.
    Again,
    /// It may, after this time if the provider said one.
    Wait(Option<Duration>),
}

impl Client {
    /// Asks as the configuration says. The clock tells the day of the budget and how old things are.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            api: Api::new(&config)?,
            reader: Reader::new(config.max_raise)?,
            slots: Semaphore::new(config.concurrency.clamp(1, 64)),
            budget: Budget::new(
                config.daily_tokens,
                config.daily_micro_dollars,
                config.prices,
                clock.clone(),
            ),
            breaker: Breaker::new(clock.clone()),
            cache: Cache::new(clock.clone()),
            clock,
            config,
        })
    }

    /// What the present UTC day has taken so far.
    pub fn spent(&self) -> Spent {
        self.budget.spent()
    }

    /// What an opinion depends on. The finding's id is not part of it: the same case twice is the same question.
    fn key(&self, case: &Case) -> Digest {
        let asked = (prompt::VERSION, self.config.provider.name(), &self.config.model, self.config.max_raise);
        let rule = (&case.title, &case.description, case.level, case.risk, &case.contributions);
        Digest::of_json(&(asked, rule, &case.fields))
    }

    async fn ask(&self, case: &Case) -> Result<Opined, ModelError> {
        let end = Instant::now() + self.config.timeout;
        let _slot = timeout_at(end, self.slots.acquire())
            .await
            .map_err(|_| ModelError::Unavailable("too many questions at a time".into()))?
            .map_err(|_| ModelError::Unavailable("it is shut down".into()))?;
        let prompt = Prompt::of(case, self.config.max_raise)
            .map_err(|_| ModelError::Unavailable("there is no randomness for a fence".into()))?;
        let schema = answer::schema(self.config.max_raise);
        let mut question = Question {
            case,
            body: self.config.provider.question(&self.config, &prompt, schema),
            end,
            pass: self.breaker.enter()?,
            usage: Usage::default(),
        };

        let (mut tries, mut is_second) = (0, false);
        loop {
            tries += 1;
            let Failed { error, next } = match self.try_once(&mut question).await {
                Ok(opined) => return Ok(opined),
                Err(failed) => failed,
            };
            let wait = match next {
                Next::Stop => return Err(error),
                Next::Again if is_second => return Err(error),
                Next::Again => {
                    is_second = true;
                    Duration::ZERO
                }
                Next::Wait(wait) => wait.unwrap_or_else(|| backoff(tries)),
            };
            // Who has no time to wait as long as asked gives up: to come early is what the provider asked not to do.
            if tries == TRIES || wait >= end.saturating_duration_since(Instant::now()) {
                return Err(error);
            }
            sleep(wait).await;
        }
    }

    async fn try_once(&self, question: &mut Question<'_>) -> Result<Opined, Failed> {
        let estimate = (question.body.to_string().len() as u64).div_ceil(BYTES_PER_TOKEN);
        let worst = self.budget.usage(estimate, u64::from(self.config.max_output_tokens));
        let reserved = self.budget.reserve(worst).map_err(|error| Failed { error, next: Next::Stop })?;
        question.pass.asking();
        let began = Instant::now();
        let limit = question.end.saturating_duration_since(began);
        let reply = self.api.ask(&question.body, limit, self.clock.now()).await;

        let usage = match &reply {
            Ok(reply) => self.budget.usage(reply.input_tokens, reply.output_tokens),
            Err(fault) if fault.is_charged => worst,
            Err(_) => Usage::default(),
        };
        reserved.settle(usage);
        question.usage = sum(question.usage, usage);
        if reply.is_ok() {
            question.pass.answered();
        }
        let outcome = self.judge(reply, question);
        tracing::info!(
            model.provider = self.config.provider.name(),
            model.name = self.config.model,
            model.outcome =
                outcome.as_ref().map_or_else(|failed| failed.error.to_string(), |_| "an opinion".into()),
            model.millis = began.elapsed().as_millis() as u64,
            model.input_tokens = usage.input_tokens,
            model.output_tokens = usage.output_tokens,
            model.micro_dollars = usage.micro_dollars,
            "a model was asked"
        );
        outcome
    }

    /// What a reply, or its absence, comes to.
    fn judge(&self, reply: Result<Reply, Fault>, question: &Question<'_>) -> Result<Opined, Failed> {
        let (error, next) = match reply.map(|reply| reply.ending) {
            Ok(Ending::Text(text)) => match self.reader.read(&text, question.case) {
                Ok(opinion) => {
                    let model = self.config.model.clone();
                    return Ok(Opined { opinion, usage: question.usage, model });
                }
                Err(why) => (ModelError::Invalid(why.into()), Next::Again),
            },
            Ok(Ending::Other) => (ModelError::Invalid("it is not a text".into()), Next::Again),
            // It would be cut again.
            Ok(Ending::Cut) => (ModelError::Invalid("it is cut at its bound of tokens".into()), Next::Stop),
            Ok(Ending::Refused) => (ModelError::Refused("by its own judgement".into()), Next::Stop),
            Err(Fault { what, kind: FaultKind::Transient(wait), .. }) => {
                (ModelError::Unavailable(what), Next::Wait(wait))
            }
            Err(Fault { what, kind: FaultKind::Rejected, .. }) => (ModelError::Refused(what), Next::Stop),
            Err(Fault { what, kind: FaultKind::Unreadable, .. }) => (ModelError::Invalid(what), Next::Again),
        };
        Err(Failed { error, next })
    }
}

#[async_trait]
impl Model for Client {
    async fn opine(&self, case: &Case) -> Result<Opined, ModelError> {
        self.cache.get_or_ask(&self.key(case), self.ask(case)).await
    }
}

fn sum(one: Usage, other: Usage) -> Usage {
    Usage {
        input_tokens: one.input_tokens.saturating_add(other.input_tokens),
        output_tokens: one.output_tokens.saturating_add(other.output_tokens),
        micro_dollars: one.micro_dollars.saturating_add(other.micro_dollars),
    }
}

/// Half of an exponentially growing time, and a random part of the other half, so that clients do not come back at once.
fn backoff(tries: u32) -> Duration {
    let half = BACKOFF * 2_u32.saturating_pow(tries.saturating_sub(1)) / 2;
    let random = getrandom::u32().unwrap_or(u32::MAX);
    half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
