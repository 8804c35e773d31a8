//! Prometheus.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use anyhow::{Context, ensure};

use crate::process::{Server, free_port, tied};

/// Starts a Prometheus on the settings in this folder, `prometheus.yml` and `alerts.yml`, which asks `target` (host and port)
/// each second, and shows it the token in the file `credentials`.
///
/// # Errors
/// If the settings do not hold what is replaced in them, or Prometheus does not start on them.
pub fn prometheus(settings: &Path, target: &str, credentials: &Path) -> anyhow::Result<Server> {
    let folder = tempfile::tempdir()?;
    let mut config = fs::read_to_string(settings.join("prometheus.yml"))?;
    let credentials = credentials.to_str().context("a path is text")?;
    for (from, to) in [
        ("asoc:9002", target),
        ("/run/secrets/metrics_token", credentials),
        ("_interval: 15s", "_interval: 1s"),
    ] {
        ensure!(config.contains(from), "prometheus.yml has no {from}");
        config = config.replace(from, to);
    }
    fs::write(folder.path().join("prometheus.yml"), config)?;
    fs::copy(settings.join("alerts.yml"), folder.path().join("alerts.yml"))?;
    let port = free_port()?;
    let dir = folder.path().to_owned();
    let run = move || {
        let mut command = tied(Path::new("prometheus"), None);
        command.arg(format!("--config.file={}", dir.join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", dir.join("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        command
    };
    Server::begin(
        "Prometheus",
        folder,
        port,
        Box::new(run),
        Box::new(move || is_ready(port).unwrap_or(false)),
    )
}

fn is_ready(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET /-/ready HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split_whitespace().nth(1) == Some("200"))
}
