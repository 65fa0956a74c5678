//! Usage by time and group.

use serde_json::{Value, json};

use super::fixture::Server;

fn sum(rows: &[Value], field: &str) -> i64 {
    rows.iter().filter_map(|row| row[field].as_i64()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_adds_up_in_every_bucket_and_group() {
    let server = Server::start().await;
    let now = chrono::DateTime::parse_from_rfc3339(
        server.send("acme", "grants", "g", json!({"amount": 10_000, "reason": "r"})).await["created_at"]
            .as_str()
            .unwrap(),
    )
    .unwrap();
    let mut last = Value::Null;
    for n in 0..60_i64 {
        let used_at = (now - chrono::TimeDelta::hours(n * 7)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let body = json!({
            "amount": n + 1, "operation": if n % 2 == 0 { "chat" } else { "image" },
            "subject": format!("u{}", n % 3), "dimensions": {"model": format!("m{}", n % 5)},
            "quantities": {"tokens": 1_000_000_000_000_000_u64, "calls": 1}, "occurred_at": used_at,
        });
        last = server.send("acme", "consumptions", &format!("c{n}"), body).await["sequence"].clone();
    }
    let spent: i64 = (1..=60).sum();
    let path = |query: &str| format!("/v1/organizations/acme/usage?min_sequence={last}&{query}");
    for query in [
        "bucket=hour&from=FROM",
        "bucket=day",
        "bucket=month",
        "bucket=hour&from=FROM&group_by=operation",
        "bucket=day&group_by=operation,subject",
        "bucket=day&group_by=dimensions.model,operation,subject,dimensions.none",
    ] {
        let from = (now - chrono::TimeDelta::days(20)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let query = path(&query.replace("FROM", &from));
        let whole = server.all(&query, 1_000).await;
        assert_eq!((sum(&whole, "credits"), sum(&whole, "count")), (spent, 60), "{query}");
        let calls: i64 = whole.iter().filter_map(|row| row["quantities"]["calls"].as_i64()).sum();
        assert_eq!(calls, 60, "{query}");
        assert_eq!(server.all(&query, 2).await, whole, "pages of {query}");
    }
    let by_operation = server.all(&path("bucket=month&group_by=operation&from=2026-01-01T00:00:00Z"), 10).await;
    let chat = by_operation.iter().filter(|row| row["operation"] == "chat").cloned().collect::<Vec<_>>();
    assert_eq!(sum(&chat, "credits"), (1..=60).step_by(2).sum::<i64>());
    let chat_only = server.all(&path("bucket=month&operation=chat&from=2026-01-01T00:00:00Z"), 10).await;
    assert_eq!(sum(&chat_only, "credits"), sum(&chat, "credits"));
    assert!(chat_only.iter().all(|row| row.get("operation").is_none()), "not grouped by");
    let subject = server.all(&path("bucket=month&subject=u1&group_by=dimensions.model"), 10).await;
    assert_eq!(sum(&subject, "count"), 20);
    let unknown = server.all(&path("bucket=month&group_by=dimensions.none"), 10).await;
    assert!(unknown.iter().all(|row| row["dimensions"] == json!({"none": null})), "{unknown:?}");
    // Sixty times the largest quantity is more than 53 bits can hold.
    let text = server.csv(&path("bucket=month&from=2026-01-01T00:00:00Z")).await.0;
    assert!(text.contains("000000000000000"), "{text}");
}
