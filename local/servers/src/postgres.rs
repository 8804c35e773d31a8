//! PostgreSQL 15.

use std::{
    fs,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context, ensure};
use rustix::process::Signal;

use crate::process::{Server, free_port, tied};

/// Where Debian's package puts the programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// Root may not run PostgreSQL.
const USER: &str = "postgres";
/// Every role's password. Nobody but this machine reaches the server.
const PASSWORD: &str = "a password for tests";

/// A cluster of its own. It is a [`Server`] as any other.
pub struct Postgres {
    server: Server,
    /// Databases made so far.
    made: AtomicU32,
}

/// An empty database of one test.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// URL as its owner, who is no superuser but may make roles.
    pub owner: String,
    /// Name of a role that does not exist yet and is this database's alone.
    pub app_role: String,
    /// URL as that role, once it exists with [`Database::password`].
    pub app: String,
}

impl Database {
    /// The password in both URLs.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }
}

/// Starts an empty PostgreSQL.
pub fn postgres() -> anyhow::Result<Postgres> {
    let folder = tempfile::tempdir()?;
    let port = free_port()?;
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    fs::write(&password, PASSWORD)?;
    if rustix::process::geteuid().is_root() {
        let chown = Command::new("chown").args(["-R", USER]).arg(folder.path()).status()?;
        ensure!(chown.success(), "{} cannot be given to the user {USER}", folder.path().display());
    }
    let made = tied(&program("initdb"), Some(USER))
        .args(["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--username", USER])
        .args(["--auth=scram-sha-256", "--pwfile"])
        .arg(&password)
        .arg("--pgdata")
        .arg(&data)
        .output()
        .context("initdb does not start: run `make need-servers`")?;
    ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
    // What is committed must outlive the process, not the machine: tests kill the former only.
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n\
         shared_buffers = 64MB\nmax_wal_size = 4GB\n"
    );
    fs::write(data.join("conf.d.asoc"), settings)?;
    fs::OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.conf"))
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"include 'conf.d.asoc'\n"))?;
    let run = move || {
        let mut command = tied(&program("postgres"), Some(USER));
        command.arg("-D").arg(&data);
        command
    };
    let ready = move || {
        Command::new(program("pg_isready"))
            .args(["--quiet", "--host=127.0.0.1", "--port", &port.to_string()])
            .status()
            .is_ok_and(|status| status.success())
    };
    // The usual signal would wait for clients to leave.
    let server =
        Server::begin("PostgreSQL", folder, port, Box::new(run), Box::new(ready))?.ended_by(Signal::INT);
    Ok(Postgres { server, made: AtomicU32::new(0) })
}

/// The server that all tests of this process share, each with a [`Postgres::database`] of its own. Whoever takes servers away
/// starts one for itself.
pub fn shared_postgres() -> anyhow::Result<&'static Postgres> {
    static SHARED: OnceLock<Result<Postgres, String>> = OnceLock::new();
    let begin = || {
        let server = postgres()?;
        // Nothing that is static is dropped: somebody else removes the folder when this process has ended.
        Command::new("sh")
            .args(["-c", "cat; sleep 1; rm -rf \"$0\""])
            .arg(server.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(std::mem::forget)?;
        Ok(server)
    };
    let shared = SHARED.get_or_init(|| begin().map_err(|error: anyhow::Error| format!("{error:#}")));
    shared.as_ref().map_err(|why| anyhow::anyhow!("{why}"))
}

impl Postgres {
    /// URL of a database as the superuser.
    pub fn superuser(&self, database: &str) -> String {
        self.url(USER, database)
    }

    /// Makes an empty database and its owner.
    pub fn database(&self) -> anyhow::Result<Database> {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        let (name, owner, app_role) = (format!("asoc_{n}"), format!("owner_{n}"), format!("app_{n}"));
        self.psql("postgres", &format!("CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD '{PASSWORD}'"))?;
        self.psql("postgres", &format!("CREATE DATABASE {name} OWNER {owner}"))?;
        Ok(Database { owner: self.url(&owner, &name), app: self.url(&app_role, &name), name, app_role })
    }

    /// Runs SQL in a database as the superuser; what it prints, a row a line.
    ///
    /// # Errors
    /// If a statement fails, with what the server says of it.
    pub fn psql(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let done = Command::new(program("psql"))
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
                "--command",
            ])
            .arg(sql)
            .arg(self.superuser(database))
            .output()?;
        ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(String::from_utf8(done.stdout)?.trim().to_owned())
    }

    fn url(&self, role: &str, database: &str) -> String {
        let password = PASSWORD.replace(' ', "%20");
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.server.port())
    }
}

impl Deref for Postgres {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Postgres {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

fn program(name: &str) -> PathBuf {
    Path::new(PROGRAMS).join(name)
}
