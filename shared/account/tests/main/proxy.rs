//! What stands between the SDK and the endpoint: makes calls fail as AWS lets them fail.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, StatusCode, Uri},
};

/// What happens to each call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The first tries of each are refused for now.
    Throttled {
        /// How many.
        tries: usize,
    },
    /// The first tries of each take effect, but the answer is that of no service.
    AnswerLost {
        /// How many.
        tries: usize,
    },
    /// Nobody may read a bucket's policy.
    Locked,
    /// Each bucket stands in eu-west-1, which S3 says when it is asked elsewhere.
    Elsewhere,
    /// Lists come in pages of one thing, or as few as the service allows.
    ShortPages,
}

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) url: String,
    seen: Arc<Seen>,
}

struct Seen {
    target: String,
    fault: Fault,
    client: reqwest::Client,
    calls: AtomicUsize,
    faults: AtomicUsize,
    asked: Mutex<Vec<String>>,
    /// How often the same was asked.
    times: Mutex<HashMap<String, usize>>,
}

impl Proxy {
    /// One on a free port, before this endpoint.
    pub(crate) async fn before(target: &str, fault: Fault) -> Self {
        let seen = Arc::new(Seen {
            target: target.to_owned(),
            fault,
            client: reqwest::Client::new(),
            calls: AtomicUsize::new(0),
            faults: AtomicUsize::new(0),
            asked: Mutex::new(Vec::new()),
            times: Mutex::new(HashMap::new()),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(pass).with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, seen }
    }

    /// How many tries came.
    pub(crate) fn calls(&self) -> usize {
        self.seen.calls.load(Ordering::SeqCst)
    }

    /// How many of them failed here.
    pub(crate) fn faults(&self) -> usize {
        self.seen.faults.load(Ordering::SeqCst)
    }

    /// What was asked, each as `REGION SERVICE PATH BODY`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.seen.asked.lock().unwrap().clone()
    }
}

async fn pass(
    State(seen): State<Arc<Seen>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    seen.calls.fetch_add(1, Ordering::SeqCst);
    let text = String::from_utf8_lossy(&body).into_owned();
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let told_before = {
        let mut times = seen.times.lock().unwrap();
        let times = times.entry(format!("{method} {uri} {text}")).or_insert(0);
        *times += 1;
        *times - 1
    };
    // "AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/us-east-1/ec2/aws4_request, …"
    let scope = header("authorization");
    let mut scope = scope.split('/').skip(2).map(str::to_owned);
    let (region, service) = (scope.next().unwrap_or_default(), scope.next().unwrap_or_default());
    seen.asked.lock().unwrap().push(format!("{region} {service} {uri} {text}"));
    match seen.fault {
        Fault::Locked if uri.query().is_some_and(|query| query.starts_with("policy")) => {
            return told(403, "<Error><Code>AccessDenied</Code><Message>Locked</Message></Error>".to_owned());
        }
        Fault::Elsewhere if method == Method::HEAD => {
            let answer = Response::builder().status(301).header("x-amz-bucket-region", "eu-west-1");
            return answer.body(Body::empty()).unwrap();
        }
        _ => {}
    }
    let (is_throttled, is_lost) = match seen.fault {
        Fault::Throttled { tries } => (told_before < tries, false),
        Fault::AnswerLost { tries } => (false, told_before < tries),
        Fault::None | Fault::Locked | Fault::Elsewhere | Fault::ShortPages => (false, false),
    };
    if is_throttled {
        seen.faults.fetch_add(1, Ordering::SeqCst);
        return throttled(&service);
    }
    let body = match seen.fault {
        Fault::ShortPages => shorter(&service, &text).into(),
        _ => body,
    };
    let mut request = seen.client.request(method, format!("{}{uri}", seen.target)).body(body);
    for (name, value) in
        headers.iter().filter(|(name, _)| !matches!(name.as_str(), "host" | "content-length"))
    {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    if is_lost {
        seen.faults.fetch_add(1, Ordering::SeqCst);
        return told(503, "<html>no answer</html>".to_owned());
    }
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

/// As each protocol says it ("Error responses" of the services' API references).
fn throttled(service: &str) -> Response<Body> {
    let error = |code: &str| format!("<Error><Code>{code}</Code><Message>Rate exceeded</Message></Error>");
    match service {
        "ec2" => {
            told(503, format!("<Response><Errors>{}</Errors></Response>", error("RequestLimitExceeded")))
        }
        "s3" => told(503, error("SlowDown")),
        "cloudtrail" | "secretsmanager" => {
            told(400, r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#.to_owned())
        }
        _ => told(400, format!("<ErrorResponse>{}</ErrorResponse>", error("Throttling"))),
    }
}

fn told(status: u16, body: String) -> Response<Body> {
    Response::builder().status(StatusCode::from_u16(status).unwrap()).body(Body::from(body)).unwrap()
}

/// The same call with the shortest page.
fn shorter(service: &str, call: &str) -> String {
    match service {
        "iam" if call.starts_with("Action=") => {
            let rest = call.split('&').filter(|part| !part.starts_with("MaxItems="));
            rest.chain(["MaxItems=1"]).collect::<Vec<_>>().join("&")
        }
        "ec2" => call.replace("MaxResults=1000", "MaxResults=5"),
        "elasticloadbalancing" => call.replace("PageSize=400", "PageSize=1"),
        "autoscaling" => call.replace("MaxRecords=100", "MaxRecords=1"),
        "secretsmanager" => call.replace("\"MaxResults\":100", "\"MaxResults\":1"),
        _ => call.to_owned(),
    }
}
