//! A whole stack: the templates that are deployed, the workflows, and the functions as the programs that are deployed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, process::Command, task::AbortHandle};

use crate::{
    Moto, bridge, gate,
    gateway::Gateway,
    runtime::{Answer, Function},
};

/// The stack's name.
const STACK: &str = "asoc";
/// The functions, and the queue that each reads.
const FUNCTIONS: [(&str, Option<&str>); 7] = [
    ("telemetry", Some("deliveries")),
    ("detection", Some("alerts")),
    ("supervisor", Some("reports.fifo")),
    ("forensics", None),
    ("response", None),
    ("compliance", Some("seal.fifo")),
    ("console", Some("broadcast")),
];
/// How the key of the task tokens is tagged.
const KEY_TAGS: &str = "      Tags: [{ Key: \"asoc:stack\", Value: !Ref Stack }]\n";
/// The workflows.
const MACHINES: [&str; 2] = ["incident", "undo"];

/// A running stack. Dropping it ends everything.
#[derive(Debug)]
pub struct Stack {
    /// The endpoint behind it.
    pub moto: Arc<Moto>,
    /// Its functions, and its WebSocket clients.
    pub gateway: Arc<Gateway>,
    url: String,
    outputs: BTreeMap<String, String>,
    /// The layer's files, as they are deployed.
    layer: TempDir,
    tasks: Vec<AbortHandle>,
}

impl Stack {
    /// Deploys one. `programs` is the folder with the functions' programs; `settings` change their environment.
    ///
    /// # Errors
    /// What cannot be made, and why.
    pub async fn deploy(programs: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = |name: &str| {
            let path = root.join("infra").join(name);
            std::fs::read_to_string(&path).with_context(|| path.display().to_string())
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let moto = Arc::new(Moto::start_behind(listener.local_addr()?.port()).await?);
        let gateway = Arc::new(Gateway::default());
        let routes = gateway.router().merge(gate::router(&moto));
        let mut tasks = vec![tokio::spawn(async move { axum::serve(listener, routes).await }).abort_handle()];

        let mut outputs =
            moto.deploy("tables", &read("tables.yaml")?, &[("Stack", STACK), ("Protect", "false")]).await?;
        // moto cannot make a key with tags.
        let storage = read("storage.yaml")?.replace(KEY_TAGS, "");
        outputs.extend(moto.deploy("storage", &storage, &[("Stack", STACK), ("Protect", "false")]).await?);
        let stream = outputs.get("LogStream").context("the tables' template gives no stream")?.clone();
        let parameters = [("Stack", STACK), ("LogStream", &stream), ("LogDays", "1")];
        // moto has no pipes (see `bridge`), and cannot describe a role whose policy stands in a template.
        let messages = read("messages.yaml")?;
        let (before, pipe) = messages.split_once("\n  Outbox:\n").context("the template has no pipe")?;
        let (_, after) = pipe.split_once("\n  ToDetection:\n").context("the template has no rules")?;
        let after = after.replace("\n  Outbox: { Value: !Ref Outbox }", "");
        let messages = format!("{before}\n  ToDetection:\n{after}");
        outputs.extend(moto.deploy("messages", &messages, &parameters).await?);
        // What moto does not make of a template: secrets, and a bucket that locks.
        for (output, name) in [("LedgerSecret", "ledger"), ("WebhookSecret", "webhook")] {
            let secret = json!({ "Name": format!("{STACK}/{name}"), "SecretString": format!("{name}, for tests only") });
            let made = moto.call("secretsmanager", "secretsmanager.CreateSecret", &secret).await?;
            outputs.insert(output.to_owned(), made["ARN"].as_str().unwrap_or_default().to_owned());
        }
        outputs.insert("Ledger".to_owned(), locked_bucket(&moto).await?);
        let config = json!({ "stepfunctions": { "execute_state_machine": true } });
        let client = reqwest::Client::new();
        client.post(format!("{}/moto-api/config", moto.url())).body(config.to_string()).send().await?;
        for machine in MACHINES {
            let created = create(&moto, machine, &read(&format!("{machine}.asl.json"))?).await?;
            outputs.insert(format!("machine {machine}"), created);
        }

        let mut stack = Self { moto, gateway, url, outputs, layer: layer(&root).await?, tasks: Vec::new() };
        let env = stack.environment(settings);
        for (name, queue) in FUNCTIONS {
            let function = Function::start(name, programs.join(name), env.clone()).await?;
            stack.gateway.add(function);
            if let Some(queue) = queue {
                let (moto, gateway, queue) = (stack.moto.clone(), stack.gateway.clone(), stack.queue(queue));
                let read =
                    move || bridge::mapping(moto.clone(), gateway.clone(), queue.clone(), name.to_owned());
                tasks.push(tokio::spawn(bridge::keep_on(name, read)).abort_handle());
            }
        }
        let moto = stack.moto.clone();
        let pipe = move || bridge::pipe(moto.clone(), format!("{STACK}-log"), STACK.to_owned());
        tasks.push(tokio::spawn(bridge::keep_on("the pipe", pipe)).abort_handle());
        stack.tasks = tasks;
        Ok(stack)
    }

    /// Its address, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// An output of the templates.
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// The address of one of its queues.
    pub fn queue(&self, name: &str) -> String {
        format!("{}/123456789012/{STACK}-{name}", self.moto.url())
    }

    /// Sends a message to one of its queues.
    pub async fn send(&self, queue: &str, body: &Value) -> anyhow::Result<()> {
        let message = json!({ "QueueUrl": self.queue(queue), "MessageBody": body.to_string() });
        self.moto.call("sqs", "AmazonSQS.SendMessage", &message).await?;
        Ok(())
    }

    /// Asks the HTTP API as a signed-in person: what API Gateway makes of a request whose token it has verified (HTTP API,
    /// payload format 2.0, JWT authorizer).
    pub async fn ask(&self, person: &str, groups: &str, method: &str, path: &str, body: Value) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let claims = json!({
            "token_use": "id", "cognito:username": person, "cognito:groups": format!("[{groups}]"),
        });
        let event = json!({
            "version": "2.0", "routeKey": "ANY /v1/{proxy+}", "rawPath": path, "rawQueryString": query,
            "headers": { "content-type": "application/json" },
            "requestContext": {
                "accountId": "123456789012", "apiId": "api", "domainName": "api.example", "stage": "$default",
                "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                          "userAgent": "test" },
                "authorizer": { "jwt": { "claims": claims, "scopes": null } },
            },
            "body": if body.is_null() { Value::Null } else { body.to_string().into() }, "isBase64Encoded": false,
        });
        self.gateway.invoke("console", event).await
    }

    fn environment(&self, settings: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = [
            ("AWS_ENDPOINT_URL", self.url.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
            ("ASOC_STACK", STACK),
            ("ASOC_LOG", "warn"),
            ("ASOC_ARCHIVE", self.output("Archive")),
            ("ASOC_LEDGER", self.output("Ledger")),
            ("ASOC_KEY", self.output("TokenKey")),
            ("ASOC_SECRET_LEDGER", self.output("LedgerSecret")),
            ("ASOC_SECRET_WEBHOOK", self.output("WebhookSecret")),
            ("ASOC_MACHINE_INCIDENT", self.output("machine incident")),
            ("ASOC_MACHINE_UNDO", self.output("machine undo")),
        ];
        let computed = [
            ("ASOC_POLICIES", self.layer.path().join("policies.tar").display().to_string()),
            ("ASOC_DELIVERIES", self.queue("deliveries")),
            ("ASOC_SOCKET", format!("{}/live", self.url)),
        ];
        let mut env: BTreeMap<String, String> =
            own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        env.extend(computed.map(|(name, value)| (name.to_owned(), value)));
        env.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        env.into_iter().collect()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// The layer of policies, built as for a deployment.
async fn layer(root: &Path) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let mut make = Command::new("make");
    make.arg("--silent").arg("build-Policies").arg(format!("ARTIFACTS_DIR={}", folder.path().display()));
    let status = make.current_dir(root).status().await.context("`make` does not start")?;
    ensure!(status.success(), "`make build-Policies` fails");
    Ok(folder)
}

/// A bucket with Object Lock, for a day at least.
async fn locked_bucket(moto: &Moto) -> anyhow::Result<String> {
    let name = format!("{STACK}-locked");
    let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let put = |path: String, body: &'static str| {
        let put = reqwest::Client::new().put(format!("{}/{path}", moto.url())).header("authorization", scope);
        put.header("x-amz-bucket-object-lock-enabled", "true").body(body).send()
    };
    let rule = "<ObjectLockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ObjectLockEnabled>Enabled\
                </ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention>\
                </Rule></ObjectLockConfiguration>";
    put(name.clone(), "").await?.error_for_status()?;
    put(format!("{name}?object-lock"), rule).await?.error_for_status()?;
    Ok(name)
}

/// Makes a state machine of a file, with the functions' names put in.
async fn create(moto: &Moto, name: &str, text: &str) -> anyhow::Result<String> {
    let mut definition = text.replace("${Partition}", "aws");
    for function in ["Supervisor", "Forensics", "Response", "Compliance"] {
        definition = definition.replace(&format!("${{{function}Function}}"), &function.to_lowercase());
    }
    let asked = json!({
        "name": format!("{STACK}-{name}"), "definition": definition,
        "roleArn": "arn:aws:iam::123456789012:role/workflows",
    });
    let created = moto.call("states", "AWSStepFunctions.CreateStateMachine", &asked).await?;
    Ok(created["stateMachineArn"].as_str().context("no state machine is made")?.to_owned())
}
