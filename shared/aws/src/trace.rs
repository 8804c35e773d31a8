//! What X-Ray is told: each decision as a subsegment of its function's trace, annotated with the correlation id, so that one search
//! (`annotation.correlation_id = "inc-…"`) finds every hop of an incident ("AWS X-Ray segment documents", "Sending segment documents to
//! the X-Ray daemon").

use std::{
    env,
    net::{SocketAddr, UdpSocket},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use agent::Seen;
use serde_json::json;

/// Where Lambda's daemon listens.
const DAEMON: &str = "AWS_XRAY_DAEMON_ADDRESS";
/// What each datagram begins with.
const FORMAT: &str = "{\"format\": \"json\", \"version\": 1}\n";

/// The way to the daemon. A datagram that is lost costs a mark in a trace and nothing else.
pub(crate) struct XRay {
    socket: UdpSocket,
    current: Mutex<Current>,
}

/// The invocation that a function is at; it is at one at a time.
#[derive(Default)]
struct Current {
    /// Trace and segment, if this invocation is sampled.
    within: Option<(String, String)>,
    correlation: Option<String>,
}

/// The way to the daemon, where there is one.
pub(crate) fn xray() -> Option<&'static XRay> {
    static XRAY: OnceLock<Option<XRay>> = OnceLock::new();
    XRAY.get_or_init(|| XRay::to(env::var(DAEMON).ok()?.parse().ok()?)).as_ref()
}

impl XRay {
    fn to(daemon: SocketAddr) -> Option<Self> {
        let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
        socket.connect(daemon).ok()?;
        socket.set_nonblocking(true).ok()?;
        Some(Self { socket, current: Mutex::default() })
    }

    /// An invocation begins, with this tracing header ("Tracing header": `Root=…;Parent=…;Sampled=1`).
    pub(crate) fn begin(&self, header: Option<&str>) {
        *self.current() = Current { within: header.and_then(sampled), correlation: None };
    }

    /// Sees what an agent does in it.
    pub(crate) fn see(&self, seen: &Seen<'_>) {
        let mut current = self.current();
        match seen {
            Seen::Deciding(_, messages) => {
                current.correlation = messages.first().map(|message| message.correlation_id.clone());
            }
            Seen::Decided(..) => {}
            Seen::Ended { agent, took, failure } => {
                let correlation = current.correlation.take();
                let Some((trace, parent)) = &current.within else { return };
                let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
                let document = json!({
                    "type": "subsegment", "name": agent.as_str(), "id": format!("{:016x}", fastrand::u64(..)),
                    "trace_id": trace, "parent_id": parent,
                    "start_time": end - took.as_secs_f64(), "end_time": end, "fault": failure.is_some(),
                    "annotations": { "agent": agent.as_str(), "correlation_id": correlation.unwrap_or_default() },
                });
                let _ = self.socket.send(format!("{FORMAT}{document}").as_bytes());
            }
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Trace and segment of a header, if the trace is sampled.
fn sampled(header: &str) -> Option<(String, String)> {
    let part =
        |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    (part("Sampled") == Some("1")).then_some(())?;
    Some((part("Root")?.to_owned(), part("Parent")?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sampled_is_told() {
        let own = ("1-5759e988-bd862e3fe1be46a994272793".to_owned(), "53995c3f42cd8ad8".to_owned());
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0";
        assert_eq!(sampled(header), Some(own));
        assert_eq!(sampled(&header.replace("Sampled=1", "Sampled=0")), None);
        assert_eq!(sampled("Root=1-2-3;Sampled=1"), None);
        assert_eq!(sampled(""), None);
    }
}
