//! What a node's workers cost does not grow with what is settled: they find what is due by an index, whatever plan the
//! database makes of their statements.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::PgPool;
use stripe_fake::TestCard;

use super::told::{PATIENCE, deliver, until_balance, until_worked};
use crate::support;
use crate::support::stripe::Shop;

const SETTLED: i64 = 100_000;
const TABLES: [&str; 4] = ["stripe_events", "recharge_attempts", "notification_deliveries", "checkouts"];
/// After five runs the database may make one plan for all values of a statement: workers look four times a second.
const LOOKED_OFTEN: Duration = Duration::from_secs(4);

async fn fill(pool: &PgPool) {
    let statements = [
        "INSERT INTO payments.stripe_events
             (event_id, kind, livemode, created_at, payload, source, received_at, status, next_at)
         SELECT 'evt_settled_' || n, 'product.updated', false, now(), '{}', 'webhook', now(), 'done', now()
         FROM generate_series(1, $1) n",
        "INSERT INTO payments.recharge_attempts
             (recharge_id, organization_id, partition, position, requested_at, is_open, next_at, outcome, finished_at)
         SELECT gen_random_uuid(), 'settled', 0, -n, now(), false, now(), 'paid', now() FROM generate_series(1, $1) n",
        "INSERT INTO payments.checkouts (purchase_id, organization_id, created_at, ended)
         SELECT gen_random_uuid(), 'settled', now(), true FROM generate_series(1, $1) n",
        "INSERT INTO payments.notification_deliveries
             (endpoint_id, notification_id, lane, organization, type, body, state, accepted_at, ended_at)
         SELECT e.id, gen_random_uuid(), 'settled', 'settled', 'credits.balance.low', '{}', 'delivered', now(), now()
         FROM payments.notification_endpoints e, generate_series(1, $1) n",
    ];
    for statement in statements {
        sqlx::query(statement).bind(SETTLED).execute(pool).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    sqlx::query("VACUUM ANALYZE").execute(pool).await.unwrap();
}

/// Rows that were read of a table so far: from end to end, and by its indexes.
async fn read(pool: &PgPool, table: &str) -> (i64, i64) {
    let counts = "SELECT t.seq_tup_read, (SELECT coalesce(sum(i.idx_tup_read), 0)::bigint FROM pg_stat_user_indexes i
                     WHERE i.relid = t.relid)
                  FROM pg_stat_user_tables t WHERE t.schemaname = 'payments' AND t.relname = $1";
    sqlx::query_as(counts).bind(table).fetch_one(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_read_no_more_rows_the_more_are_settled() {
    let database = support::database().await;
    let mut shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let endpoint = json!({"url": "https://receiver.test/hook"});
    let endpoint = shop.client.request("POST", "/v1/notification-endpoints").json(&endpoint);
    assert_eq!(shop.client.send(endpoint).await.unwrap().status, 201);
    fill(&database.pool).await;
    // Whatever ran before has told the statistics what it read.
    shop.restart(&[]).await;
    let mut before = Vec::new();
    for table in TABLES {
        before.push(read(&database.pool, table).await);
    }

    let page = shop.checkout("acme", "buy", "starter").await;
    shop.pay(&page, TestCard::Succeeds);
    deliver(&shop).await;
    until_balance(&shop, "acme", 1_000).await;
    until_worked(&database.pool).await;
    let policy = json!({"threshold": 100, "package_id": "starter", "cooldown_seconds": 3_600});
    let path = "/v1/organizations/acme/auto-recharge";
    let put = shop.client.request("PUT", path).header("Idempotency-Key", "policy").json(&policy);
    assert_eq!(shop.client.send(put).await.unwrap().status, 200);
    let spend = shop.client.post("/v1/organizations/acme/consumptions", "c", &json!({"amount": 1_000})).await.unwrap();
    assert_eq!(spend.status, 201, "{}", spend.body);
    let started = Instant::now();
    while shop.fake.with(|world| world.charged("organizationId", "acme").0) < 2 {
        assert!(started.elapsed() < PATIENCE, "never recharged");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(LOOKED_OFTEN).await;
    // A connection that ends tells what it has read.
    shop.node.kill();
    until_told(&database.pool).await;

    for (table, before) in TABLES.into_iter().zip(before) {
        let after = read(&database.pool, table).await;
        let (whole, by_index) = (after.0 - before.0, after.1 - before.1);
        println!("{table}: {whole} rows of whole reads, {by_index} by index");
        assert!(whole < SETTLED / 10, "{table}: {whole} rows read from end to end");
        assert!(by_index < SETTLED / 10, "{table}: {by_index} rows read by index");
    }
}

/// Until the connections of a dead server are gone.
async fn until_told(pool: &PgPool) {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> ''
                  AND pid <> pg_backend_pid()";
    for _ in 0..50 {
        if sqlx::query_scalar::<_, i64>(others).fetch_one(pool).await.unwrap() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
}
