//! What a caller of a paid handler meets, and what it costs.

use std::time::Duration;

use axum::routing::post;
use axum::{Extension, Router};
use credit_check::{ActualCost, Cost, CreditCheck, Ledger, Rate};
use paid_images::{CHAT_MAX, Customer, PICTURE, organization};
use serde_json::json;

use super::service::{Service, World, charges, quick};
use crate::support::http::Client;
use crate::support::node::ADMIN_KEY;

const PRICE: i64 = PICTURE as i64;

#[tokio::test(flavor = "multi_thread")]
async fn success_is_charged_and_everything_else_is_given_back() {
    let world = World::with_credits(quick(), 1_000).await;
    let service = &world.service;
    assert_eq!(service.ask("/images", "a cat", None).await.status, 200);
    assert_eq!(world.settled().await, (1_000 - PRICE, 0));
    for (prompt, status) in [("fail", 502), ("panic", 500)] {
        assert_eq!(service.ask("/images", prompt, None).await.status, status, "{prompt}");
    }
    let unreadable = service.client("acme").request("POST", "/images").body("no JSON");
    assert_eq!(service.client("acme").send(unreadable).await.unwrap().status, 415);
    let client = service.client("acme");
    let left = client.request("POST", "/images").json(&json!({"prompt": "sleep 2000 late"}));
    assert!(client.send(left.timeout(Duration::from_millis(200))).await.is_err(), "the caller has gone");
    assert_eq!(service.ask("/images", "sleep 6000 late", None).await.body["code"], "handler_timeout");
    assert_eq!(world.settled().await, (1_000 - PRICE, 0));
    assert_eq!((service.runs(), charges(&world.database.pool).await.len()), (1, 1));
    let free = service.client("nobody").get("/").await.unwrap();
    assert_eq!(free.status, 200, "what has no layer costs nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credits_the_handler_does_not_run_and_the_402_is_the_ledgers() {
    let world = World::with_credits(quick(), PRICE + 10).await;
    let service = &world.service;
    assert_eq!(service.ask("/images", "a cat", None).await.status, 200);
    let refused = service.ask("/images", "a dog", None).await;
    assert_eq!((refused.status, service.runs()), (402, 1), "{}", refused.body);
    let body = json!({"amount": PRICE, "operation": "image-generation"});
    let theirs = world.node.client().post("/v1/organizations/acme/consumptions", "c", &body).await.unwrap();
    assert_eq!(refused.body, theirs.body);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    assert_eq!((&refused.body["required"], &refused.body["balance"]), (&json!(PRICE), &json!(10)));
    let nobody = service.client("acme").with_key("stranger");
    let asked = nobody.request("POST", "/images").json(&json!({"prompt": "x"}));
    assert_eq!(nobody.send(asked).await.unwrap().body["code"], "organization_unknown");
    assert_eq!(service.ask_as("..%2Fkeys", "/images", "x", None).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_handler_reports_is_charged() {
    let world = World::with_credits(quick(), 1_000).await;
    let service = &world.service;
    assert_eq!(service.ask("/chat", "three short words", None).await.status, 200);
    assert_eq!(world.settled().await, (997, 0));
    assert_eq!(service.ask("/chat", "", None).await.status, 200);
    assert_eq!(world.settled().await, (997, 0), "nothing is a cost, too");
    // More than was held: the work is done, so all of it is charged.
    let words = i64::try_from(CHAT_MAX).unwrap() + 900;
    let long = "word ".repeat(usize::try_from(words).unwrap());
    assert_eq!(service.ask("/chat", &long, None).await.status, 200);
    assert_eq!(world.settled().await, (997 - words, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_charged_runs_no_handler_again_and_one_that_failed_does() {
    let world = World::with_credits(quick(), 1_000).await;
    let service = &world.service;
    let body = json!({"amount": 100, "reason": "test"});
    assert_eq!(world.node.client().post("/v1/organizations/globex/grants", "g", &body).await.unwrap().status, 201);
    for prompt in ["fail", "panic", "a cat"] {
        service.ask("/images", prompt, Some("k")).await;
        service.credits.settled().await;
    }
    assert_eq!((world.settled().await, service.runs()), ((1_000 - PRICE, 0), 1), "the third try succeeds");
    for path in ["/images", "/chat"] {
        let again = service.ask(path, "for nothing", Some("k")).await;
        assert_eq!((again.status, again.body["code"].as_str()), (409, Some("already_charged")), "{}", again.body);
    }
    assert_eq!((world.settled().await, service.runs()), ((1_000 - PRICE, 0), 1));
    assert_eq!(service.ask_as("globex", "/images", "a cat", Some("k")).await.status, 200, "the key is acme's");
    let at_once = (0..8).map(|_| service.ask("/images", "sleep 300 a cat", Some("l")));
    let statuses: Vec<u16> = futures::future::join_all(at_once).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert_eq!((world.settled().await, service.runs()), ((1_000 - 2 * PRICE, 0), 3));
    assert_eq!(charges(&world.database.pool).await.len(), 3);
}

/// Serves these routes to acme.
async fn serve(router: Router) -> Client {
    let router = router.layer(Extension(Customer("acme".to_owned())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    Client::new(&url, "any")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_charged_by_its_outermost_layer_only() {
    let world = World::with_credits(quick(), 1_000).await;
    let credits = &world.service.credits;
    let (inner, outer) = (credits.costing(Cost::credits(7)), credits.costing(Cost::credits(5)));
    let client = serve(Router::new().route("/", post(async || "done")).layer(inner).layer(outer)).await;
    assert_eq!(client.post("/", "k", &json!({})).await.unwrap().status, 200);
    assert_eq!(world.settled().await, (995, 0));
}

/// A handler that reports the tokens that its body names, where it names any.
async fn reporting(body: String) -> (Option<Extension<ActualCost>>, &'static str) {
    let tokens = body.parse::<u64>().ok();
    (tokens.map(|tokens| Extension(ActualCost::quantities([("output_tokens", tokens)]))), "done")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_by_the_request_and_what_the_handler_reports_are_priced_by_the_book() {
    let world = World::with_credits(quick(), 1_000).await;
    let ledger = world.node.client();
    let price = json!({"operation": "chat", "dimensions": {"model": "m"},
        "components": [{"unit": "output_tokens", "per_unit": 2}]});
    let book = json!({"prices": [price]});
    assert_eq!(ledger.send(ledger.request("PUT", "/v1/price-book").json(&book)).await.unwrap().status, 200);
    let by_request = world.service.credits.costing_by(|request| {
        let most = request.uri.query().and_then(|most| most.parse().ok()).unwrap_or(0);
        Cost::operation("chat").dimension("model", "m").quantity("output_tokens", most)
    });
    let client = serve(Router::new().route("/", post(reporting)).layer(by_request)).await;
    let ask = async |most: &str, used: &'static str| {
        client.send(client.request("POST", &format!("/?{most}")).body(used)).await.unwrap()
    };
    for (most, used, left) in [("50", "7", 986), ("50", "", 886), ("50", "0", 886), ("10", "12", 862)] {
        assert_eq!(ask(most, used).await.status, 200, "{most} {used}");
        assert_eq!(world.settled().await, (left, 0), "{used} of {most}");
    }
    let dear = ask("600", "7").await;
    assert_eq!((dear.status, &dear.body["required"], &dear.body["balance"]), (402, &json!(1_200), &json!(862)));
    let priced: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM store.events WHERE event_type = 'ReservationConfirmed'
           AND payload::jsonb -> 'receipt' ->> 'version' = '1'",
    )
    .fetch_one(&world.database.pool)
    .await
    .unwrap();
    assert_eq!(priced, 4, "each has its receipt");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_layer_lets_an_organization_make_so_many_requests() {
    let world = World::with_credits(quick(), 10_000).await;
    let check = CreditCheck::new(Ledger::new(&world.wire.url, ADMIN_KEY).unwrap(), organization, quick());
    let check = check.limited(|_, organization| Rate::new(1, 3).filter(|_| organization == "acme"));
    let service = Service::start(check).await;
    for _ in 0..3 {
        assert_eq!(service.ask("/images", "a cat", None).await.status, 200);
    }
    let mut refused = service.ask("/images", "a cat", None).await;
    for _ in 0..20 {
        // On a slow machine a second may pass between two requests.
        if refused.status == 429 {
            break;
        }
        refused = service.ask("/images", "a cat", None).await;
    }
    assert_eq!((refused.status, refused.body["code"].as_str()), (429, Some("rate_limited")), "{}", refused.body);
    let fields = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"];
    assert_eq!(fields.map(|name| refused.headers[name].to_str().unwrap()), ["3", "0", "3", "1"]);
    assert_eq!(service.ask_as("globex", "/images", "a cat", None).await.status, 402, "others have their own");
}
