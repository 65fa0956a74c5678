//! The demonstration against a server, and the data of `serve --demo`.

use serde_json::Value;

use crate::support;
use crate::support::node::{ADMIN_KEY, Node, command};

/// Runs `demo` on the node and answers its exit code and summary.
async fn demo(database_url: &str, node: &Node, more: &[&str]) -> (Option<i32>, Value) {
    let mut arguments = vec!["demo", "--json", "--url", node.url(), "--key", ADMIN_KEY];
    arguments.extend_from_slice(more);
    let output = command(database_url, &arguments).await;
    let text = String::from_utf8_lossy(&output.stdout);
    let summary = serde_json::from_str(&text);
    (output.status.code(), summary.unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_paid_to_the_token_and_again_without_effect() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;

    let (code, summary) = demo(&database.url, &node, &[]).await;
    assert_eq!((code, &summary["differences"]), (Some(0), &serde_json::json!([])), "{summary}");
    assert_eq!((&summary["calls"], &summary["refused"]), (&200.into(), &0.into()));
    let tokens = summary["context_tokens"].as_i64().zip(summary["generated_tokens"].as_i64());
    assert_eq!(summary["credits_spent"].as_i64(), tokens.map(|(context, generated)| context + generated));

    let (code, again) = demo(&database.url, &node, &[]).await;
    assert_eq!((code, &again["events"]), (Some(0), &summary["events"]), "the keys are the same: nothing is appended");
    assert_eq!(again["organizations"], summary["organizations"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_shows_refusals_and_the_books_still_balance() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let (code, summary) = demo(&database.url, &node, &["--budget", "2000", "--organizations", "5"]).await;
    assert_eq!(code, Some(0), "{summary}");
    let figure = |name: &str| summary[name].as_u64().unwrap_or_default();
    assert!(figure("refused") > 0 && figure("calls") > 0, "{summary}");
    assert_eq!(figure("refused") + figure("calls"), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seed_may_be_repeated() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let mut lengths = Vec::new();
    for _ in 0..2 {
        api::demo::seed(node.url(), ADMIN_KEY).await.expect("every command is accepted");
        let events = node.client().get("/v1/organizations/acme/events").await.expect("the server answers");
        lengths.push(events.body["data"].as_array().map(Vec::len));
    }
    assert!(lengths[0] > Some(5));
    assert_eq!(lengths[0], lengths[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_requests_work() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    api::demo::seed(node.url(), ADMIN_KEY).await.expect("every command is accepted");
    let steps = api::demo::next_steps(node.url(), ADMIN_KEY);
    assert_eq!(steps.lines().count(), 3);
    for line in steps.lines() {
        let script = format!("{line} --fail");
        let run = tokio::task::spawn_blocking(move || std::process::Command::new("sh").args(["-c", &script]).output());
        let output = run.await.expect("no panic").expect("sh runs");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// What the trace costs at gpt-4o's prices, computed by nobody's code but this: 16.6667 credits an input token, 66.6667 an
/// output token, each call rounded up.
const INDEPENDENT: &str = r#"awk -F, 'NR > 1 { cost = $2 * 166667 + $3 * 666667; sum += int((cost + 9999) / 10000) }
    END { printf "%d", sum }' "$TRACE""#;

#[tokio::test(flavor = "multi_thread")]
async fn receipts_movements_and_an_independent_sum_of_a_priced_trace_are_equal() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let trace = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/src/demo/sample.csv");
    let (code, summary) = demo(&database.url, &node, &["--trace", trace, "--model", "gpt-4o"]).await;
    assert_eq!((code, &summary["differences"]), (Some(0), &serde_json::json!([])), "{summary}");
    let computed = std::process::Command::new("sh").args(["-c", INDEPENDENT]).env("TRACE", trace).output().unwrap();
    let computed: i64 = String::from_utf8(computed.stdout).unwrap().parse().unwrap();
    assert_eq!(summary["credits_spent"], computed);
    support::projected::caught_up(&database.pool).await;
    let moved: i64 = sqlx::query_scalar(
        "SELECT (-sum(t.amount))::bigint FROM ledger.credit_transactions t WHERE t.operation = 'chat'",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!(moved, computed);
    let verified = command(&database.url, &["verify", "--prices"]).await;
    let printed = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(printed.contains(&format!("200 priced consumptions of {computed} credits")), "{printed}");
}
