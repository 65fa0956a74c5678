//! A receiver of notifications, as somebody else would run it: it keeps what it gets and answers what a test tells it.

use std::collections::{HashMap, HashSet};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Received {
    /// Which endpoint: each has a path of its own.
    pub path: String,
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    /// As received; signatures are over these bytes.
    pub text: String,
    pub body: Value,
    /// What it was answered.
    pub status: u16,
}

impl Received {
    pub fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default()
    }

    pub fn organization(&self) -> &str {
        self.body["data"]["organization_id"].as_str().unwrap_or_default()
    }

    pub fn sequence(&self) -> u64 {
        self.body["data"]["sequence"].as_u64().unwrap_or_default()
    }
}

/// What to answer, and after how long.
type Answer = Arc<dyn Fn(&Received) -> (u16, Duration) + Send + Sync>;

struct Desk {
    received: Mutex<Vec<Received>>,
    answer: Mutex<Answer>,
}

pub struct Receiver {
    desk: Arc<Desk>,
    base: String,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let answer: Answer = Arc::new(|_| (204, Duration::ZERO));
        let desk = Arc::new(Desk { received: Mutex::default(), answer: Mutex::new(answer) });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&desk));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { desk, base, task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn answers(&self, status: u16) {
        self.decides(move |_| (status, Duration::ZERO));
    }

    pub fn decides(&self, answer: impl Fn(&Received) -> (u16, Duration) + Send + Sync + 'static) {
        *self.desk.answer.lock().unwrap() = Arc::new(answer);
    }

    /// Every request to an endpoint, in the order of its coming.
    pub fn tries(&self, path: &str) -> Vec<Received> {
        let all = self.desk.received.lock().unwrap();
        all.iter().filter(|received| received.path == path).cloned().collect()
    }

    /// What the endpoint has taken, repeated ids dropped: what a receiver acts on.
    pub fn taken(&self, path: &str) -> Vec<Received> {
        let mut known = HashSet::new();
        let taken = self.tries(path).into_iter().filter(|received| (200..300).contains(&received.status));
        taken.filter(|received| known.insert(received.id.clone())).collect()
    }

    /// As [`Self::taken`], once there are as many and no more come.
    pub async fn settled(&self, path: &str, count: usize) -> Vec<Received> {
        self.wait(path, count).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        let taken = self.taken(path);
        assert_eq!(taken.len(), count, "{path} took {:?}", taken.iter().map(Received::kind).collect::<Vec<_>>());
        taken
    }

    /// Waits for the first request to an endpoint, whatever it was answered.
    pub async fn tried(&self, path: &str) {
        for _ in 0..600 {
            if !self.tries(path).is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing came to {path}");
    }

    pub async fn wait(&self, path: &str, count: usize) {
        for _ in 0..1_200 {
            if self.taken(path).len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let tries = self.tries(path);
        let last: Vec<_> = tries.iter().rev().take(5).collect();
        panic!("{path} took {} of {count} in {} tries; the last are {last:#?}", self.taken(path).len(), tries.len());
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(State(desk): State<Arc<Desk>>, uri: Uri, headers: HeaderMap, bytes: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let mut received = Received {
        path: uri.path().to_owned(),
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: serde_json::from_str(&text).expect("JSON"),
        text,
        status: 0,
    };
    let answer = Arc::clone(&desk.answer.lock().unwrap());
    let (status, after) = answer(&received);
    received.status = status;
    desk.received.lock().unwrap().push(received);
    tokio::time::sleep(after).await;
    StatusCode::from_u16(status).expect("a status")
}

/// Every notification comes in the order of its organization's stream; answers how many each has.
pub fn in_order(received: &[Received]) -> HashMap<String, usize> {
    let mut last: HashMap<&str, (u64, usize)> = HashMap::new();
    for one in received {
        let (sequence, count) = last.entry(one.organization()).or_default();
        assert!(one.sequence() > *sequence, "{} after {sequence}: {one:?}", one.sequence());
        (*sequence, *count) = (one.sequence(), *count + 1);
    }
    last.into_iter().map(|(organization, (_, count))| (organization.to_owned(), count)).collect()
}

/// Whether the reference library takes each with the secret, and refuses it altered, renamed or late.
pub async fn genuine(secret: &str, received: &[Received]) -> Vec<bool> {
    let one = |one: &Received| json!({"id": one.id, "timestamp": one.timestamp, "signature": one.signature, "body": one.text});
    let input = json!({"secret": secret, "received": received.iter().map(one).collect::<Vec<_>>()}).to_string();
    let verdicts = tokio::task::spawn_blocking(move || judge(&input)).await.expect("no panic");
    let verdicts: Vec<Value> = serde_json::from_str(&verdicts).expect("the judge writes JSON");
    let refused = ["altered", "renamed", "late"];
    for verdict in &verdicts {
        assert!(refused.iter().all(|how| verdict[how] == false), "{verdict}");
    }
    verdicts.iter().map(|verdict| verdict["genuine"] == true).collect()
}

fn judge(input: &str) -> String {
    use std::io::Write;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("receiver");
    let is_there = folder.join("node_modules/standardwebhooks").is_dir();
    assert!(is_there, "the reference library is missing: run `make setup`");
    let mut command = Command::new("node");
    command.arg("verify.mjs").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("node runs: `make setup` installs it");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the judge failed");
    String::from_utf8(output.stdout).expect("UTF-8")
}
