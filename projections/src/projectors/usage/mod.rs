//! `usage_hourly`: what was used in each hour, by organization, operation, subject and dimensions.
//!
//! Invariant: sums of quantities are whole numbers of any size; applied again, an event changes nothing.
//! Absent: refunds. They give credits back, and the work was done all the same.

mod row;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::Timestamp;
use sqlx::PgConnection;
use store::RecordedEvent;
use uuid::Uuid;

use crate::projector::{ApplyError, Projector, Target};
use crate::projectors::rows::{self, ONE};

use row::SumsRow;

pub use row::{Sums, UsageRow, Use, hour, series, used};

/// Keeps `usage_hourly`.
pub struct UsageHours;

const VIEW: &str = "usage_hourly";
/// Partition, organization, hour and series.
const KEYS: usize = 4;
/// Operation, subject and dimensions, which the series stands for.
const LABELS: usize = 3;

/// A row and its sums, by organization, hour and series.
pub type UsageRows = BTreeMap<(String, Timestamp, Uuid), (UsageRow, Sums)>;

#[async_trait]
impl Projector for UsageHours {
    fn name(&self) -> &'static str {
        "usage"
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
        let uses = uses(events);
        let mut rows = touched(&uses);
        load(connection, &table, &mut rows).await?;
        count(&mut rows, &uses)?;
        let rows: Vec<UsageRow> = rows.into_values().map(|(row, sums)| row.with(&sums)).collect();
        rows::insert(connection, &table, &rows, &rows::replace::<UsageRow>(KEYS, LABELS)).await?;
        Ok(())
    }
}

/// Uses of a batch, each with its event and series.
type Uses<'a> = Vec<(&'a RecordedEvent, Use<'a>, Uuid)>;

fn uses(events: &[Arc<RecordedEvent>]) -> Uses<'_> {
    let uses = events.iter().filter_map(|event| used(event).map(|used| (&**event, used)));
    uses.map(|(event, used)| {
        let series = series(used.usage);
        (event, used, series)
    })
    .collect()
}

fn touched(uses: &Uses<'_>) -> UsageRows {
    let mut rows = UsageRows::new();
    for (event, used, series) in uses {
        rows.entry(key(event, used, *series)).or_insert_with(|| (UsageRow::of(event, used, *series), Sums::zero()));
    }
    rows
}

fn key(event: &RecordedEvent, used: &Use<'_>, series: Uuid) -> (String, Timestamp, Uuid) {
    (event.organization.as_str().to_owned(), hour(used.at), series)
}

fn count(rows: &mut UsageRows, uses: &Uses<'_>) -> Result<(), ApplyError> {
    for (event, used, series) in uses {
        let (_, sums) = rows.get_mut(&key(event, used, *series)).expect("every use's row is touched");
        sums.count(event.position, used).map_err(|reason| reason.at(event))?;
    }
    Ok(())
}

/// Adds the uses of the events to the rows.
///
/// # Errors
/// [`ApplyError::Poisoned`] at an event that cannot be counted.
pub fn fold(rows: &mut UsageRows, events: &[Arc<RecordedEvent>]) -> Result<(), ApplyError> {
    let uses = uses(events);
    for (key, fresh) in touched(&uses) {
        rows.entry(key).or_insert(fresh);
    }
    count(rows, &uses)
}

/// Reads the sums so far.
async fn load(connection: &mut PgConnection, table: &str, rows: &mut UsageRows) -> Result<(), sqlx::Error> {
    let Some((first, _)) = rows.values().next() else { return Ok(()) };
    let partition = first.partition;
    let organizations: Vec<&str> = rows.keys().map(|(organization, _, _)| organization.as_str()).collect();
    let hours: Vec<Timestamp> = rows.keys().map(|(_, hour, _)| *hour).collect();
    let series: Vec<Uuid> = rows.keys().map(|(_, _, series)| *series).collect();
    let sql = format!(
        "SELECT u.organization_id, u.hour, u.series, t.count, t.credits, t.shortfall, t.last_position, t.quantities
         FROM unnest($2::text[], $3::timestamptz[], $4::uuid[]) AS u (organization_id, hour, series)
         CROSS JOIN LATERAL (
             SELECT t.count, t.credits, t.shortfall::text, t.last_position, t.quantities::text FROM {table} t
             WHERE t.partition = $1 AND t.organization_id = u.organization_id AND t.hour = u.hour
               AND t.series = u.series
             {ONE}
         ) t"
    );
    let query = sqlx::query_as(&sql).bind(partition).bind(organizations).bind(hours).bind(series);
    let found: Vec<SumsRow> = query.fetch_all(connection).await?;
    for row in found {
        let sums = Sums::of(&row)?;
        if let Some((_, known)) = rows.get_mut(&(row.organization_id, row.hour, row.series)) {
            *known = sums;
        }
    }
    Ok(())
}
