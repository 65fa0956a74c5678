//! Real servers, killed for real: kill -9 between Stripe's charge and our record leaves one charge and one credit.

use std::time::{Duration, Instant};

use domain::OrganizationId;
use futures::future::join_all;
use payments::gateway::{PaymentGateway, RequestKey};
use payments::stripe::Patience;
use serde_json::{Value, json};
use stripe_fake::{Fake, Fault, Kind, TestCard};

use super::world::gateway;
use crate::acceptance::crashes;
use crate::support;
use crate::support::TestDatabase;
use crate::support::http::Client;
use crate::support::node::Node;

const PATH: &str = "/v1/organizations/acme/auto-recharge";
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than the claim of a node that died.
const PAST_THE_CLAIM: i64 = 150;
/// As many moments as `make test` can afford; each is one start of a server.
const CRASHES_MIN: usize = 6;

struct Stage {
    database: TestDatabase,
    fake: Fake,
    clock: tempfile::NamedTempFile,
    seconds: i64,
}

impl Stage {
    /// A saved card, and a package to recharge with.
    async fn new() -> Self {
        let fake = Fake::start(stripe_fake::Settings::default()).await.unwrap();
        let clock = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(clock.path(), "0").unwrap();
        Self { database: support::database().await, fake, clock, seconds: 0 }
    }

    async fn node(&self) -> Node {
        let (base, clock) = (self.fake.url(), self.clock.path().to_str().unwrap());
        let environment = [
            ("STRIPE_SECRET_KEY", "sk_test_1"),
            ("STRIPE_API_BASE", base.as_str()),
            ("STRIPE_WEBHOOK_SECRETS", "whsec_of_the_tests"),
            ("CREDIT_LEDGER_TEST_CLOCK_FILE", clock),
        ];
        Node::start_with(&self.database.url, &environment).await
    }

    async fn save_card(&self, card: TestCard) {
        let organization = OrganizationId::try_new("acme").unwrap();
        let key = RequestKey::of_organization("customer", &organization);
        let customer = gateway(&self.fake, Patience::default()).ensure_customer(&key, &organization).await.unwrap();
        self.fake.with(|world| world.card_of(card.token(), Some(customer.as_str())).map(drop)).unwrap();
        let insert =
            "INSERT INTO payments.customers (organization_id, customer_id, created_at) VALUES ('acme', $1, now())";
        sqlx::query(insert).bind(customer.as_str()).execute(&self.database.pool).await.unwrap();
    }

    fn pass(&mut self, seconds: i64) {
        self.seconds += seconds;
        std::fs::write(self.clock.path(), self.seconds.to_string()).unwrap();
        self.fake.with(|world| world.clock.offset_seconds += seconds);
    }

    /// To a moment with so many seconds left of its month: what counts by the month is not cut in two.
    async fn pass_a_month_end_within(&mut self, seconds: i64) {
        let left = "SELECT ceil(extract(epoch FROM date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month'
                                                   - now() AT TIME ZONE 'UTC'))::bigint";
        let left: i64 = sqlx::query_scalar(left).fetch_one(&self.database.pool).await.unwrap();
        if left < seconds {
            self.pass(left);
        }
    }

    fn charged(&self) -> usize {
        self.fake.with(|world| world.charged("organizationId", "acme").0)
    }

    async fn until_charged(&self, times: usize) {
        let started = Instant::now();
        while self.charged() < times {
            assert!(started.elapsed() < PATIENCE, "charged {} times", self.charged());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn configure(client: &Client, policy: &Value) {
    let package = json!({"id": "starter", "name": "Starter", "credits": 500, "price_cents": 1000});
    client.send(client.request("POST", "/v1/packages").json(&package)).await.unwrap();
    let put = client.send(client.request("PUT", PATH).header("Idempotency-Key", "policy").json(policy)).await.unwrap();
    assert_eq!(put.status, 200, "{}", put.body);
}

/// Waits until the recharge has ended, and answers the state.
async fn settled(client: &Client) -> Value {
    let started = Instant::now();
    loop {
        let state = client.get(PATH).await.unwrap().body;
        if state["pending"].is_null() && !state["last_ended"].is_null() {
            return state;
        }
        assert!(started.elapsed() < PATIENCE, "never settled: {state}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn balance(client: &Client) -> i64 {
    let answer = client.get("/v1/organizations/acme/balance?consistency=strong").await.unwrap();
    answer.body["balance"].as_i64().unwrap_or_else(|| panic!("{}", answer.body))
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_the_charge_and_our_record_leaves_one_charge() {
    let mut stage = Stage::new().await;
    let mut node = stage.node().await;
    stage.save_card(TestCard::Succeeds).await;
    // Stripe charges and then says nothing until the node is dead.
    stage.fake.fault(Fault::of_post("/v1/payment_intents", Kind::TimeoutAfter { milliseconds: 60_000 }));
    configure(&node.client(), &json!({"threshold": 100, "package_id": "starter", "cooldown_seconds": 60})).await;
    stage.until_charged(1).await;
    node.kill();
    stage.pass(PAST_THE_CLAIM);
    let (first, second) = (stage.node().await, stage.node().await);
    let state = settled(&first.client()).await;
    assert_eq!(state["last_ended"]["failure"], Value::Null, "{state}");
    assert_eq!((stage.charged(), balance(&second.client()).await), (1, 500));
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_any_moment_leaves_as_many_credits_as_charges() {
    let mut stage = Stage::new().await;
    let mut node = stage.node().await;
    stage.save_card(TestCard::Succeeds).await;
    configure(&node.client(), &json!({"threshold": 100, "package_id": "starter", "cooldown_seconds": 0})).await;
    settled(&node.client()).await;
    for crash in 0..crashes().max(CRASHES_MIN) {
        let client = node.client();
        let amount = balance(&client).await;
        let (key, body) = (format!("c-{crash}"), json!({"amount": amount}));
        let spent = client.post("/v1/organizations/acme/consumptions", &key, &body);
        assert_eq!(spent.await.unwrap().status, 201);
        tokio::time::sleep(Duration::from_millis(u64::try_from(crash * 61 % 400).unwrap())).await;
        node.kill();
        stage.pass(PAST_THE_CLAIM);
        node = stage.node().await;
        settled(&node.client()).await;
        assert_eq!((stage.charged(), balance(&node.client()).await), (crash + 2, 500));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_consumers_on_two_servers_are_charged_once_a_cool_down_and_within_the_month() {
    let mut stage = Stage::new().await;
    stage.pass_a_month_end_within(3_600).await;
    let nodes = [stage.node().await, stage.node().await];
    let clients = nodes.each_ref().map(Node::client);
    stage.save_card(TestCard::Succeeds).await;
    let limit = json!({"amount_minor": 3000, "currency": "USD"});
    let policy = json!({"threshold": 100, "package_id": "starter", "cooldown_seconds": 600, "monthly_limit": limit});
    configure(&clients[0], &policy).await;
    settled(&clients[0]).await;
    for (round, charges) in [(1, 2), (2, 3), (3, 3)] {
        stage.pass(600);
        let spend = (0..1_000).map(|n| {
            let (client, key) = (clients[n % 2].clone(), format!("c-{round}-{n}"));
            async move { client.post("/v1/organizations/acme/consumptions", &key, &json!({"amount": 1})).await }
        });
        join_all(spend).await;
        settled(&clients[0]).await;
        assert_eq!(stage.charged(), charges, "round {round}");
    }
    let state = clients[1].get(PATH).await.unwrap().body;
    assert_eq!(state["decision"]["reason"], "monthly_limit_reached", "{state}");
    assert_eq!(state["spent_this_month"]["amount_minor"], 3000);
}
