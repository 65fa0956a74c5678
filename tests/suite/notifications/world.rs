//! A ledger with a clock that a test moves, and a receiver.

use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::Receiver;
use crate::support;
use crate::support::TestDatabase;
use crate::support::http::{Answer, Client};
use crate::support::node::Node;

/// The key that secrets are sealed with in most tests.
pub const SEAL: &str = "the notification key of the tests 0123456789";

pub struct World {
    pub database: TestDatabase,
    clock: tempfile::NamedTempFile,
    pub nodes: Vec<Node>,
    pub receiver: Receiver,
}

impl World {
    /// A server that may send to this machine.
    pub async fn new() -> Self {
        let mut world = Self::without_servers().await;
        world.add_node().await;
        world
    }

    pub async fn without_servers() -> Self {
        let database = support::database().await;
        let clock = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(clock.path(), "0").expect("written");
        Self { database, clock, nodes: Vec::new(), receiver: Receiver::start().await }
    }

    pub async fn add_node(&mut self) {
        let allow = ("CREDIT_LEDGER_ALLOW_PRIVATE_NOTIFICATIONS", "true");
        self.add_node_with(&[allow, ("CREDIT_LEDGER_NOTIFICATION_KEY", SEAL)]).await;
    }

    pub async fn add_node_with(&mut self, environment: &[(&str, &str)]) {
        let path = self.clock.path().to_str().expect("UTF-8").to_owned();
        let clock = ("CREDIT_LEDGER_TEST_CLOCK_FILE", path.as_str());
        let environment: Vec<_> = environment.iter().copied().chain([clock]).collect();
        self.nodes.push(Node::start_with(&self.database.url, &environment).await);
    }

    /// Sets the clock of all servers, ahead of the machine's.
    pub fn at(&self, ahead: Duration) {
        std::fs::write(self.clock.path(), ahead.as_secs().to_string()).expect("written");
    }

    pub fn client(&self) -> Client {
        self.nodes.last().expect("a server runs").client()
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        send(&self.client(), method, path, body).await
    }

    pub async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.send(method, path, body).await;
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// An endpoint at a path of the receiver; answers its id and secret.
    pub async fn endpoint(&self, path: &str, more: Value) -> (String, String) {
        let mut body = json!({"url": self.receiver.url(path)});
        let more = more.as_object().expect("fields").clone();
        body.as_object_mut().expect("fields").extend(more);
        let made = self.ok("POST", "/v1/notification-endpoints", body).await;
        let text = |field: &str| made[field].as_str().unwrap_or_else(|| panic!("no {field}: {made}")).to_owned();
        (text("id"), text("secret"))
    }

    /// A purchase: one notification.
    pub async fn purchase(&self, organization: &str, reference: &str) {
        let price = json!({"amount_minor": 100, "currency": "USD"});
        let body = json!({"credits": 100, "price": price, "payment_reference": reference});
        self.command(organization, "purchases", reference, body).await;
    }

    pub async fn command(&self, organization: &str, path: &str, key: &str, body: Value) -> Value {
        let path = format!("/v1/organizations/{organization}/{path}");
        for _ in 0..100 {
            match self.client().post(&path, key, &body).await {
                Ok(answer) if answer.status < 300 => return answer.body,
                Ok(answer) if answer.status != 503 => panic!("{path}: {} {}", answer.status, answer.body),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        panic!("{path} was not answered");
    }

    pub async fn deliveries(&self, endpoint: &str, query: &str) -> Vec<Value> {
        let path = format!("/v1/notification-endpoints/{endpoint}/deliveries{query}");
        self.ok("GET", &path, Value::Null).await["data"].as_array().expect("a list").clone()
    }

    /// Waits until the endpoint has so many deliveries in a state.
    pub async fn deliveries_in(&self, endpoint: &str, state: &str, count: usize) -> Vec<Value> {
        for _ in 0..600 {
            let found = self.deliveries(endpoint, &format!("?state={state}&limit=1000")).await;
            if found.len() >= count {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let all = self.deliveries(endpoint, "").await;
        panic!("not {count} {state}: {all:#?}");
    }
}

pub async fn send(client: &Client, method: &str, path: &str, body: Value) -> Answer {
    let request = client.request(method, path);
    let request = if body.is_null() { request } else { request.json(&body) };
    client.send(request).await.expect("the server answers")
}
