//! Checkouts: one page for each key, whatever ends in the middle.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};
use stripe_fake::{Kind, TestCard};

use crate::support;
use crate::support::stripe::{Shop, checkout};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_opened_once_for_each_key_and_the_purchase_waits_for_its_payment() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let first = shop.checkout("acme", "buy-1", "starter").await;
    let url = first["url"].as_str().unwrap();
    assert!(url.starts_with(&shop.fake.url()), "{first}");
    let pinned = |body: &Value| [body["quantity"].clone(), body["credits"].clone(), body["price"].clone()];
    let wanted = [json!(1), json!(1_000), json!({"amount_minor": 1_000, "currency": "USD"})];
    assert_eq!(pinned(&first), wanted);

    let again = shop.ask("acme", "buy-1", "starter").await;
    assert_eq!((again.status, &again.body), (201, &first));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = shop.checkout("acme", "buy-2", "starter").await;
    assert_ne!(other["checkout_session_id"], first["checkout_session_id"]);
    shop.checkout("globex", "buy-1", "starter").await;
    shop.fake.with(|world| {
        assert_eq!((world.sessions.len(), world.customers.len()), (3, 2), "one customer for each organization");
        let session = world.sessions.get(first["checkout_session_id"].as_str().unwrap()).unwrap();
        assert_eq!(session.metadata, session.intent_metadata);
        assert_eq!(session.metadata["purchaseId"], first["purchase_id"].as_str().unwrap());
        assert_eq!(session.metadata["organizationId"], "acme");
        assert!(session.saves_card);
    });

    assert_eq!(shop.purchase("acme", &first["purchase_id"]).await["status"], "started");
    shop.pay(&first, TestCard::Succeeds);
    // Only what Stripe tells brings credits, and it has told nothing yet.
    assert_eq!(shop.purchase("acme", &first["purchase_id"]).await["status"], "started");
    let balance = shop.client.get("/v1/organizations/acme/balance?consistency=strong").await.unwrap();
    assert_eq!(balance.body["balance"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_resolved_by_the_same_key() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    for (n, (path, kind)) in [
        ("/v1/customers", Kind::ErrorBefore { status: 503 }),
        ("/v1/customers", Kind::ResetAfter),
        ("/v1/checkout/sessions", Kind::ErrorBefore { status: 429 }),
        ("/v1/checkout/sessions", Kind::ResetBefore),
        ("/v1/checkout/sessions", Kind::ResetAfter),
        ("/v1/checkout/sessions", Kind::HtmlAfter { status: 200 }),
        ("/v1/checkout/sessions", Kind::GarbageAfter),
    ]
    .into_iter()
    .enumerate()
    {
        let organization = format!("org-{n}");
        shop.fail_posts(path, 3, kind);
        let lost = shop.ask(&organization, "buy", "starter").await;
        assert_eq!((lost.status, lost.body["code"].as_str()), (503, Some("payment_processor_unavailable")), "{kind:?}");
        assert!(lost.headers.contains_key("retry-after"));
        let found = shop.checkout(&organization, "buy", "starter").await;
        assert_eq!(shop.purchase(&organization, &found["purchase_id"]).await["status"], "started");
        shop.fake.with(|world| {
            let of = |labels: &stripe_fake::objects::Labels| labels.get("organizationId") == Some(&organization);
            assert_eq!(world.sessions.iter().filter(|session| of(&session.metadata)).count(), 1, "{kind:?}");
            assert_eq!(world.customers.iter().filter(|customer| of(&customer.metadata)).count(), 1, "{kind:?}");
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_in_the_middle_leaves_one_page() {
    let database = support::database().await;
    let mut shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    for (n, (path, kind)) in [
        ("/v1/customers", Kind::TimeoutBefore { milliseconds: 5_000 }),
        ("/v1/customers", Kind::TimeoutAfter { milliseconds: 5_000 }),
        ("/v1/checkout/sessions", Kind::TimeoutBefore { milliseconds: 5_000 }),
        ("/v1/checkout/sessions", Kind::TimeoutAfter { milliseconds: 5_000 }),
    ]
    .into_iter()
    .enumerate()
    {
        let organization = format!("org-{n}");
        shop.fail_posts(path, 1, kind);
        let begun = tokio::time::timeout(Duration::from_millis(800), shop.ask(&organization, "buy", "starter")).await;
        assert!(begun.is_err(), "{kind:?}: it hangs");
        shop.restart(&[]).await;
        let found = shop.checkout(&organization, "buy", "starter").await;
        assert_eq!(shop.checkout(&organization, "buy", "starter").await, found);
        shop.fake.with(|world| assert_eq!(world.sessions.len(), n + 1, "{kind:?}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_with_one_key_open_one_page() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let node = shop.another_node(&[]).await;
    let other = node.client();
    let (path, body) = ("/v1/organizations/acme/checkout-sessions", checkout("starter"));
    let ask = |n: usize| {
        if n.is_multiple_of(2) { shop.client.post(path, "buy", &body) } else { other.post(path, "buy", &body) }
    };
    for answer in futures::future::join_all((0..10).map(ask)).await {
        // Stripe turns away who asks while the first is in work; the same key finds out.
        let answer = answer.unwrap();
        assert!(matches!(answer.status, 201 | 503), "{}", answer.body);
    }
    shop.checkout("acme", "buy", "starter").await;
    assert_eq!(shop.fake.with(|world| (world.sessions.len(), world.customers.len())), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_expires_ends_its_purchase() {
    let database = support::database().await;
    let shop = Shop::open(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let checkout = shop.checkout("acme", "buy", "starter").await;
    shop.pay(&checkout, TestCard::Declined);
    let session = checkout["checkout_session_id"].as_str().unwrap();
    shop.fake.with(|world| world.expire_session(session)).unwrap();
    ends_as(&shop, &checkout["purchase_id"], "expired").await;
    assert_eq!(shop.ask("acme", "buy", "starter").await.body, checkout, "the key's answer stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_whose_page_was_never_opened_ends() {
    let database = support::database().await;
    let mut shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    shop.fail_posts("/v1/checkout/sessions", 3, Kind::ErrorBefore { status: 503 });
    assert_eq!(shop.ask("acme", "buy", "starter").await.status, 503);
    let mut clock = tempfile::NamedTempFile::new().unwrap();
    let command = shop.client.get("/v1/organizations/acme/commands/buy").await.unwrap();
    let purchase = command.body["entity_id"].clone();

    // A day later Stripe may have forgotten the key: nothing is asked for under it any more.
    write!(clock, "{}", 24 * 3600).unwrap();
    let environment = [("CREDIT_LEDGER_TEST_CLOCK_FILE", clock.path().to_str().unwrap())];
    shop.restart(&environment).await;
    let late = shop.ask("acme", "buy", "starter").await;
    assert_eq!((late.status, late.body["code"].as_str()), (409, Some("checkout_too_old")));
    assert_eq!(shop.purchase("acme", &purchase).await["status"], "started");

    std::fs::write(clock.path(), (49 * 3600).to_string()).unwrap();
    shop.restart(&environment).await;
    ends_as(&shop, &purchase, "expired").await;
}

async fn ends_as(shop: &Shop, purchase: &Value, status: &str) {
    for _ in 0..200 {
        if shop.purchase("acme", purchase).await["status"] == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{}", shop.purchase("acme", purchase).await);
}
