//! What has been settled costs nothing any more: whatever payments, recharges and notifications do, they read few rows of
//! their tables, however many are there.

use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;
use stripe_fake::TestCard;

use super::reconcile::reconcile;
use super::told::{deliver, until_balance, until_worked};
use crate::support;
use crate::support::stripe::Shop;

/// More than everything that the test does has to read.
const SETTLED: i64 = 20_000;

/// A connection that has ended has told by then what it has counted.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// Deliveries are kept for a week.
const YESTERDAY: &str = "now() - interval '1 day' + n * interval '1 second'";
/// Two months ago, which is longer than a reconciliation looks back, and shorter than anything is kept.
const THEN: &str = "now() - interval '60 days' + n * interval '1 second'";

#[tokio::test(flavor = "multi_thread")]
async fn work_reads_few_rows_however_many_are_settled() {
    let database = support::database().await;
    fill(&database.pool).await;
    let shop = Shop::open_by_hand(&database.url).await;
    shop.package("starter", 1_000, 1_000).await;
    let bought = shop.checkout("acme", "buy", "starter").await;
    shop.pay(&bought, TestCard::Succeeds);
    deliver(&shop).await;
    until_balance(&shop, "acme", 1_000).await;

    let path = format!("/v1/organizations/acme/purchases/{}/refund", bought["purchase_id"].as_str().unwrap());
    let refunded = shop.client.post(&path, "refund", &json!({"amount_minor": 400, "reason": "asked"})).await.unwrap();
    assert_eq!(refunded.status, 200, "{}", refunded.body);
    let policy = json!({"threshold": 700, "package_id": "starter", "cooldown_seconds": 3_600});
    let put = shop.client.request("PUT", "/v1/organizations/acme/auto-recharge").header("Idempotency-Key", "policy");
    assert_eq!(shop.client.send(put.json(&policy)).await.unwrap().status, 200);
    until_balance(&shop, "acme", 1_600).await;
    deliver(&shop).await;
    until_worked(&database.pool).await;
    let (code, report) = reconcile(&shop, &database.url, &["--since", "1d"]).await;
    assert_eq!(code, 0, "{report}");
    // Some looks for what is due.
    tokio::time::sleep(Duration::from_secs(2)).await;
    drop(shop);

    let read = read(&database.pool).await;
    assert!(read.iter().any(|(table, _)| table == "stripe_events"), "{read:?}");
    let too_many: Vec<_> = read.iter().filter(|(_, rows)| *rows >= SETTLED).collect();
    assert!(too_many.is_empty(), "{too_many:?}");
}

async fn fill(pool: &PgPool) {
    // By connections of its own: what they have counted is told by their end, before everything is counted anew.
    let own = sqlx::postgres::PgPoolOptions::new().connect_with(pool.connect_options().as_ref().clone()).await.unwrap();
    settle(&own).await;
    own.close().await;
    tokio::time::sleep(TOLD_WITHIN).await;
    sqlx::raw_sql("ANALYZE; SELECT pg_stat_reset()").execute(pool).await.unwrap();
}

async fn settle(pool: &PgPool) {
    for statement in [
        format!(
            "INSERT INTO payments.stripe_events
                 (event_id, kind, livemode, created_at, payload, source, received_at, status, next_at)
             SELECT 'evt_old_' || n, 'product.updated', false, {THEN}, '{{}}', 'webhook', {THEN},
                    CASE WHEN n % 2 = 0 THEN 'done' ELSE 'ignored' END, {THEN}"
        ),
        format!(
            "INSERT INTO payments.customers (organization_id, customer_id, created_at)
             SELECT 'org-' || n, 'cus_old_' || n, {THEN}"
        ),
        format!(
            "INSERT INTO payments.checkouts
                 (purchase_id, organization_id, created_at, session_id, url, expires_at, ended, settled)
             SELECT gen_random_uuid(), 'org-' || n, {THEN}, 'cs_old_' || n, 'https://stripe.test', {THEN}, true, true"
        ),
        format!(
            "INSERT INTO payments.payments (intent_id, organization_id, purchase_id, amount_minor, currency, noted_at)
             SELECT 'pi_old_' || n, 'org-' || n, gen_random_uuid(), 1000, 'USD', {THEN}"
        ),
        format!(
            "INSERT INTO payments.reversals (reversal_id, intent_id, cause, amount_minor, currency, created_at, standing)
             SELECT 're_old_' || n, 'pi_old_' || n, 'refund', 1000, 'USD', {THEN}, 2"
        ),
        format!(
            "INSERT INTO payments.refunds
                 (command_id, organization_id, purchase_id, request_hash, request, actor, created_at, refund_id)
             SELECT gen_random_uuid(), 'org-' || n, gen_random_uuid(), decode(repeat('00', 32), 'hex'), '{{}}', 'test',
                    {THEN}, 're_old_' || n"
        ),
        // Of a partition that no log has.
        format!(
            "INSERT INTO payments.recharge_attempts
                 (recharge_id, organization_id, partition, position, requested_at, is_open, next_at, outcome, finished_at)
             SELECT gen_random_uuid(), 'org-' || n, 77, n, {THEN}, false, {THEN}, 'succeeded', {THEN}"
        ),
        format!(
            "INSERT INTO payments.notification_deliveries
                 (endpoint_id, notification_id, lane, organization, type, body, state, accepted_at, ended_at)
             SELECT e.id, gen_random_uuid(), 'org-' || n, 'org-' || n, 'credits.balance.low', '{{}}', 'delivered', {YESTERDAY},
                    {YESTERDAY}
             FROM payments.notification_endpoints e,"
        ),
    ] {
        if statement.contains("notification_deliveries") {
            endpoint(pool).await;
        }
        let from = if statement.ends_with(',') { "" } else { "FROM" };
        let statement = format!("{statement} {from} generate_series(1, {SETTLED}) n");
        sqlx::raw_sql(&statement).execute(pool).await.unwrap();
    }
}

/// One that nobody answers at, and that is told of everything all the same.
async fn endpoint(pool: &PgPool) {
    const ENDPOINT: &str = "
        INSERT INTO payments.notification_endpoints
            (id, url, description, types, enabled, begins, secret, created_by, created_at, updated_at)
        SELECT gen_random_uuid(), 'https://receiver.invalid', '', '{}', true, array_agg(0 ORDER BY n),
               decode(repeat('00', 32), 'hex'), 'test', now(), now()
        FROM generate_series(1, (SELECT max(partitions) FROM store.heads)) n";
    sqlx::raw_sql(ENDPOINT).execute(pool).await.unwrap();
}

/// Rows that were read of each table, by scans and by index; the servers that read them have gone.
async fn read(pool: &PgPool) -> Vec<(String, i64)> {
    const READ: &str = "
        SELECT relname::text, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
        WHERE schemaname = 'payments' AND seq_tup_read + coalesce(idx_tup_fetch, 0) > 0 ORDER BY relname";
    tokio::time::sleep(TOLD_WITHIN).await;
    sqlx::query_as(READ).fetch_all(pool).await.unwrap()
}
