//! The connection: bounded waiting, a pause after each failure, and a new generation after each gap.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    time::{Duration, Instant},
};

use anyhow::Context;
use redis::{Client, FromRedisValue, Pipeline, RedisError, aio::MultiplexedConnection};
use tokio::time::timeout;

/// An answer takes a fraction of a millisecond; past this the cache is given up for a while.
const ANSWER: Duration = Duration::from_millis(500);
/// How long it is left alone after a failure, so that not every request waits for it.
const PAUSE: Duration = Duration::from_secs(3);

/// A cache in Redis. Cheap to clone.
#[derive(Clone)]
pub struct Cache(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    client: Client,
    link: Mutex<Link>,
    /// Tells this process's keys from those of any other.
    process: String,
    /// Commits that write states take turns with what they leave in the cache, so that it is left in the order of commits.
    pub(crate) order: tokio::sync::Mutex<()>,
    /// Grows with each change of who may come in; see `sessions.rs`.
    pub(crate) people: AtomicU64,
}

struct Link {
    generation: u64,
    state: State,
}

enum State {
    Up(MultiplexedConnection),
    Down { until: Instant, why: String },
}

impl Cache {
    /// The Redis at this address: `redis://` or, encrypted, `rediss://`, with user and password if it wants them. It need not be
    /// there yet.
    ///
    /// # Errors
    /// If this is no address, or the system gives no random bytes.
    pub fn new(address: &str) -> anyhow::Result<Self> {
        // The error is left out, because it may repeat the address, which may hold a password.
        let client = Client::open(address).ok().context(
            "REDIS_URL is no address of a Redis; give one such as redis://localhost:6379 or rediss://user:password@host:6380",
        )?;
        // Whichever libraries are built in, this is the one that encrypts; if it was chosen before, all is well.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut nonce = [0u8; 8];
        getrandom::fill(&mut nonce).context("the system gives no random bytes")?;
        let state = State::Down { until: Instant::now(), why: "it was not asked yet".to_owned() };
        Ok(Self(Arc::new(Inner {
            client,
            link: Mutex::new(Link { generation: 0, state }),
            process: hex::encode(nonce),
            order: tokio::sync::Mutex::default(),
            people: AtomicU64::new(0),
        })))
    }

    /// Looks whether Redis answers.
    pub async fn probe(&self) {
        let _: Option<(String,)> = self.ask(|pipe, _| pipe.cmd("PING")).await;
    }

    /// Why the store is asked directly for now; nothing while Redis answers.
    pub fn degraded(&self) -> Option<String> {
        match &self.link().state {
            State::Up(_) => None,
            State::Down { why, .. } => Some(format!("Redis does not answer: {why}")),
        }
    }

    /// Sends commands, once, and gives what they answer, as a tuple; nothing, if there is no answer in time. `build` is handed what the
    /// names of keys begin with.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        build: impl for<'p> FnOnce(&'p mut Pipeline, &str) -> &'p mut Pipeline,
    ) -> Option<T> {
        let (generation, mut connection) = self.connection().await?;
        let mut pipe = redis::pipe();
        build(&mut pipe, &format!("asoc:{}-{generation}", self.0.process));
        let why = match timeout(ANSWER, pipe.query_async(&mut connection)).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => reason(&error),
            Err(_) => late(),
        };
        self.lost(generation, why);
        None
    }

    /// Begins anew, with nothing in the cache.
    pub(crate) fn forget(&self) {
        self.link().generation += 1;
    }

    async fn connection(&self) -> Option<(u64, MultiplexedConnection)> {
        let generation = {
            let mut link = self.link();
            let generation = link.generation;
            match &mut link.state {
                State::Up(connection) => return Some((generation, connection.clone())),
                State::Down { until, .. } if Instant::now() < *until => return None,
                // One tries; the others go on without.
                State::Down { until, .. } => *until = Instant::now() + PAUSE,
            }
            generation
        };
        let connecting = timeout(ANSWER, self.0.client.get_multiplexed_async_connection()).await;
        let connection = match connecting {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => {
                self.lost(generation, reason(&error));
                return None;
            }
            Err(_) => {
                self.lost(generation, late());
                return None;
            }
        };
        let mut link = self.link();
        link.generation += 1;
        link.state = State::Up(connection.clone());
        tracing::info!("Redis answers");
        Some((link.generation, connection))
    }

    /// Gives the connection up, if it is still that of this generation.
    fn lost(&self, generation: u64, why: String) {
        let mut link = self.link();
        if link.generation != generation {
            return;
        }
        tracing::warn!(why, "degraded: Redis does not answer, and the store is asked directly");
        link.generation += 1;
        link.state = State::Down { until: Instant::now() + PAUSE, why };
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.0.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("degraded", &self.degraded()).finish_non_exhaustive()
    }
}

fn late() -> String {
    format!("no answer in {} ms", ANSWER.as_millis())
}

/// What is wrong, in few words.
fn reason(error: &RedisError) -> String {
    error.to_string().chars().filter(|c| !c.is_control()).take(200).collect()
}
