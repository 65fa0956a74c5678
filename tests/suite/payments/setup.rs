//! `credit-ledger stripe setup`.

use std::process::Output;

use serde_json::json;

use crate::support;
use crate::support::node::binary;
use crate::support::stripe::{SECRET_KEY, Shop};

async fn setup(shop: &Shop, database_url: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = binary();
    command.args(["stripe", "setup"]).args(arguments).env("DATABASE_URL", database_url);
    command.env("STRIPE_SECRET_KEY", SECRET_KEY).env("STRIPE_API_BASE", shop.fake.url());
    let run = move || command.output().expect("the binary is built");
    let Output { status, stdout, stderr } = tokio::task::spawn_blocking(run).await.expect("no panic");
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_makes_what_is_missing_once() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    for (id, cents) in [("starter", 1_000), ("dotted.id:x", 5_000)] {
        let body = json!({"id": id, "credits": 5, "price_cents": cents});
        shop.client.send(shop.client.request("POST", "/v1/packages").json(&body)).await.unwrap();
    }
    let counts = || shop.fake.with(|world| (world.products.len(), world.prices.len(), world.webhook_endpoints.len()));
    let url = ["--url", "https://ledger.test/"];
    let (code, told) = setup(&shop, &database.url, &[&url[..], &["--dry-run"]].concat()).await;
    assert_eq!((code, counts()), (Some(0), (0, 0, 0)), "{told}");
    assert!(told.contains("would be made"), "{told}");

    let (code, told) = setup(&shop, &database.url, &url).await;
    assert_eq!((code, counts()), (Some(0), (2, 2, 1)), "{told}");
    assert!(told.contains("STRIPE_WEBHOOK_SECRETS=whsec_"), "{told}");
    let (code, told) = setup(&shop, &database.url, &url).await;
    assert_eq!((code, counts()), (Some(0), (2, 2, 1)), "{told}");
    assert!(!told.contains("whsec_") && told.contains("as at Stripe"), "{told}");
    shop.fake.with(|world| {
        let endpoint = world.webhook_endpoints.iter().next().unwrap();
        assert_eq!(endpoint.url, "https://ledger.test/v1/webhooks/stripe");
        assert_eq!(endpoint.enabled_events.len(), 20);
    });
    shop.checkout("acme", "buy", "starter").await;

    // A package that has lost its price finds it again.
    let lost = json!({"stripe_price_id": null});
    shop.client.send(shop.client.request("PATCH", "/v1/packages/starter").json(&lost)).await.unwrap();
    let (code, told) = setup(&shop, &database.url, &url).await;
    assert_eq!((code, counts()), (Some(0), (2, 2, 1)), "{told}");
    shop.checkout("acme", "buy-again", "starter").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_differs_is_refused_until_it_is_given_up() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    let body = json!({
        "id": "starter", "credits": 1_000, "price_cents": 1_500, "stripe_price_id": shop.price("starter", 1_000).await
    });
    shop.client.send(shop.client.request("POST", "/v1/packages").json(&body)).await.unwrap();
    let change =
        async |body| shop.client.send(shop.client.request("PATCH", "/v1/packages/starter").json(&body)).await.unwrap();
    let (code, told) = setup(&shop, &database.url, &[]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("costs 15.00 USD") && told.contains("costs 10.00 USD"), "{told}");
    change(json!({"stripe_price_id": null})).await;
    let (code, told) = setup(&shop, &database.url, &[]).await;
    assert_eq!(code, Some(0), "{told}");
    shop.checkout("acme", "buy", "starter").await;

    // A package that costs something else gives its price up by itself.
    change(json!({"price_cents": 2_000})).await;
    let refused = shop.ask("acme", "buy-dearer", "starter").await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (422, Some("package_without_price")));
    assert_eq!(setup(&shop, &database.url, &[]).await.0, Some(0));
    assert_eq!(shop.checkout("acme", "buy-dearer", "starter").await["price"]["amount_minor"], 2_000);
}
