//! What each list shows, and its filters.

use serde_json::{Value, json};

use super::fixture::{Server, column};

async fn transactions(server: &Server, filter: &str) -> Vec<Value> {
    server.all(&format!("/v1/organizations/acme/transactions?{filter}"), 3).await
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_add_up_to_the_balance_and_filter() {
    let server = Server::start().await;
    let sequence = server.busy("acme").await;
    let all = transactions(&server, &format!("min_sequence={sequence}")).await;
    let balance = server.get("/v1/organizations/acme/balance?consistency=strong").await;
    let sum: i64 = all.iter().filter_map(|row| row["amount"].as_i64()).sum();
    assert_eq!((Some(sum), &all[0]["balance_after"]), (balance["balance"].as_i64(), &balance["balance"]));
    for pair in all.windows(2) {
        let before =
            pair[0]["balance_after"].as_i64().zip(pair[0]["amount"].as_i64()).map(|(after, amount)| after - amount);
        assert_eq!(before, pair[1]["balance_after"].as_i64(), "newest first, without a step left out");
    }

    let expected = |wanted: &dyn Fn(&Value) -> bool| all.iter().filter(|row| wanted(row)).cloned().collect::<Vec<_>>();
    let of_type = |kind: &'static str| expected(&move |row| row["type"] == kind);
    assert_eq!(of_type("consumption").len(), 4);
    for kind in ["purchase", "grant", "consumption", "refund", "void", "revocation", "adjustment"] {
        assert!(!of_type(kind).is_empty(), "{kind} has happened");
        assert_eq!(transactions(&server, &format!("type={kind}")).await, of_type(kind), "{kind}");
    }
    let two = expected(&|row| row["type"] == "grant" || row["type"] == "consumption");
    assert_eq!(transactions(&server, "type=consumption,grant").await, two);
    let images = expected(&|row| row["operation"] == "image");
    assert_eq!((transactions(&server, "operation=image").await, images.len()), (images.clone(), 2));
    assert_eq!(transactions(&server, "operation=image&type=consumption,refund").await, images);
    let job = expected(&|row| row["reference"]["id"] == "j1");
    assert_eq!((transactions(&server, "reference_id=j1&reference_type=job").await, job.len()), (job, 1));
    assert!(transactions(&server, "reference_id=j1&reference_type=invoice").await.is_empty());

    let middle = all[all.len() / 2]["created_at"].as_str().expect("a time").to_owned();
    let (early, late) = (format!("to={middle}"), format!("from={middle}"));
    let halves = [transactions(&server, &late).await, transactions(&server, &early).await].concat();
    assert_eq!(halves, all, "a half-open span");
    assert_eq!(transactions(&server, &late).await.last().expect("a row")["created_at"], json!(middle));
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_show_what_is_left_and_what_ends_next() {
    let server = Server::start().await;
    let sequence = server.busy("acme").await;
    let path = format!("/v1/organizations/acme/grants?min_sequence={sequence}");
    let all = server.all(&path, 2).await;
    assert_eq!(all.len(), 7, "five grants, a purchase, an adjustment");
    for grant in &all {
        let parts = ["remaining", "used", "expired", "voided", "revoked", "merged"];
        let sum: i64 = parts.iter().filter_map(|part| grant[part].as_i64()).sum();
        assert_eq!(Some(sum), grant["amount"].as_i64(), "{grant}");
    }
    let sequences: Vec<_> = column(&all, "sequence").iter().filter_map(Value::as_i64).collect();
    assert!(sequences.is_sorted_by(|a, b| a > b), "newest first: {sequences:?}");
    let voided = server.all("/v1/organizations/acme/grants?status=voided", 2).await;
    assert_eq!(column(&voided, "voided"), [json!(40)]);
    let bought = all.iter().find(|grant| grant["cause"] == "purchase").expect("a purchase");
    assert_eq!(bought["cost_basis"], json!({"price": {"amount_minor": 500, "currency": "USD"}, "credits": 500}));

    let by_end = server.all("/v1/organizations/acme/grants?order=expiry", 2).await;
    let open: Vec<_> = by_end.iter().map(|grant| grant["status"].as_str().expect("a status")).collect();
    assert!(open.iter().all(|status| ["active", "scheduled"].contains(status)), "{open:?}");
    assert_eq!((by_end.len(), &by_end[0]["reason"]), (6, &json!("soon")), "those without an end come last");
    let next = &server.get("/v1/organizations/acme/grants").await["next_to_expire"];
    assert_eq!((&next["grant_id"], &next["remaining"]), (&by_end[0]["id"], &by_end[0]["remaining"]));
    assert_eq!(next["expires_at"], by_end[0]["expires_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn reservations_and_purchases_show_how_they_ended() {
    let server = Server::start().await;
    let sequence = server.busy("acme").await;
    let list = async |path: &str| server.all(&format!("/v1/organizations/acme/{path}"), 1).await;
    let reservations = list(&format!("reservations?min_sequence={sequence}")).await;
    assert_eq!(column(&reservations, "status"), [json!("cancelled"), json!("confirmed"), json!("pending")]);
    assert_eq!((&reservations[1]["amount"], &reservations[1]["confirmed_amount"]), (&json!(30), &json!(20)));
    for status in ["pending", "confirmed", "cancelled", "expired"] {
        let expected: Vec<_> = reservations.iter().filter(|row| row["status"] == status).cloned().collect();
        assert_eq!(list(&format!("reservations?status={status}")).await, expected, "{status}");
    }
    let purchases = list(&format!("purchases?min_sequence={sequence}")).await;
    assert_eq!(column(&purchases, "status"), [json!("partly_revoked")]);
    assert_eq!((&purchases[0]["refunded_minor"], &purchases[0]["revoked_credits"]), (&json!(100), &json!(100)));
    assert_eq!(list("purchases?status=partly_revoked").await, purchases);
    assert!(list("purchases?status=completed").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_says_when_credits_run_out_and_what_ends_unused() {
    let server = Server::start().await;
    server.send("acme", "grants", "g1", json!({"amount": 1_000, "reason": "r"})).await;
    server.send("acme", "grants", "g2", json!({"amount": 900, "reason": "r", "expires_in_seconds": 86_400})).await;
    let spent = server.send("acme", "consumptions", "c", json!({"amount": 100, "operation": "chat"})).await;
    let path = format!("/v1/organizations/acme/forecast?min_sequence={}", spent["sequence"]);
    let forecast = server.get(&path).await;
    assert_eq!(
        (&forecast["spent"], &forecast["balance"], &forecast["free"]),
        (&json!(100), &json!(1_800), &json!(1_800))
    );
    // Measured over a day and up to an hour, because the organization is a moment old.
    assert!((96..=100).contains(&forecast["credits_per_day"].as_i64().expect("a number")), "{forecast}");
    let unused = forecast["expiring_unused"].as_array().expect("a list");
    assert_eq!(unused.len(), 1, "{forecast}");
    assert!(
        (700..=704).contains(&unused[0]["amount"].as_i64().expect("a number")),
        "800 left, 96 to 100 used: {forecast}"
    );
    let days =
        |name: &str| forecast[name].as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
    let span = days("runs_out_at") - days("measured_to");
    assert!((10..=12).contains(&span.num_days()), "{forecast}");
    assert_eq!(server.refused("/v1/organizations/acme/forecast?days=91").await, (422, "invalid_value".to_owned()));
}
