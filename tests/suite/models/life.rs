//! Random lives, projected in small batches, agree with the log and with the domain.

use std::sync::Arc;
use std::time::{Duration, Instant};

use projections::rebuild::{Rebuild, RebuildError};
use store::testing::ManualClock;

use super::fixture::Ground;
use crate::support::cases;

/// Four times what `make test` runs. Five organizations take one command after another, each flushed to disk, and are
/// projected seven events at a time: `TEST_CASES=20000` would take hours and reach nothing that this does not.
const CASES_MAX: u32 = 1_024;

/// How long the server may take to count what ended sessions have done.
const COUNTED_WITHIN: Duration = Duration::from_secs(30);

/// Random events after which a rebuild is compared with what it replaces, row by row.
fn many_events() -> i64 {
    if std::env::var_os("SOAK").is_some() { 100_000 } else { 2_000 }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_lives_are_projected_to_what_the_domain_says() {
    let mut ground = Ground::new(1).await;
    ground.live(u64::from(cases(256, CASES_MAX)) * 6).await;
    ground.project().await;
    let report = ground.verify().await;
    assert_eq!(report.findings, []);
    assert!(report.events > 500 && report.rows > 500, "{report:?}");
    let unequal = "SELECT count(*) FROM (
        SELECT t.balance_after <> sum(t.amount) OVER (PARTITION BY t.organization_id ORDER BY t.created_at, t.sequence)
            AS is_wrong FROM ledger.credit_transactions t) checked WHERE is_wrong";
    assert_eq!(ground.count(unequal).await, 0, "a statement adds up line by line");
    let unbalanced = "SELECT count(*) FROM ledger.organization_credits o WHERE o.balance IS DISTINCT FROM
        coalesce((SELECT sum(t.amount) FROM ledger.credit_transactions t WHERE t.organization_id = o.organization_id), 0)";
    assert_eq!(ground.count(unbalanced).await, 0, "movements add up to the balance");
    let lost = "SELECT count(*) FROM ledger.credit_grants g
        WHERE g.amount <> g.remaining + g.used + g.expired + g.voided + g.revoked + g.merged";
    assert_eq!(ground.count(lost).await, 0, "no credit of a grant is lost");
    let books = "SELECT count(*) FROM ledger.organization_credits o WHERE
        lifetime_purchased + lifetime_granted + lifetime_refunded + lifetime_reinstated + lifetime_adjusted_up
        <> lifetime_used + lifetime_expired + lifetime_voided + lifetime_clawed_back + lifetime_adjusted_down - debt
           + (SELECT coalesce(sum(g.remaining), 0) FROM ledger.credit_grants g
              WHERE g.organization_id = o.organization_id)";
    assert_eq!(ground.count(books).await, 0, "the books balance in SQL, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn revenue_adds_up_to_what_was_paid() {
    let mut ground = Ground::new(2).await;
    ground.live(u64::from(cases(256, CASES_MAX)) * 4).await;
    ground.project().await;
    let sold = ground.count("SELECT sum(sold_minor)::bigint FROM analytics.revenue").await;
    let paid =
        "SELECT coalesce(sum(price_minor), 0)::bigint FROM ledger.credit_purchases WHERE completed_at IS NOT NULL";
    assert_eq!(sold, ground.count(paid).await, "what was sold is the price of all completed purchases");
    let parts = "SELECT sum(recognized_minor + breakage_minor + revoked_minor)::bigint FROM analytics.revenue";
    let deferred = "SELECT deferred_minor::bigint FROM analytics.revenue ORDER BY month DESC LIMIT 1";
    assert_eq!(sold, ground.count(parts).await + ground.count(deferred).await);
    let owed = "SELECT coalesce(sum(remaining), 0)::bigint FROM ledger.credit_grants WHERE cost_minor IS NOT NULL";
    assert!(ground.count(owed).await > 0 && ground.count(deferred).await > 0);
    // An organization that has nothing left that was paid for is owed nothing, to the last minor unit.
    let rounding = "SELECT count(*) FROM (
        SELECT DISTINCT ON (r.organization_id) r.organization_id, r.deferred_minor FROM analytics.revenue_by_organization r
        ORDER BY r.organization_id, r.month DESC) last
        WHERE last.deferred_minor < 0 OR last.deferred_minor > 0 AND NOT EXISTS (
            SELECT FROM ledger.credit_grants g
            WHERE g.organization_id = last.organization_id AND g.cost_minor IS NOT NULL AND g.remaining > 0)";
    assert_eq!(ground.count(rounding).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_again_change_nothing_and_a_rebuild_makes_the_same() {
    let mut ground = Ground::new(4).await;
    ground.live(300).await;
    ground.project().await;
    let back = "UPDATE ledger.checkpoints c SET position = c.position / 2, chain_hash = (
        SELECT e.chain_hash FROM store.events e WHERE e.partition = c.partition AND e.position = c.position / 2)";
    ground.run(back).await;
    ground.project().await;
    assert_eq!(ground.verify().await.findings, [], "half of the events came again");
    ground.rebuild_all().await;
    assert_eq!(ground.verify().await.findings, [], "all tables were made anew");
    let generations = ground.count("SELECT min(generation)::bigint FROM ledger.checkpoints WHERE live").await;
    assert_eq!(generations, 2);
    let keys =
        "SELECT count(*) FROM pg_constraint c WHERE c.contype = 'p' AND c.conrelid::regclass::text ~ '^ledger.*_v2$'";
    assert_eq!(ground.count(keys).await, 7, "a table without its key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_equals_the_live_tables_in_every_row_after_many_random_events() {
    let mut ground = Ground::new(7).await;
    while ground.count("SELECT count(*) FROM store.events").await < many_events() {
        ground.live(1_000).await;
        ground.project_by(500).await;
    }
    let live = ground.digests().await;
    assert!(live.iter().all(|(_, rows, _)| *rows > 0), "{live:?}");
    ground.rebuild_all().await;
    assert_eq!(ground.digests().await, live);
    assert_eq!(ground.verify().await.findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_filled_before_it_has_its_key_is_whole_wherever_its_rebuild_was_cut_off() {
    let mut ground = Ground::new(6).await;
    ground.live(300).await;
    ground.project().await;
    let rebuild = || {
        let projector = Arc::new(projections::projectors::transactions::Transactions);
        let mut rebuild = Rebuild::new(ground.options.clone(), projector, Arc::new(ManualClock::new()));
        rebuild.limits.rebuild_batch.events = 50;
        rebuild
    };
    for millis in [10, 20, 40, 60, 80, 100, 130, 160] {
        if tokio::time::timeout(Duration::from_millis(millis), rebuild().run(&|_| ())).await.is_ok() {
            break;
        }
    }
    // A rebuild that was cut off lets go of its claim when its connection is found to be closed.
    while let Err(error) = rebuild().run(&|_| ()).await {
        assert!(matches!(error, RebuildError::Busy), "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let keys = "SELECT count(*) FROM pg_constraint c WHERE c.contype = 'p'
        AND c.conrelid = (SELECT format('ledger.credit_transactions_v%s', max(generation))::regclass
                          FROM ledger.checkpoints WHERE projector = 'transactions' AND live)";
    assert_eq!(ground.count(keys).await, 1);
    assert_eq!(ground.verify().await.findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_batch_reads_a_whole_table() {
    let mut ground = Ground::new(5).await;
    ground.live(300).await;
    ground.project().await;
    // A session tells the server of its scans when it ends, a moment after it was told to.
    let started = Instant::now();
    let unused = loop {
        let unused = tables_without_scans(&ground).await;
        if unused.is_empty() || started.elapsed() > COUNTED_WITHIN {
            break unused;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(unused, Vec::<String>::new(), "no batch was counted there");
    let scanned: Vec<(String, i64)> = sqlx::query_as(
        "SELECT s.relname::text, s.seq_scan FROM pg_stat_user_tables s
         WHERE s.schemaname = 'ledger' AND s.relname ~ '_v1$' AND s.seq_scan > 0",
    )
    .fetch_all(&ground.pool)
    .await
    .unwrap();
    assert_eq!(scanned, [], "a plan that was made while a table was small would go on reading all of it");
}

/// Read tables in which rows are looked up, and none was by an index, as far as the server has been told.
async fn tables_without_scans(ground: &Ground) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT s.relname::text FROM pg_stat_user_tables s
         WHERE s.schemaname = 'ledger' AND s.relname ~ '_v1$' AND s.relname <> 'credit_transactions_v1'
           AND coalesce(s.idx_scan, 0) < 10",
    )
    .fetch_all(&ground.pool)
    .await
    .unwrap()
}
