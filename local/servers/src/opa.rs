//! Open Policy Agent.

use std::{
    env, fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Context;

use crate::process::{Server, free_port, tied};

/// The file in its folder that OPA serves. It is read at the start.
const BUNDLE: &str = "bundle.tar.gz";
/// Who may ask what: anybody whether it is well, the rest only who has the token.
const ACCESS: &str = "package system.authz\n\
    default allow := false\n\
    allow if input.path == [\"health\"]\n\
    allow if input.identity == data.opa_access.token\n";

/// Starts an OPA that serves this bundle and lets in who has the token. Its decisions are in its log.
pub fn opa(bundle: &[u8], token: &str) -> anyhow::Result<Server> {
    let folder = tempfile::tempdir()?;
    let port = free_port()?;
    serve(folder.path(), bundle)?;
    fs::write(folder.path().join("access.rego"), ACCESS)?;
    fs::write(folder.path().join("access.json"), format!("{{\"token\": \"{token}\"}}"))?;
    let (program, dir) = (opa_program()?, folder.path().to_owned());
    let run = move || {
        let mut command = tied(&program, None);
        command.args([
            "run",
            "--server",
            "--disable-telemetry",
            "--authentication=token",
            "--authorization=basic",
        ]);
        command.args(["--addr", &format!("127.0.0.1:{port}"), "--set", "decision_logs.console=true"]);
        command.args(["--set", &format!("bundles.asoc.resource=file://{}", dir.join(BUNDLE).display())]);
        command.arg(dir.join("access.rego"));
        command.arg(format!("opa_access:{}", dir.join("access.json").display()));
        command
    };
    Server::begin("OPA", folder, port, Box::new(run), Box::new(move || is_well(port).unwrap_or(false)))
}

/// Puts another bundle in place of the one that the OPA of this folder serves after its next start.
pub fn serve(folder: &Path, bundle: &[u8]) -> anyhow::Result<()> {
    let new = folder.join("new");
    fs::write(&new, bundle)?;
    Ok(fs::rename(new, folder.join(BUNDLE))?)
}

/// The program that `make need-servers` builds, for commands such as `opa check`.
pub fn opa_command() -> anyhow::Result<Command> {
    Ok(Command::new(opa_program()?))
}

fn opa_program() -> anyhow::Result<PathBuf> {
    let version =
        include_str!("../../../Makefile").lines().find_map(|line| line.strip_prefix("OPA_VERSION := "));
    let version = version.context("the Makefile says which version of OPA is built")?;
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cache"));
    let cache = cache.or_else(home).context("HOME is not set")?;
    Ok(cache.join(format!("asoc/opa-{version}/opa")))
}

fn is_well(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET /health?bundles HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.0 200"))
}
