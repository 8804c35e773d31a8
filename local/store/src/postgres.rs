//! PostgreSQL: who is let in, and the lock that makes one process the owner of a database.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use agent::StoreError;
use sqlx::{ConnectOptions, Connection, PgConnection, any::AnyPoolOptions, postgres::PgConnectOptions};
use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{
    SqlStore,
    answer::{Answer, failure},
    grown,
    migrate::MIGRATIONS,
};

/// Connections kept: writers take turns, so this is for readers.
const CONNECTIONS: u32 = 8;
/// How long to wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);
/// What every connection begins with. A client that is gone must not keep the lock for hours, as it would by default; a plan
/// that was made while a table was small must not stay when it has grown; and where the server can, what is long is compressed by the
/// method that takes a fifth of the time. Whatever is asked here an index answers; the planner, who knows nothing yet of a table that
/// is being filled, would read it whole.
const SETTINGS: &str = "SET search_path = asoc, pg_temp; SET statement_timeout = '30s'; SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s'; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3; SET tcp_user_timeout = '30s'; SET plan_cache_mode = force_custom_plan;
    SET enable_seqscan = off; SET enable_hashjoin = off;
    SELECT set_config(name, 'lz4', false) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";
/// The advisory lock of the process that owns the database: "asoc" in ASCII.
const LOCK: i64 = 0x6173_6f63;
/// How often the lock is looked after.
const BEAT: Duration = Duration::from_secs(1);
/// How long whoever had the lock may take to end: one that was killed still has it for a moment.
const HANDOVER: Duration = Duration::from_secs(5);

/// Whether this process owns the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    /// It did not ask to.
    Free,
    /// It does.
    Held,
    /// It did; the connection is lost, and is being made again.
    Lost,
    /// Another process does.
    Taken,
}

/// What is needed beyond SQL that is the same everywhere.
pub(crate) struct Postgres {
    options: PgConnectOptions,
    version: String,
    hold: Arc<watch::Sender<Hold>>,
    /// Looks after the lock, and lets it go when it is dropped.
    keeper: Mutex<JoinSet<()>>,
    /// Times for which there are partitions, milliseconds.
    pub(crate) months: Mutex<Vec<Range<i64>>>,
}

impl SqlStore {
    /// Connects to a PostgreSQL database by its URL. Its schema must be the one that this program knows, and the role one that
    /// may neither alter it nor change what is on record.
    ///
    /// # Errors
    /// [`StoreError::Refused`] says what to do; [`StoreError::Unavailable`] if the server does not answer.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse().map_err(failure)?;
        // By this name the server's list of connections shows which process has the lock.
        let name = format!("asoc {} {:08x}", std::process::id(), fastrand::u32(..));
        let options = options.application_name(&name);
        let mut connection = session(&options).await?;
        let version: String =
            sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).answer().await?;
        restrained(&mut connection).await?;
        current(&mut connection).await?;
        let _ = connection.close().await;
        sqlx::any::install_default_drivers();
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| {
                Box::pin(async move { sqlx::raw_sql(SETTINGS).execute(&mut *connection).await.map(drop) })
            })
            .connect(url)
            .answer()
            .await?;
        let postgres = Postgres {
            options,
            version,
            hold: Arc::new(watch::Sender::new(Hold::Free)),
            keeper: Mutex::default(),
            months: Mutex::default(),
        };
        Self::over(pool, Some(postgres)).await
    }
}

impl Postgres {
    /// Make and version.
    pub(crate) fn make(&self) -> String {
        format!("PostgreSQL {}", self.version.split_whitespace().next().unwrap_or_default())
    }

    /// See [`SqlStore::hold`].
    pub(crate) async fn hold(&self, newest: &Arc<watch::Sender<u64>>) -> Result<(), StoreError> {
        let mut connection = session(&self.options).await?;
        if !take(&mut connection).await? {
            return Err(StoreError::Refused(TAKEN.into()));
        }
        self.hold.send_replace(Hold::Held);
        let keeper = keep(self.options.clone(), connection, self.hold.clone(), newest.clone());
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner).spawn(keeper);
        Ok(())
    }

    /// Whether this process may write.
    pub(crate) fn holds(&self) -> Result<(), StoreError> {
        match *self.hold.borrow() {
            Hold::Held => Ok(()),
            Hold::Lost => {
                Err(StoreError::Unavailable("the connection with the database's lock is lost".into()))
            }
            Hold::Taken => Err(StoreError::Refused(TAKEN.into())),
            Hold::Free => Err(StoreError::Refused("who writes to the database holds its lock first".into())),
        }
    }

    /// See [`SqlStore::taken_over`].
    pub(crate) async fn taken_over(&self) {
        let mut hold = self.hold.subscribe();
        if hold.wait_for(|hold| *hold == Hold::Taken).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets the lock go.
    pub(crate) async fn let_go(&self) {
        let mut keeper = std::mem::take(&mut *self.keeper.lock().unwrap_or_else(PoisonError::into_inner));
        keeper.shutdown().await;
        self.hold.send_replace(Hold::Free);
    }
}

const TAKEN: &str = "another asoc uses this database; one process owns a database, so stop that one first";

/// Looks after the lock as long as this is not dropped, and tells what was said in the log meanwhile: a commit whose answer was lost
/// with its connection may have said something.
async fn keep(
    options: PgConnectOptions,
    mut connection: PgConnection,
    hold: Arc<watch::Sender<Hold>>,
    newest: Arc<watch::Sender<u64>>,
) {
    loop {
        sleep(BEAT).await;
        let pid: Result<i32, _> =
            sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).answer().await;
        let Err(error) = pid else {
            let query = sqlx::query_scalar::<_, i64>("SELECT COALESCE(MAX(seq), 0) FROM messages");
            if let Ok(seq) = query.fetch_one(&mut connection).answer().await {
                grown(&newest, u64::try_from(seq).unwrap_or(0));
            }
            continue;
        };
        tracing::warn!(%error, "the connection with the database's lock is lost; nothing is written until it is back");
        hold.send_replace(Hold::Lost);
        connection = loop {
            sleep(BEAT).await;
            match again(&options).await {
                Ok(Some(connection)) => break connection,
                Ok(None) => {
                    hold.send_replace(Hold::Taken);
                    return;
                }
                Err(error) => tracing::warn!(%error, "the database does not answer"),
            }
        };
        hold.send_replace(Hold::Held);
        tracing::info!("the database's lock is back");
    }
}

/// Takes the lock on a new connection; none if another process has it. What the server still believes to be the old connection
/// is ended first: it bears our name.
async fn again(options: &PgConnectOptions) -> Result<Option<PgConnection>, StoreError> {
    let mut connection = session(options).await?;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = current_setting('application_name') AND usename = current_user AND pid <> pg_backend_pid()",
    )
    .execute(&mut connection)
    .answer()
    .await?;
    Ok(take(&mut connection).await?.then_some(connection))
}

/// Whether the lock could be taken.
async fn take(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let begin = Instant::now();
    loop {
        let query = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK);
        let taken: bool = query.fetch_one(&mut *connection).answer().await?;
        if taken || begin.elapsed() > HANDOVER {
            return Ok(taken);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// A connection outside of the pool.
async fn session(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let mut connection = options.connect().answer().await?;
    sqlx::raw_sql(SETTINGS).execute(&mut connection).answer().await?;
    Ok(connection)
}

/// Refuses a role that could change what is on record.
async fn restrained(connection: &mut PgConnection) -> Result<(), StoreError> {
    let (name, superuser, owner): (String, bool, bool) = sqlx::query_as(
        "SELECT current_user::text, rolsuper,
                EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'asoc' AND pg_has_role(current_user, c.relowner, 'MEMBER'))
                OR pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER')
         FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(connection)
    .answer()
    .await?;
    let what = match (superuser, owner) {
        (true, _) => "is a superuser",
        (false, true) => "owns the database or its tables",
        (false, false) => return Ok(()),
    };
    Err(StoreError::Refused(format!(
        "the role `{name}` of DATABASE_URL {what} and could change the audit trail; run `asoc migrate --app-role NAME` with this \
         URL, and everything else with the URL of the role NAME"
    )))
}

/// Refuses a schema that is not the one that this program knows.
async fn current(connection: &mut PgConnection) -> Result<(), StoreError> {
    const MIGRATE: &str = "run `asoc migrate` with the URL of the database's owner";
    let (there, readable): (bool, bool) = sqlx::query_as(
        "SELECT c.oid IS NOT NULL, COALESCE(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), FALSE)
         FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = 'asoc'
         LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = '_sqlx_migrations'",
    )
    .fetch_one(&mut *connection)
    .answer()
    .await?;
    if !there {
        return Err(StoreError::Refused(format!("the database has no tables of A-SOC yet: {MIGRATE}")));
    }
    if !readable {
        return Err(StoreError::Refused(format!(
            "the role of DATABASE_URL may not use the tables of A-SOC: {MIGRATE} and `--app-role` with this role's name"
        )));
    }
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(connection)
            .answer()
            .await?;
    let known: Vec<_> = MIGRATIONS.iter().map(|m| (m.version, m.checksum.to_vec())).collect();
    if applied == known {
        return Ok(());
    }
    Err(StoreError::Refused(match (applied.last(), known.last()) {
        (Some((applied, _)), Some((known, _))) if applied > known => format!(
            "the database's schema ({applied}) is newer than the one that this program knows ({known}): use a newer asoc"
        ),
        _ => format!("the database's schema is not the one that this program knows: {MIGRATE}"),
    }))
}
