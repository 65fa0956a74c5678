//! `credit_purchases`: payments, and what became of them.
//!
//! Invariant: a row follows from its purchase's events in order; applied again, an event changes nothing.

mod row;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use store::RecordedEvent;
use uuid::Uuid;

use crate::projector::{ApplyError, Projector, Target};
use crate::projectors::fold::small;
use crate::projectors::rows::{self, ONE};

pub use row::{Change, PurchaseRow, change, fold_one};

/// Keeps `credit_purchases`.
pub struct Purchases;

const VIEW: &str = "credit_purchases";
/// Partition, organization and purchase.
const KEYS: usize = 3;

/// Rows by organization and purchase.
pub type PurchaseRows = BTreeMap<(String, Uuid), PurchaseRow>;

#[async_trait]
impl Projector for Purchases {
    fn name(&self) -> &'static str {
        "purchases"
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
        let mut rows = load(connection, &table, events).await?;
        fold(&mut rows, events)?;
        let rows: Vec<PurchaseRow> = rows.into_values().collect();
        rows::insert(connection, &table, &rows, &rows::replace::<PurchaseRow>(KEYS, 0)).await?;
        Ok(())
    }
}

/// Folds all events about purchases into the rows.
///
/// # Errors
/// [`ApplyError::Poisoned`] at an event that cannot be folded.
pub fn fold(rows: &mut PurchaseRows, events: &[Arc<RecordedEvent>]) -> Result<(), ApplyError> {
    for event in events {
        let Some((purchase, change)) = change(&event.event.fact) else { continue };
        let key = (event.organization.as_str().to_owned(), purchase.entity());
        let row = fold_one(rows.remove(&key), change, event).map_err(|reason| reason.at(event))?;
        rows.insert(key, row);
    }
    Ok(())
}

async fn load(
    connection: &mut PgConnection,
    table: &str,
    events: &[Arc<RecordedEvent>],
) -> Result<PurchaseRows, sqlx::Error> {
    let about = events.iter().filter_map(|event| change(&event.event.fact).map(|(purchase, _)| (event, purchase)));
    let (organizations, purchases): (Vec<&str>, Vec<Uuid>) =
        about.map(|(event, purchase)| (event.organization.as_str(), purchase.entity())).unzip();
    let Some(first) = events.first().filter(|_| !purchases.is_empty()) else { return Ok(PurchaseRows::new()) };
    let sql = format!(
        "SELECT t.partition, t.organization_id, t.purchase_id,
                t.sequence, t.last_sequence, t.credits, t.price_minor, t.revoked_credits, t.refunded_minor,
                t.created_at, t.completed_at, t.updated_at, t.expires_at, t.currency, t.status, t.payment_reference,
                t.package_id, t.reason, t.actor, t.metadata::text AS metadata
         FROM unnest($2::text[], $3::uuid[]) AS u (organization_id, purchase_id)
         CROSS JOIN LATERAL (
             SELECT t.* FROM {table} t
             WHERE t.partition = $1 AND t.organization_id = u.organization_id AND t.purchase_id = u.purchase_id
             {ONE}
         ) t"
    );
    let query = sqlx::query_as(&sql).bind(small(first.partition)).bind(organizations).bind(purchases);
    let found: Vec<PurchaseRow> = query.fetch_all(connection).await?;
    Ok(found.into_iter().map(|row| ((row.organization_id.clone(), row.purchase_id), row)).collect())
}
