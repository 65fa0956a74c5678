//! A server with its projectors, and an organization to which everything has happened.

use serde_json::{Value, json};

use crate::support::http::{Answer, Client};
use crate::support::node::Node;
use crate::support::{self, TestDatabase};

pub(super) struct Server {
    pub(super) database: TestDatabase,
    pub(super) client: Client,
    pub(super) node: Node,
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub(super) async fn start_with(environment: &[(&str, &str)]) -> Self {
        let database = support::database().await;
        let node = Node::start_with(&database.url, environment).await;
        Self { database, client: node.client(), node }
    }

    /// A command that is accepted; its answer.
    pub(super) async fn send(&self, org: &str, path: &str, key: &str, body: Value) -> Value {
        let answer = self.client.post(&format!("/v1/organizations/{org}/{path}"), key, &body).await.unwrap();
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// A query that is answered.
    pub(super) async fn get(&self, path: &str) -> Value {
        let answer = self.client.get(path).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// The status and code of a query that is not.
    pub(super) async fn refused(&self, path: &str) -> (u16, String) {
        let Answer { status, body, .. } = self.client.get(path).await.unwrap();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The page as CSV, and the link to the next.
    pub(super) async fn csv(&self, path: &str) -> (String, Option<String>) {
        let request = self.client.request("GET", path).header("Accept", "text/csv");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert!(header("content-type").is_some_and(|kind| kind.starts_with("text/csv")), "{path}");
        let link = header("link");
        (response.text().await.unwrap(), link)
    }

    /// All rows of a list, page by page.
    pub(super) async fn all(&self, path: &str, limit: usize) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = self.get(&page_path(path, limit, cursor.as_deref())).await;
            let data = page["data"].as_array().expect("a list");
            assert!(data.len() <= limit);
            rows.extend(data.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return rows,
            }
        }
    }

    /// An organization to which everything has happened; answers its last sequence.
    pub(super) async fn busy(&self, org: &str) -> u64 {
        let send = async |path: &str, key: &str, body: Value| self.send(org, path, key, body).await;
        let id = |answer: &Value| answer["id"].as_str().expect("an id").to_owned();
        send("grants", "g1", json!({"amount": 1_000, "reason": "welcome", "metadata": {"n": 1}})).await;
        send("grants", "g2", json!({"amount": 300, "reason": "chat only", "priority": 50, "applies_to": ["chat.*"]}))
            .await;
        send("grants", "g3", json!({"amount": 70, "reason": "later", "effective_at": "2100-01-01T00:00:00Z"})).await;
        let voided =
            send("grants", "g4", json!({"amount": 40, "reason": "twice", "expires_in_seconds": 500_000})).await;
        send(&format!("grants/{}/void", id(&voided)), "v1", json!({"reason": "mistake"})).await;
        send("grants", "g5", json!({"amount": 60, "reason": "soon", "expires_in_seconds": 400_000})).await;
        let price = json!({"amount_minor": 500, "currency": "USD"});
        let body = json!({"credits": 500, "price": price, "payment_reference": "inv-1"});
        let purchase = send("purchases", "p1", body).await;
        let body = json!({"amount_minor": 100, "reason": "a fifth"});
        send(&format!("purchases/{}/refund", id(&purchase)), "p2", body).await;
        let consumed = send(
            "consumptions",
            "c1",
            json!({"amount": 40, "operation": "chat.a", "subject": "u1",
            "quantities": {"tokens": 900}, "dimensions": {"model": "m1"}, "reference": {"type": "job", "id": "j1"}}),
        );
        let consumed = consumed.await;
        send(&format!("consumptions/{}/refund", id(&consumed)), "r1", json!({"amount": 15, "reason": "slow"})).await;
        send(
            "consumptions",
            "c2",
            json!({"amount": 25, "operation": "image", "subject": "u2",
            "quantities": {"tokens": 100, "images": 2}, "dimensions": {"model": "m2"}}),
        )
        .await;
        send("consumptions", "c3", json!({"amount": 5, "description": "by hand"})).await;
        send("reservations", "h1", json!({"amount": 80, "operation": "chat.b"})).await;
        let held = send("reservations", "h2", json!({"amount": 30, "operation": "image"})).await;
        send(&format!("reservations/{}/confirm", id(&held)), "h3", json!({"amount": 20})).await;
        let held = send("reservations", "h4", json!({"amount": 10})).await;
        send(&format!("reservations/{}/cancel", id(&held)), "h5", json!({})).await;
        send("adjustments", "a1", json!({"amount": 12, "reason": "up"})).await;
        let last = send("adjustments", "a2", json!({"amount": -7, "reason": "down"})).await;
        last["sequence"].as_u64().expect("a sequence")
    }
}

pub(super) fn page_path(path: &str, limit: usize, cursor: Option<&str>) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    format!("{path}{separator}limit={limit}{cursor}")
}

/// One field of each row.
pub(super) fn column(rows: &[Value], field: &str) -> Vec<Value> {
    rows.iter().map(|row| row[field].clone()).collect()
}
