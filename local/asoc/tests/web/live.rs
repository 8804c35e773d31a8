//! The WebSocket: who may open it, and that nobody misses a message or waits for another.

use std::time::Duration;

use console::api::{Feed, SocketTicket};
use futures::{StreamExt, future::join_all};
use reqwest::{Method, header};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message as Frame, client::IntoClientRequest},
};

use super::{PATIENCE, Server};

/// A live feed's socket.
pub(super) struct Open(WebSocketStream<TcpStream>);

/// How a feed is opened, in tests.
pub(super) trait Feeds {
    /// A ticket of the owner's.
    async fn ticket(&self) -> String;
    /// Opens a socket by this path and query, as from this origin; or the status with which it is refused.
    async fn connect(&self, path: &str, origin: Option<&str>, buffer: u32) -> Result<Open, u16>;
    /// Opens the owner's feed after this place of the log.
    async fn open_feed(&self, after: u64) -> Open;
}

impl Feeds for Server {
    async fn ticket(&self) -> String {
        let answer = self.owner(Method::POST, "/v1/socket-ticket").send().await.unwrap();
        answer.json::<SocketTicket>().await.unwrap().ticket
    }

    async fn connect(&self, path: &str, origin: Option<&str>, buffer: u32) -> Result<Open, u16> {
        let host = self.console.trim_start_matches("http://").replace("localhost", "127.0.0.1");
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(buffer).unwrap();
        let stream = socket.connect(host.parse().unwrap()).await.unwrap();
        let mut request = format!("ws://{host}{path}").into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
        }
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Open(socket)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    async fn open_feed(&self, after: u64) -> Open {
        let path = format!("/v1/socket?ticket={}&after={after}", self.ticket().await);
        let Ok(open) = self.connect(&path, None, 1 << 20).await else { panic!("the feed opens") };
        open
    }
}

impl Open {
    /// The next frame with messages; none if the feed was ended.
    async fn next(&mut self) -> Option<(Feed, String)> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a frame comes in time") {
                Some(Ok(Frame::Text(text))) => {
                    return Some((serde_json::from_str(&text).unwrap(), text.to_string()));
                }
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Places of the messages up to this one, in the order in which they came, and all text.
    pub(super) async fn read_until(&mut self, last: u64) -> (Vec<u64>, String) {
        let (mut seqs, mut all) = (Vec::new(), String::new());
        while seqs.last().is_none_or(|seq| *seq < last) {
            let (feed, text) = self.next().await.expect("the feed goes on");
            assert!(feed.newest >= feed.messages.last().unwrap().seq);
            seqs.extend(feed.messages.iter().map(|m| m.seq));
            all += &text;
        }
        (seqs, all)
    }
}

#[tokio::test]
async fn a_ticket_opens_one_socket_for_the_dashboard() {
    let server = Server::start();
    let open = |ticket: &str, origin: Option<&'static str>| {
        let path = format!("/v1/socket?ticket={ticket}");
        let server = &server;
        async move { server.connect(&path, origin, 1 << 16).await.map(drop) }
    };
    let ticket = server.ticket().await;
    for origin in ["https://evil.example", "null", "http://localhost"] {
        assert_eq!(open(&ticket, Some(origin)).await, Err(403), "{origin}");
    }
    let path = format!("/v1/socket?ticket={ticket}");
    assert!(
        server.connect(&path, Some(&server.dashboard), 1 << 16).await.is_ok(),
        "the ticket was not used up"
    );
    assert_eq!(open(&ticket, None).await, Err(401), "but now it is");
    assert_eq!(open(&"0".repeat(64), None).await, Err(401));
    assert_eq!(open("", None).await, Err(401));
    assert_eq!(open(&server.operator, None).await, Err(401), "the operator's token is no ticket");
    assert_eq!(open(&server.link, None).await, Err(401), "nor is a link");
    assert_eq!(server.connect("/v1/socket", None, 1 << 16).await.map(drop), Err(401), "no ticket");
    let one = server.ticket().await;
    let many = join_all((0..6).map(|_| open(&one, None))).await;
    assert_eq!(many.iter().filter(|opened| opened.is_ok()).count(), 1, "of many at once one opens");
}

#[tokio::test]
async fn a_feed_without_a_place_begins_with_what_is_new() {
    let server = Server::start();
    server.deliver(&["old".to_owned()]).await;
    let old = server.log_after(0).await;
    let path = format!("/v1/socket?ticket={}", server.ticket().await);
    let mut open = server.connect(&path, None, 1 << 16).await.ok().unwrap();
    server.deliver(&["new".to_owned()]).await;
    let new = server.log_after(*old.last().unwrap()).await;
    assert_eq!(open.read_until(*new.last().unwrap()).await.0, new);
}

#[tokio::test]
async fn who_comes_back_misses_nothing_and_sees_nothing_twice() {
    let server = Server::start();
    server.deliver(&["before".to_owned()]).await;
    let begin = *server.log_after(0).await.last().unwrap();
    let producer = async {
        for n in 0..150 {
            server.deliver(&[format!("r{n}")]).await;
        }
    };
    let reader = async {
        let mut seen = Vec::new();
        // Comes and goes while messages are made.
        for stay in [1, 7, 30, 60] {
            let mut open = server.open_feed(seen.last().copied().unwrap_or(begin)).await;
            for _ in 0..stay {
                let (feed, _) = open.next().await.unwrap();
                seen.extend(feed.messages.iter().map(|m| m.seq));
                if seen.len() >= 140 {
                    break;
                }
            }
            drop(open);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        seen
    };
    let ((), mut seen) = tokio::join!(producer, reader);
    let all = server.log_after(begin).await;
    assert!(all.len() >= 150);
    if seen.last() != all.last() {
        let mut open = server.open_feed(*seen.last().unwrap()).await;
        seen.extend(open.read_until(*all.last().unwrap()).await.0);
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn who_does_not_read_holds_up_nobody_and_is_dropped() {
    const MESSAGES: u64 = 1200;
    let server = Server::start();
    server.deliver(&["before".to_owned()]).await;
    let begin = *server.log_after(0).await.last().unwrap();
    let path = format!("/v1/socket?after={begin}&ticket={}", server.ticket().await);
    let mut asleep = server.connect(&path, None, 4096).await.ok().unwrap();
    let mut awake = server.open_feed(begin).await;

    // Each message shows five long records, so that the sleeper's connection is full long before the end.
    let producer = async {
        for n in 0..MESSAGES {
            server.deliver(&(0..5).map(|m| format!("r{n}-{m}")).collect::<Vec<_>>()).await;
        }
    };
    let reader = async {
        let mut seen = Vec::new();
        while u64::try_from(seen.len()).unwrap() < MESSAGES {
            let (feed, _) = awake.next().await.expect("the feed goes on");
            seen.extend(feed.messages.iter().map(|m| m.seq));
        }
        seen
    };
    let ((), seen) = tokio::join!(producer, reader);
    assert_eq!(seen, server.log_after(begin).await, "all, in order, once");

    // The server waits ten seconds for who takes nothing; then what is left in the connection ends early.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let mut last = begin;
    while let Some((feed, _)) = asleep.next().await {
        last = feed.messages.last().unwrap().seq;
    }
    assert!(last < *seen.last().unwrap(), "the sleeper was dropped");
    let mut back = server.open_feed(last).await;
    let rest = back.read_until(*seen.last().unwrap()).await.0;
    assert_eq!(rest, seen.into_iter().filter(|seq| *seq > last).collect::<Vec<_>>(), "and may come back");
}
