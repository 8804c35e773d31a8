//! A stack with an account in it, and ways to look at both.

use std::{path::PathBuf, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::primitives::ByteStream;
use cloud::Stack;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::attack::{self, USER};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(240);

/// So many worlds at once: each is an endpoint and seven programs, and a machine has few processors.
static WORLDS: Semaphore = Semaphore::const_new(3);

pub(crate) struct World {
    _place: SemaphorePermit<'static>,
    pub(crate) stack: Stack,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    /// The leaked key.
    pub(crate) key: String,
}

impl World {
    /// A stack that contains these kinds of actions, and an account with a user whose key leaked.
    pub(crate) async fn new(settings: &[(&str, &str)]) -> Self {
        let place = WORLDS.acquire().await.unwrap();
        let stack = Stack::deploy(&programs(), settings).await.unwrap();
        let sdk = sdk(stack.url()).await;
        let iam = aws_sdk_iam::Client::new(&sdk);
        iam.create_user().user_name(USER).send().await.unwrap();
        let key =
            iam.create_access_key().user_name(USER).send().await.unwrap().access_key.unwrap().access_key_id;
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
        Self { _place: place, stack, iam, s3: aws_sdk_s3::Client::from_conf(s3), key }
    }

    /// Drops an attack's log file into the bucket.
    pub(crate) async fn attack(&self, ids: &str) {
        let (bucket, name) = (self.stack.output("Raw"), format!("AWSLogs/{ids}.json"));
        let file = attack::file(ids, &self.key).to_string().into_bytes();
        self.s3.put_object().bucket(bucket).key(&name).body(ByteStream::from(file)).send().await.unwrap();
        self.announce(ids).await;
    }

    /// Tells of the file, once or once more.
    pub(crate) async fn announce(&self, ids: &str) {
        let (bucket, name) = (self.stack.output("Raw"), format!("AWSLogs/{ids}.json"));
        self.stack.send("deliveries", &attack::notification(bucket, &name)).await.unwrap();
    }

    /// Reads a route as an analyst.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let ask = async || self.stack.ask("ana", "analyst", "GET", path, Value::Null).await.ok();
        let answer = eventually("answer", ask).await;
        assert_eq!(answer["statusCode"], 200, "{path}: {answer}");
        serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
    }

    /// Posts to a route; answers status and body.
    pub(crate) async fn post(&self, person: &str, groups: &str, path: &str, body: Value) -> (i64, String) {
        let answer = self.stack.ask(person, groups, "POST", path, body).await.unwrap();
        (answer["statusCode"].as_i64().unwrap(), answer["body"].as_str().unwrap_or_default().to_owned())
    }

    /// As many people as are needed approve all of an incident's plan.
    pub(crate) async fn approve(&self, detail: &Value) {
        let path = format!("/v1/incidents/{}/approval", detail["incident"]["id"].as_str().unwrap());
        for n in 0..detail["incident"]["verdict"]["approvers"].as_u64().unwrap() {
            let (status, answer) =
                self.post(&format!("approver-{n}"), "approver", &path, crate::chain::yes(detail)).await;
            assert_eq!(status, 200, "{answer}");
        }
    }

    /// The first incident, once it stands at this.
    pub(crate) async fn incident(&self, status: &str) -> Value {
        let row = eventually(&format!("incident that is {status}"), async || {
            let rows = self.read("/v1/incidents").await;
            rows.as_array()?.iter().find(|row| row["status"] == status).cloned()
        })
        .await;
        self.read(&format!("/v1/incidents/{}", row["id"].as_str().unwrap())).await
    }

    /// Policies that the user has, and whether the leaked key is active.
    pub(crate) async fn user(&self) -> (Vec<String>, bool) {
        let policies = self.iam.list_attached_user_policies().user_name(USER).send().await.unwrap();
        let policies = policies.attached_policies.unwrap_or_default();
        let keys = self.iam.list_access_keys().user_name(USER).send().await.unwrap().access_key_metadata;
        let key = keys.iter().find(|key| key.access_key_id.as_deref() == Some(&self.key)).unwrap();
        let is_active = key.status.as_ref().is_some_and(|status| status.as_str() == "Active");
        (policies.into_iter().filter_map(|policy| policy.policy_name).collect(), is_active)
    }

    /// Waits until the log stands still and all of it is sealed; answers its length.
    pub(crate) async fn rest(&self) -> u64 {
        let mut last = 0;
        eventually("rest", async || {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            let newest = self.read("/v1/feed?limit=1").await["newest"].as_u64()?;
            let sealed = self.read("/v1/ledger?limit=1").await["newest"].as_u64()?;
            let is_still = newest == last && sealed == newest;
            last = newest;
            is_still.then_some(newest)
        })
        .await
    }
}

/// Asks until there is an answer.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = std::time::Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begin.elapsed() < PATIENCE, "there was no {what} within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Where the functions' programs are built: beside this test.
fn programs() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().unwrap().parent().unwrap().to_owned()
}

async fn sdk(url: &str) -> SdkConfig {
    let keys = aws_sdk_s3::config::Credentials::new("test", "test", None, None, "test");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(keys)
        .load()
        .await
}
