//! From the log to deliveries.
//!
//! Invariant: deliveries and place are one transaction under the place's row lock, so that one node at a time writes for
//! a partition, in the order of the log, and each event once.
//! Invariant: listeners are read after the events: an endpoint that was there when an event was committed is told of it.
//! Absent: a reader for each endpoint. One read serves all; each begins at a position of its own.

use std::sync::Arc;

use domain::Timestamp;
use sqlx::postgres::PgPool;
use sqlx::{Acquire, FromRow, PgConnection};
use store::Clock;
use store::log::{FeedSearch, Log, LogError};

use crate::expiring::Expiries;
use crate::lanes::{self, Told};
use crate::limits::{BATCH, POSITIONS_MAX};
use crate::meters;
use crate::notification::{Notification, TOLD, of_event};

/// Why a partition was not read; its transaction was rolled back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the log cannot be read")]
    Log(#[from] LogError),
    #[error("the place {place} of partition {partition} is past the log's end {end}: the log was restored or cut")]
    PastTheEnd { partition: u16, place: u64, end: u64 },
}

/// A partition, as one look at all of them finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct Look {
    #[sqlx(try_from = "i16")]
    pub(crate) partition: u16,
    #[sqlx(try_from = "i64")]
    position: u64,
    #[sqlx(try_from = "i64")]
    end: u64,
    pub(crate) expiries_at: Timestamp,
}

impl Look {
    pub(crate) fn lag(&self) -> u64 {
        self.end.saturating_sub(self.position)
    }

    fn wants(&self, now: Timestamp) -> bool {
        self.position != self.end || self.expiries_at <= now
    }
}

const REGISTER: &str = "
    INSERT INTO payments.notification_places (partition, position, expiries_at)
    SELECT h.partition, 0, $1 FROM store.heads h ON CONFLICT (partition) DO NOTHING";

/// What lies before every listener's beginning is not read: a place counts from the first of them. No listener, no row.
const LOOK: &str = "
    SELECT p.partition, greatest(p.position, f.floor) AS position, coalesce(l.position, 0) AS end, p.expiries_at
    FROM payments.notification_places p
    CROSS JOIN LATERAL (
        SELECT min(e.begins[p.partition + 1]) AS floor FROM payments.notification_endpoints e WHERE e.enabled
    ) f
    LEFT JOIN LATERAL (
        SELECT v.position FROM store.events v WHERE v.partition = p.partition ORDER BY v.position DESC LIMIT 1
    ) l ON true
    WHERE f.floor IS NOT NULL
    ORDER BY p.partition";

const LOCK: &str = "
    SELECT p.partition, greatest(p.position, f.floor) AS position, $2::bigint AS end, p.expiries_at
    FROM payments.notification_places p
    CROSS JOIN LATERAL (
        SELECT min(e.begins[p.partition + 1]) AS floor FROM payments.notification_endpoints e WHERE e.enabled
    ) f
    WHERE p.partition = $1 AND f.floor IS NOT NULL
    FOR UPDATE OF p SKIP LOCKED";

/// Reads the log for all endpoints.
pub(crate) struct Planner {
    pub(crate) pool: PgPool,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) expiries: Expiries,
}

impl Planner {
    pub(crate) async fn register(&self) -> Result<(), sqlx::Error> {
        sqlx::query(REGISTER).bind(self.clock.now()).execute(&self.pool).await?;
        Ok(())
    }

    /// All partitions, if there is anybody to tell.
    pub(crate) async fn look(&self) -> Result<Vec<Look>, sqlx::Error> {
        sqlx::query_as(LOOK).fetch_all(&self.pool).await
    }

    /// Brings a partition one batch further; answers whether there is more to do at once.
    pub(crate) async fn advance(&self, look: &Look) -> Result<bool, PlanError> {
        let now = self.clock.now();
        if !look.wants(now) {
            return Ok(false);
        }
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        let place = sqlx::query_as(LOCK).bind(signed(u64::from(look.partition))?).bind(signed(look.end)?);
        let Some(place) = place.fetch_optional(&mut *transaction).await? else { return Ok(false) };
        let position = self.events(&mut transaction, &place, now).await?;
        let (expiries_at, has_more) = self.expiries.tell(&mut transaction, &place, now).await?;
        sqlx::query("UPDATE payments.notification_places SET position = $2, expiries_at = $3 WHERE partition = $1")
            .bind(signed(u64::from(place.partition))?)
            .bind(signed(position)?)
            .bind(expiries_at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(has_more || position < place.end)
    }

    /// Writes deliveries of the next events; answers how far they reach.
    async fn events(&self, connection: &mut PgConnection, place: &Look, now: Timestamp) -> Result<u64, PlanError> {
        let Look { partition, position, end, .. } = *place;
        if position >= end {
            // Another node may have gone on since the look; a log that is shorter than the place is another log.
            let ends = self.log.ends().await?;
            let end = ends.get(usize::from(partition)).copied().unwrap_or(0);
            let is_past = position > end;
            return if is_past { Err(PlanError::PastTheEnd { partition, place: position, end }) } else { Ok(position) };
        }
        let up_to = end.min(position + POSITIONS_MAX);
        let search = FeedSearch { partition, after: position, up_to, types: TOLD.into(), organization: None };
        let found = self.log.search(&search, BATCH).await?;
        let told: Vec<(u64, Notification)> =
            found.events.iter().filter_map(|event| Some((event.position, of_event(event)?))).collect();
        self.tell(connection, partition, &told, now).await?;
        Ok(found.up_to)
    }

    async fn tell(
        &self,
        connection: &mut PgConnection,
        partition: u16,
        notifications: &[(u64, Notification)],
        now: Timestamp,
    ) -> Result<(), PlanError> {
        if notifications.is_empty() {
            return Ok(());
        }
        let of = |notification: &Notification| notification.organization.clone();
        let organizations: Vec<_> = notifications.iter().filter_map(|(_, notification)| of(notification)).collect();
        let names: Vec<&str> = organizations.iter().map(|organization| organization.as_str()).collect();
        let listeners = lanes::listeners(&mut *connection, partition, &names).await?;
        let mut told = Vec::new();
        for ((position, notification), organization) in notifications.iter().zip(&organizations) {
            let hears = |listener: &&lanes::Listener| listener.hears(organization, notification.name, *position);
            let heard = listeners.iter().filter(hears);
            told.extend(heard.map(|listener| Told::new(listener.id, notification)));
        }
        if !told.is_empty() {
            meters::accepted(lanes::add(connection, &told, now).await?);
        }
        Ok(())
    }
}

fn signed(number: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(number).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
