//! What `verify --projections` finds.

use std::sync::Arc;

use projections::projectors::{self, balances::Balances};
use projections::verify::{Fault, verify};
use projections::{ApplyError, Projector, Target};
use sqlx::PgConnection;
use store::RecordedEvent;

use super::fixture::Ground;
use crate::support::node::command;

async fn honest() -> Ground {
    let mut ground = Ground::new(3).await;
    ground.live(200).await;
    ground.project().await;
    assert_eq!(ground.verify().await.findings, []);
    ground
}

/// Each table with a change that only it shows.
const CHANGES: [(&str, &str); 7] = [
    ("organization_credits", "balance = balance + 1"),
    ("credit_transactions", "description = 'something else'"),
    ("credit_grants", "remaining = remaining + 1"),
    ("credit_grants_monthly", "used = used + 1"),
    ("credit_reservations", "amount = amount + 1"),
    ("credit_purchases", "status = 'failed'"),
    ("usage_hourly", "credits = credits + 1"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_a_missing_and_an_extra_row_are_named() {
    let ground = honest().await;
    for (table, change) in CHANGES {
        let one = format!("(SELECT ctid FROM ledger.{table}_v1 WHERE organization_id = 'ben' LIMIT 1)");
        ground.run(&format!("CREATE TABLE kept AS SELECT * FROM ledger.{table}_v1")).await;
        let changed =
            if table == "credit_purchases" { "WHERE status <> 'failed' AND organization_id = 'ben'" } else { "" };
        let changed = if changed.is_empty() { format!("WHERE ctid = {one}") } else { changed.to_owned() };
        ground.run(&format!("UPDATE ledger.{table}_v1 SET {change} {changed}")).await;
        let finding = only(&ground, table).await;
        assert!(finding.1.starts_with("organization_id ben"), "{finding:?}");
        let column = change.split(' ').next().unwrap();
        assert!(matches!(&finding.0, Fault::Differs { column: named, .. } if named == column), "{finding:?}");

        restore(&ground, table).await;
        ground.run(&format!("DELETE FROM ledger.{table}_v1 WHERE ctid = {one}")).await;
        assert_eq!(only(&ground, table).await.0, Fault::Missing);

        restore(&ground, table).await;
        ground
            .run(&format!(
                "UPDATE ledger.{table}_v1 SET organization_id = 'zoe' WHERE ctid = {one};
             INSERT INTO ledger.{table}_v1 SELECT k.* FROM kept k ON CONFLICT DO NOTHING"
            ))
            .await;
        let (fault, key) = only(&ground, table).await;
        assert_eq!(fault, Fault::Extra);
        assert!(key.starts_with("organization_id zoe"), "{key}");

        restore(&ground, table).await;
        ground.run("DROP TABLE kept").await;
    }
    assert_eq!(ground.verify().await.findings, []);
}

/// The log alone is verified, and has lost what a read table has seen.
#[tokio::test(flavor = "multi_thread")]
async fn c30_a_checkpoint_past_the_end_is_named_by_a_plain_verify() {
    let ground = honest().await;
    let url = ground.url.as_str();
    assert!(command(url, &["verify"]).await.status.success());
    ground
        .run("UPDATE ledger.checkpoints SET position = position + 7 WHERE projector = 'grants' AND partition = 1")
        .await;
    let found = command(url, &["verify"]).await;
    let told = String::from_utf8_lossy(&found.stdout).into_owned();
    assert_eq!(found.status.code(), Some(1), "{told}");
    assert!(told.contains("projector grants, partition 1: its checkpoint is at"), "{told}");
}

/// The one finding, which is of this table.
async fn only(ground: &Ground, table: &str) -> (Fault, String) {
    let findings = ground.verify().await.findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].table, table);
    (findings[0].fault.clone(), findings[0].key.clone().unwrap())
}

async fn restore(ground: &Ground, table: &str) {
    ground.run(&format!("TRUNCATE ledger.{table}_v1; INSERT INTO ledger.{table}_v1 SELECT * FROM kept")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_and_exits_with_1() {
    let ground = honest().await;
    let url = ground.url.as_str();
    let clean = command(url, &["verify", "--projections"]).await;
    let said = String::from_utf8_lossy(&clean.stdout).into_owned();
    assert_eq!(clean.status.code(), Some(0), "{said}");
    assert!(said.contains("all is as the log says"), "{said}");
    ground.run("UPDATE ledger.organization_credits_v1 SET debt = debt + 5 WHERE organization_id = 'cyd'").await;
    let found = command(url, &["verify", "--projections"]).await;
    let said = String::from_utf8_lossy(&found.stdout).into_owned();
    assert_eq!(found.status.code(), Some(1), "{said}");
    assert!(said.contains("organization_credits") && said.contains("organization_id cyd: debt is"), "{said}");
    let json = command(url, &["verify", "--projections", "--json"]).await;
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("it is JSON");
    assert_eq!(json["projections"]["findings"].as_array().map(Vec::len), Some(1), "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn c30_the_command_names_the_row_of_the_log_that_was_changed_and_exits_with_1() {
    let ground = honest().await;
    let url = ground.url.as_str();
    let clean = command(url, &["verify"]).await;
    assert_eq!(clean.status.code(), Some(0), "{}", String::from_utf8_lossy(&clean.stdout));
    // One digit of one payload, by psql as an intruder would.
    let change = "UPDATE store.events SET payload = regexp_replace(payload::text, '\"balance_after\":(-?)\\d',
            '\"balance_after\":\\19')::json
        WHERE aggregate_id = 'cyd' AND sequence = 2 AND payload::text !~ '\"balance_after\":-?9'";
    let psql = command(url, &["psql", "--", "-c", change]).await;
    assert_eq!(String::from_utf8_lossy(&psql.stdout).trim(), "UPDATE 1", "{}", String::from_utf8_lossy(&psql.stderr));
    let found = command(url, &["verify"]).await;
    let said = String::from_utf8_lossy(&found.stdout).into_owned();
    assert_eq!(found.status.code(), Some(1), "{said}");
    assert!(said.contains("organization cyd, sequence 2, "), "{said}");
    let json = command(url, &["verify", "--json"]).await;
    assert_eq!(json.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("it is JSON");
    let text = json.to_string();
    assert!(text.contains("cyd") && text.contains("\"sequence\":2"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_past_the_end_and_one_that_never_began_are_found() {
    let ground = honest().await;
    ground
        .run("UPDATE ledger.checkpoints SET position = position + 10 WHERE projector = 'usage' AND partition = 0")
        .await;
    ground.run("DELETE FROM ledger.checkpoints WHERE projector = 'purchases' AND partition = 1").await;
    let findings = ground.verify().await.findings;
    let faults: Vec<_> = findings.iter().map(|finding| (finding.table.as_str(), finding.partition)).collect();
    assert_eq!(faults, [("usage", 0), ("purchases", 1)]);
    assert!(matches!(findings[0].fault, Fault::PastTheEnd { .. }));
    assert_eq!(findings[1].fault, Fault::NoCheckpoint);
}

/// A projector with a mistake, which its live table has as well.
struct Mistaken;

#[async_trait::async_trait]
impl Projector for Mistaken {
    fn name(&self) -> &'static str {
        Balances.name()
    }

    fn version(&self) -> i32 {
        Balances.version()
    }

    fn views(&self) -> &'static [&'static str] {
        Balances.views()
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        target: &Target,
        events: &[Arc<RecordedEvent>],
    ) -> Result<(), ApplyError> {
        Balances.apply(connection, target, events).await?;
        let sql = format!("UPDATE {} SET reserved = 77", target.table("organization_credits"));
        sqlx::query(&sql).execute(connection).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_of_a_projector_is_found_by_the_domain() {
    let ground = honest().await;
    ground.run("UPDATE ledger.organization_credits_v1 SET reserved = 77").await;
    let mut all = projectors::all();
    all.retain(|projector| projector.name() != Mistaken.name());
    all.push(Arc::new(Mistaken));
    let findings = verify(ground.options.clone(), all, |_| ()).await.unwrap().findings;
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|found| matches!(found.fault, Fault::Disagrees { .. })), "{findings:?}");
}
