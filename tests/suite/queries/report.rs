//! `credit-ledger report`: what it prints equals the sum of the transactions.

use serde_json::{Value, json};

use super::fixture::{Server, column};
use crate::support::node::command;

async fn report(server: &Server, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = command(&server.database.url, &[&["report"], arguments].concat()).await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The month of the organization's first event, and the one after it.
async fn months(server: &Server) -> (String, String) {
    let rows = server.all("/v1/organizations/acme/transactions", 100).await;
    let first = rows.last().expect("a row")["created_at"].as_str().expect("a time")[..7].to_owned();
    let date: chrono::NaiveDate = format!("{first}-01").parse().expect("a date");
    (first, (date + chrono::Months::new(1)).format("%Y-%m").to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_and_a_usage_report_equal_the_sum_of_transactions() {
    let server = Server::start().await;
    server.busy("globex").await;
    let sequence = server.busy("acme").await;
    let rows = server.all(&format!("/v1/organizations/acme/transactions?min_sequence={sequence}"), 1_000).await;
    let (month, next) = months(&server).await;
    let sum = |rows: &[&Value]| rows.iter().filter_map(|row| row["amount"].as_i64()).sum::<i64>();
    let in_month: Vec<&Value> =
        rows.iter().filter(|row| row["created_at"].as_str().is_some_and(|at| at.starts_with(&month))).collect();

    let of = |kind, month| [kind, "--organization", "acme", "--month", month];
    let (code, text, errors) = report(&server, &[&of("statement", &month)[..], &["--json"]].concat()).await;
    assert_eq!(code, Some(0), "{errors}");
    let statement: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&statement["opening_balance"], &statement["closing_balance"]), (&json!(0), &json!(sum(&in_month))));
    let movements = statement["movements"].as_array().expect("a list");
    let oldest_first: Vec<_> = in_month.iter().rev().map(|row| row["id"].clone()).collect();
    assert_eq!(column(movements, "id"), oldest_first);
    let total: i64 =
        statement["totals"].as_object().expect("totals").values().filter_map(|t| t["amount"].as_i64()).sum();
    assert_eq!(total, sum(&in_month));

    let (code, text, _) = report(&server, &[&of("usage", &month)[..], &["--json"]].concat()).await;
    let usage: Value = serde_json::from_str(&text).expect("JSON");
    let consumed: Vec<&Value> = in_month.iter().filter(|row| row["type"] == "consumption").copied().collect();
    assert_eq!((code, &usage["total"]["credits"]), (Some(0), &json!(-sum(&consumed))), "{usage}");
    assert_eq!(usage["total"]["count"], consumed.len());

    let (code, text, _) = report(&server, &[&of("statement", &next)[..], &["--csv"]].concat()).await;
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let records: Vec<_> = reader.records().map(|record| record.expect("a record")).collect();
    assert_eq!((code, records.len()), (Some(0), 2), "the opening is this month's closing, and nothing moved");
    assert_eq!((&records[0][5], &records[1][5]), (sum(&in_month).to_string().as_str(), &records[0][5]));

    let (code, text, _) = report(&server, &of("usage", &month)).await;
    assert_eq!(code, Some(0));
    let last: Vec<&str> = text.lines().last().expect("a line").split_whitespace().collect();
    assert_eq!(last[3], (-sum(&consumed)).to_string(), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_nothing_or_of_read_models_that_are_behind_is_refused() {
    let server = Server::start_with(&[("CREDIT_LEDGER_NO_PROJECTORS", "true")]).await;
    server.send("acme", "grants", "g", json!({"amount": 5, "reason": "r"})).await;
    let of = |org, month| ["statement", "--organization", org, "--month", month];
    for (arguments, code, word) in [
        (of("acme", "2026-11"), 3, "behind"),
        (of("nobody", "2026-11"), 1, "nobody"),
        (of("acme", "2026-13"), 2, "YYYY-MM"),
        (of("a b", "2026-11"), 2, "--organization"),
    ] {
        let (status, out, errors) = report(&server, &arguments).await;
        assert_eq!((status, out.as_str()), (Some(code), ""), "{arguments:?}: {errors}");
        assert!(errors.contains(word), "{errors}");
    }
}
