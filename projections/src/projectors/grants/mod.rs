//! `credit_grants`: each lot and what is left of it; `credit_grants_monthly`: what moved of lots that were paid for.
//!
//! Invariant: of every lot, `amount = remaining + used + expired + voided + revoked + merged`.
//! Invariant: applied again, an event changes neither the lot nor its months.

mod effect;
mod row;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{FromRow, PgConnection, Row};
use store::RecordedEvent;
use uuid::Uuid;

use crate::projector::{ApplyError, Projector, Target};
use crate::projectors::fold::small;
use crate::projectors::rows::{self, Null, ONE};

pub use effect::{Birth, Closed, Delta, Effect, effects};
pub use row::{GrantRow, Lot, LotRow, MonthRow};

/// Keeps `credit_grants` and `credit_grants_monthly`.
pub struct Grants;

const VIEW: &str = "credit_grants";
const MONTHLY: &str = "credit_grants_monthly";
/// Partition, organization and grant.
const KEYS: usize = 3;

/// Lots by organization and grant.
pub type Lots = BTreeMap<(String, Uuid), Lot>;

#[async_trait]
impl Projector for Grants {
    fn name(&self) -> &'static str {
        "grants"
    }

    fn version(&self) -> i32 {
        1
    }

    fn views(&self) -> &'static [&'static str] {
        &[VIEW, MONTHLY]
    }

    async fn apply(
        &self,
        connection: &mut PgConnection,
        target: &Target,
        events: &[Arc<RecordedEvent>],
    ) -> Result<(), ApplyError> {
        let table = target.table(VIEW);
        let mut lots = load(connection, &table, events).await?;
        fold(&mut lots, events)?;
        let begun: Vec<GrantRow> = lots.values().filter_map(Lot::whole).collect();
        rows::insert(connection, &table, &begun, "DO NOTHING").await?;
        let (months, changed) = split(lots);
        rows::update(connection, &table, &changed, KEYS, Null::Set, "t.last_sequence < u.last_sequence").await?;
        rows::insert(connection, &target.table(MONTHLY), &months, ADD_TO_MONTH).await?;
        Ok(())
    }
}

const ADD_TO_MONTH: &str = "(partition, organization_id, grant_id, month) DO UPDATE SET
    added = t.added + excluded.added, used = t.used + excluded.used, expired = t.expired + excluded.expired,
    voided = t.voided + excluded.voided, revoked = t.revoked + excluded.revoked, merged = t.merged + excluded.merged";

/// The months, and the rows of lots that were there before.
fn split(lots: Lots) -> (Vec<MonthRow>, Vec<LotRow>) {
    let (mut months, mut changed) = (Vec::new(), Vec::new());
    for lot in lots.into_values() {
        months.extend(lot.months.into_values());
        if lot.birth.is_none() {
            changed.push(lot.row);
        }
    }
    (months, changed)
}

/// Applies all that the events do to lots.
///
/// # Errors
/// [`ApplyError::Poisoned`] at an event that cannot be applied.
pub fn fold(lots: &mut Lots, events: &[Arc<RecordedEvent>]) -> Result<(), ApplyError> {
    for event in events {
        for (grant, effect) in effects(&event.event.fact, event.event.occurred_at) {
            let key = (event.organization.as_str().to_owned(), grant.entity());
            let lot = Lot::apply(lots.remove(&key), effect, event).map_err(|reason| reason.at(event))?;
            lots.insert(key, lot);
        }
    }
    Ok(())
}

async fn load(connection: &mut PgConnection, table: &str, events: &[Arc<RecordedEvent>]) -> Result<Lots, sqlx::Error> {
    let touched = events.iter().flat_map(|event| {
        let effects = effects(&event.event.fact, event.event.occurred_at).into_iter();
        effects.map(|(grant, _)| (event.organization.as_str(), grant.entity()))
    });
    let mut touched: Vec<(&str, Uuid)> = touched.collect();
    touched.sort_unstable();
    touched.dedup();
    let Some(first) = events.first().filter(|_| !touched.is_empty()) else { return Ok(Lots::new()) };
    let (organizations, grants): (Vec<&str>, Vec<Uuid>) = touched.into_iter().unzip();
    let sql = format!(
        "SELECT t.partition, t.organization_id, t.grant_id, t.last_sequence, t.remaining, t.held, t.used, t.expired,
                t.voided, t.revoked, t.merged, t.status, t.ended_at, t.cost_credits IS NOT NULL AS is_paid_for
         FROM unnest($2::text[], $3::uuid[]) AS u (organization_id, grant_id)
         CROSS JOIN LATERAL (
             SELECT t.* FROM {table} t
             WHERE t.partition = $1 AND t.organization_id = u.organization_id AND t.grant_id = u.grant_id
             {ONE}
         ) t"
    );
    let query = sqlx::query(&sql).bind(small(first.partition)).bind(organizations).bind(grants);
    let mut lots = Lots::new();
    for found in query.fetch_all(connection).await? {
        let row = LotRow::from_row(&found)?;
        lots.insert((row.organization_id.clone(), row.grant_id), Lot::known(row, found.try_get("is_paid_for")?));
    }
    Ok(lots)
}
