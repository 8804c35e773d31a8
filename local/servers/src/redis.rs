//! Redis.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use crate::process::{Server, free_port, tied};

/// Starts an empty Redis.
pub fn redis() -> anyhow::Result<Server> {
    let folder = tempfile::tempdir()?;
    let port = free_port()?;
    let dir = folder.path().to_owned();
    let run = move || {
        let mut command = tied(Path::new("redis-server"), None);
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"]).arg(&dir);
        command
    };
    Server::begin("Redis", folder, port, Box::new(run), Box::new(move || pings(port).unwrap_or(false)))
}

fn pings(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0u8; 5];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG")
}
