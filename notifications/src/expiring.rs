//! Grants that are about to expire. Time says so, not the log: they are looked for in the read table of grants.
//!
//! Invariant: what was told is marked in the transaction that writes the delivery, under the place's lock: each grant once
//! an endpoint, whatever crashes.
//! Invariant: every look covers the whole span from now on. A grant that the read table did not have yet, or that had
//! nothing left when it was looked at, is found by the next one.

use std::time::Duration;

use domain::ids::GrantId;
use domain::{Credits, OrganizationId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use crate::kind::Kind;
use crate::lanes::{self, Told};
use crate::limits::{EXPIRIES_EVERY, EXPIRIES_ROWS};
use crate::meters;
use crate::notification::{Ending, Notification, of_ending};
use crate::planner::{Look, PlanError};

/// Served by the index `..._ending` of the grants, and the marks' primary key.
const SELECT: &str = "
    SELECT e.id AS endpoint_id, g.organization_id, g.grant_id, g.category, g.remaining, g.expires_at
    FROM ledger.credit_grants g
    JOIN payments.notification_endpoints e ON e.organization IS NULL OR e.organization = g.organization_id
    WHERE g.partition = $1 AND g.status IN ('scheduled', 'active') AND g.remaining > 0
      AND g.expires_at > $2 AND g.expires_at <= $3
      AND e.enabled AND (e.types = '{}' OR $4 = ANY (e.types))
      AND NOT EXISTS (
          SELECT FROM payments.notification_expiries x
          WHERE x.endpoint_id = e.id AND x.grant_id = g.grant_id AND x.expires_at = g.expires_at)
    ORDER BY g.expires_at, g.grant_id, e.id LIMIT $5 FOR KEY SHARE OF e";

const MARK: &str = "
    INSERT INTO payments.notification_expiries (endpoint_id, grant_id, expires_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])";

/// Looks for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expiries {
    /// How long before its end a grant is told of.
    pub(crate) ahead: Duration,
}

impl Expiries {
    /// Tells of a partition's grants if it is time to look; answers when the next look is due, and whether that is at
    /// once.
    pub(crate) async fn tell(
        &self,
        connection: &mut PgConnection,
        place: &Look,
        now: Timestamp,
    ) -> Result<(Timestamp, bool), PlanError> {
        if place.expiries_at > now {
            return Ok((place.expiries_at, false));
        }
        let found = self.find(connection, place.partition, now).await?;
        let notifications: Vec<Notification> = found.iter().map(|found| of_ending(&found.ending, now)).collect();
        let pairs = found.iter().zip(&notifications);
        let told: Vec<Told<'_>> = pairs.map(|(found, notification)| Told::new(found.endpoint, notification)).collect();
        if !told.is_empty() {
            mark(connection, &found).await?;
            meters::accepted(lanes::add(connection, &told, now).await?);
        }
        let is_full = i64::try_from(found.len()).unwrap_or(i64::MAX) >= EXPIRIES_ROWS;
        Ok(if is_full { (now, true) } else { (now + EXPIRIES_EVERY, false) })
    }

    async fn find(
        &self,
        connection: &mut PgConnection,
        partition: u16,
        now: Timestamp,
    ) -> Result<Vec<Found>, sqlx::Error> {
        sqlx::query_as(SELECT)
            .bind(i32::from(partition))
            .bind(now)
            .bind(now + self.ahead)
            .bind(Kind::GrantExpiring.name())
            .bind(EXPIRIES_ROWS)
            .fetch_all(connection)
            .await
    }
}

async fn mark(connection: &mut PgConnection, found: &[Found]) -> Result<(), sqlx::Error> {
    sqlx::query(MARK)
        .bind(found.iter().map(|found| found.endpoint).collect::<Vec<_>>())
        .bind(found.iter().map(|found| found.ending.grant_id.entity()).collect::<Vec<_>>())
        .bind(found.iter().map(|found| found.ending.expires_at).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

struct Found {
    endpoint: Uuid,
    ending: Ending,
}

impl FromRow<'_, PgRow> for Found {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let organization: String = row.try_get("organization_id")?;
        let organization =
            OrganizationId::try_new(&organization).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let ending = Ending {
            organization,
            grant_id: GrantId::new(row.try_get("grant_id")?),
            category: row.try_get("category")?,
            remaining: Credits::new(row.try_get("remaining")?),
            expires_at: row.try_get("expires_at")?,
        };
        Ok(Self { endpoint: row.try_get("endpoint_id")?, ending })
    }
}
