//! The demo's trace, asked for in SQL.

use crate::support;
use crate::support::node::{ADMIN_KEY, Node, command};
use crate::support::projected::caught_up;

/// The sample that the demo replays.
const SAMPLE: &str = include_str!("../../../api/src/demo/sample.csv");

/// Calls and tokens of the sample.
fn sample() -> (i64, i64) {
    let tokens = SAMPLE.lines().skip(1).map(|line| {
        let numbers = line.split(',').skip(1).map(|number| number.parse::<i64>().unwrap());
        numbers.sum::<i64>()
    });
    tokens.fold((0, 0), |(calls, sum), tokens| (calls + 1, sum + tokens))
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_by_sql_is_what_the_trace_says() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let ran = command(&database.url, &["demo", "--json", "--url", node.url(), "--key", ADMIN_KEY]).await;
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    caught_up(&database.pool).await;
    let sums = "SELECT sum(count)::bigint, sum(credits)::bigint FROM ledger.usage_hourly";
    let usage: (i64, i64) = sqlx::query_as(sums).fetch_one(&database.pool).await.unwrap();
    assert_eq!(usage, sample());
    let sums = "SELECT count(*), -sum(amount)::bigint FROM ledger.credit_transactions WHERE type = 'consumption'";
    let statement: (i64, i64) = sqlx::query_as(sums).fetch_one(&database.pool).await.unwrap();
    assert_eq!(statement, sample());
}
