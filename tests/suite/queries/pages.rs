//! Pages: no row twice or missing while rows are being added, and cursors that belong to their query.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fixture::{Server, page_path};

/// A grant (every other one ends some day), a hold and a payment.
async fn add(server: &Server, n: i64) {
    let mut grant = json!({"amount": 10, "reason": "r"});
    if n % 2 == 0 {
        grant["expires_in_seconds"] = json!(100_000 + n * 37 % 1_000);
    }
    server.send("acme", "grants", &format!("g{n}"), grant).await;
    server.send("acme", "reservations", &format!("h{n}"), json!({"amount": 1})).await;
    let price = json!({"amount_minor": 1, "currency": "USD"});
    let purchase = json!({"credits": 1, "price": price, "payment_reference": format!("p{n}")});
    server.send("acme", "purchases", &format!("p{n}"), purchase).await;
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().expect("a list");
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_comes_twice_or_is_missing_while_rows_are_added() {
    let server = Server::start().await;
    for n in 0..30 {
        add(&server, n).await;
    }
    let mut added = 30;
    for list in ["transactions", "grants", "grants?order=expiry", "reservations", "purchases"] {
        let path = format!("/v1/organizations/acme/{list}");
        let last = server.get("/v1/organizations/acme/balance?consistency=strong").await["last_sequence"].clone();
        let before = server.get(&format!("{}&min_sequence={last}", page_path(&path, 1_000, None))).await;
        let before: BTreeSet<String> = ids(&before).into_iter().collect();
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = server.get(&page_path(&path, 4, cursor.as_deref())).await;
            seen.extend(ids(&page));
            add(&server, added).await;
            added += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
            assert!(seen.len() < 2_000, "{list}: the pages never end");
        }
        let distinct: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(distinct.len(), seen.len(), "{list}: a row came twice");
        assert!(before.is_subset(&distinct), "{list}: a row is missing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_belong_to_their_query_and_limits_are_bounded() {
    let server = Server::start().await;
    for org in ["acme", "globex"] {
        let sequence = server.busy(org).await;
        server.get(&format!("/v1/organizations/{org}/transactions?min_sequence={sequence}")).await;
    }
    let of = |path: &str| format!("/v1/organizations/acme/{path}");
    let cursor = server.get(&of("transactions?limit=1&type=grant")).await["next_cursor"].clone();
    let cursor = cursor.as_str().expect("there are more").to_owned();
    server.get(&of(&format!("transactions?limit=7&type=grant&cursor={cursor}"))).await;
    for other in [
        of(&format!("transactions?cursor={cursor}")),
        of(&format!("transactions?type=grant&operation=x&cursor={cursor}")),
        of(&format!("grants?cursor={cursor}")),
        of(&format!("usage?cursor={cursor}")),
        format!("/v1/organizations/globex/transactions?type=grant&cursor={cursor}"),
        format!("/v1/organizations?cursor={cursor}"),
    ] {
        assert_eq!(server.refused(&other).await, (400, "cursor_of_another_query".to_owned()), "{other}");
    }
    for list in ["transactions", "grants", "reservations", "purchases", "usage"] {
        assert_eq!(server.refused(&of(&format!("{list}?cursor=next"))).await, (400, "cursor_malformed".to_owned()));
        for limit in ["0", "1001"] {
            assert_eq!(server.refused(&of(&format!("{list}?limit={limit}"))).await, (422, "invalid_limit".to_owned()));
        }
        for unknown in ["colour=red", "limit=x", "limit=1&limit=2", "min_sequence=-1"] {
            let path = of(&format!("{list}?{unknown}"));
            assert_eq!(server.refused(&path).await, (400, "malformed_query".to_owned()), "{path}");
        }
    }
    let wrong = [
        ("transactions?type=gift", 422, "invalid_value"),
        ("transactions?from=yesterday", 400, "malformed_query"),
        ("transactions?from=%2B10000-01-01T00:00:00Z", 422, "invalid_value"),
        ("transactions?operation=%00", 422, "text_nul"),
        ("transactions?reference_type=job", 422, "missing_field"),
        ("grants?status=lost", 422, "invalid_value"),
        ("grants?order=oldest", 400, "malformed_query"),
        ("reservations?status=lost", 422, "invalid_value"),
        ("purchases?status=lost", 422, "invalid_value"),
        ("usage?group_by=colour", 422, "invalid_value"),
        ("usage?bucket=week", 400, "malformed_query"),
        ("usage?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 422, "invalid_value"),
        ("usage?bucket=hour&from=2026-01-02T00:00:00Z&to=2026-07-01T00:00:00Z", 422, "span_too_long"),
        ("forecast?days=0", 422, "invalid_value"),
        ("balance?at=2999-01-01T00:00:00Z", 422, "at_in_future"),
        ("balance?consistency=maybe", 400, "malformed_query"),
    ];
    for (path, status, code) in wrong {
        assert_eq!(server.refused(&of(path)).await, (status, code.to_owned()), "{path}");
    }
}
