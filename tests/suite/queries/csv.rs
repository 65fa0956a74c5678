//! Lists and usage as CSV.

use serde_json::{Value, json};

use super::fixture::Server;

fn records(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    (header, rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_usage_come_as_csv_with_the_same_rows() {
    let server = Server::start().await;
    let sequence = server.busy("acme").await;
    for (list, field) in [
        ("transactions", "amount"),
        ("grants", "remaining"),
        ("reservations", "status"),
        ("purchases", "payment_reference"),
        ("usage?group_by=operation,subject,dimensions.model", "credits"),
    ] {
        let separator = if list.contains('?') { '&' } else { '?' };
        let path = format!("/v1/organizations/acme/{list}{separator}min_sequence={sequence}");
        let json = server.get(&path).await;
        let (header, rows) = records(&server.csv(&path).await.0);
        let place = header.iter().position(|name| name == field).expect("the column");
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let expected: Vec<_> = json["data"].as_array().expect("a list").iter().map(|row| text(&row[field])).collect();
        assert_eq!(rows.iter().map(|row| row[place].clone()).collect::<Vec<_>>(), expected, "{list}");
        assert!(!rows.is_empty(), "{list}");
    }
    let (header, rows) = records(&server.csv("/v1/organizations?prefix=ac").await.0);
    assert_eq!((header[0].as_str(), rows.len(), rows[0][0].as_str()), ("organization_id", 1, "acme"));
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_pages_are_linked_and_texts_are_no_formulas() {
    let server = Server::start().await;
    let mut last = 0;
    for (n, text) in ["=1+1", "+1", "-1", "@SUM(A1)", "plain"].into_iter().enumerate() {
        server.send("acme", "grants", &format!("g{n}"), json!({"amount": 10, "reason": text})).await;
        let spent = json!({"amount": 1, "operation": text, "subject": text, "description": text});
        last =
            server.send("acme", "consumptions", &format!("c{n}"), spent).await["sequence"].as_u64().expect("a number");
    }
    let mut path = format!("/v1/organizations/acme/transactions?limit=3&min_sequence={last}");
    let (mut pages, mut rows) = (0, Vec::new());
    loop {
        let (text, link) = server.csv(&path).await;
        pages += 1;
        rows.extend(records(&text).1);
        let Some(link) = link else { break };
        path = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("a link").to_owned();
    }
    assert_eq!((pages, rows.len()), (4, 10));
    let amounts: i64 = rows.iter().map(|row| row[4].parse::<i64>().expect("a number, not a text")).sum();
    assert_eq!(amounts, 45);
    let is_formula =
        |cell: &String| cell.starts_with(['=', '+', '@']) || (cell.starts_with('-') && cell.parse::<i64>().is_err());
    assert!(!rows.iter().flatten().any(is_formula), "{rows:?}");
    assert!(rows.iter().flatten().any(|cell| cell == "'=1+1") && rows.iter().flatten().any(|cell| cell == "plain"));
    let usage = server.csv("/v1/organizations/acme/usage?group_by=operation").await.0;
    assert!(!records(&usage).1.iter().flatten().any(is_formula), "{usage}");
}
