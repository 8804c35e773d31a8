//! PagerDuty: somebody is called when people are asked, or when a containment failed (PagerDuty's Events API v2).

use domain::{Message, Payload, Risk, Status};
use reqwest::Url;
use serde_json::{Value, json};

use crate::{Facts, Fault, Http, PagerDutySettings, http::Patience, line::status, text::bounded};

const SERVICE: &str = "PagerDuty";
/// Letters of a summary.
const SUMMARY: usize = 1024;
/// Letters of a key.
const KEY: usize = 255;
/// Letters of any other text; of the 512 KB that an event may have, this leaves most.
const TEXT: usize = 500;

/// PagerDuty, as an integration of one of its services.
#[derive(Clone, Debug)]
pub struct PagerDuty {
    http: Http,
    settings: PagerDutySettings,
}

impl PagerDuty {
    /// With these settings.
    pub fn new(http: Http, settings: PagerDutySettings) -> Self {
        Self { http, settings }
    }

    /// Sends what a message means to who is on call. The same again changes nothing there: each event names its key.
    pub(crate) async fn tell(
        &self,
        facts: &Facts,
        message: &Message,
        origin: Option<&Url>,
    ) -> Result<(), Fault> {
        let url = self.settings.api.join("enqueue");
        let url = url.map_err(|_| Fault::Refused(SERVICE, "its address is none".into()))?;
        for mut event in events(facts, message, origin) {
            event["routing_key"] = json!(self.settings.routing_key.expose());
            self.http.post(SERVICE, &url, None, &event, Patience::Long).await?;
        }
        Ok(())
    }
}

/// Whether anything of PagerDuty follows from such a message.
pub(crate) fn is_called_for(message: &Message) -> bool {
    matches!(message.payload, Payload::ApprovalRequired(_) | Payload::ApproveAction(_) | Payload::Record(_))
}

/// A request and a failure have keys of their own: who has acknowledged the one is still called for the other.
fn events(facts: &Facts, message: &Message, origin: Option<&Url>) -> Vec<Value> {
    let incident = &facts.incident;
    let request = bounded(incident.id.as_str(), KEY - 16);
    let failure = format!("{request}/failed");
    let over = |action: &str, key: &str| json!({ "event_action": action, "dedup_key": key });
    match &message.payload {
        Payload::ApprovalRequired(asked) => {
            let asked = facts.asked().filter(|approval| approval.request.plan == asked.plan);
            asked.map(|_| call(facts, &request, "needs approval", origin)).into_iter().collect()
        }
        Payload::ApproveAction(_) => vec![over("acknowledge", &request)],
        Payload::Record(_) if incident.status == Status::Failed => {
            vec![over("resolve", &request), call(facts, &failure, "failed", origin)]
        }
        Payload::Record(_) if incident.status.is_closed() => {
            vec![over("resolve", &request), over("resolve", &failure)]
        }
        _ => Vec::new(),
    }
}

/// Calls somebody.
fn call(facts: &Facts, key: &str, what: &str, origin: Option<&Url>) -> Value {
    let incident = &facts.incident;
    let drill = if incident.drill { "DRILL: " } else { "" };
    let summary =
        format!("{drill}{} {what} (risk {})", bounded(&incident.title, 700), incident.risk.points());
    let actions = incident.plan.iter().flat_map(|plan| &plan.actions).take(20);
    let actions: Vec<_> = actions.map(|action| bounded(&action.does, TEXT)).collect();
    let happened: Vec<_> = facts.happened.iter().take(20).map(|text| bounded(text, TEXT)).collect();
    let who: Vec<_> = incident.principals.iter().take(20).map(|who| bounded(&who.arn, TEXT)).collect();
    let source = incident.account.as_deref().filter(|account| !account.is_empty());
    let mut event = json!({
        "event_action": "trigger",
        "dedup_key": key,
        "client": "A-SOC",
        "payload": {
            "summary": bounded(&summary, SUMMARY),
            "source": bounded(source.unwrap_or("A-SOC"), TEXT),
            "severity": severity(incident.risk),
            "timestamp": incident.updated,
            "component": "A-SOC",
            "class": what,
            "custom_details": {
                "incident": incident.id,
                "status": status(incident.status),
                "who": who,
                "happened": happened,
                "plan": actions,
                "answer_before": facts.asked().map(|approval| approval.request.expires),
            },
        },
    });
    // PagerDuty takes no other links.
    let linked = origin.filter(|origin| origin.scheme() == "https");
    if let Some(mut url) = linked.and_then(|origin| origin.join("incident/").ok()) {
        url.query_pairs_mut().append_pair("id", incident.id.as_str());
        event["client_url"] = json!(url.as_str());
        event["links"] = json!([{ "href": url.as_str(), "text": "Open the dashboard" }]);
    }
    event
}

fn severity(risk: Risk) -> &'static str {
    match risk.points() {
        90.. => "critical",
        70.. => "error",
        40.. => "warning",
        _ => "info",
    }
}
