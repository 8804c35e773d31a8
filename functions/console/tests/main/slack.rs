//! Answers from Slack.

use axum::http::{HeaderMap, StatusCode};
use domain::{Approval, ApprovalRequest, Incident, Outcome, Plan, Status, Time};
use notify::{
    Remembered, Slack,
    proofs::{CHANNEL, Service, click, signed, value},
};
use serde_json::{Value, json};

use super::{START, World, arn, waiting};

/// Slack's ids of zoe and yan (approvers), of vic (who may only look), and of ann, whom the incident is about.
pub(crate) const ZOE: &str = "U0ZOE";
const YAN: &str = "U0YAN";
const VIC: &str = "U0VIC";
const ANN: &str = "U0ANN";

/// A workspace beside a console.
struct Workspace {
    world: World,
    service: Service,
    slack: Slack,
    sent: Remembered,
}

impl Workspace {
    async fn around(incident: &Incident) -> Self {
        let world = World::with(std::slice::from_ref(incident)).await;
        let service = Service::start().await;
        let who = |name: &str, role: &str| json!({ "name": name, "role": role, "principals": [arn(name)] });
        let slack = service.slack(json!({ ZOE: who("zoe", "approver"), YAN: who("yan", "approver"),
            VIC: who("vic", "viewer"), ANN: who("ann", "admin") }));
        Self { world, service, slack, sent: Remembered::default() }
    }

    /// Somebody's click or submitted dialogue, signed now.
    async fn act(&self, payload: &Value) -> (StatusCode, Value) {
        let (headers, body) = signed(payload, self.now());
        self.send(&headers, &body).await
    }

    fn now(&self) -> i64 {
        self.world.ctx.clock.now().millis() / 1000
    }

    async fn send(&self, headers: &HeaderMap, body: &str) -> (StatusCode, Value) {
        use axum::response::IntoResponse;
        let answered =
            console::slack::answer(&self.world.ctx, &self.sent, &self.slack, headers, body.as_bytes()).await;
        let response = answered.unwrap_or_else(IntoResponse::into_response);
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    /// What one person was told, and nobody else.
    fn told(&self, user: &str) -> String {
        let taken = self.service.taken();
        let [(method, request)] = &taken[..] else { panic!("{taken:#?}") };
        assert_eq!(
            (method.as_str(), &request["user"], &request["channel"]),
            ("chat.postEphemeral", &json!(user), &json!(CHANNEL))
        );
        request["text"].as_str().unwrap().to_owned()
    }
}

/// In the form of Slack's "view_submission payload".
fn submit(user: &str, value: &str, reason: &str) -> Value {
    json!({
        "type": "view_submission", "team": { "id": "T1", "domain": "soc" }, "user": { "id": user, "username": "x", "team_id": "T1" },
        "view": { "id": "V1", "type": "modal", "callback_id": "asoc_reason", "private_metadata": value, "hash": "1.x",
            "state": { "values": { "asoc_reason": { "asoc_reason": { "type": "plain_text_input", "value": reason } } } } },
    })
}

#[tokio::test]
async fn two_people_approve() {
    let incident = waiting("i", 2);
    let slack = Workspace::around(&incident).await;
    assert_eq!(
        slack.act(&click(ZOE, "asoc_approve", &value(&incident))).await,
        (StatusCode::OK, Value::Null)
    );
    let after = slack.world.incident("i").await;
    assert_eq!((after.status, after.approval.unwrap().votes.len()), (Status::AwaitingApproval, 1));
    slack.act(&click(ZOE, "asoc_approve", &value(&incident))).await;
    assert!(slack.told(ZOE).contains("zoe has voted already"));

    slack.act(&click(YAN, "asoc_approve", &value(&incident))).await;
    let after = slack.world.incident("i").await;
    let Some(Outcome::Approved { actions, by }) = after.approval.unwrap().outcome else { panic!() };
    assert_eq!((actions.len(), by), (2, vec!["zoe".to_owned(), "yan".to_owned()]));
    assert_eq!(slack.world.workflows.calls(), [r#"settle execution-of-i {"decision":"approved"}"#]);
    assert!(slack.service.taken().is_empty(), "what counts is told from the log");
    slack.act(&click(YAN, "asoc_approve", &value(&incident))).await;
    assert!(slack.told(YAN).contains("settled"));
}

#[tokio::test]
async fn one_person_rejects_with_a_reason() {
    let incident = waiting("i", 2);
    let slack = Workspace::around(&incident).await;
    slack.act(&click(ZOE, "asoc_reject", &value(&incident))).await;
    let taken = slack.service.taken();
    assert_eq!((taken[0].0.as_str(), &taken[0].1["trigger_id"]), ("views.open", &json!("12345.98765.abcd")));
    let carried = taken[0].1["view"]["private_metadata"].as_str().unwrap().to_owned();
    assert_eq!(slack.world.incident("i").await, incident, "a click alone rejects nothing");

    let (status, answer) = slack.act(&submit(ZOE, &carried, "  ")).await;
    assert_eq!((status, &answer["response_action"]), (StatusCode::OK, &json!("update")));
    assert!(answer.to_string().contains("a rejection needs a reason"), "{answer}");
    assert_eq!(slack.act(&submit(ZOE, &carried, "that is the backup")).await, (StatusCode::OK, Value::Null));
    let after = slack.world.incident("i").await;
    assert_eq!(after.status, Status::Rejected);
    let Some(Outcome::Rejected { by, reason }) = after.approval.unwrap().outcome else { panic!() };
    assert_eq!((by.as_str(), reason.as_str()), ("zoe", "that is the backup"));
}

#[tokio::test]
async fn each_refusal_is_told_to_that_person_and_is_on_record() {
    let incident = waiting("i", 2);
    let expired = {
        let mut incident = incident.clone();
        incident.approval.as_mut().unwrap().request.expires = Time::from_millis(START);
        incident
    };
    let superseded = {
        let mut incident = incident.clone();
        let plan = Plan::new("i".into(), 2, incident.plan.as_ref().unwrap().actions[..1].to_vec());
        let verdict = incident.verdict.clone().unwrap();
        let request = ApprovalRequest::new(&plan, &verdict, vec![arn("ann")], Time::from_millis(START));
        (incident.plan, incident.approval) = (Some(plan), Some(Approval::new(request)));
        incident
    };
    let nothing = Incident { approval: None, status: Status::Open, ..incident.clone() };
    for (before, user, told) in [
        (&incident, VIC, "may not approve or reject"),
        (&incident, ANN, "a subject never approves"),
        (&incident, "U0NOBODY", "does not know you"),
        (&superseded, ZOE, "the plan has changed since it was shown to you"),
        (&expired, ZOE, "expired"),
        (&nothing, ZOE, "no approval is asked for"),
    ] {
        for is_rejection in [false, true] {
            let slack = Workspace::around(before).await;
            let said = if is_rejection {
                let (status, answer) = slack.act(&submit(user, &value(&incident), "no")).await;
                assert_eq!(status, StatusCode::OK);
                assert!(slack.service.taken().is_empty());
                answer["view"]["blocks"][0]["text"]["text"].as_str().unwrap().to_owned()
            } else {
                let answer = slack.act(&click(user, "asoc_approve", &value(&incident))).await;
                assert_eq!(answer, (StatusCode::OK, Value::Null));
                slack.told(user)
            };
            assert!(said.contains(told), "{said} tells of: {told}");
            assert_eq!(&slack.world.incident("i").await, before, "{told}");
            assert_eq!(slack.world.notices().await.len(), 1, "{told}: on record once");
        }
    }
}

#[tokio::test]
async fn what_slack_did_not_send_just_now_counts_for_nothing() {
    let incident = waiting("i", 1);
    let yes = click(ZOE, "asoc_approve", &value(&incident));
    let slack = Workspace::around(&incident).await;
    let now = slack.now();
    let (stale, _) = signed(&yes, now - 400);
    let (headers, body) = signed(&yes, now);
    let (_, other) = signed(&click(YAN, "asoc_approve", &value(&incident)), now);
    for (headers, body) in
        [(&HeaderMap::new(), &body), (&stale, &body), (&headers, &other), (&headers, &format!("{body}&x=y"))]
    {
        let (status, problem) = slack.send(headers, body).await;
        assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")), "{problem}");
    }
    assert_eq!(slack.world.incident("i").await, incident);
    assert!(slack.world.said().await.is_empty(), "who did not sign leaves no trace");

    assert_eq!(slack.send(&headers, &body).await.0, StatusCode::OK);
    assert_eq!(slack.world.incident("i").await.status, Status::Responding);
    // Sent again as it was, and with its signature written otherwise.
    let mut upper = headers.clone();
    let signature = headers["x-slack-signature"].to_str().unwrap()[3..].to_uppercase();
    upper.insert("x-slack-signature", format!("v0={signature}").parse().unwrap());
    for headers in [&headers, &upper] {
        let (status, problem) = slack.send(headers, &body).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("refused")), "{problem}");
    }
    assert_eq!(slack.world.workflows.calls().len(), 1);
}

#[tokio::test]
async fn what_is_none_of_ours_does_nothing() {
    let incident = waiting("i", 1);
    let slack = Workspace::around(&incident).await;
    let elsewhere = json!({ "incident": "other", "plan": "x", "revision": 1 }).to_string();
    for (payload, expected) in [
        (click(ZOE, "asoc_open", ""), StatusCode::OK),
        (click(ZOE, "another", "x"), StatusCode::OK),
        (json!({ "type": "message_action", "user": { "id": ZOE } }), StatusCode::OK),
        (click(ZOE, "asoc_approve", "not a plan"), StatusCode::UNPROCESSABLE_ENTITY),
        (click(ZOE, "asoc_approve", &elsewhere), StatusCode::NOT_FOUND),
        (json!({ "type": "block_actions" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!([]), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(slack.act(&payload).await.0, expected, "{payload}");
    }
    assert!(slack.world.said().await.is_empty() && slack.service.taken().is_empty());
    assert_eq!(slack.world.incident("i").await, incident);
}
