//! Who may do what in the database.

use chrono::TimeDelta;
use domain::OrganizationId;
use sqlx::postgres::PgPool;
use store::keys::{self, Scope};
use store::log::{DueCorrection, Log, Outcome};
use store::postgres::PostgresLog;
use uuid::Uuid;

use super::fixture::*;

#[tokio::test]
async fn keys_open_until_they_are_revoked() {
    let f = Fixture::new(1).await;
    let organization = OrganizationId::try_new("acme").unwrap();
    let (admin, secret) = keys::create(&f.admin, "ops", Scope::Admin, None, start()).await.unwrap();
    let bound = Some(organization.clone());
    let (reader, _) = keys::create(&f.admin, "acme's", Scope::Read, bound, start()).await.unwrap();
    assert_eq!(keys::find(&f.admin, &keys::hash(secret.reveal())).await.unwrap(), Some(admin.clone()));
    assert_eq!(keys::find(&f.admin, &keys::hash("clk_guess")).await.unwrap(), None);
    assert_eq!(keys::list(&f.admin).await.unwrap(), [admin.clone(), reader]);
    for at in [start(), start() + TimeDelta::days(1)] {
        let revoked = keys::revoke(&f.admin, admin.id, at).await.unwrap();
        assert_eq!(revoked.and_then(|key| key.revoked_at), Some(start()), "the first time holds");
    }
    assert_eq!(keys::revoke(&f.admin, Uuid::nil(), start()).await.unwrap(), None);
    let revoked = keys::find(&f.admin, &keys::hash(secret.reveal())).await.unwrap();
    assert!(revoked.is_some_and(|key| key.revoked_at.is_some()));
    assert_eq!(keys::list(&f.admin).await.unwrap()[0].revoked_at, Some(start()));
}

#[tokio::test]
async fn c26_the_analyst_reads_what_is_hers_and_nothing_else() {
    let f = Fixture::new(1).await;
    f.run("CREATE TABLE ledger.probe AS SELECT 1 AS n").await;
    let analyst = PgPool::connect_with(f.options.clone().username("ledger_analyst")).await.unwrap();
    let read = |sql: &'static str| sqlx::query_scalar::<_, String>(sql).fetch_one(&analyst);
    assert_eq!(read("SELECT current_setting('statement_timeout')").await.unwrap(), "5min");
    assert_ne!(read("SELECT current_setting('idle_in_transaction_session_timeout')").await.unwrap(), "0");
    let mut views = 0;
    for (name, is_hers) in relations(&f).await {
        let answer = sqlx::query(&format!("SELECT * FROM {name} LIMIT 1")).fetch_optional(&analyst).await;
        assert_eq!(answer.is_ok(), is_hers, "{name}: {answer:?}");
        views += u32::from(is_hers);
    }
    assert!(views >= 14, "{views} views");
    for denied in [
        "SELECT payload::text FROM store.events",
        "SELECT name FROM store.api_keys",
        "SELECT store.lock_head(0::smallint)::text",
        "SELECT ledger.publish('usage_hourly', 1)",
        "SET default_transaction_read_only = off; INSERT INTO ledger.probe VALUES (2)",
        "SET default_transaction_read_only = off; UPDATE ledger.organization_credits SET balance = 0",
    ] {
        assert!(sqlx::raw_sql(denied).execute(&analyst).await.is_err(), "{denied}");
    }
}

/// Every table and view of ours, and whether analysts may read it: the views of two schemas, the versions of what is for
/// sale, and nothing else.
async fn relations(f: &Fixture) -> Vec<(String, bool)> {
    sqlx::query_as(
        "SELECT c.oid::regclass::text,
                c.relkind = 'v' AND n.nspname IN ('ledger', 'analytics')
                OR c.oid::regclass::text IN ('ledger.credit_package_versions', 'ledger.price_book_versions')
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname IN ('store', 'ledger', 'analytics', 'payments')",
    )
    .fetch_all(&f.admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn every_table_says_what_it_is() {
    let f = Fixture::new(1).await;
    let silent: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text || coalesce('.' || a.attname, '')
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN LATERAL (
             SELECT NULL AS attname, 0 AS attnum
             UNION ALL
             SELECT a.attname, a.attnum FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         ) a
         WHERE c.relkind IN ('r', 'v')
           AND n.nspname IN ('ledger', 'analytics', 'store', 'payments')
           AND CASE a.attnum WHEN 0 THEN obj_description(c.oid, 'pg_class')
               ELSE col_description(c.oid, a.attnum) END IS NULL",
    )
    .fetch_all(&f.admin)
    .await
    .unwrap();
    assert_eq!(silent, Vec::<String>::new(), "no comment");
}

#[tokio::test]
async fn the_app_role_appends_and_cannot_change_a_row() {
    let f = Fixture::new(1).await;
    let options = f.options.clone().options([("role", "ledger_app")]);
    let log = PostgresLog::connect(options.clone(), 2).await.unwrap();
    let mut a = Writer::new("a", 1);
    let mut command = a.next(&grant(5), Some("k"));
    command.due_at = Some(start());
    command.snapshot = Some(a.snapshot());
    assert_eq!(log.append(0, &[command]).await.unwrap(), [Outcome::Appended { position: 1 }]);
    assert_eq!(log.load(&a.organization).await.unwrap().snapshot_sequence, a.sequence);
    assert_eq!(log.due(0, start(), start(), 1).await.unwrap(), [a.organization.clone()]);
    let correction = DueCorrection { organization: a.organization.clone(), sequence: a.sequence, due_at: None };
    log.correct_due(0, &[correction]).await.unwrap();
    let app = PgPool::connect_with(options).await.unwrap();
    for denied in [
        "UPDATE store.events SET payload = '{}'",
        "DELETE FROM store.events",
        "TRUNCATE store.events",
        "DELETE FROM store.heads",
        "DROP FUNCTION store.lock_head",
    ] {
        assert!(sqlx::raw_sql(denied).execute(&app).await.is_err(), "{denied}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c26_an_analyst_at_the_command_line_is_bounded_like_one_who_logs_in() {
    let database = crate::support::database().await;
    let show = "SELECT current_user, current_setting('statement_timeout'), current_setting('lock_timeout'),
                       current_setting('idle_in_transaction_session_timeout')";
    let psql = ["psql", "--role", "analyst", "--", "-Atc", show];
    let said = crate::support::node::command(&database.url, &psql).await.stdout;
    assert_eq!(String::from_utf8_lossy(&said).trim(), "ledger_analyst|5min|10s|1min");
}
