//! Whether the program takes work, and how it ends.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use asoc::{home::Home, host::Host, services::Services};
use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{PATIENCE, Server, command};

impl Server {
    fn ask_to_end(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Begins a delivery whose last byte is still to come.
    fn begin_delivery(&self, body: &str) -> TcpStream {
        let mut stream =
            TcpStream::connect(self.console.trim_start_matches("http://").replace("localhost", "127.0.0.1"))
                .unwrap();
        let head = format!(
            "POST /v1/deliveries HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
            self.operator,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body.as_bytes()[..body.len() - 1]).unwrap();
        thread::sleep(Duration::from_millis(300));
        stream
    }
}

#[tokio::test]
async fn it_is_ready_while_it_takes_work_and_says_why_not() {
    let dir = tempfile::tempdir().unwrap();
    let open = async |name: &str| {
        let home = Home::at(&dir.path().join(name)).unwrap();
        Host::open(home, None, &Services::default()).await.unwrap()
    };
    let host = open("one").await;
    assert_eq!(host.unready().await, Some("starting"));
    host.run().await.unwrap();
    assert_eq!(host.unready().await, None);
    host.stop().await;
    assert_eq!(host.unready().await, Some("stopping"));

    let host = open("two").await;
    host.run().await.unwrap();
    host.store().close().await;
    assert_eq!(host.unready().await, Some("the store does not answer"));
}

#[tokio::test]
async fn readiness_goes_first_and_what_is_in_hand_is_finished() {
    // A model that takes its time holds a message in hand.
    let model = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = model.local_addr().unwrap();
    let (asked, is_asked) = mpsc::channel();
    thread::spawn(move || {
        for stream in model.incoming() {
            let asked = asked.clone();
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1024]);
                let _ = asked.send(());
                thread::sleep(Duration::from_secs(3));
                let _ =
                    stream.write_all(b"HTTP/1.1 400 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            });
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let mut command = command(dir.path());
    command.env("ASOC_MODEL", "openai:slow").env("OPENAI_API_KEY", "none");
    command.env("ASOC_MODEL_URL", format!("http://{address}"));
    let mut server = Server::start_as(dir, command);
    let play = server.owner(Method::POST, "/v1/drills/leaked-key").json(&json!({ "speed": 0.0 }));
    assert_eq!(play.send().await.unwrap().status(), 200);
    tokio::task::spawn_blocking(move || is_asked.recv_timeout(PATIENCE)).await.unwrap().unwrap();

    server.ask_to_end();
    let begin = Instant::now();
    let ready = loop {
        let answer = server.request(Method::GET, "/ready").send().await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        assert!(begin.elapsed().as_secs() < 2, "it stays ready");
    };
    assert_eq!(ready.status(), 503);
    let problem: Value = ready.json().await.unwrap();
    assert_eq!(problem["message"], "No work is taken: stopping.");
    let health = server.request(Method::GET, "/health").send().await.unwrap();
    assert_eq!(health.status(), 200, "it lives");
    server.terminate();
}

#[test]
fn a_request_in_hand_is_answered_before_the_end() {
    let mut server = Server::start();
    let mut stream = server.begin_delivery("{}");
    server.ask_to_end();
    thread::sleep(Duration::from_millis(500));
    assert!(server.child.try_wait().unwrap().is_none(), "it waits");
    stream.write_all(b"}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.terminate();
}

#[test]
fn who_never_ends_a_request_is_not_waited_for() {
    let mut server = Server::start();
    let _stream = server.begin_delivery("{}");
    let begin = Instant::now();
    server.terminate();
    assert!(begin.elapsed().as_secs() >= 4, "it was waited for a while: {:?}", begin.elapsed());
}
