//! `credit-ledger import`.

use super::{run, stderr};
use crate::support;
use crate::support::node::{Node, command};

const BALANCES: &str = "organization,credits,category,expires_at,price,currency,reference\n\
    acme,1000,paid,,9.99,USD,old-1\nacme,50,promotional,2099-01-01T00:00:00Z,,,old-2\nglobex,7,,,,,old-1\n";

#[tokio::test(flavor = "multi_thread")]
async fn balances_are_imported_once_however_often_the_file_is() {
    let database = support::database().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("balances.csv");
    std::fs::write(&file, BALANCES).unwrap();
    let path = file.to_str().unwrap();
    let planned = run(&database.url, &["import", path, "--dry-run"]).await;
    assert!(planned.contains("3 rows would be imported with 1057 credits"), "{planned}");
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM store.events").fetch_one(&database.pool).await.unwrap();
    assert_eq!(events, 0, "a dry run changes nothing");
    assert!(run(&database.url, &["import", path]).await.contains("3 rows imported with 1057 credits, 0 were there"));
    assert!(run(&database.url, &["import", path]).await.contains("0 rows imported with 0 credits, 3 were there"));
    let node = Node::start(&database.url).await;
    let balance = node.client().get("/v1/organizations/acme/balance?consistency=strong").await.unwrap();
    assert_eq!((&balance.body["balance"], &balance.body["lifetime_purchased"]), (&1_050.into(), &1_000.into()));

    // The same reference with another figure is a mistake of the file, and imports nothing in its place.
    std::fs::write(&file, BALANCES.replace("globex,7,", "globex,8,")).unwrap();
    let other = command(&database.url, &["import", path]).await;
    assert_eq!(other.status.code(), Some(1), "{}", stderr(&other));
    let balance = node.client().get("/v1/organizations/globex/balance?consistency=strong").await.unwrap();
    assert_eq!(balance.body["balance"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_mistake_imports_nothing() {
    let database = support::database().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("balances.csv");
    std::fs::write(&file, format!("{BALANCES}acme,none,,,,,old-3\n")).unwrap();
    let refused = command(&database.url, &["import", file.to_str().unwrap()]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("line 5:"), "{}", stderr(&refused));
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM store.events").fetch_one(&database.pool).await.unwrap();
    assert_eq!(events, 0);
}
