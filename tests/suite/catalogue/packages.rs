//! `credit-ledger packages`.

use serde_json::Value;

use super::{run, stderr};
use crate::support;
use crate::support::node::command;

#[tokio::test(flavor = "multi_thread")]
async fn packages_add_enterprise_takes_the_price_in_major_units() {
    let database = support::database().await;
    run(&database.url, &["packages", "add", "starter", "1000", "10"]).await;
    let added = run(&database.url, &["packages", "add", "enterprise", "1000000", "999", "--feature", "Support"]).await;
    assert!(
        added.contains("1000000 credits for 999.00 USD, 0.000999 USD a credit, 90.0 % cheaper than starter"),
        "{added}"
    );
    let stored: (i64, String, Value) = sqlx::query_as(
        "SELECT p.price_cents, p.currency, p.features FROM ledger.credit_packages p WHERE p.id = 'enterprise'",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!(stored, (99_900, "USD".to_owned(), serde_json::json!(["Support"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_are_changed_retired_and_listed_with_their_history() {
    let database = support::database().await;
    let url = database.url.as_str();
    run(url, &["packages", "add", "pro", "5000", "49.90", "--currency", "eur", "--validity-days", "365"]).await;
    let changed = run(
        url,
        &["packages", "change", "pro", "--price", "45", "--bonus", "500", "--validity-days", "none", "--json"],
    )
    .await;
    let changed: Value = serde_json::from_str(&changed).unwrap();
    assert_eq!(
        (&changed["version"], &changed["price_cents"], &changed["currency"]),
        (&2.into(), &4_500.into(), &"EUR".into())
    );
    assert!(changed["validity_days"].is_null() && changed["actor"].as_str().is_some_and(|a| a.starts_with("cli:")));
    run(url, &["packages", "retire", "pro"]).await;
    assert_eq!(run(url, &["packages", "list"]).await, "");
    assert!(run(url, &["packages", "list", "--all"]).await.contains("(retired)"));
    assert_eq!(run(url, &["packages", "history", "pro"]).await.lines().count(), 3);
    assert!(run(url, &["packages", "change", "pro", "--on-sale"]).await.contains("pro v4"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_end_with_a_sentence_and_their_exit_code() {
    let database = support::database().await;
    let url = database.url.as_str();
    run(url, &["packages", "add", "p", "10", "1"]).await;
    for (arguments, code, sentence) in [
        (["add", "q", "10", "9.999"], 2, "decimals of USD"),
        (["add", "q", "0", "1"], 2, "`credits` must be from 1"),
        (["add", "a b", "10", "1"], 2, "a package's id"),
        (["add", "p", "10", "2"], 1, "with other terms"),
        (["change", "none", "--credits", "5"], 1, "there is no package none"),
    ] {
        let output = command(url, &[&["packages"], arguments.as_slice()].concat()).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(sentence), "{arguments:?}: {}", stderr(&output));
    }
}
