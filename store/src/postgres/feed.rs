//! The feed: the events of a partition in the order of their commits.
//!
//! Invariant: what is answered is contiguous from the asked position on; nothing can appear in between later, because
//! positions are taken under the head lock.

use std::sync::Arc;

use domain::OrganizationId;
use futures::TryStreamExt;
use sqlx::PgConnection;

use super::answer::answered;
use super::read::{long, small};
use super::row::{Row, Upcasters, event_columns};
use crate::log::{FeedLimit, FeedMatches, FeedPage, FeedSearch, LogError};
use crate::record::RecordedEvent;

const SELECT_FEED: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM store.events e WHERE e.partition = $1 AND e.position > $2 ORDER BY e.position LIMIT $3"
);

/// By the index on (partition, position), whatever is searched for: the positions between the bounds are its cost.
const SELECT_MATCHES: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM store.events e
      WHERE e.partition = $1 AND e.position > $2 AND e.position <= $3
        AND ($4::text[] IS NULL OR e.event_type = ANY ($4)) AND ($5::text IS NULL OR e.aggregate_id = $5)
      ORDER BY e.position LIMIT $6"
);

const SELECT_ENDS: &str = "
    SELECT coalesce((
        SELECT e.position FROM store.events e WHERE e.partition = h.partition ORDER BY e.position DESC LIMIT 1), 0)
    FROM store.heads h ORDER BY h.partition";

const SELECT_END: &str = "
    SELECT coalesce((
        SELECT e.position FROM store.events e WHERE e.partition = $1 ORDER BY e.position DESC LIMIT 1), 0)";

/// Reads the feed on a connection of the caller's, so that a projector reads in the transaction that it writes in.
pub struct Feed {
    upcasters: Arc<Upcasters>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { upcasters: domain::upcast::upcasters().into() }
    }
}

impl Feed {
    /// Events behind `after`, up to the limit and at least one where there is one. Stops short of a row that cannot be
    /// read.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] where the first row cannot be read.
    pub async fn read(
        &self,
        connection: &mut PgConnection,
        partition: u16,
        after: u64,
        limit: FeedLimit,
    ) -> Result<FeedPage, LogError> {
        read(connection, partition, after, limit, &self.upcasters).await
    }

    /// The last position of the partition, 0 where it is empty.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn end(&self, connection: &mut PgConnection, partition: u16) -> Result<u64, LogError> {
        let end: i64 = answered(sqlx::query_scalar(SELECT_END).bind(small(partition)?).fetch_one(connection)).await?;
        Ok(end.unsigned_abs())
    }
}

pub(super) async fn ends(connection: &mut PgConnection) -> Result<Vec<u64>, LogError> {
    let ends: Vec<i64> = answered(sqlx::query_scalar(SELECT_ENDS).fetch_all(connection)).await?;
    Ok(ends.into_iter().map(i64::unsigned_abs).collect())
}

pub(super) async fn read(
    connection: &mut PgConnection,
    partition: u16,
    after: u64,
    limit: FeedLimit,
    upcasters: &Upcasters,
) -> Result<FeedPage, LogError> {
    let query =
        sqlx::query_as::<_, Row>(SELECT_FEED).bind(small(partition)?).bind(long(after)).bind(i64::from(limit.events));
    let mut rows = query.fetch(connection);
    let (mut events, mut bytes) = (Vec::new(), 0);
    // Read as it comes: a statement cannot bound bytes without weighing rows that it then does not answer.
    while bytes < limit.bytes
        && let Some(row) = answered(rows.try_next()).await?
    {
        bytes += row.payload.len() + row.metadata.len();
        match follow(row, partition, after + 1 + events.len() as u64, upcasters) {
            Ok(event) => events.push(Arc::new(event)),
            Err(error) if events.is_empty() => return Err(error),
            // The caller comes back for it, and is told then.
            Err(_) => break,
        }
    }
    let is_cut = bytes >= limit.bytes || events.len() >= limit.events as usize;
    Ok(FeedPage { events, is_cut })
}

/// The events between the bounds that match, and how far they are known to be all.
pub(super) async fn search(
    connection: &mut PgConnection,
    search: &FeedSearch,
    limit: FeedLimit,
    upcasters: &Upcasters,
) -> Result<FeedMatches, LogError> {
    let types = (!search.types.is_empty()).then_some(&search.types[..]);
    let query = sqlx::query_as::<_, Row>(SELECT_MATCHES)
        .bind(small(search.partition)?)
        .bind(long(search.after))
        .bind(long(search.up_to))
        .bind(types)
        .bind(search.organization.as_ref().map(OrganizationId::as_str))
        .bind(i64::from(limit.events));
    let mut rows = query.fetch(connection);
    let (mut events, mut bytes, most) = (Vec::new(), 0, usize::try_from(limit.events).unwrap_or(usize::MAX));
    while bytes < limit.bytes
        && events.len() < most
        && let Some(row) = answered(rows.try_next()).await?
    {
        bytes += row.payload.len() + row.metadata.len();
        events.push(Arc::new(row.recorded(upcasters)?));
    }
    let is_cut = bytes >= limit.bytes || events.len() >= most;
    let up_to = events.last().filter(|_| is_cut).map_or(search.up_to, |last| last.position);
    Ok(FeedMatches { events, up_to })
}

/// The event at the one position that may come next.
fn follow(row: Row, partition: u16, position: u64, upcasters: &Upcasters) -> Result<RecordedEvent, LogError> {
    if row.position != position {
        return Err(LogError::Corrupt(format!("partition {partition} has no event at position {position}")));
    }
    row.recorded(upcasters)
}
