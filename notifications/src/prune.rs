//! What ended long ago is removed, a few rows at a time.

use sqlx::postgres::PgPool;

use domain::Timestamp;

use crate::limits::{KEEP_DELIVERED, KEEP_PARKED, PRUNE_ROWS};

const DELIVERIES: &str = "
    DELETE FROM payments.notification_deliveries d
    USING (SELECT o.endpoint_id, o.notification_id FROM payments.notification_deliveries o
           WHERE o.ended_at < $1 AND (o.state = 'delivered' OR o.ended_at < $2)
           ORDER BY o.ended_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS old
    WHERE d.endpoint_id = old.endpoint_id AND d.notification_id = old.notification_id";

/// A grant that has expired is not about to.
const EXPIRIES: &str = "
    DELETE FROM payments.notification_expiries x
    USING (SELECT o.endpoint_id, o.grant_id, o.expires_at FROM payments.notification_expiries o
           WHERE o.expires_at < $1 ORDER BY o.expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS old
    WHERE x.endpoint_id = old.endpoint_id AND x.grant_id = old.grant_id AND x.expires_at = old.expires_at";

pub(crate) async fn prune(pool: &PgPool, now: Timestamp) -> Result<u64, sqlx::Error> {
    let deliveries = sqlx::query(DELIVERIES).bind(now - KEEP_DELIVERED).bind(now - KEEP_PARKED).bind(PRUNE_ROWS);
    let removed = deliveries.execute(pool).await?.rows_affected();
    let expiries = sqlx::query(EXPIRIES).bind(now).bind(PRUNE_ROWS).execute(pool).await?;
    Ok(removed + expiries.rows_affected())
}
