//! How fresh answers are: the read model, the write side, and waiting for one's own writes (CORRECTNESS C29).

use serde_json::{Value, json};

use super::fixture::Server;

/// Every query of one organization.
const QUERIES: [&str; 7] =
    ["balance", "transactions", "grants", "reservations", "purchases", "usage?group_by=operation", "forecast"];

fn with(path: &str, parameter: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("/v1/organizations/acme/{path}{separator}{parameter}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_model_answers_as_the_write_side_does() {
    let server = Server::start().await;
    let sequence = server.busy("acme").await;
    let strong = server.get("/v1/organizations/acme/balance?consistency=strong").await;
    let read = server.get(&format!("/v1/organizations/acme/balance?min_sequence={sequence}")).await;
    assert_eq!(read, strong);
    assert_eq!(read["last_sequence"], sequence);
    let restricted = &read["restricted"][0];
    assert_eq!(restricted["applies_to"], json!(["chat.*"]));
    assert!(restricted["balance"].as_i64() > restricted["available"].as_i64(), "a part is held: {read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn c29_a_query_that_is_given_a_sequence_sees_its_command() {
    let server = Server::start().await;
    for round in 1..=20 {
        let answer = server.send("acme", "grants", &format!("g{round}"), json!({"amount": 5, "reason": "r"})).await;
        let sequence = &answer["sequence"];
        let balance = server.get(&with("balance", &format!("min_sequence={sequence}"))).await;
        assert_eq!(balance["balance"], 5 * round);
        for list in ["transactions", "grants"] {
            let page = server.get(&with(list, &format!("min_sequence={sequence}&limit=1"))).await;
            assert_eq!(page["data"][0]["sequence"], *sequence, "{list}");
        }
    }
    for query in QUERIES {
        server.get(&with(query, "min_sequence=20")).await;
        assert_eq!(
            server.refused(&with(query, "min_sequence=21")).await,
            (409, "sequence_ahead".to_owned()),
            "{query}"
        );
        let missing = with(query, "min_sequence=1").replace("acme", "nobody");
        assert_eq!(server.refused(&missing).await, (404, "organization_not_found".to_owned()), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c29_a_read_model_that_stays_behind_says_so_and_the_write_side_goes_on() {
    let server = Server::start_with(&[("CREDIT_LEDGER_NO_PROJECTORS", "true")]).await;
    server.send("acme", "grants", "g", json!({"amount": 5, "reason": "r"})).await;
    for query in ["balance", "transactions"] {
        let path = with(query, "min_sequence=1");
        let answer = server.client.get(&path).await.unwrap();
        assert_eq!((answer.status, &answer.body["code"]), (503, &json!("projection_behind")), "{}", answer.body);
        assert!(answer.headers.contains_key("retry-after"));
    }
    let strong = server.get(&with("balance", "consistency=strong&min_sequence=1")).await;
    assert_eq!(strong["balance"], 5);
}

/// CORRECTNESS C25: it exists from its first event, whatever the read model has seen of it.
#[tokio::test(flavor = "multi_thread")]
async fn c25_a_new_organization_is_read_at_once_and_a_missing_one_is_not_found() {
    let server = Server::start().await;
    for n in 0..20 {
        let org = format!("new-{n}");
        server.send(&org, "grants", "g", json!({"amount": 5, "reason": "r"})).await;
        let balance = server.get(&format!("/v1/organizations/{org}/balance")).await;
        assert_eq!(balance["balance"], 5);
        let lists: Value = server.get(&format!("/v1/organizations/{org}/purchases")).await;
        assert_eq!(lists, json!({"data": [], "next_cursor": null}));
    }
    for query in QUERIES {
        let missing = with(query, "").replace("acme", "nobody");
        assert_eq!(server.refused(&missing).await, (404, "organization_not_found".to_owned()), "{query}");
    }
}

/// What a reservation holds of a grant that has ended is in no index of open grants, and still in the balance.
#[tokio::test(flavor = "multi_thread")]
async fn restricted_credits_that_outlive_their_grant_in_a_hold_are_shown() {
    let clock = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(clock.path(), "0").unwrap();
    let server = Server::start_with(&[("CREDIT_LEDGER_TEST_CLOCK_FILE", clock.path().to_str().unwrap())]).await;
    let grant = json!({"amount": 100, "reason": "r", "applies_to": ["chat"], "expires_in_seconds": 3_600});
    server.send("acme", "grants", "g", grant).await;
    let hold = json!({"amount": 30, "operation": "chat", "expires_in_seconds": 100_000});
    server.send("acme", "reservations", "h", hold).await;
    std::fs::write(clock.path(), "7200").unwrap();
    let noted = server.send("acme", "grants", "g2", json!({"amount": 5, "reason": "r"})).await;
    let strong = server.get(&with("balance", "consistency=strong")).await;
    let read = server.get(&with("balance", &format!("min_sequence={}", noted["sequence"]))).await;
    assert_eq!(read, strong);
    assert_eq!(read["restricted"], json!([{"applies_to": ["chat"], "balance": 30, "available": 0}]));
}

/// Stands in for a replica: a database that has none of the primary's rows, until the test puts them there.
#[tokio::test(flavor = "multi_thread")]
async fn c29_reads_go_to_the_replica_and_wait_for_what_is_on_its_way() {
    let replica = crate::support::database().await;
    let server = Server::start_with(&[("READ_DATABASE_URL", &replica.url)]).await;
    let sequence = server.send("acme", "grants", "g", json!({"amount": 5, "reason": "r"})).await["sequence"].clone();
    let path = with("balance", &format!("min_sequence={sequence}"));
    assert_eq!(server.refused(&path).await, (503, "projection_behind".to_owned()));
    assert_eq!(server.get(&with("transactions", "")).await["data"], json!([]), "it exists, and nothing has arrived");
    assert_eq!(server.get(&with("balance", "consistency=strong")).await["balance"], 5);

    let arriving = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        for table in ["organization_credits_v1", "checkpoints"] {
            let select = format!("SELECT to_jsonb(t)::text FROM ledger.{table} t");
            let rows: Vec<String> = sqlx::query_scalar(&select).fetch_all(&server.database.pool).await.unwrap();
            let insert = format!(
                "INSERT INTO ledger.{table} SELECT (jsonb_populate_record(NULL::ledger.{table}, r::jsonb)).*
                 FROM unnest($1::text[]) r"
            );
            sqlx::query(&insert).bind(rows).execute(&replica.pool).await.unwrap();
        }
    };
    let (balance, ()) = tokio::join!(server.get(&path), arriving);
    assert_eq!((&balance["balance"], &balance["last_sequence"]), (&json!(5), &sequence));
}

#[tokio::test]
async fn a_reader_writes_nothing_and_its_statements_end() {
    let database = crate::support::database().await;
    let reader = projections::queries::Reader::new(database.url.parse().unwrap(), 4);
    let write = sqlx::query("DELETE FROM ledger.credit_transactions_v1").execute(reader.pool()).await;
    assert!(write.is_err_and(|error| error.to_string().contains("read-only")));
    let timeout: String = sqlx::query_scalar("SHOW statement_timeout").fetch_one(reader.pool()).await.unwrap();
    assert_eq!(timeout, "5s");
}
