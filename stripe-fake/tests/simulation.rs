//! The simulation from outside: its API, the pages that people click through, webhooks, and the tests' controls.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use stripe_fake::{Delivery, Endpoint, Fake, Order, Settings, TestCard, signature_header};

/// A client without TLS to choose: everything is on this machine.
fn http() -> reqwest::Client {
    let _first = rustls::crypto::ring::default_provider().install_default();
    let none = rustls::ClientConfig::builder().with_root_certificates(rustls::RootCertStore::empty());
    let builder = reqwest::Client::builder().tls_backend_preconfigured(none.with_no_client_auth()).no_proxy();
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

struct Account {
    fake: Fake,
    http: reqwest::Client,
}

impl Account {
    async fn open(settings: Settings) -> Self {
        Self { fake: Fake::start(settings).await.unwrap(), http: http() }
    }

    async fn post(&self, path: &str, key: Option<&str>, form: &str) -> (u16, HeaderMap, Value) {
        let request = self.http.post(format!("{}{path}", self.fake.url())).bearer_auth("sk_test_1");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.json().await.unwrap())
    }

    async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let method = method.parse().unwrap();
        let request = self.http.request(method, format!("{}/_control/{path}", self.fake.url())).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    /// An open session for one thing at 10.00 USD; its id and page.
    async fn session(&self) -> (String, String) {
        let (_, _, product) = self.post("/v1/products", None, "name=<b>Starter</b>").await;
        let product = product["id"].as_str().unwrap();
        let price = format!("product={product}&currency=usd&unit_amount=1000");
        let (_, _, price) = self.post("/v1/prices", None, &price).await;
        let form = format!(
            "mode=payment&line_items[0][price]={}&line_items[0][quantity]=1&metadata[org]=acme\
             &success_url=https://shop.test/{{CHECKOUT_SESSION_ID}}&cancel_url=https://shop.test/",
            price["id"].as_str().unwrap()
        );
        let (status, _, session) = self.post("/v1/checkout/sessions", None, &form).await;
        assert_eq!(status, 200, "{session}");
        (session["id"].as_str().unwrap().to_owned(), session["url"].as_str().unwrap().to_owned())
    }

    async fn paid(&self) -> String {
        let (id, _) = self.session().await;
        self.fake.with(|world| {
            world.pay_session(&id, TestCard::Succeeds).unwrap();
            world.sessions.get(&id).unwrap().intent.clone().unwrap()
        })
    }

    async fn click(&self, url: &str, form: &'static str) -> (u16, String) {
        let request = self.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form).send().await.unwrap();
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        (answer.status().as_u16(), to.to_owned())
    }

    async fn page(&self, url: &str) -> String {
        let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
        assert!(text.contains("<strong>SIMULATION</strong>"), "{url}");
        text
    }
}

#[tokio::test]
async fn a_key_answers_once_for_ever_and_to_its_own_request_only() {
    let account = Account::open(Settings::default()).await;
    let (_, first_headers, first) = account.post("/v1/customers", Some("k"), "name=a&email=b@c").await;
    let (status, headers, again) = account.post("/v1/customers", Some("k"), "email=b@c&name=a").await;
    assert_eq!((status, &again), (200, &first), "the order of parameters does not matter");
    assert!(headers.contains_key("idempotent-replayed") && !first_headers.contains_key("idempotent-replayed"));
    let (status, _, other) = account.post("/v1/customers", Some("k"), "name=z").await;
    assert_eq!((status, &other["error"]["type"]), (400, &json!("idempotency_error")));
    let (status, _, unknown) = account.post("/v1/customers", Some("l"), "nmae=a").await;
    assert_eq!((status, &unknown["error"]["code"]), (400, &json!("parameter_unknown")));
    let (status, _, _) = account.post("/v1/customers", Some("l"), "name=a").await;
    assert_eq!(status, 200, "what was not carried out leaves its key");
    let live = account.http.get(format!("{}/v1/customers", account.fake.url())).bearer_auth("sk_live_1");
    assert_eq!(live.send().await.unwrap().status(), 401);
    assert_eq!(account.fake.with(|world| world.customers.len()), 2);
}

#[tokio::test]
async fn a_person_can_click_through_every_outcome() {
    let account = Account::open(Settings::default()).await;
    let (id, page) = account.session().await;
    let shown = account.page(&page).await;
    assert!(shown.contains("10.00 USD") && shown.contains("&lt;b&gt;Starter"), "{shown}");

    let (status, to) = account.click(&page, "card=pm_card_visa_chargeDeclined&action=pay").await;
    assert_eq!((status, to.as_str()), (303, format!("/c/pay/{id}").as_str()));
    assert!(account.page(&page).await.contains("Your card was declined."));
    let (_, confirm) = account.click(&page, "card=pm_card_authenticationRequired&action=pay").await;
    assert!(account.page(&confirm).await.contains("Your bank asks"));
    let (_, back) = account.click(&confirm, "action=refuse").await;
    assert!(account.page(&back).await.contains("not confirmed"));
    let (_, confirm) = account.click(&page, "card=pm_card_authenticationRequired&action=pay").await;
    let (_, done) = account.click(&confirm, "action=confirm").await;
    assert_eq!(done, format!("https://shop.test/{id}"));
    assert!(account.page(&page).await.contains("This session is complete."));
    let (status, _) = account.click(&page, "card=pm_card_visa&action=pay").await;
    assert_eq!(status, 400, "nobody pays twice");
    let paid = account.fake.with(|world| world.charges.iter().filter(|charge| charge.paid()).count());
    assert_eq!(paid, 1);

    let (_, page) = account.session().await;
    account.click(&page, "action=expire").await;
    assert!(account.page(&page).await.contains("This session has expired."));
    account.page(&format!("{}/", account.fake.url())).await;
}

type Seen = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

/// Somebody who is told: keeps all that comes, and answers with the status.
async fn listener(status: StatusCode) -> (String, Seen) {
    async fn keep(State((seen, status)): State<(Seen, StatusCode)>, headers: HeaderMap, body: String) -> StatusCode {
        let kind = serde_json::from_str::<Value>(&body).unwrap()["type"].as_str().unwrap().to_owned();
        seen.lock().unwrap().push((kind, headers, body));
        status
    }
    let seen = Seen::default();
    let router = Router::new().fallback(keep).with_state((Arc::clone(&seen), status));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

fn kinds(seen: &Seen) -> Vec<String> {
    seen.lock().unwrap().iter().map(|(kind, _, _)| kind.clone()).collect()
}

async fn told(seen: &Seen, count: usize) {
    for _ in 0..200 {
        if seen.lock().unwrap().len() >= count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{:?}", kinds(seen));
}

#[tokio::test]
async fn events_are_signed_by_every_secret_and_sent_until_they_are_taken() {
    let (url, seen) = listener(StatusCode::OK).await;
    let secrets = vec!["whsec_old".to_owned(), "whsec_new".to_owned()];
    let endpoint = Endpoint { url, secrets: secrets.clone(), types: vec!["checkout.session.completed".to_owned()] };
    let account = Account::open(Settings { endpoints: vec![endpoint], ..Settings::default() }).await;
    account.paid().await;
    told(&seen, 1).await;
    let (kind, headers, body) = seen.lock().unwrap()[0].clone();
    assert_eq!(kind, "checkout.session.completed", "nothing else was asked for");
    let signature = headers["stripe-signature"].to_str().unwrap();
    let at: i64 = signature.split(',').next().unwrap().strip_prefix("t=").unwrap().parse().unwrap();
    assert_eq!(signature, signature_header(&secrets, at, body.as_bytes()));
    assert_eq!(signature.matches("v1=").count(), 2);

    let (url, refusing) = listener(StatusCode::SERVICE_UNAVAILABLE).await;
    let endpoints = json!([{"url": url, "secrets": ["s"], "types": ["charge.succeeded"]}]);
    account.control("PUT", "endpoints", endpoints).await;
    account.paid().await;
    told(&refusing, 3).await;
    let bodies = refusing.lock().unwrap().iter().map(|(_, _, body)| body.clone()).collect::<Vec<_>>();
    assert_eq!(bodies[0], bodies[2], "the same event again");
}

#[tokio::test]
async fn deliveries_wait_repeat_shuffle_and_are_lost_as_a_test_asks() {
    let (url, seen) = listener(StatusCode::OK).await;
    let endpoint = Endpoint { url, secrets: vec!["s".to_owned()], types: Vec::new() };
    let delivery = Delivery { automatic: false, ..Delivery::default() };
    let account = Account::open(Settings { endpoints: vec![endpoint], delivery, ..Settings::default() }).await;
    account.paid().await;
    let happened = account.fake.with(|world| world.events.iter().map(|e| e.kind.to_owned()).collect::<Vec<_>>());
    assert_eq!(kinds(&seen), Vec::<String>::new());
    account.control("POST", "deliver", json!({})).await;
    assert_eq!(kinds(&seen), happened, "in order");

    for _ in 0..5 {
        account.paid().await;
    }
    seen.lock().unwrap().clear();
    let waiting = account.fake.with(|world| world.outbox.len());
    account.control("POST", "deliver", json!({"duplicates": 1, "order": "shuffled", "lose_permille": 300})).await;
    let came = kinds(&seen).len();
    assert!(came > 0 && came < waiting * 2 && came.is_multiple_of(2), "{came} of {waiting}");
    assert_eq!(account.fake.with(|world| world.outbox.len()), 0, "what was lost is not sent later");
    let listed = account.http.get(format!("{}/v1/events?limit=100", account.fake.url())).bearer_auth("sk_test_1");
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["data"].as_array().unwrap().len(), happened.len() + waiting, "and stays in the list");
    let order = Delivery { order: Order::Shuffled, ..Delivery::default() };
    assert_eq!(account.fake.deliver(&order).await, []);
}

#[tokio::test]
async fn time_refunds_disputes_and_faults_are_in_the_tests_hands() {
    let account = Account::open(Settings::default()).await;
    let intent = account.paid().await;
    let refund =
        account.control("POST", "refunds", json!({"payment_intent": intent, "amount": 300, "status": "pending"}));
    let refund = refund.await;
    let id = refund["id"].as_str().unwrap();
    account.control("POST", &format!("refunds/{id}"), json!({"status": "failed"})).await;
    let dispute = account.control("POST", "disputes", json!({"payment_intent": intent})).await;
    let id = dispute["id"].as_str().unwrap();
    account.control("POST", &format!("disputes/{id}"), json!({"status": "won"})).await;
    let (session, page) = account.session().await;
    account.control("PUT", "clock", json!({"offset_seconds": 25 * 3600})).await;
    assert!(account.page(&page).await.contains("has expired"));
    account.control("POST", "faults", json!({"kind": "error_before", "status": 500, "path": "/v1/customers"})).await;
    let (status, _, _) = account.post("/v1/customers", None, "name=a").await;
    assert_eq!(status, 500);
    let (status, _, _) = account.post("/v1/customers", None, "name=a").await;
    assert_eq!(status, 200);
    let expected = [
        "checkout.session.completed",
        "refund.created",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "checkout.session.expired",
    ];
    account.fake.with(|world| {
        for kind in expected {
            assert!(world.events.iter().any(|event| event.kind == kind), "{kind}");
        }
        assert!(world.sessions.get(&session).is_ok());
    });
    let state = account.control("GET", "state", json!({})).await;
    assert_eq!((&state["charges_paid"], &state["charged_minor"]), (&json!(1), &json!(1_000)), "{state}");
}
