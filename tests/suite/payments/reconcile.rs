//! What was lost on the way from Stripe is found.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::PgPool;
use stripe_fake::TestCard;

use super::told::{PATIENCE, balance, deliver, until_balance, until_worked};
use crate::support;
use crate::support::node::{binary, command};
use crate::support::stripe::{SECRET_KEY, Shop};

/// Runs `stripe reconcile`; its exit code and its report.
pub async fn reconcile(shop: &Shop, database_url: &str, arguments: &[&str]) -> (i32, Value) {
    let mut command = binary();
    command.args(["stripe", "reconcile", "--json"]).args(arguments);
    command.env("DATABASE_URL", database_url).env("STRIPE_SECRET_KEY", SECRET_KEY);
    command.env("STRIPE_API_BASE", shop.fake.url());
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("no panic");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let report = serde_json::from_str(&text);
    let report = report.unwrap_or_else(|_| panic!("{text} {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().expect("it ended by itself"), report)
}

/// Nothing that happens is told.
fn lose_all(shop: &Shop) {
    shop.fake.with(|world| world.outbox.clear());
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_events_are_found_once_and_payments_put_right() {
    let database = support::database().await;
    let mut shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    for n in 0..5 {
        let checkout = shop.checkout(&format!("org-{n}"), "buy", "starter").await;
        shop.pay(&checkout, TestCard::Succeeds);
    }
    let expired = shop.checkout("late", "buy", "starter").await;
    shop.fake.with(|world| world.expire_session(expired["checkout_session_id"].as_str().unwrap())).unwrap();
    lose_all(&shop);
    assert_eq!(balance(&shop, "org-0").await, 0);
    // Nobody works at the inbox meanwhile.
    shop.node.kill();

    let (code, report) = reconcile(&shop, &database.url, &["--since", "1d"]).await;
    assert_eq!((code, &report["payments"]["missed"]), (0, &json!(5)), "{report}");
    assert!(report["events"]["missed"].as_u64().unwrap() >= 6, "{report}");
    shop.restart(&[]).await;
    for n in 0..5 {
        assert_eq!(balance(&shop, &format!("org-{n}")).await, 1_000);
    }
    until_worked(&database.pool).await;
    assert_eq!(shop.purchase("late", &expired["purchase_id"]).await["status"], "expired");
    let (code, report) = reconcile(&shop, &database.url, &["--since", "1d"]).await;
    assert_eq!((code, &report["events"]["missed"], &report["payments"]["missed"]), (0, &json!(0), &json!(0)));
    // Webhooks that come after all change nothing.
    let events: Vec<String> = shop.fake.with(|world| world.events.iter().map(|event| event.id.clone()).collect());
    for event in events {
        shop.fake.resend(&event).await;
    }
    until_worked(&database.pool).await;
    assert_eq!(balance(&shop, "org-0").await, 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_has_to_look_at_is_reported_and_never_booked() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let pay = |name: &str, change: fn(&mut stripe_fake::objects::intent::Intent)| {
        let name = name.to_owned();
        let shop = &shop;
        async move {
            let checkout = shop.checkout(&name, "buy", "starter").await;
            shop.pay(&checkout, TestCard::Succeeds);
            let session = checkout["checkout_session_id"].as_str().unwrap();
            shop.fake.with(|world| {
                let intent = world.sessions.get(session).unwrap().intent.clone().unwrap();
                change(world.intents.get_mut(&intent).unwrap());
            });
        }
    };
    pay("less", |intent| intent.amount = 1).await;
    pay("euro", |intent| intent.currency = "eur".to_owned()).await;
    pay("orphan", |intent| {
        intent.metadata.insert("purchaseId".to_owned(), "00000000-0000-8000-8000-000000000000".to_owned());
    })
    .await;
    pay("credits", |intent| {
        intent.metadata.insert("credits".to_owned(), "1000000".to_owned());
    })
    .await;
    pay("foreign", |intent| intent.metadata.clear()).await;
    lose_all(&shop);

    let (code, report) = reconcile(&shop, &database.url, &[]).await;
    assert_eq!((code, &report["payments"]["foreign"]), (1, &json!(1)), "{report}");
    let unsettled = report["payments"]["unsettled"].as_array().unwrap();
    let mut whose: Vec<_> = unsettled.iter().map(|line| line["organization"].as_str().unwrap()).collect();
    whose.sort_unstable();
    assert_eq!(whose, ["euro", "less", "orphan"], "{report}");
    for organization in whose {
        assert_eq!(balance(&shop, organization).await, 0);
    }
    assert_eq!(balance(&shop, "credits").await, 1_000, "what a payment carries is not what it is worth");
    until_given_up(&database.pool).await;
    let parked: i64 = sqlx::query_scalar("SELECT count(*) FROM payments.stripe_events WHERE status = 'parked'")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert!(parked >= 3, "{parked}");
    parked_ones_are_shown_and_retried(&database.url, parked).await;

    // A person has given two of them back.
    for line in unsettled.iter().filter(|line| line["organization"] != "euro") {
        shop.stripe("/v1/refunds", &format!("payment_intent={}", line["intent"].as_str().unwrap())).await;
    }
    let (_, report) = reconcile(&shop, &database.url, &[]).await;
    let left = report["payments"]["unsettled"].as_array().unwrap();
    assert_eq!((left.len(), &left[0]["organization"]), (1, &json!("euro")), "{report}");
}

/// Each event that waits for its next try is tried at once, until none does.
async fn until_given_up(pool: &PgPool) {
    const HURRY: &str =
        "UPDATE payments.stripe_events SET next_at = '2020-01-01' WHERE event_id = $1 AND status = 'pending'";
    let waiting = "SELECT event_id, tries FROM payments.stripe_events WHERE status = 'pending'";
    let mut hurried = BTreeSet::new();
    let started = Instant::now();
    loop {
        let waiting: Vec<(String, i32)> = sqlx::query_as(waiting).fetch_all(pool).await.unwrap();
        if waiting.is_empty() {
            break;
        }
        assert!(started.elapsed() < PATIENCE * 2, "tried for ever: {waiting:?}");
        for (event, tries) in waiting {
            // Once for each try: who works at it has moved the time, too.
            if tries > 0 && hurried.insert((event.clone(), tries)) {
                sqlx::query(HURRY).bind(event).execute(pool).await.unwrap();
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let tried = "SELECT DISTINCT tries FROM payments.stripe_events WHERE status = 'parked' ORDER BY tries";
    let tried: Vec<i32> = sqlx::query_scalar(tried).fetch_all(pool).await.unwrap();
    assert_eq!(tried, [0, 6], "only a purchase that nobody knows is waited for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_payment_keeps_no_purchase_from_the_right_one_and_a_second_right_one_is_not_booked() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let bought = shop.checkout("acme", "buy", "starter").await;
    // Another payment of the account, with the labels of the purchase.
    let pay_for_it = async |key: &str, amount: i64| {
        let other = shop.checkout("acme", key, "starter").await;
        shop.pay(&other, TestCard::Succeeds);
        shop.fake.with(|world| {
            let session = world.sessions.get(other["checkout_session_id"].as_str().unwrap()).unwrap();
            let intent = session.intent.clone().unwrap();
            let intent = world.intents.get_mut(&intent).unwrap();
            intent.amount = amount;
            intent.metadata.insert("purchaseId".to_owned(), bought["purchase_id"].as_str().unwrap().to_owned());
        });
        deliver(&shop).await;
        until_worked(&database.pool).await;
    };
    pay_for_it("wrong", 1).await;
    assert_eq!(balance(&shop, "acme").await, 0);
    shop.pay(&bought, TestCard::Succeeds);
    deliver(&shop).await;
    until_worked(&database.pool).await;
    assert_eq!(balance(&shop, "acme").await, 1_000);
    pay_for_it("second", 1_000).await;
    assert_eq!(balance(&shop, "acme").await, 1_000);

    let (code, report) = reconcile(&shop, &database.url, &[]).await;
    let unsettled = report["payments"]["unsettled"].as_array().unwrap();
    let mut why: Vec<&str> = unsettled.iter().map(|line| line["why"].as_str().unwrap()).collect();
    why.sort_unstable();
    assert_eq!(code, 1, "{report}");
    assert!(why.len() == 2 && why.iter().all(|why| why.contains("was paid twice")), "{report}");
}

async fn parked_ones_are_shown_and_retried(database_url: &str, parked: i64) {
    let run = async |arguments: &[&str]| {
        let output = command(database_url, &[&["stripe", "inbox"], arguments].concat()).await;
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, listed) = run(&["list", "--json"]).await;
    let lines: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, i64::try_from(lines.len()).unwrap()), (Some(0), parked));
    let id = lines[0]["id"].as_str().unwrap();
    let (_, shown) = run(&["show", id, "--json"]).await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["payload"]["id"], &shown["status"]), (&json!(id), &json!("parked")));
    assert_eq!(run(&["retry", id]).await, (Some(0), format!("{id} is worked at again\n")));
    assert_eq!(run(&["retry", "evt_none"]).await.0, Some(1));
    assert_eq!(run(&["show", "evt_none"]).await.0, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_without_a_payment_are_drift() {
    let database = support::database().await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let checkout = shop.checkout("acme", "buy", "starter").await;
    shop.pay(&checkout, TestCard::Succeeds);
    deliver(&shop).await;
    until_balance(&shop, "acme", 1_000).await;
    sqlx::query("UPDATE payments.payments SET intent_id = 'pi_nowhere'").execute(&database.pool).await.unwrap();
    let (code, report) = reconcile(&shop, &database.url, &[]).await;
    assert_eq!(code, 1);
    let text = report["payments"]["unsettled"].to_string();
    assert!(text.contains("pi_nowhere") && text.contains("no such payment"), "{report}");
    assert_eq!(balance(&shop, "acme").await, 1_000);
}
