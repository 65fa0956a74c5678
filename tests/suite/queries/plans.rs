//! What a query costs grows neither with the number of its page nor with what other organizations have.
//!
//! At 10^5 rows, and at 10^6 in `make soak`.

use chrono::{DateTime, TimeDelta, Utc};
use domain::OrganizationId;
use projections::queries::organizations::{self, Lots};
use projections::queries::{
    Bucket, GrantFilter, GrantOrder, Group, OrganizationFilter, PurchaseFilter, ReservationFilter, TransactionFilter,
    UsageFilter, forecast, grants, purchases, reservations, statement, transactions, usage,
};
use serde_json::Value;
use sqlx::{Execute, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::support;

const PAGE: i64 = 101;

fn rows() -> i64 {
    if std::env::var_os("SOAK").is_some() { 1_000_000 } else { 100_000 }
}

fn acme() -> OrganizationId {
    OrganizationId::try_new("acme").expect("valid")
}

fn partition() -> i16 {
    i16::try_from(acme().partition(4)).expect("small")
}

fn start() -> DateTime<Utc> {
    "2026-01-01T00:00:00Z".parse().expect("an instant")
}

fn second(n: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(n)
}

/// Rows of `count` events; `owner` is an expression of the row's number `n`.
async fn fill(pool: &PgPool, owner: &str, count: i64) {
    let at = "timestamptz '2026-01-01 00:00:00Z'";
    let p = partition();
    let few = count / 10;
    let statements = [
        format!(
            "INSERT INTO ledger.credit_transactions_v1 (partition, organization_id, sequence, created_at, amount,
                 balance_after, id, type, reference_type, reference_id, operation, actor, metadata)
             SELECT {p}, {owner}, n, {at} + n * interval '1 second', 1, n, gen_random_uuid(),
                 CASE n % 1000 WHEN 0 THEN 'grant' WHEN 1 THEN 'void' ELSE 'consumption' END,
                 CASE WHEN n % 100 = 5 THEN 'job' END, CASE WHEN n % 100 = 5 THEN 'j' || n END,
                 CASE WHEN n % 1000 < 2 THEN NULL WHEN n % 20000 = 7 THEN 'rare' ELSE 'op' || n % 5 END, 'key:1', '{{}}'
             FROM generate_series(1, {count}) n"
        ),
        format!(
            "INSERT INTO ledger.credit_grants_v1
             SELECT (jsonb_populate_record(g, jsonb_build_object('organization_id', {owner}, 'sequence', n,
                 'last_sequence', n, 'grant_id', gen_random_uuid(), 'expires_at', CASE WHEN n % 200 <> 0 THEN
                 {at} + n * interval '1 hour' END, 'status', CASE WHEN n % 20 = 0 THEN 'active' ELSE 'depleted' END))).*
             FROM generate_series(1, {few}) n, ledger.credit_grants_v1 g WHERE g.organization_id = 'sample'"
        ),
        format!(
            "INSERT INTO ledger.credit_reservations_v1
             SELECT (jsonb_populate_record(r, jsonb_build_object('organization_id', {owner}, 'sequence', n,
                 'last_sequence', n, 'reservation_id', gen_random_uuid(),
                 'status', CASE WHEN n % 100 = 0 THEN 'pending' ELSE 'confirmed' END))).*
             FROM generate_series(1, {few}) n, ledger.credit_reservations_v1 r WHERE r.organization_id = 'sample'"
        ),
        format!(
            "INSERT INTO ledger.credit_purchases_v1
             SELECT (jsonb_populate_record(p, jsonb_build_object('organization_id', {owner}, 'sequence', n,
                 'last_sequence', n, 'purchase_id', gen_random_uuid()))).*
             FROM generate_series(1, {few}) n, ledger.credit_purchases_v1 p WHERE p.organization_id = 'sample'"
        ),
        format!(
            "INSERT INTO ledger.usage_hourly_v1 (partition, organization_id, hour, series, count, credits, shortfall,
                 last_position, operation, subject, dimensions, quantities)
             SELECT {p}, {owner}, {at} + n / 100 * interval '1 hour', gen_random_uuid(), 1, 1, 0, n, 'op' || n % 5,
                 'u' || n % 20, '{{}}', '{{\"tokens\": 1}}'
             FROM generate_series(1, {count}) n"
        ),
        format!(
            "INSERT INTO ledger.organization_credits_v1
             SELECT DISTINCT ON (o.id) (jsonb_populate_record(c, jsonb_build_object('organization_id', o.id))).*
             FROM (SELECT {owner} || coalesce('-' || nullif(n, 1), '') AS id FROM generate_series(1, {few}) n) o,
                  ledger.organization_credits_v1 c WHERE c.organization_id = 'sample'"
        ),
        "VACUUM ANALYZE".to_owned(),
    ];
    for statement in statements {
        sqlx::query(&statement).execute(pool).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
}

/// One row of each table whose columns are many, to be copied with changes.
async fn samples(pool: &PgPool) {
    let p = partition();
    let at = "timestamptz '2026-01-01 00:00:00Z'";
    let statements = [
        format!(
            "INSERT INTO ledger.credit_grants_v1 (partition, organization_id, grant_id, sequence, last_sequence, amount,
                 remaining, held, used, expired, voided, revoked, merged, granted_at, effective_at, priority, category,
                 cause, status, applies_to, actor, metadata)
             VALUES ({p}, 'sample', gen_random_uuid(), 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, {at}, {at}, 100, 'paid', 'grant',
                 'active', '{{}}', 'key:1', '{{}}')"
        ),
        format!(
            "INSERT INTO ledger.credit_reservations_v1 (partition, organization_id, reservation_id, sequence,
                 last_sequence, amount, overdraft_held, created_at, expires_at, status, over_policy, quantities,
                 dimensions, actor, metadata)
             VALUES ({p}, 'sample', gen_random_uuid(), 0, 0, 1, 0, {at}, {at}, 'pending', 'reject', '{{}}', '{{}}',
                 'key:1', '{{}}')"
        ),
        format!(
            "INSERT INTO ledger.credit_purchases_v1 (partition, organization_id, purchase_id, sequence, last_sequence,
                 credits, price_minor, revoked_credits, refunded_minor, created_at, updated_at, currency, status,
                 payment_reference, actor, metadata)
             VALUES ({p}, 'sample', gen_random_uuid(), 0, 0, 1, 1, 0, 0, {at}, {at}, 'USD', 'completed', 'p', 'key:1',
                 '{{}}')"
        ),
        format!(
            "INSERT INTO ledger.organization_credits_v1
             SELECT (jsonb_populate_record(NULL::ledger.organization_credits_v1, (
                 SELECT jsonb_object_agg(a.attname, CASE WHEN a.atttypid = 'boolean'::regtype THEN to_jsonb(false)
                     WHEN a.atttypid = 'timestamptz'::regtype THEN to_jsonb({at}) ELSE to_jsonb(0) END)
                 FROM pg_attribute a
                 WHERE a.attrelid = 'ledger.organization_credits_v1'::regclass AND a.attnum > 0 AND NOT a.attisdropped)
                 || '{{\"partition\": {p}, \"organization_id\": \"sample\"}}')).*"
        ),
    ];
    for statement in statements {
        sqlx::query(&statement).execute(pool).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
}

/// What PostgreSQL did for a statement.
struct Plan {
    text: String,
    /// Rows of tables that it looked at, whether or not they were wanted.
    rows: i64,
}

async fn explain(pool: &PgPool, mut statement: QueryBuilder<'_, Postgres>) -> Plan {
    let mut query = statement.build();
    let arguments = query.take_arguments().expect("they can be encoded").expect("there are some");
    let sql = format!("EXPLAIN (ANALYZE, FORMAT JSON) {}", query.sql());
    let plan: Value = sqlx::query_scalar_with(&sql, arguments).fetch_one(pool).await.unwrap();
    Plan { text: plan.to_string(), rows: rows_seen(&plan[0]["Plan"]) }
}

fn rows_seen(node: &Value) -> i64 {
    let number = |name: &str| node[name].as_i64().unwrap_or(0);
    let is_table = node.get("Relation Name").is_some();
    let seen = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
    let below: i64 = node["Plans"].as_array().into_iter().flatten().map(rows_seen).sum();
    below + if is_table { seen * number("Actual Loops") } else { 0 }
}

/// A question, the index that must serve it, and its first and a late page.
type Probe = (&'static str, &'static str, Plan, Plan);

async fn transaction_probes(pool: &PgPool, probes: &mut Vec<Probe>) {
    let (p, org, late) = (partition(), acme(), rows() / 10);
    let filter = TransactionFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let of_type = |types: &[&'static str]| TransactionFilter { types: types.to_vec(), ..filter() };
    let span = TransactionFilter { from: Some(second(late)), to: Some(second(rows() * 9 / 10)), ..filter() };
    let by_reference = TransactionFilter { reference_id: text("j105"), reference_type: text("job"), ..filter() };
    let questions = [
        ("transactions", "credit_transactions_v1_pkey", filter()),
        ("a span of transactions", "credit_transactions_v1_pkey", span),
        ("transactions of a rare type", "credit_transactions_v1_by_type", of_type(&["grant"])),
        ("transactions of two types", "credit_transactions_v1_by_type", of_type(&["consumption", "void"])),
        (
            "a rare operation",
            "credit_transactions_v1_by_operation",
            TransactionFilter { operation: text("rare"), ..filter() },
        ),
        ("a reference", "credit_transactions_v1_by_reference", by_reference),
    ];
    for (name, index, filter) in questions {
        let first = explain(pool, transactions::statement(p, &org, &filter, None, PAGE)).await;
        let after = Some((second(late + 1_000), late + 1_000));
        let later = explain(pool, transactions::statement(p, &org, &filter, after, PAGE)).await;
        probes.push((name, index, first, later));
    }
}

async fn statement_probes(pool: &PgPool, probes: &mut Vec<Probe>) {
    let (p, org, late) = (partition(), acme(), rows() * 9 / 10);
    let (index, to) = ("credit_transactions_v1_pkey", second(rows()));
    let first = explain(pool, statement::last_before(p, &org, second(100))).await;
    let later = explain(pool, statement::last_before(p, &org, second(late))).await;
    probes.push(("an opening balance", index, first, later));
    let first = explain(pool, statement::movements(p, &org, second(0), to, None)).await;
    let later = explain(pool, statement::movements(p, &org, second(0), to, Some((second(late), late)))).await;
    probes.push(("a statement", index, first, later));
}

async fn list_probes(pool: &PgPool, probes: &mut Vec<Probe>) {
    let (p, org, late) = (partition(), acme(), rows() / 100);
    let newest = GrantFilter::default();
    let by_expiry = GrantFilter { order: GrantOrder::Expiry, ..newest.clone() };
    let first = explain(pool, grants::newest(p, &org, &newest, None, PAGE)).await;
    let later = explain(pool, grants::newest(p, &org, &newest, Some(late), PAGE)).await;
    probes.push(("grants", "credit_grants_v1_newest", first, later));
    let first = explain(pool, grants::by_expiry(p, &org, &by_expiry, None, PAGE)).await;
    let after = Some((Some(start() + TimeDelta::hours(late * 9)), Uuid::nil()));
    let later = explain(pool, grants::by_expiry(p, &org, &by_expiry, after, PAGE)).await;
    probes.push(("grants by expiry", "credit_grants_v1_open", first, later));
    let first = explain(pool, grants::next_to_expire(p, &org, start())).await;
    let later = explain(pool, grants::next_to_expire(p, &org, start() + TimeDelta::hours(late * 9))).await;
    probes.push(("the grant that ends next", "credit_grants_v1_open", first, later));
    for (name, index, status) in [
        ("reservations", "credit_reservations_v1_newest", None),
        ("open reservations", "credit_reservations_v1_pending", Some("pending")),
    ] {
        let filter = ReservationFilter { status };
        let first = explain(pool, reservations::statement(p, &org, &filter, None, PAGE)).await;
        let later = explain(pool, reservations::statement(p, &org, &filter, Some(late), PAGE)).await;
        probes.push((name, index, first, later));
    }
    let filter = PurchaseFilter::default();
    let first = explain(pool, purchases::statement(p, &org, &filter, None, PAGE)).await;
    let later = explain(pool, purchases::statement(p, &org, &filter, Some(late), PAGE)).await;
    probes.push(("purchases", "credit_purchases_v1_newest", first, later));
    let filter = OrganizationFilter::default();
    let first = explain(pool, organizations::many(&filter, None, PAGE)).await;
    let later = explain(pool, organizations::many(&filter, Some("acme-5".to_owned()), PAGE)).await;
    probes.push(("organizations", "organization_credits_v1_by_id", first, later));
}

async fn figure_probes(pool: &PgPool, probes: &mut Vec<Probe>) {
    let (p, org) = (partition(), acme());
    let mut same = async |name, index, statement: &dyn Fn() -> QueryBuilder<'static, Postgres>| {
        let (first, later) = (explain(pool, statement()).await, explain(pool, statement()).await);
        probes.push((name, index, first, later));
    };
    let org: &'static OrganizationId = Box::leak(Box::new(org));
    same("a balance", "organization_credits_v1_", &|| organizations::one(p, org)).await;
    same("restricted credits", "credit_grants_v1_open", &|| organizations::restricted(p, org, Lots::Open)).await;
    same("lots of a forecast", "credit_grants_v1_open", &|| forecast::open_lots(p, org)).await;
    let (from, to) = (start() + TimeDelta::days(10), start() + TimeDelta::days(12));
    same("spending of a forecast", "usage_hourly_v1_pkey", &|| forecast::burns(p, org, from, to)).await;
    let filter = UsageFilter {
        asked: (None, None),
        from,
        to,
        bucket: Bucket::Hour,
        groups: vec![Group::Operation, Group::Subject],
        operation: None,
        subject: None,
    };
    let first = explain(pool, usage::statement(p, org, &filter, None, PAGE)).await;
    let after = Some((to - TimeDelta::hours(5), vec![Some("op1".to_owned()), Some("u1".to_owned())]));
    let later = explain(pool, usage::statement(p, org, &filter, after, PAGE)).await;
    probes.push(("usage", "usage_hourly_v1_pkey", first, later));
}

async fn probes(pool: &PgPool) -> Vec<Probe> {
    let mut probes = Vec::new();
    transaction_probes(pool, &mut probes).await;
    statement_probes(pool, &mut probes).await;
    list_probes(pool, &mut probes).await;
    figure_probes(pool, &mut probes).await;
    probes
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_costs_more_by_its_page_or_by_other_organizations() {
    /// A page more than the first: a branch of a union may find less to skip.
    const MORE: i64 = PAGE;
    let pool = support::database().await.pool;
    samples(&pool).await;
    fill(&pool, "'acme'", rows()).await;
    let alone = probes(&pool).await;
    fill(&pool, "'other-' || n % 1000", rows()).await;
    let among_others = probes(&pool).await;
    for ((name, index, first, late), (_, _, first_alone, late_alone)) in among_others.iter().zip(&alone) {
        for plan in [first, late] {
            assert!(plan.text.contains(index), "{name} does not use {index}: {}", plan.text);
            assert!(!plan.text.contains("Seq Scan"), "{name} scans a table: {}", plan.text);
        }
        let counts = [first.rows, late.rows, first_alone.rows, late_alone.rows];
        assert!(late.rows <= first.rows + MORE, "{name}: rows for the first and a late page: {counts:?}");
        assert!(
            first.rows <= first_alone.rows + MORE && late.rows <= late_alone.rows + MORE,
            "{name}: rows among others and alone: {counts:?}"
        );
        assert!(first.rows < rows() / 10, "{name}: {counts:?}");
    }
}
