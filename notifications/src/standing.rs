//! How notifications stand, for `/readyz` and metrics.

use domain::Timestamp;
use sqlx::FromRow;
use sqlx::postgres::PgPool;

/// Parked deliveries are counted up to here: more says no more.
const COUNT_MAX: i64 = 10_000;

/// As of the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Events of the partition that is furthest behind which have not been looked at.
    pub lag_events: u64,
    /// Why the log is not read any further, where it is not.
    pub stopped: Option<String>,
    /// Lanes (an organization at an endpoint) with something to tell.
    pub waiting: u64,
    /// How long the oldest that should have been tried was not.
    pub overdue_ms: u64,
    /// Deliveries that were given up and are still kept.
    pub parked: u64,
}

#[derive(FromRow)]
pub(crate) struct Counts {
    #[sqlx(try_from = "i64")]
    pub(crate) waiting: u64,
    pub(crate) oldest: Option<Timestamp>,
    #[sqlx(try_from = "i64")]
    pub(crate) parked: u64,
}

pub(crate) async fn counts(pool: &PgPool) -> Result<Counts, sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*) AS waiting, min(l.due_at) AS oldest,
                (SELECT count(*) FROM (
                     SELECT FROM payments.notification_endpoints e
                     CROSS JOIN LATERAL (
                         SELECT FROM payments.notification_deliveries d
                         WHERE d.endpoint_id = e.id AND d.state = 'parked' LIMIT $1) p
                     LIMIT $1) q) AS parked
         FROM payments.notification_lanes l JOIN payments.notification_endpoints e ON e.id = l.endpoint_id AND e.enabled",
    )
    .bind(COUNT_MAX)
    .fetch_one(pool)
    .await
}

impl Standing {
    pub(crate) fn of(lag_events: u64, stopped: Option<String>, counts: &Counts, now: Timestamp) -> Self {
        let overdue = counts.oldest.and_then(|oldest| (now - oldest).to_std().ok()).unwrap_or_default();
        let overdue_ms = u64::try_from(overdue.as_millis()).unwrap_or(u64::MAX);
        Self { lag_events, stopped, waiting: counts.waiting, overdue_ms, parked: counts.parked }
    }
}
