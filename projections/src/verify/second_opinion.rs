//! What was computed anew, against the states that the domain folds: a mistake of a projector would be in its live table
//! and in the copy alike, and shows here.

use std::collections::BTreeMap;
use std::fmt::Debug;

use domain::{OrganizationId, Timestamp};
use sqlx::PgConnection;
use store::log::Log;
use store::postgres::PostgresLog;
use uuid::Uuid;

use super::oracle::{Folded, OpenLot, OpenReservation};
use super::recompute::Copies;
use super::{Fault, Finding, VerifyError};
use crate::projectors::balances::BalanceRow;
use crate::projectors::small;

/// Events of one read of a stream.
const PAGE: u32 = 1_000;

/// The first disagreement of each table, over all organizations of the partition.
pub(super) async fn ask(
    connection: &mut PgConnection,
    log: &PostgresLog,
    copies: &Copies,
) -> Result<Vec<Finding>, VerifyError> {
    let mut findings = BTreeMap::new();
    let mut after = String::new();
    while let Some(organization) = next(connection, copies.partition, &after).await? {
        if let Some(folded) = fold(log, &organization, copies.floor).await? {
            for (table, fault) in disagreements(connection, &folded).await? {
                let is_asked = copies.all.iter().any(|copy| !copy.is_broken && copy.projector.views().contains(&table));
                if is_asked {
                    let key = Some(format!("organization_id {organization}"));
                    let finding = Finding { partition: copies.partition, table: table.to_owned(), key, fault };
                    findings.entry(table).or_insert(finding);
                }
            }
        }
        after = organization.as_str().to_owned();
    }
    Ok(findings.into_values().collect())
}

/// The organization behind this one in the log: one probe of the key each.
async fn next(
    connection: &mut PgConnection,
    partition: u16,
    after: &str,
) -> Result<Option<OrganizationId>, VerifyError> {
    let id: Option<String> = sqlx::query_scalar(
        "SELECT e.aggregate_id FROM store.events e
         WHERE e.partition = $1 AND e.aggregate_type = 'organization' AND e.aggregate_id > $2
         ORDER BY e.aggregate_id LIMIT 1",
    )
    .bind(small(partition))
    .bind(after)
    .fetch_optional(connection)
    .await?;
    let id = id.map(|id| OrganizationId::try_new(&id)).transpose();
    Ok(id.map_err(|error| sqlx::Error::Decode(Box::new(error)))?)
}

/// The state at a position; `None` before the first event.
async fn fold(log: &PostgresLog, organization: &OrganizationId, position: u64) -> Result<Option<Folded>, VerifyError> {
    let mut folded: Option<Folded> = None;
    loop {
        let after = folded.as_ref().map_or(0, |folded| folded.sequence);
        let page = log.stream(organization, after, PAGE).await?;
        let read = page.len();
        let before = page.iter().take_while(|event| event.position <= position).count();
        for event in &page[..before] {
            folded.get_or_insert_with(|| Folded::before(event)).fold(event);
        }
        if before < read || read < usize::try_from(PAGE).expect("it fits") {
            return Ok(folded);
        }
    }
}

/// Where the copy and the domain disagree, by table.
async fn disagreements(
    connection: &mut PgConnection,
    folded: &Folded,
) -> Result<Vec<(&'static str, Fault)>, sqlx::Error> {
    let balance = balance(connection, folded).await?;
    let balances = (balance.as_ref() != Some(&folded.balance())).then(|| disagrees(&balance, &Some(folded.balance())));
    let moved = moved(connection, folded).await?;
    let sums = (moved != folded.state.balance().get()).then(|| disagrees(&moved, &folded.state.balance().get()));
    let lots = first(&lots(connection, folded).await?, &folded.lots());
    let reservations = first(&reservations(connection, folded).await?, &folded.reservations());
    let all = [
        ("organization_credits", balances),
        ("credit_transactions", sums),
        ("credit_grants", lots),
        ("credit_reservations", reservations),
    ];
    Ok(all.into_iter().filter_map(|(table, fault)| fault.map(|fault| (table, fault))).collect())
}

fn disagrees(projected: &impl Debug, folded: &impl Debug) -> Fault {
    Fault::Disagrees { projected: format!("{projected:?}"), folded: format!("{folded:?}") }
}

/// The first entry that only one side has, or that differs.
fn first<V: Debug + PartialEq>(projected: &BTreeMap<Uuid, V>, folded: &BTreeMap<Uuid, V>) -> Option<Fault> {
    let mut ids = projected.keys().chain(folded.keys());
    let id = ids.find(|id| projected.get(id) != folded.get(id))?;
    Some(disagrees(&(id, projected.get(id)), &(id, folded.get(id))))
}

async fn balance(connection: &mut PgConnection, folded: &Folded) -> Result<Option<BalanceRow>, sqlx::Error> {
    let sql = "SELECT * FROM pg_temp.organization_credits WHERE partition = $1 AND organization_id = $2";
    let query = sqlx::query_as(sql).bind(small(folded.partition)).bind(folded.organization.as_str());
    query.fetch_optional(connection).await
}

async fn moved(connection: &mut PgConnection, folded: &Folded) -> Result<i64, sqlx::Error> {
    let sql = "SELECT coalesce(sum(amount), 0)::bigint FROM pg_temp.credit_transactions
               WHERE partition = $1 AND organization_id = $2";
    let query = sqlx::query_scalar(sql).bind(small(folded.partition)).bind(folded.organization.as_str());
    query.fetch_one(connection).await
}

async fn lots(connection: &mut PgConnection, folded: &Folded) -> Result<BTreeMap<Uuid, OpenLot>, sqlx::Error> {
    let sql = "SELECT grant_id, remaining, held, status FROM pg_temp.credit_grants
               WHERE partition = $1 AND organization_id = $2 AND remaining <> 0";
    let query = sqlx::query_as(sql).bind(small(folded.partition)).bind(folded.organization.as_str());
    let rows: Vec<(Uuid, i64, i64, String)> = query.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, remaining, held, status)| (id, (remaining, held, status))).collect())
}

async fn reservations(
    connection: &mut PgConnection,
    folded: &Folded,
) -> Result<BTreeMap<Uuid, OpenReservation>, sqlx::Error> {
    let sql = "SELECT reservation_id, amount, overdraft_held, created_at, expires_at FROM pg_temp.credit_reservations
               WHERE partition = $1 AND organization_id = $2 AND status = 'pending'";
    let query = sqlx::query_as(sql).bind(small(folded.partition)).bind(folded.organization.as_str());
    let rows: Vec<(Uuid, i64, i64, Timestamp, Timestamp)> = query.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, amount, overdraft, from, until)| (id, (amount, overdraft, from, until))).collect())
}
