//! Every operation of the API is asked for once, by somebody who may and by somebody who may not: a new one cannot go
//! untested, nor one lose its test.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::support;
use crate::support::http::{Client, plain};
use crate::support::node::{ADMIN_KEY, Node};

/// Takes no key but a signature (`payments::inbox` tries it); this server has no account that could have signed.
pub const SIGNED: &str = "POST /v1/webhooks/stripe";

/// Needs an account, too: `payments::checkout` opens pages.
const CHECKOUT: &str = "POST /v1/organizations/{org}/checkout-sessions";

/// A caller who asks for everything once, and what it was told.
struct Walk {
    client: Client,
    document: Value,
    asked: BTreeSet<String>,
    keys: usize,
    /// Ids by the word that stands for them in a path.
    ids: HashMap<&'static str, String>,
}

impl Walk {
    /// Asks for an operation as the document writes it, with a query, if there is one, behind it. `{org}` is acme, other
    /// words are ids that answers have brought.
    async fn ask(&mut self, operation: &str, body: Value) -> Value {
        self.keys += 1;
        let request = self.request(operation).header("Idempotency-Key", format!("key-{}", self.keys));
        let request = if body.is_null() { request } else { request.json(&body) };
        self.answered(operation, request).await
    }

    fn request(&self, operation: &str) -> reqwest::RequestBuilder {
        let (method, path) = operation.split_once(' ').expect("a method and a path");
        let path = self.ids.iter().fold(path.replace("{org}", "acme"), |path, (word, id)| path.replace(word, id));
        assert!(!path.contains('{'), "{path}: no id yet");
        self.client.request(method, &path)
    }

    /// The answer is what the document promises of a success.
    async fn answered(&mut self, operation: &str, request: reqwest::RequestBuilder) -> Value {
        let answer = self.client.send(request).await.expect("answered");
        let operation = operation.split('?').next().expect("a text has a beginning");
        let (method, path) = operation.split_once(' ').expect("a method and a path");
        let path = self.name_in_document(path);
        let described = &self.document["paths"][&path][method.to_lowercase()];
        assert!(described.is_object(), "{method} {path} is not in the API's document");
        // What a command came to is told again as it was told then.
        let status = if path.ends_with("{idempotency_key}") { 200 } else { answer.status };
        let promised = &described["responses"][status.to_string()];
        assert!(answer.status < 300 && promised.is_object(), "{operation}: {} {}", answer.status, answer.body);
        let schema = &promised["content"]["application/json"]["schema"];
        let schema = match schema["$ref"].as_str() {
            Some(name) => &self.document["components"]["schemas"][name.rsplit('/').next().expect("a name")],
            None => schema,
        };
        for field in schema["required"].as_array().into_iter().flatten() {
            assert!(
                answer.body.get(field.as_str().expect("a name")).is_some(),
                "{operation}: no {field} in {}",
                answer.body
            );
        }
        self.asked.insert(format!("{method} {path}"));
        answer.body
    }

    /// The document calls every id `id`.
    fn name_in_document(&self, path: &str) -> String {
        self.ids.keys().fold(path.to_owned(), |path, word| {
            if *word == "{idempotency_key}" { path } else { path.replace(word, "{id}") }
        })
    }

    async fn make(&mut self, operation: &str, word: &'static str, body: Value) -> Value {
        let made = self.ask(operation, body).await;
        self.ids.insert(word, made["id"].as_str().unwrap_or_else(|| panic!("no id in {made}")).to_owned());
        made
    }

    async fn operations(&mut self) {
        for path in ["/healthz", "/readyz", "/metrics"] {
            self.ask(&format!("GET {path}"), Value::Null).await;
        }
    }

    async fn catalogue(&mut self) {
        let package = json!({"id": "starter", "credits": 1_000, "price_cents": 1_000});
        self.make("POST /v1/packages", "{package}", package).await;
        let price = |rate: i64| json!({"prices": [{"operation": "call", "components": [{"unit": "request", "per_unit": rate}]}]});
        self.ask("PUT /v1/price-book", price(1)).await;
        self.ask("PUT /v1/price-book", price(2)).await;
        self.ask("GET /v1/price-book", Value::Null).await;
        assert_eq!(self.ask("GET /v1/price-book/scale", Value::Null).await["scale"], 0);
        self.ask("GET /v1/price-book/versions", Value::Null).await;
        let difference = self.ask("GET /v1/price-book/diff?from=1&to=2", Value::Null).await;
        assert!(difference.to_string().contains("call"), "{difference}");
        let usage = json!({"organization_id": "acme", "operation": "call", "quantities": {"request": 3}});
        let estimate = self.ask("POST /v1/estimates", usage).await;
        assert_eq!(estimate["amount"], 3, "{estimate}");
    }

    async fn retire(&mut self) {
        let changed = self.ask("PATCH /v1/packages/{package}", json!({"name": "Start"})).await;
        assert_eq!(changed["name"], "Start");
        assert_eq!(self.ask("GET /v1/packages/{package}", Value::Null).await, changed);
        assert_eq!(self.ask("POST /v1/packages/{package}/retire", json!({})).await["is_active"], false);
        self.ask("GET /v1/packages", Value::Null).await;
        assert_eq!(self.ask("GET /v1/packages/{package}/history", Value::Null).await["data"][0]["is_active"], false);
    }

    async fn commands(&mut self) {
        let org = "/v1/organizations/{org}";
        let grant = json!({"amount": 1_000, "reason": "welcome"});
        let granted = self.make(&format!("POST {org}/grants"), "{grant}", grant).await;
        assert_eq!(self.ask(&format!("GET {org}/grants/{{grant}}"), Value::Null).await["id"], granted["id"]);
        let price = json!({"amount_minor": 500, "currency": "USD"});
        let purchase = json!({"credits": 500, "price": price, "payment_reference": "inv"});
        let bought = self.make(&format!("POST {org}/purchases"), "{purchase}", purchase).await;
        assert_eq!(self.ask(&format!("GET {org}/purchases/{{purchase}}"), Value::Null).await["id"], bought["id"]);
        let back = json!({"amount_minor": 100, "reason": "half"});
        self.ask(&format!("POST {org}/purchases/{{purchase}}/refund"), back).await;
        let spent = self.make(&format!("POST {org}/consumptions"), "{consumption}", json!({"amount": 40})).await;
        assert_eq!(self.ask(&format!("GET {org}/consumptions/{{consumption}}"), Value::Null).await["id"], spent["id"]);
        let back = json!({"amount": 15, "reason": "slow"});
        self.ask(&format!("POST {org}/consumptions/{{consumption}}/refund"), back).await;
        for (end, status) in [("confirm", "confirmed"), ("cancel", "cancelled")] {
            self.make(&format!("POST {org}/reservations"), "{reservation}", json!({"amount": 30})).await;
            self.ask(&format!("POST {org}/reservations/{{reservation}}/{end}"), json!({})).await;
            let ended = self.ask(&format!("GET {org}/reservations/{{reservation}}"), Value::Null).await;
            assert_eq!(ended["status"], status);
        }
        self.ask(&format!("POST {org}/adjustments"), json!({"amount": -5, "reason": "count"})).await;
        self.ask(&format!("PUT {org}/settings"), json!({"low_balance_threshold": 10, "overdraft_limit": 20})).await;
        assert_eq!(self.ask(&format!("GET {org}/settings"), Value::Null).await["overdraft_limit"], 20);
        self.ask(&format!("PUT {org}/recurring-grant"), json!({"grant": {"amount": 50}})).await;
        assert_eq!(self.ask(&format!("GET {org}/recurring-grant"), Value::Null).await["grant"]["amount"], 50);
        let policy = json!({"threshold": 10, "package_id": "starter"});
        self.ask(&format!("PUT {org}/auto-recharge"), policy).await;
        assert_eq!(self.ask(&format!("GET {org}/auto-recharge"), Value::Null).await["policy"]["threshold"], 10);
        self.ask(&format!("POST {org}/auto-recharge/resume"), json!({})).await;
        self.ask(&format!("POST {org}/grants/{{grant}}/void"), json!({"reason": "mistake"})).await;
        let consume = json!({"type": "consume", "organization_id": "acme", "idempotency_key": "batch", "amount": 1});
        self.ask("POST /v1/commands", json!({"commands": [consume]})).await;
        self.ids.insert("{idempotency_key}", "batch".to_owned());
        let replayed = self.ask(&format!("GET {org}/commands/{{idempotency_key}}"), Value::Null).await;
        assert!(replayed["allocations"].is_array(), "{replayed}");
    }

    async fn reads(&mut self) {
        let org = "/v1/organizations/{org}";
        for list in ["transactions", "grants", "reservations", "purchases", "events"] {
            let page = self.ask(&format!("GET {org}/{list}?limit=1"), Value::Null).await;
            assert_eq!(page["data"].as_array().map(Vec::len), Some(1), "{list}: {page}");
        }
        self.ask(&format!("GET {org}/balance?consistency=strong"), Value::Null).await;
        self.ask(&format!("GET {org}/usage"), Value::Null).await;
        self.ask(&format!("GET {org}/forecast"), Value::Null).await;
        self.ask("GET /v1/events?limit=1", Value::Null).await;
        self.ask("GET /v1/organizations", Value::Null).await;
    }

    async fn who_calls(&mut self) {
        self.make("POST /v1/keys", "{key}", json!({"name": "r", "scope": "read"})).await;
        self.ask("GET /v1/keys", Value::Null).await;
        assert!(self.ask("DELETE /v1/keys/{key}", Value::Null).await["revoked_at"].is_string());
        self.make("POST /v1/organizations/{org}/browser-tokens", "{token}", json!({})).await;
        self.ask("DELETE /v1/organizations/{org}/browser-tokens/{token}", Value::Null).await;

        // A page of this server, with its cookie and without a key.
        let site = |request: reqwest::RequestBuilder| request.header("Sec-Fetch-Site", "same-origin");
        let signing_in = site(self.request("POST /session")).json(&json!({"key": ADMIN_KEY}));
        let signed_in = signing_in.try_clone().expect("its body is in memory").send().await.expect("answered");
        let cookie = signed_in.headers()["set-cookie"].to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a text has a beginning").to_owned();
        self.answered("POST /session", signing_in).await;
        for operation in ["GET /session", "DELETE /session"] {
            let (method, path) = operation.split_once(' ').expect("a method and a path");
            let url = self.request(&format!("{method} {path}")).build().expect("it is whole").url().clone();
            let request = site(plain().request(method.parse().expect("a method"), url)).header("Cookie", &cookie);
            self.answered(operation, request).await;
        }
    }

    async fn notifications(&mut self) {
        let endpoint = json!({"url": "https://127.0.0.1:9/hook"});
        self.make("POST /v1/notification-endpoints", "{endpoint}", endpoint).await;
        let one = "/v1/notification-endpoints/{endpoint}";
        self.ask("GET /v1/notification-endpoints", Value::Null).await;
        self.ask(&format!("GET {one}"), Value::Null).await;
        let changed = self.ask(&format!("PATCH {one}"), json!({"description": "nowhere"})).await;
        assert_eq!(changed["description"], "nowhere");
        self.ask(&format!("POST {one}/rotate-secret"), json!({})).await;
        self.ask(&format!("POST {one}/test"), json!({})).await;
        let deliveries = self.ask(&format!("GET {one}/deliveries"), Value::Null).await;
        assert_eq!(deliveries["data"].as_array().map(Vec::len), Some(1), "{deliveries}");
        self.ask(&format!("POST {one}/resend"), json!({})).await;
        self.ask(&format!("DELETE {one}"), Value::Null).await;
    }
}

/// Every operation of the document.
fn operations(document: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys().filter(|name| *name != "parameters") {
            all.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_what_the_document_promises() {
    let database = support::database().await;
    let node = Node::start_with(&database.url, &[("CREDIT_LEDGER_ALLOW_PRIVATE_NOTIFICATIONS", "true")]).await;
    let client = node.client();
    let document = client.get("/openapi.json").await.expect("answered").body;
    let all = operations(&document);
    let mut walk = Walk { client, document, asked: BTreeSet::new(), keys: 0, ids: HashMap::new() };
    walk.operations().await;
    walk.catalogue().await;
    walk.commands().await;
    crate::support::projected::caught_up(&database.pool).await;
    walk.reads().await;
    walk.retire().await;
    walk.who_calls().await;
    walk.notifications().await;
    let mut asked = walk.asked;
    asked.extend([SIGNED, CHECKOUT].map(str::to_owned));
    assert_eq!(asked, all, "operations that were not asked for, or are not in the document");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_refuses_callers_without_a_key() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let http = plain();
    let document = node.client().get("/openapi.json").await.expect("answered").body;
    for operation in operations(&document) {
        let (method, path) = operation.split_once(' ').expect("a method and a path");
        if path.starts_with("/v1/") {
            let url = format!("{}{}", node.url(), path.replace(['{', '}'], "x"));
            let answer = http.request(method.parse().expect("a method"), url).send().await.unwrap();
            assert_eq!(answer.status(), if operation == SIGNED { 501 } else { 401 }, "{operation}");
        }
    }
}
