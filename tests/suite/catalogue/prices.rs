//! `credit-ledger price-book`, `init`, `explain` and `verify --prices`.

use chrono::TimeDelta;
use domain::Timestamp;
use domain::price::Document;
use serde_json::json;
use store::catalogue::{Author, price_books};

use super::{run, stderr};
use crate::support;
use crate::support::node::{Node, command};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_mistakes_is_refused_with_their_lines_and_publishes_nothing() {
    let database = support::database().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("book.toml");
    std::fs::write(
        &file,
        "[[packages]]\nid = \"p\"\ncredits = 10\nprice = 1\n[[prices]]\noperation = \"a\"\ncomponents = [\n  \
        { unit = \"imput_tokens\", per_unit = 1 },\n]\n",
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let refused = command(&database.url, &["price-book", "publish", path]).await;
    let sentence = stderr(&refused);
    assert_eq!(refused.status.code(), Some(1));
    assert!(sentence.contains("line 8:") && sentence.contains("did you mean `input_tokens`?"), "{sentence}");
    assert_eq!(run(&database.url, &["packages", "list", "--all"]).await, "");
    assert_eq!(run(&database.url, &["price-book", "list"]).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_is_explained_and_computed_again_and_a_forged_one_is_found() {
    let database = support::database().await;
    let url = database.url.as_str();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credits.toml");
    run(url, &["init", "api-calls", "tiered", "--write", file.to_str().unwrap()]).await;
    let node = Node::start(url).await;
    let client = node.client();
    let grant = json!({"amount": 100_000, "reason": "r"});
    assert_eq!(client.post("/v1/organizations/acme/grants", "g", &grant).await.unwrap().status, 201);
    let usage = json!({"operation": "api.call", "quantities": {"request": 12_000}});
    let consumed = client.post("/v1/organizations/acme/consumptions", "c", &usage).await.unwrap();
    // 10,000 x 1 + 2,000 x 0.8
    assert_eq!((consumed.status, &consumed.body["amount"]), (201, &json!(11_600)), "{}", consumed.body);
    let again = client.post("/v1/organizations/acme/consumptions", "d", &usage).await.unwrap();
    assert_eq!(again.body["amount"], 9_600, "the month's use goes on where it stood");
    let id = consumed.body["id"].as_str().unwrap();
    let explained = run(url, &["explain", id]).await;
    for part in
        ["api.call by version 1", "10000 x 1 (tier up to 10000)", "2000 x 0.8", "11600 credits", "paid by", "grant "]
    {
        assert!(explained.contains(part), "{part} in {explained}");
    }
    let verified = run(url, &["verify", "--prices"]).await;
    assert!(
        verified.contains("computed 2 priced consumptions of 21200 credits again: all are as charged"),
        "{verified}"
    );

    // Somebody with the rights of the database's owner changes what was charged.
    sqlx::raw_sql("UPDATE store.events SET payload = replace(payload::text, '0.8', '0.7')::json WHERE event_type = 'CreditsConsumed'")
        .execute(&database.pool)
        .await
        .unwrap();
    let found = command(url, &["verify", "--prices"]).await;
    let printed = String::from_utf8_lossy(&found.stdout).into_owned();
    assert_eq!(found.status.code(), Some(1), "{printed}");
    assert!(printed.contains("the receipt's lines are not those of the version"), "{printed}");
    let missing = command(url, &["explain", "00000000-0000-8000-8000-000000000001"]).await;
    assert_eq!(missing.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_show_amounts_by_the_scale_and_programs_get_them_whole() {
    let database = support::database().await;
    let url = database.url.as_str();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("book.toml");
    let book = "scale = 2\n[[packages]]\nid = \"p\"\ncredits = 1000\nbonus_credits = 5\nprice = 10\n[[prices]]\n\
        operation = \"chat\"\nminimum = 7\ncomponents = [{ unit = \"request\", per_unit = \"12.5\" }]\n";
    std::fs::write(&file, book).unwrap();
    let line = "p v1: 10.00 + 0.05 bonus credits for 10.00 USD, 0.99502488 USD a credit";
    assert!(run(url, &["price-book", "publish", file.to_str().unwrap()]).await.starts_with(line));
    assert!(run(url, &["packages", "list"]).await.starts_with(line));
    assert!(run(url, &["price-book", "show"]).await.contains("\"scale\": 2"));
    let other = folder.path().join("other.toml");
    std::fs::write(&other, book.replace("scale = 2", "valid_from = 2099-01-01T00:00:00Z")).unwrap();
    let warned = run(url, &["price-book", "publish", other.to_str().unwrap()]).await;
    assert!(warned.contains("from then on people are shown amounts with 0 decimals; now they have 2"), "{warned}");

    let node = Node::start(url).await;
    let client = node.client();
    let grant = json!({"amount": 1_234, "reason": "r"});
    assert_eq!(client.post("/v1/organizations/acme/grants", "g", &grant).await.unwrap().status, 201);
    let usage = json!({"operation": "chat", "quantities": {"request": 3}});
    let consumed = client.post("/v1/organizations/acme/consumptions", "c", &usage).await.unwrap().body;
    let id = consumed["id"].as_str().unwrap();
    let explained = run(url, &["explain", id]).await;
    for part in ["0.38 credits of acme", "3 x 0.125", "sum 0.375, minimum 0.07: 0.38 credits", ": 0.38\n"] {
        assert!(format!("{explained}\n").contains(part), "{part} in {explained}");
    }
    assert!(run(url, &["explain", id, "--json"]).await.contains("\"amount\":38"));

    let month = &consumed["created_at"].as_str().unwrap()[..7];
    let report = async |kind, more: &[&str]| {
        let arguments = [&["report", kind, "--organization", "acme", "--month", month], more].concat();
        run(url, &arguments).await
    };
    let statement = report("statement", &[]).await;
    assert!(statement.contains(" -0.38 ") && statement.contains(" 11.96\n"), "{statement}");
    assert!(report("usage", &[]).await.contains(" 0.38"));
    let csv = report("statement", &["--csv"]).await;
    assert!(csv.contains(",-38,1196,"), "{csv}");
    assert!(report("statement", &["--json"]).await.contains("\"closing_balance\":1196"));
}

#[tokio::test(flavor = "multi_thread")]
async fn init_keeps_what_others_wrote() {
    let database = support::database().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (file, notes) = (path("credits.toml"), path("AGENTS.md"));
    std::fs::write(&notes, "# Ours\n").unwrap();
    run(&database.url, &["init", "standard", "--write", &file, "--notes", &notes]).await;
    assert!(std::fs::read_to_string(path("CREDITS.md")).unwrap().contains("`gpt-4`: 10 credits a request"));
    let written = std::fs::read_to_string(&notes).unwrap();
    assert!(written.starts_with("# Ours\n\n<!--") && written.contains("## Credit System"), "{written}");
    let other = command(&database.url, &["init", "ai-tokens", "--write", &file]).await;
    assert_eq!(other.status.code(), Some(1), "{}", stderr(&other));
    let unknown = command(&database.url, &["init", "ai-tokens", "gtp-4o"]).await;
    assert!(stderr(&unknown).contains("did you mean `gpt-4o`?"), "{}", stderr(&unknown));
    run(&database.url, &["init", "ai-tokens", "--write", &file, "--notes", &notes, "--force"]).await;
    let written = std::fs::read_to_string(&notes).unwrap();
    assert!(written.starts_with("# Ours\n\n<!--") && !written.contains("`gpt-4`:"), "{written}");
    assert_eq!(run(&database.url, &["price-book", "list"]).await.lines().count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_books_the_one_published_later_holds_whatever_the_publishers_clocks_say() {
    let database = support::database().await;
    let book = |rate: u32| -> Document {
        let price = json!({"operation": "a", "components": [{"unit": "request", "per_unit": rate}]});
        serde_json::from_value(json!({"prices": [price]})).unwrap()
    };
    let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let publish = async |rate, millis| {
        let by = Author { actor: "cli:somebody".to_owned(), at: now + TimeDelta::milliseconds(millis) };
        price_books::publish(&database.pool, book(rate), &by).await.unwrap().published
    };
    publish(1, 0).await;
    let ahead = publish(2, 10_900).await;
    let last = publish(3, 10_000).await;
    assert_eq!((last.version, last.valid_from), (3, ahead.valid_from), "a server whose clock is behind");
    let holding = price_books::in_force(&database.pool, now + TimeDelta::minutes(1)).await.unwrap().unwrap();
    assert_eq!(holding.published.version, 3);
    assert_eq!(publish(4, 20_000).await.valid_from, now + TimeDelta::seconds(22), "it delays no later one");
}
