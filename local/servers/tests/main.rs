//! Servers start, stand still, end, and come back; OPA and the built-in evaluator say the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Clippy knows only functions marked as tests, not those around them.

#[path = "main/compose.rs"]
mod compose;
#[path = "main/image.rs"]
mod image;
mod opa;
#[path = "main/stack.rs"]
mod stack;

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

fn ping(port: u16) -> Option<[u8; 5]> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_millis(300))).ok()?;
    stream.write_all(b"PING\r\n").ok()?;
    let mut answer = [0u8; 5];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn redis_comes_and_goes() {
    let mut redis = servers::redis().unwrap();
    let (port, folder) = (redis.port(), redis.folder().to_owned());
    assert!(ping(port).is_some());
    redis.pause().unwrap();
    assert!(ping(port).is_none(), "it stands still");
    redis.go_on().unwrap();
    assert!(ping(port).is_some());
    redis.kill().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    redis.start().unwrap();
    assert!(ping(port).is_some(), "on the same port");
    redis.stop().unwrap();
    drop(redis);
    assert!(!folder.exists(), "nothing is left");
}

#[test]
fn postgres_comes_and_goes() {
    let mut postgres = servers::postgres().unwrap();
    let folder = postgres.folder().to_owned();
    let one = postgres.database().unwrap();
    let other = postgres.database().unwrap();
    assert!(one.name != other.name && one.app_role != other.app_role);
    postgres.psql(&one.name, "CREATE TABLE kept (n BIGINT)").unwrap();
    postgres.psql(&one.name, "INSERT INTO kept VALUES (7)").unwrap();
    let refused = postgres.psql(&other.name, "SELECT n FROM kept").unwrap_err();
    assert!(refused.to_string().contains("does not exist"), "{refused}");

    postgres.kill().unwrap();
    assert!(postgres.psql(&one.name, "SELECT 1").is_err());
    postgres.start().unwrap();
    assert_eq!(postgres.psql(&one.name, "SELECT n FROM kept").unwrap(), "7", "it outlives a crash");
    postgres.stop().unwrap();
    postgres.start().unwrap();
    assert_eq!(postgres.psql(&one.name, "SELECT n FROM kept").unwrap(), "7");
    drop(postgres);
    assert!(!folder.exists(), "nothing is left");
}
