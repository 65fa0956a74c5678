//! What a forecast is made of: open lots in burn order, and what each operation has spent lately.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use domain::grant::OperationPattern;
use domain::{Credits, OrganizationId, Timestamp};
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{QueryError, Reader};
use crate::forecast::{Burn, Forecast, Lot, forecast, per_day};

/// Operations with a rate of their own, the largest first. Those beyond are taken as one without a name: only
/// unrestricted lots pay for them.
const OPERATIONS_MAX: i64 = 200;
/// A younger organization's spending is measured over a day: an hour's haste is no habit.
const WINDOW_MIN: TimeDelta = TimeDelta::days(1);

/// A forecast with what it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Spending was measured from here ...
    pub from: Timestamp,
    /// ... to here, which is when the forecast was made.
    pub to: Timestamp,
    pub spent: Credits,
    pub per_day: Credits,
    /// In open lots, started or not, that no reservation holds.
    pub free: Credits,
    pub forecast: Forecast,
}

#[derive(Clone, Debug, sqlx::FromRow)]
struct LotRow {
    grant_id: Uuid,
    free: i64,
    effective_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    applies_to: Json<Vec<OperationPattern>>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
struct BurnRow {
    operation: Option<String>,
    credits: i64,
}

impl Reader {
    /// Measured over the `lookback` before `now`, or since the organization's beginning at `since`.
    ///
    /// # Errors
    /// The tables cannot be read.
    pub async fn outlook(
        &self,
        organization: &OrganizationId,
        lookback: TimeDelta,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Outlook, QueryError> {
        let partition = self.partition(organization);
        // Hours are what is kept, so the window begins with one.
        let from = now - (now - since).min(lookback).max(WINDOW_MIN);
        let from = from.duration_trunc(TimeDelta::hours(1)).expect("an hour fits every instant of a ledger");
        let window = now - from;
        let _room = self.room_for_sums().await?;
        let lots: Vec<LotRow> = self.rows(open_lots(partition, organization)).await?;
        let burns: Vec<BurnRow> = self.rows(burns(partition, organization, from, now)).await?;
        let lots: Vec<Lot> = lots.into_iter().map(Lot::from).collect();
        let burns: Vec<Burn> = burns.into_iter().map(Burn::from).collect();
        let spent = burns.iter().map(|burn| burn.credits).sum();
        Ok(Outlook {
            from,
            to: now,
            spent,
            per_day: per_day(spent, window),
            free: lots.iter().map(|lot| lot.free).sum(),
            forecast: forecast(&lots, &burns, window, now),
        })
    }
}

impl From<LotRow> for Lot {
    fn from(row: LotRow) -> Self {
        Self {
            grant_id: row.grant_id,
            free: Credits::new(row.free),
            effective_at: row.effective_at,
            expires_at: row.expires_at,
            applies_to: row.applies_to.0,
        }
    }
}

impl From<BurnRow> for Burn {
    fn from(row: BurnRow) -> Self {
        Self { operation: row.operation, credits: Credits::new(row.credits) }
    }
}

/// In burn order (DESIGN section 3, rule 1).
#[must_use]
pub fn open_lots(partition: i16, organization: &OrganizationId) -> QueryBuilder<'_, Postgres> {
    let mut sql = QueryBuilder::new(
        "SELECT g.grant_id, g.remaining - g.held AS free, g.effective_at, g.expires_at, to_jsonb(g.applies_to) AS applies_to \
         FROM ledger.credit_grants g WHERE g.partition = ",
    );
    sql.push_bind(partition).push(" AND g.organization_id = ").push_bind(organization.as_str());
    sql.push(
        " AND g.status IN ('scheduled', 'active') \
         ORDER BY g.priority, g.expires_at NULLS LAST, g.category = 'paid', g.effective_at, g.granted_at, g.grant_id",
    );
    sql
}

#[must_use]
pub fn burns(
    partition: i16,
    organization: &OrganizationId,
    from: Timestamp,
    to: Timestamp,
) -> QueryBuilder<'_, Postgres> {
    let mut sql = QueryBuilder::new(
        "WITH spent AS (SELECT u.operation, sum(u.credits) AS credits FROM ledger.usage_hourly u WHERE u.partition = ",
    );
    sql.push_bind(partition).push(" AND u.organization_id = ").push_bind(organization.as_str());
    sql.push(" AND u.hour >= ").push_bind(from).push(" AND u.hour <= ").push_bind(to);
    sql.push(" GROUP BY u.operation), ranked AS (SELECT s.operation, s.credits, ");
    sql.push("row_number() OVER (ORDER BY s.credits DESC, s.operation) <= ").push_bind(OPERATIONS_MAX);
    sql.push(
        " AS is_large FROM spent s) \
         SELECT CASE WHEN r.is_large THEN r.operation END AS operation, sum(r.credits)::bigint AS credits \
         FROM ranked r GROUP BY 1 HAVING sum(r.credits) > 0 ORDER BY 1",
    );
    sql
}
