//! The price book, and commands that it prices.

use serde_json::{Value, json};

use crate::support;
use crate::support::http::{Answer, Client};
use crate::support::node::Node;

fn book() -> Value {
    json!({"prices": [
        {"operation": "gpt-4", "components": [{"unit": "request", "per_unit": 10}]},
        {"operation": "chat", "dimensions": {"model": "mini"}, "components": [
            {"unit": "input_tokens", "per_unit": "0.03"},
            {"unit": "output_tokens", "graduated": [{"up_to": 100, "rate": "0.5"}, {"rate": "0.1"}]},
        ]},
    ]})
}

async fn publish(client: &Client, book: &Value) -> Answer {
    client.send(client.request("PUT", "/v1/price-book").json(book)).await.expect("the server answers")
}

async fn grant(client: &Client) {
    let grant = json!({"amount": 10_000, "reason": "r"});
    assert_eq!(client.post("/v1/organizations/acme/grants", "g", &grant).await.unwrap().status, 201);
}

async fn post(client: &Client, path: &str, key: &str, body: Value) -> Answer {
    client.post(&format!("/v1/organizations/acme/{path}"), key, &body).await.expect("the server answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_priced_by_the_published_book_and_the_receipt_says_how() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    grant(&client).await;
    let usage = json!({"operation": "chat", "dimensions": {"model": "mini"},
        "quantities": {"input_tokens": 1_000, "output_tokens": 150}});
    let unpriced = post(&client, "consumptions", "c", usage.clone()).await;
    assert_eq!((unpriced.status, unpriced.body["code"].as_str()), (422, Some("no_price")), "{}", unpriced.body);

    let published = publish(&client, &book()).await;
    assert_eq!((published.status, &published.body["version"]), (200, &json!(1)), "{}", published.body);
    let consumed = post(&client, "consumptions", "c", usage).await;
    // 1,000 x 0.03 + 100 x 0.5 + 50 x 0.1
    assert_eq!((consumed.status, &consumed.body["amount"]), (201, &json!(85)), "{}", consumed.body);
    let price = &consumed.body["price"];
    assert_eq!((&price["version"], &price["sum"]), (&json!(1), &json!("85")));
    assert_eq!(price["lines"][1]["parts"][1], json!({"times": 50, "rate": "0.1", "of": "last_tier"}));
    let id = consumed.body["id"].as_str().expect("an id");
    let receipt = client.get(&format!("/v1/organizations/acme/consumptions/{id}")).await.unwrap().body;
    assert_eq!((&receipt["price"], &receipt["allocations"]), (price, &consumed.body["allocations"]));
    // A request of one is what a command is unless it says otherwise.
    assert_eq!(post(&client, "consumptions", "one", json!({"operation": "gpt-4"})).await.body["amount"], 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_keeps_its_version_and_is_confirmed_by_usage() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    grant(&client).await;
    publish(&client, &book()).await;
    let reserved =
        post(&client, "reservations", "r", json!({"operation": "gpt-4", "quantities": {"request": 5}})).await;
    assert_eq!((reserved.status, &reserved.body["amount"]), (201, &json!(50)), "{}", reserved.body);
    let dearer = json!({"prices": [{"operation": "gpt-4", "components": [{"unit": "request", "per_unit": 1_000}]}]});
    let ahead = publish(&client, &dearer).await.body;
    assert!(ahead["valid_from"].as_str() > ahead["published_at"].as_str(), "{ahead}");
    until_in_force(&client, 2).await;
    let id = reserved.body["id"].as_str().expect("an id").to_owned();
    let confirm = json!({"quantities": {"request": 3}});
    let confirmed = post(&client, &format!("reservations/{id}/confirm"), "f", confirm.clone()).await;
    assert_eq!((confirmed.status, &confirmed.body["amount"]), (200, &json!(30)), "{}", confirmed.body);
    assert_eq!(confirmed.body["price"]["version"], 1);
    let again = post(&client, &format!("reservations/{id}/confirm"), "f2", confirm).await;
    assert_eq!(again.body, confirmed.body, "ending it again in the same way answers the first outcome");
    let by_estimate = json!({"operation": "gpt-4", "price_version": 1});
    assert_eq!(post(&client, "reservations", "e", by_estimate).await.body["amount"], 10);
    assert_eq!(post(&client, "consumptions", "c", json!({"operation": "gpt-4"})).await.body["amount"], 1_000);
    let none = post(&client, "reservations", "n", json!({"operation": "gpt-4", "price_version": 9})).await;
    assert_eq!((none.status, none.body["code"].as_str()), (422, Some("no_price_version")));
}

async fn until_in_force(client: &Client, version: u32) {
    for _ in 0..200 {
        if client.get("/v1/price-book").await.unwrap().body["version"] == version {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("version {version} never came to hold");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_usage_names_what_may_have_been_meant() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    grant(&client).await;
    publish(&client, &book()).await;
    let chat =
        |quantities: Value| json!({"operation": "chat", "dimensions": {"model": "mini"}, "quantities": quantities});
    let rows = [
        (json!({"operation": "gtp-4"}), "no_price", Some("gpt-4")),
        (json!({"operation": "chat", "dimensions": {"modle": "mini"}}), "unknown_dimension", Some("model")),
        (json!({"operation": "chat", "dimensions": {"model": "mimi"}}), "no_price", Some("model=mini")),
        (chat(json!({"input_tokns": 5})), "unknown_unit", Some("input_tokens")),
        (chat(json!({"images": 5})), "unit_not_priced", None),
        (chat(json!({})), "no_quantity", None),
        (chat(json!({"input_tokens": -5})), "amount_negative", None),
        (chat(json!({"input_tokens": 1.5})), "amount_fractional", None),
        (json!({"operation": "gpt-4", "quantities": {"request": 1_000_000_000_000_000_i64}}), "price_too_large", None),
    ];
    for (number, (body, code, nearest)) in rows.into_iter().enumerate() {
        let key = format!("bad-{number}");
        let estimate = client.request("POST", "/v1/estimates").json(&body);
        for answer in [
            post(&client, "consumptions", &key, body.clone()).await,
            post(&client, "reservations", &key, body.clone()).await,
            client.send(estimate).await.expect("the server answers"),
        ] {
            let context = format!("{body}: {}", answer.body);
            assert_eq!((answer.status, answer.body["code"].as_str()), (422, Some(code)), "{context}");
            assert_eq!(answer.body["nearest"].as_str(), nearest, "{context}");
        }
    }
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM store.events").fetch_one(&database.pool).await.unwrap();
    assert_eq!(events, 1, "the grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_listed_compared_and_never_changed() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    assert_eq!(client.get("/v1/price-book").await.unwrap().body["code"], "no_price_book");
    let first = publish(&client, &book()).await.body;
    assert_eq!(publish(&client, &book()).await.body, first, "the same twice is one version");
    let mut next = book();
    next["prices"][0]["components"][0]["per_unit"] = json!(12);
    next["prices"].as_array_mut().expect("prices").remove(1);
    next["valid_from"] = json!("2099-01-01T00:00:00Z");
    assert_eq!(publish(&client, &next).await.body["version"], 2);
    assert_eq!(client.get("/v1/price-book").await.unwrap().body["version"], 1, "the second holds later");
    assert_eq!(client.get("/v1/price-book?at=2099-06-01T00:00:00Z").await.unwrap().body["version"], 2);
    let versions = client.get("/v1/price-book/versions?limit=1").await.unwrap().body;
    assert_eq!((&versions["data"][0]["version"], &versions["next_cursor"]), (&json!(2), &json!("2")));
    let diff = client.get("/v1/price-book/diff?from=1&to=2").await.unwrap().body;
    assert_eq!(diff["removed"][0]["of"], "chat[model=mini]", "{diff}");
    assert_eq!(diff["changed"][0]["after"]["components"][0]["per_unit"], "12");
    assert_eq!(diff["settings"][0]["of"], "valid_from");
    let missing = client.get("/v1/price-book/diff?from=1&to=7").await.unwrap();
    assert_eq!((missing.status, missing.body["code"].as_str()), (404, Some("price_version_not_found")));

    next["valid_from"] = json!("2001-01-01T00:00:00Z");
    assert_eq!(publish(&client, &next).await.body["code"], "valid_from_past");
    let overlapping = json!({"prices": [{"operation": "a", "components": [
        {"unit": "request", "graduated": [{"up_to": 10, "rate": 1}, {"up_to": 5, "rate": 1}, {"rate": 1}]}]}]});
    let refused = publish(&client, &overlapping).await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (422, Some("invalid_price_book")));
    assert_eq!(refused.body["mistakes"][0]["path"], "prices[0].components[0].graduated[1].up_to", "{}", refused.body);
    let float = json!({"prices": [{"operation": "a", "components": [{"unit": "request", "per_unit": 0.5}]}]});
    let refused = publish(&client, &float).await;
    assert_eq!(refused.body["field"], "prices[0].components[0].per_unit", "{}", refused.body);
    for change in ["UPDATE ledger.price_book_versions SET version = 9", "TRUNCATE ledger.price_book_versions"] {
        assert!(sqlx::query(change).execute(&database.pool).await.is_err(), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_moves_the_point_of_what_people_read_and_of_nothing_else() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let shown = async || client.get("/v1/price-book/scale").await.unwrap().body;
    assert_eq!(shown().await, json!({"scale": 0}), "without a book");
    let mut scaled = book();
    for bad in [json!(10), json!(-1), json!(1.5), json!("2")] {
        scaled["scale"] = bad.clone();
        let refused = publish(&client, &scaled).await;
        assert!(refused.body.to_string().contains("scale"), "{bad}: {}", refused.body);
        assert!([400, 422].contains(&refused.status), "{bad}: {}", refused.body);
    }
    scaled["scale"] = json!(2);
    let published = publish(&client, &scaled).await;
    assert_eq!((published.status, &published.body["book"]["scale"]), (200, &json!(2)), "{}", published.body);
    assert_eq!(client.get("/v1/price-book").await.unwrap().body["book"]["scale"], 2);
    assert_eq!(shown().await, json!({"scale": 2}));
    let nobody = client.with_key("nobody").get("/v1/price-book/scale").await.unwrap();
    assert_eq!(nobody.status, 401, "it needs a key, as prices do");

    grant(&client).await;
    let usage = json!({"operation": "gpt-4", "quantities": {"request": 600}});
    let mut asked = usage.clone();
    asked["organization_id"] = json!("acme");
    let estimate = client.send(client.request("POST", "/v1/estimates").json(&asked)).await.unwrap().body;
    assert_eq!((&estimate["amount"], &estimate["balance"]), (&json!(6_000), &json!(10_000)), "{estimate}");
    assert_eq!(estimate["warning"], "60.00 credits are more than 50 % of the balance of 100.00");
    let consumed = post(&client, "consumptions", "c", usage).await.body;
    assert_eq!((&consumed["amount"], &consumed["balance_after"]), (&json!(6_000), &json!(4_000)), "{consumed}");

    let mut ahead = book();
    ahead["scale"] = json!(3);
    ahead["valid_from"] = json!("2099-01-01T00:00:00Z");
    assert_eq!(publish(&client, &ahead).await.body["version"], 2);
    assert_eq!(shown().await, json!({"scale": 2}), "by the book in force, not by one to come");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_accepted_command_brings_the_welcome_bonus_once() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let mut book = book();
    book["welcome"] = json!({"amount": 100, "validity_days": 30});
    publish(&client, &book).await;
    let refused = post(&client, "consumptions", "dear", json!({"amount": 101})).await;
    assert_eq!(refused.status, 402, "{}", refused.body);
    assert_eq!(client.get("/v1/organizations/acme/balance?consistency=strong").await.unwrap().status, 404);
    for (key, balance) in [("one", 90), ("two", 80), ("one", 90)] {
        let consumed = post(&client, "consumptions", key, json!({"operation": "gpt-4"})).await;
        assert_eq!((consumed.status, &consumed.body["balance_after"]), (201, &json!(balance)), "{}", consumed.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monthly_grant_is_configured_shown_and_ended() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    let path = "/v1/organizations/acme/recurring-grant";
    let put = async |key: &str, body: Value| {
        client.send(client.request("PUT", path).header("Idempotency-Key", key).json(&body)).await.unwrap()
    };
    let body = json!({"grant": {"amount": 500, "rollover": {"capped": 200}, "applies_to": ["chat*"]}});
    let configured = put("a", body).await;
    assert_eq!((configured.status, &configured.body["balance_after"]), (200, &json!(500)), "{}", configured.body);
    assert_eq!(configured.body["grant"]["rollover"], json!({"capped": 200}));
    let shown = client.get(path).await.unwrap().body;
    assert!(shown["grant"]["next_at"].as_str() > shown["grant"]["starts_at"].as_str(), "{shown}");
    let refused = put("b", json!({"grant": {"amount": 5}, "starts_at": "2001-01-01T00:00:00Z"})).await;
    assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("starts_at")), "{}", refused.body);
    assert_eq!(put("c", json!({})).await.body["grant"], Value::Null);
    assert_eq!(client.get(path).await.unwrap().body["grant"], Value::Null);
}
