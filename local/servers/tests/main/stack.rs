//! The servers of the compose file, run by its own lines.

use std::{
    net::TcpStream,
    process::{Command, Output},
};

use servers::{Rights, Stack};

fn is_gone(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_err()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn postgres_as_composed_lets_in_who_knows_the_password() {
    let stack = Stack::new([], []).unwrap();
    let mut postgres = stack.start("postgres").unwrap();
    assert_eq!(postgres.rights().unwrap(), Rights::least());
    let ask = |password: &str, question: &str| {
        let owner = format!("host=127.0.0.1 port={} user=asoc_owner dbname=asoc", stack.port(5432));
        let mut psql = Command::new("psql");
        psql.args([&owner, "--no-psqlrc", "--no-password", "-Atc", question]).env("PGPASSWORD", password);
        psql.output().unwrap()
    };
    let password = stack.secret("owner_password").unwrap();
    let settings =
        ask(&password, "SELECT rolpassword ~ '^SCRAM-SHA-256' FROM pg_authid WHERE rolname = 'asoc_owner'");
    assert_eq!(said(&settings), "t\n");
    assert_eq!(said(&ask(&password, "SHOW data_checksums")), "on\n");
    for wrong in ["", "asoc_owner", &password[1..]] {
        let refused = ask(wrong, "SELECT 1");
        assert!(!refused.status.success(), "{wrong}: {}", said(&refused));
    }
    let rules = ask(
        &password,
        "SELECT DISTINCT auth_method FROM pg_hba_file_rules WHERE database <> '{replication}'",
    );
    assert_eq!(said(&rules), "scram-sha-256\n", "nobody is trusted");
    postgres.stop().unwrap();
    assert!(is_gone(stack.port(5432)));
    postgres.start().unwrap();
    assert_eq!(said(&ask(&password, "SELECT 1")), "1\n", "it is the same database after");
}

#[test]
fn redis_as_composed_lets_in_who_knows_the_password() {
    let stack = Stack::new([], []).unwrap();
    let redis = stack.start("redis").unwrap();
    assert_eq!(redis.rights().unwrap(), Rights::least());
    let ask = |user: &str, password: &str, words: &[&str]| {
        let mut client = Command::new("redis-cli");
        client.args(["-e", "--no-auth-warning", "-p", &stack.port(6379).to_string()]);
        if !user.is_empty() {
            client.args(["--user", user, "--pass", password]);
        }
        client.args(words).output().unwrap()
    };
    let password = stack.secret("redis_password").unwrap();
    let fine = |words: &[&str]| {
        let answer = ask("asoc", &password, words);
        assert!(answer.status.success(), "{words:?}: {}", said(&answer));
        said(&answer)
    };
    assert_eq!(fine(&["SET", "asoc:x", "1", "EX", "60"]), "OK\n");
    assert_eq!(fine(&["GET", "asoc:x"]), "1\n");
    for words in [
        &["INCR", "asoc:n"][..],
        &["PEXPIRE", "asoc:n", "60000", "NX"],
        &["PTTL", "asoc:n"],
        &["MGET", "asoc:x", "asoc:n"],
        &["DEL", "asoc:x"],
        &["MULTI"],
        &["CLIENT", "SETINFO", "LIB-NAME", "x"],
    ] {
        // Redis 7.0 has no SETINFO yet; that it is unknown is no refusal.
        let answer = ask("asoc", &password, words);
        assert!(!said(&answer).contains("NOPERM"), "{words:?}: {}", said(&answer));
    }
    for (user, password, words) in [
        ("", "", &["PING"][..]),
        ("asoc", "wrong", &["PING"]),
        ("default", "", &["PING"]),
        ("health", "health", &["GET", "asoc:x"]),
        ("asoc", &password, &["CONFIG", "GET", "*"]),
        ("asoc", &password, &["FLUSHALL"]),
        ("asoc", &password, &["KEYS", "*"]),
        ("asoc", &password, &["SET", "another:x", "1"]),
        ("asoc", &password, &["SHUTDOWN"]),
    ] {
        let refused = ask(user, password, words);
        assert!(!refused.status.success(), "{user} {words:?}: {}", said(&refused));
    }
}
