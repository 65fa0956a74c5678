//! A shop: a simulation of Stripe, and a server that sells by it.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use stripe_fake::{Delivery, Endpoint, Fake, Fault, Settings, TestCard};

use super::http::{Answer, Client};
use super::node::Node;

pub const SECRET_KEY: &str = "sk_test_of_the_tests";
pub const WEBHOOK_SECRET: &str = "whsec_of_the_tests";
/// Where customers of the tests go after a checkout.
pub const ORIGIN: &str = "https://app.test";

/// A simulation and a server. Events are told to the server as they happen, unless `deliver` is asked for.
pub struct Shop {
    pub fake: Fake,
    pub node: Node,
    pub client: Client,
    database_url: String,
}

impl Shop {
    pub async fn open(database_url: &str) -> Self {
        Self::open_with(database_url, Delivery::default(), &[]).await
    }

    /// Events wait until they are delivered.
    pub async fn open_by_hand(database_url: &str) -> Self {
        Self::open_with(database_url, Delivery { automatic: false, ..Delivery::default() }, &[]).await
    }

    pub async fn open_with(database_url: &str, delivery: Delivery, environment: &[(&str, &str)]) -> Self {
        // Two accounts share no ids.
        static ACCOUNTS: AtomicU64 = AtomicU64::new(1);
        let seed = ACCOUNTS.fetch_add(1, Ordering::Relaxed);
        let settings = Settings { delivery, seed, ..Settings::default() };
        let fake = Fake::start(settings).await.expect("a free port");
        let node = serve(&fake.url(), database_url, environment).await;
        let client = node.client();
        let shop = Self { fake, node, client, database_url: database_url.to_owned() };
        shop.listen();
        shop
    }

    /// Another server on the same database and account.
    pub async fn another_node(&self, environment: &[(&str, &str)]) -> Node {
        serve(&self.fake.url(), &self.database_url, environment).await
    }

    /// All that another server needs, for whoever does not have this shop.
    pub fn starting(&self) -> Starting {
        Starting { base: self.fake.url(), database_url: self.database_url.clone() }
    }

    /// Ends this server (`kill -9`) and starts another in its place.
    pub async fn restart(&mut self, environment: &[(&str, &str)]) {
        self.node.kill();
        self.replace(environment).await;
    }

    /// Starts another server in the place of this one; answers this one.
    pub async fn replace(&mut self, environment: &[(&str, &str)]) -> Node {
        let node = serve(&self.fake.url(), &self.database_url, environment).await;
        self.client = node.client();
        let before = std::mem::replace(&mut self.node, node);
        self.listen();
        before
    }

    /// Events go to this server from now on.
    fn listen(&self) {
        let url = format!("{}/v1/webhooks/stripe", self.node.url());
        let endpoint = Endpoint { url, secrets: vec![WEBHOOK_SECRET.to_owned()], types: Vec::new() };
        self.fake.with(|world| world.endpoints = vec![endpoint]);
    }

    /// Makes a package with a price at the simulation.
    pub async fn package(&self, id: &str, credits: i64, price_cents: i64) {
        let price = self.price(id, price_cents).await;
        let body = json!({"id": id, "credits": credits, "price_cents": price_cents, "stripe_price_id": price});
        let made = self.client.send(self.client.request("POST", "/v1/packages").json(&body)).await.expect("an answer");
        assert_eq!(made.status, 201, "{}", made.body);
    }

    /// Makes a price at the simulation; its id.
    pub async fn price(&self, name: &str, cents: i64) -> String {
        let product = self.stripe("/v1/products", &format!("name={name}")).await;
        let product = product["id"].as_str().expect("an id");
        let price = self.stripe("/v1/prices", &format!("product={product}&currency=usd&unit_amount={cents}")).await;
        price["id"].as_str().expect("an id").to_owned()
    }

    /// A POST to the simulation, as Stripe's own dashboard would make it.
    pub async fn stripe(&self, path: &str, form: &str) -> Value {
        let request = super::http::plain().post(format!("{}{path}", self.fake.url())).bearer_auth(SECRET_KEY);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        let text = request.send().await.expect("an answer").text().await.expect("a text");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Asks for a checkout of one package; the card is saved.
    pub async fn ask(&self, organization: &str, key: &str, package: &str) -> Answer {
        let path = format!("/v1/organizations/{organization}/checkout-sessions");
        self.client.post(&path, key, &checkout(package)).await.expect("an answer")
    }

    /// A checkout that is open; the answer.
    pub async fn checkout(&self, organization: &str, key: &str, package: &str) -> Value {
        let answer = self.ask(organization, key, package).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }

    /// The customer pays on the page of a checkout.
    pub fn pay(&self, checkout: &Value, card: TestCard) {
        let session = checkout["checkout_session_id"].as_str().expect("an id");
        self.fake.with(|world| world.pay_session(session, card)).expect("the page is open");
    }

    /// The next so many POSTs whose path begins so go wrong.
    pub fn fail_posts(&self, path: &str, times: u32, kind: stripe_fake::Kind) {
        self.fake.fault(Fault { times, ..Fault::of_post(path, kind) });
    }

    /// A purchase as the write side has it.
    pub async fn purchase(&self, organization: &str, id: &Value) -> Value {
        let id = id.as_str().expect("an id");
        let path = format!("/v1/organizations/{organization}/purchases/{id}");
        self.client.get(&path).await.expect("an answer").body
    }
}

/// The body of a checkout of one package.
pub fn checkout(package: &str) -> Value {
    json!({
        "package_id": package,
        "success_url": format!("{ORIGIN}/billing?session={{CHECKOUT_SESSION_ID}}"),
        "cancel_url": format!("{ORIGIN}/billing"),
        "save_card": true
    })
}

/// How to start another server of a shop.
#[derive(Clone, Debug)]
pub struct Starting {
    base: String,
    database_url: String,
}

impl Starting {
    pub async fn node(&self) -> Node {
        serve(&self.base, &self.database_url, &[]).await
    }
}

async fn serve(base: &str, database_url: &str, environment: &[(&str, &str)]) -> Node {
    let settings = [
        ("STRIPE_SECRET_KEY", SECRET_KEY),
        ("STRIPE_WEBHOOK_SECRETS", WEBHOOK_SECRET),
        ("STRIPE_API_BASE", base),
        ("CREDIT_LEDGER_ALLOWED_ORIGINS", ORIGIN),
    ];
    Node::start_with(database_url, &[settings.as_slice(), environment].concat()).await
}
