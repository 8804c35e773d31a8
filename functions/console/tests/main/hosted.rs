//! The function as it is deployed, on an AWS-compatible endpoint: whether people are told, once each, whatever fails.

use std::{path::Path, sync::Arc};

use ::agent::{
    Ctx, Write,
    proofs::{outside::outside, store::record},
};
use aws::store::DynamoStore;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::{config::Credentials, types::AttributeValue::S};
use axum::{Router, routing::post};
use cloud::{Gate, Moto, runtime::Function};
use domain::{Incident, Message, MessageId, Party, Payload, Status, Time};
use notify::proofs::{ROUTING_KEY, SIGNING_SECRET, Service, TOKEN, click, signed, value};
use sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};

use super::{approver, arn, slack, waiting};

/// A deployed console, one client of its WebSocket, and both services.
struct Hosted {
    function: Function,
    ctx: Ctx,
    service: Service,
    frames: mpsc::UnboundedReceiver<String>,
    _endpoint: (Moto, Gate),
}

impl Hosted {
    async fn start(incident: &Incident) -> Self {
        let moto = Moto::start().await.unwrap();
        let tables = include_str!("../../../../infra/tables.yaml");
        moto.deploy("asoc", tables, &[("Stack", "asoc"), ("Protect", "false")]).await.unwrap();
        let gate = Gate::before(&moto).await.unwrap();
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(gate.url())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        let (dynamodb, s3) = (aws_sdk_dynamodb::Client::new(&sdk), aws::cloud::s3(&sdk));
        s3.create_bucket().bucket("archive").send().await.unwrap();
        let connection =
            dynamodb.put_item().table_name("asoc-connections").item("connection", S("c1".into()));
        connection.item("person", S("zoe".into())).send().await.unwrap();

        let store = DynamoStore::new("asoc", dynamodb, s3, "archive");
        let account = Sandbox::new(sandbox::default_account().unwrap());
        let (ctx, _) = outside(Arc::new(store), Arc::new(account), now());
        let asked = incident.approval.clone().unwrap().request;
        let message = Message {
            message_id: MessageId::from("m1"),
            correlation_id: incident.id.0.clone(),
            causation_id: None,
            sender: Party::Supervisor,
            receiver: Party::Dashboard,
            time: now(),
            risk_score: None,
            payload: Payload::ApprovalRequired(Box::new(asked)),
        };
        let write = [Write::Incident(Box::new(incident.clone()))];
        ctx.store.commit(&record("asked", b"", vec![]), b"", &write, &[message]).await.unwrap();

        let service = Service::start().await;
        let zoe = approver("zoe");
        let slack = json!({ "bot_token": TOKEN, "signing_secret": SIGNING_SECRET, "channel": "C0123456789",
            "people": { slack::ZOE: zoe }, "api": format!("{}/api", service.url()) });
        let pagerduty = json!({ "routing_key": ROUTING_KEY, "api": format!("{}/v2", service.url()) });
        let (socket, frames) = socket().await;
        let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies").display().to_string();
        let env = [
            ("AWS_ENDPOINT_URL", gate.url()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
            ("ASOC_STACK", "asoc"),
            ("ASOC_ARCHIVE", "archive"),
            ("ASOC_DELIVERIES", "none"),
            ("ASOC_POLICIES", &policies),
            ("ASOC_SOCKET", &socket),
            ("ASOC_ORIGIN", "https://soc.example"),
            ("ASOC_SECRET_SLACK", &secret(&moto, "slack", &slack).await),
            ("ASOC_SECRET_PAGERDUTY", &secret(&moto, "pagerduty", &pagerduty).await),
        ];
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let function = Function::start("console", env!("CARGO_BIN_EXE_console").into(), env).await.unwrap();
        Self { function, ctx, service, frames, _endpoint: (moto, gate) }
    }

    /// What the queue brings: the log's first row. Whether it failed, so that it comes again.
    async fn broadcast(&self) -> bool {
        let body = json!({ "seq": "1", "count": "1", "receiver": "dashboard", "kind": "APPROVAL_REQUIRED" })
            .to_string();
        let message = json!({ "messageId": "q1", "eventSource": "aws:sqs", "body": body, "attributes": {}, "messageAttributes": {} });
        let answer = self.function.invoke(json!({ "Records": [message] })).await.unwrap();
        !answer["batchItemFailures"].as_array().unwrap().is_empty()
    }

    /// What Slack posts, as API Gateway hands it on.
    async fn post(&self, signature: &str, timestamp: i64, body: &str) -> Value {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let event = json!({
            "version": "2.0", "routeKey": "POST /v1/slack", "rawPath": "/v1/slack", "rawQueryString": "",
            "headers": { "content-type": "application/x-www-form-urlencoded", "x-slack-signature": signature,
                         "x-slack-request-timestamp": timestamp.to_string() },
            "requestContext": { "accountId": "123456789012", "apiId": "api", "domainName": "api.example", "stage": "$default",
                "http": { "method": "POST", "path": "/v1/slack", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "Slackbot" } },
            "body": BASE64_STANDARD.encode(body), "isBase64Encoded": true,
        });
        self.function.invoke(event).await.unwrap()
    }
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time::from_millis(since.as_millis() as i64)
}

async fn secret(moto: &Moto, name: &str, value: &Value) -> String {
    let asked = json!({ "Name": name, "SecretString": value.to_string() });
    let made = moto.call("secretsmanager", "secretsmanager.CreateSecret", &asked).await.unwrap();
    made["ARN"].as_str().unwrap().to_owned()
}

/// The way to WebSocket clients; each frame comes out at the other end.
async fn socket() -> (String, mpsc::UnboundedReceiver<String>) {
    let (sender, frames) = mpsc::unbounded_channel();
    let take = async move |body: String| drop(sender.send(body));
    let routes = Router::new().route("/@connections/{id}", post(take));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, frames)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_told_is_not_told_again_by_a_message_that_failed_elsewhere() {
    let mut incident = waiting("i", 2);
    incident.approval.as_mut().unwrap().request.expires = now().plus_seconds(900);
    let mut hosted = Hosted::start(&incident).await;
    hosted.service.answer_next(200, &[], json!({ "ok": false, "error": "not_in_channel" }));
    assert!(hosted.broadcast().await, "the queue is to bring it again");
    let names = |taken: Vec<(String, Value)>| taken.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(hosted.service.taken()), ["trigger"], "PagerDuty calls though Slack does not answer");
    assert!(hosted.frames.recv().await.unwrap().contains("APPROVAL_REQUIRED"));

    assert!(!hosted.broadcast().await);
    assert_eq!(names(hosted.service.taken()), ["chat.postMessage"]);
    assert!(!hosted.broadcast().await);
    assert_eq!(names(hosted.service.taken()), [""; 0]);
    assert!(hosted.frames.try_recv().is_err(), "dashboards were told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_comes_through_the_open_route() {
    let mut incident = waiting("i", 2);
    incident.approval.as_mut().unwrap().request.expires = now().plus_seconds(900);
    let hosted = Hosted::start(&incident).await;
    let seconds = now().millis() / 1000;
    let click = click(slack::ZOE, "asoc_approve", &value(&incident));
    let (headers, body) = signed(&click, seconds);
    let signature = headers["x-slack-signature"].to_str().unwrap();

    assert_eq!(hosted.post(&signature.replace('0', "1"), seconds, &body).await["statusCode"], 403);
    assert_eq!(hosted.post(signature, seconds, &body).await["statusCode"], 200);
    let after = hosted.ctx.store.incident(&incident.id).await.unwrap().unwrap();
    assert_eq!(
        (after.status, after.approval.unwrap().votes[0].by.as_str()),
        (Status::AwaitingApproval, "zoe")
    );
    assert_eq!(after.principals[0].arn, arn("ann"));
    assert_eq!(hosted.post(signature, seconds, &body).await["statusCode"], 409, "sent again");
}
