//! The example's service over TCP, with a model that does as a test says and remembers what it has answered.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use credit_check::{CreditCheck, Ledger, Settings};
use futures::FutureExt;
use futures::future::BoxFuture;
use paid_images::{Failed, Made, Model, Work, organization, router};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::wire::Wire;
use crate::support::http::{Answer, Client};
use crate::support::node::{ADMIN_KEY, Node};
use crate::support::{self, TestDatabase};

/// Runs whose handler has answered 200, with the tokens that it reported.
pub type Answered = Arc<Mutex<Vec<(Uuid, u64)>>>;

/// A ledger, a wire to it, and a service behind it.
pub struct World {
    pub database: TestDatabase,
    pub node: Node,
    pub wire: Wire,
    pub service: Service,
}

/// The service that sells.
pub struct Service {
    pub credits: CreditCheck,
    pub url: String,
    pub answered: Answered,
}

/// Short times, so that tests that wait for them are quick.
pub fn quick() -> Settings {
    Settings {
        service: "tests".to_owned(),
        handler_deadline: Duration::from_secs(5),
        reserve_within: Duration::from_secs(2),
        confirm_within: Duration::from_secs(20),
        ..Settings::default()
    }
}

impl World {
    pub async fn new(settings: Settings) -> Self {
        let database = support::database().await;
        let node = Node::start(&database.url).await;
        let wire = Wire::to(node.url()).await;
        let credits = CreditCheck::new(Ledger::new(&wire.url, ADMIN_KEY).unwrap(), organization, settings);
        let service = Service::start(credits).await;
        Self { database, node, wire, service }
    }

    pub async fn with_credits(settings: Settings, amount: i64) -> Self {
        let world = Self::new(settings).await;
        let body = json!({"amount": amount, "reason": "test"});
        let granted = world.node.client().post("/v1/organizations/acme/grants", "g", &body).await.unwrap();
        assert_eq!(granted.status, 201, "{}", granted.body);
        world
    }

    /// What remains, once nothing is under way: balance and reserved.
    pub async fn settled(&self) -> (i64, i64) {
        self.service.credits.settled().await;
        let balance = self.node.client().get("/v1/organizations/acme/balance?consistency=strong").await.unwrap().body;
        (balance["balance"].as_i64().unwrap(), balance["reserved"].as_i64().unwrap())
    }
}

impl Service {
    pub async fn start(credits: CreditCheck) -> Self {
        let answered = Answered::default();
        let router = router(&credits, model(Arc::clone(&answered)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { credits, url, answered }
    }

    pub fn client(&self, organization: &str) -> Client {
        Client::new(&self.url, &format!("customer-{organization}"))
    }

    /// Asks for work as acme, with an idempotency key or none.
    pub async fn ask(&self, path: &str, prompt: &str, key: Option<&str>) -> Answer {
        self.ask_as("acme", path, prompt, key).await
    }

    pub async fn ask_as(&self, organization: &str, path: &str, prompt: &str, key: Option<&str>) -> Answer {
        let client = self.client(organization);
        let request = client.request("POST", path).json(&json!({"prompt": prompt}));
        let request = match key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        client.send(request).await.expect("the service answers")
    }

    pub fn runs(&self) -> usize {
        self.answered.lock().unwrap().len()
    }
}

/// Prompts are words that are done in turn: `fail`, `panic`, `sleep 300`; anything else is a token.
fn model(answered: Answered) -> Model {
    Arc::new(move |work: Work| {
        let answered = Arc::clone(&answered);
        let made: BoxFuture<'static, Result<Made, Failed>> = async move {
            let (mut words, mut tokens) = (work.prompt.split_whitespace(), 0);
            while let Some(word) = words.next() {
                match word {
                    "fail" => return Err(Failed),
                    "panic" => panic!("the model breaks, as it was told"),
                    "sleep" => {
                        let millis = words.next().and_then(|word| word.parse().ok()).expect("a number follows");
                        tokio::time::sleep(Duration::from_millis(millis)).await;
                    }
                    _ => tokens += 1,
                }
            }
            answered.lock().unwrap().push((work.held.map_or(Uuid::nil(), |held| held.run), tokens));
            Ok(Made { text: work.prompt, tokens })
        }
        .boxed();
        made
    })
}

/// Everything that was charged: which run, and how much.
pub async fn charges(pool: &PgPool) -> Vec<(Uuid, i64)> {
    let rows: Vec<(Value,)> = sqlx::query_as(
        "SELECT payload::jsonb FROM store.events WHERE event_type IN ('ReservationConfirmed', 'CreditsConsumed')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let charge = |(event,): (Value,)| {
        let run = event["reference"]["id"].as_str().expect("a run").parse().expect("an id");
        (run, event["amount"].as_i64().expect("an amount"))
    };
    rows.into_iter().map(charge).collect()
}
