//! `organization_credits`: the figures of each organization after its last event.
//!
//! Invariant: a row follows from its organization's events in order; applied again, an event changes nothing.

mod row;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use store::RecordedEvent;

use crate::projector::{ApplyError, Projector, Target};
use crate::projectors::fold::small;
use crate::projectors::rows::{self, Columns};

pub use row::BalanceRow;

/// Keeps `organization_credits`.
pub struct Balances;

const VIEW: &str = "organization_credits";
/// Partition and organization.
const KEYS: usize = 2;

#[async_trait]
impl Projector for Balances {
    fn name(&self) -> &'static str {
        "balances"
    }

    fn version(&self) -> i32 {
        1
    }

    fn views(&self) -> &'static [&'static str] {
        &[VIEW]
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        target: &Target,
        events: &[Arc<RecordedEvent>],
    ) -> Result<(), ApplyError> {
        let table = target.table(VIEW);
        let known = load(connection, &table, events).await?;
        let folded: Vec<BalanceRow> = fold(known, events)?.into_values().collect();
        rows::insert(connection, &table, &folded, &rows::replace::<BalanceRow>(KEYS, 0)).await?;
        Ok(())
    }
}

/// Rows by organization.
pub type BalanceRows = BTreeMap<String, BalanceRow>;

/// The rows of all organizations of the events, after them.
///
/// # Errors
/// [`ApplyError::Poisoned`] at an event that cannot be folded.
pub fn fold(mut rows: BalanceRows, events: &[Arc<RecordedEvent>]) -> Result<BalanceRows, ApplyError> {
    for event in events {
        if !rows.contains_key(event.organization.as_str()) {
            rows.insert(event.organization.as_str().to_owned(), BalanceRow::before(event));
        }
        let row = rows.get_mut(event.organization.as_str()).expect("it is there or was just put there");
        row.fold(event).map_err(|reason| reason.at(event))?;
    }
    Ok(rows)
}

async fn load(
    connection: &mut PgConnection,
    table: &str,
    events: &[Arc<RecordedEvent>],
) -> Result<BalanceRows, sqlx::Error> {
    let Some(first) = events.first() else { return Ok(BalanceRows::new()) };
    let mut organizations: Vec<&str> = events.iter().map(|event| event.organization.as_str()).collect();
    organizations.sort_unstable();
    organizations.dedup();
    let columns = rows::names(BalanceRow::COLUMNS);
    let sql = format!("SELECT {columns} FROM {table} WHERE partition = $1 AND organization_id = ANY ($2)");
    let found: Vec<BalanceRow> =
        sqlx::query_as(&sql).bind(small(first.partition)).bind(organizations).fetch_all(connection).await?;
    Ok(found.into_iter().map(|row| (row.organization_id.clone(), row)).collect())
}
