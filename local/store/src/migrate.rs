//! Bringing a PostgreSQL database's schema up to date as its owner, and saying what the application's role may do.

use agent::StoreError;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, migrate::Migrator};

use crate::answer::Answer;

/// The schema that this program knows.
pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");
/// The advisory lock of whoever migrates: "migr" in ASCII.
const LOCK: i64 = 0x6d69_6772;
/// Where Debian's `libpq` and this agree that a password's characters mean themselves (RFC 4013 leaves them alone).
const PLAIN: std::ops::RangeInclusive<char> = ' '..='~';

/// What the role may do beyond reading and adding. Of what is on record it may change nothing but that a decision's calls were
/// made; partitions come and go by functions of the owner.
const GRANTS: [&str; 7] = [
    "USAGE ON SCHEMA asoc",
    "SELECT, INSERT ON ALL TABLES IN SCHEMA asoc",
    "UPDATE ON asoc.incidents, asoc.blast_radii, asoc.states, asoc.queue, asoc.executions, asoc.people, asoc.documents",
    "DELETE ON asoc.states, asoc.queue, asoc.people, asoc.credentials",
    "UPDATE (carried_out) ON asoc.decisions",
    "EXECUTE ON FUNCTION asoc.make_partition(BIGINT)",
    "EXECUTE ON FUNCTION asoc.drop_partitions(BIGINT)",
];

/// The role as which the program runs.
pub struct AppRole {
    /// Its name.
    pub name: String,
    /// Its password from now on. Without one a role that exists keeps its own.
    pub password: Option<String>,
}

/// Brings the schema up to date, as the owner of this URL, and grants the role what it needs; says the schema's version. Any number
/// of processes may do this at once: one does, the others find it done.
///
/// # Errors
/// [`StoreError::Refused`] if a right is missing, or the role does not exist and there is no password for it.
pub async fn migrate(url: &str, app: Option<&AppRole>) -> Result<i64, StoreError> {
    let mut connection = PgConnection::connect(url).answer().await?;
    // Waits for others, however long they take; ends with the connection.
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut connection)
        .await
        .map_err(crate::answer::failure)?;
    for sql in [
        "SET client_min_messages = warning",
        "CREATE SCHEMA IF NOT EXISTS asoc",
        "REVOKE ALL ON SCHEMA asoc FROM PUBLIC",
        "SET search_path = asoc, pg_temp",
    ] {
        connection.execute(sql).answer().await?;
    }
    MIGRATIONS
        .run(&mut connection)
        .await
        .map_err(|error| StoreError::Refused(format!("the schema cannot be brought up to date: {error}")))?;
    if let Some(app) = app {
        grant(&mut connection, app).await?;
    }
    let _ = connection.close().await;
    Ok(MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0))
}

async fn grant(connection: &mut PgConnection, app: &AppRole) -> Result<(), StoreError> {
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)")
        .bind(&app.name)
        .fetch_one(&mut *connection)
        .answer()
        .await?;
    let role = format!("\"{}\"", app.name.replace('"', "\"\""));
    let mut statements = Vec::new();
    if !exists {
        statements.push(format!("CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"));
    }
    match &app.password {
        Some(password) => statements.push(format!("ALTER ROLE {role} PASSWORD '{}'", verifier(password)?)),
        None if exists => {}
        None => {
            return Err(StoreError::Refused(format!(
                "the role {role} does not exist: give its password in ASOC_APP_PASSWORD, or a file with it in \
                 ASOC_APP_PASSWORD_FILE, and it is made"
            )));
        }
    }
    statements.push(format!("REVOKE ALL ON ALL TABLES IN SCHEMA asoc FROM {role}"));
    statements.extend(GRANTS.iter().map(|what| format!("GRANT {what} TO {role}")));
    statements.push(format!("REVOKE INSERT ON asoc._sqlx_migrations FROM {role}"));
    let mut tx = connection.begin().answer().await?;
    for sql in statements {
        tx.execute(AssertSqlSafe(sql)).answer().await?;
    }
    tx.commit().answer().await
}

/// What the server keeps in place of a password (RFC 5803). Sent in place of it, because statements end in the server's log.
fn verifier(password: &str) -> Result<String, StoreError> {
    if password.is_empty() || !password.chars().all(|c| PLAIN.contains(&c)) {
        return Err(StoreError::Refused("the role's password may hold printable ASCII only".into()));
    }
    Ok(postgres_protocol::password::scram_sha_256(password.as_bytes()))
}
