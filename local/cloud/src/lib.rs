//! An AWS-compatible endpoint for tests: moto's server, started as a process of its own and stopped with the test.
//!
//! `make test` installs it; by hand, `make need-cloud` does.

mod bridge;
mod call;
mod gate;
pub mod gateway;
pub mod runtime;
mod stack;
mod template;

use std::{net::TcpListener, path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use tokio::process::{Child, Command};

pub use gate::Gate;
pub use stack::Stack;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running endpoint. Each is an account of its own, empty at first; dropping it ends it.
#[derive(Debug)]
pub struct Moto {
    url: String,
    /// Where its own calls to AWS go, and so ours in AWS's place.
    outward: String,
    _process: Child,
}

impl Moto {
    /// Starts one on a free port.
    pub async fn start() -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Self::start_on(port, port).await
    }

    /// Starts one whose own calls to AWS, such as those of a state machine's tasks, go to this port.
    pub async fn start_behind(outward: u16) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Self::start_on(port, outward).await
    }

    /// Starts one on `port`. Its own calls to AWS, such as those of a state machine's tasks, go to `outward` instead.
    pub async fn start_on(port: u16, outward: u16) -> anyhow::Result<Self> {
        let program = tools()?.join("moto_server");
        ensure!(program.exists(), "{} is missing: run `make need-cloud`, then try again", program.display());
        let process = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_PORT", outward.to_string())
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log()?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let url = format!("http://127.0.0.1:{port}");
        let client = reqwest::Client::new();
        let begin = std::time::Instant::now();
        while client.get(format!("{url}/moto-api/")).send().await.is_err() {
            ensure!(
                begin.elapsed() < PATIENCE,
                "the AWS-compatible endpoint did not start within {PATIENCE:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { url, outward: format!("http://127.0.0.1:{outward}"), _process: process })
    }

    /// Its address, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Where the endpoint's own log goes: to the file that `ASOC_MOTO_LOG` names, else nowhere.
fn log() -> anyhow::Result<Stdio> {
    let Some(path) = std::env::var_os("ASOC_MOTO_LOG") else { return Ok(Stdio::null()) };
    Ok(std::fs::OpenOptions::new().create(true).append(true).open(path)?.into())
}

/// Where `make need-cloud` puts programs.
pub fn tools() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("ASOC_TOOLS") {
        return Ok(folder.into());
    }
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    Ok(cache.join("asoc/venv/bin"))
}
