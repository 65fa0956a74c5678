//! `payments.stripe_events`.

use std::collections::BTreeSet;

use domain::Timestamp;
use sqlx::{FromRow, PgPool};

use super::limits::{CLAIM, NOTE_BYTES_MAX, REMOVED_MAX, pause};
use super::receive::Source;
use crate::gateway::{EventId, RawEvent};

const KEEP: &str = "
    INSERT INTO payments.stripe_events
        (event_id, kind, api_version, livemode, created_at, payload, source, received_at, status, next_at, note)
    SELECT event_id, kind, api_version, livemode, created_at, payload, $7, received_at, status, received_at, note
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::timestamptz[], $6::text[], $8::timestamptz[],
                $9::text[], $10::text[])
        AS told(event_id, kind, api_version, livemode, created_at, payload, received_at, status, note)
    ON CONFLICT (event_id) DO NOTHING RETURNING event_id";

const CLAIM_DUE: &str = "
    UPDATE payments.stripe_events e SET next_at = $2
    FROM (
        SELECT d.event_id FROM payments.stripe_events d
        WHERE d.status = 'pending' AND d.next_at <= $1 ORDER BY d.next_at LIMIT $3 FOR UPDATE SKIP LOCKED) due
    WHERE e.event_id = due.event_id
    RETURNING e.event_id, e.payload, e.tries";

const FINISH: &str = "
    UPDATE payments.stripe_events SET status = $2, note = $3 WHERE event_id = $1 AND status = 'pending'";

const POSTPONE: &str = "
    UPDATE payments.stripe_events SET tries = tries + 1, next_at = $2, note = $3
    WHERE event_id = $1 AND status = 'pending'";

const RETRY: &str = "
    UPDATE payments.stripe_events SET status = 'pending', tries = 0, next_at = $2
    WHERE event_id = $1 AND status <> 'pending'";

/// Each part by the index of its status.
const STANDING: &str = "
    SELECT pending.number, pending.oldest, parked.number
    FROM (SELECT count(*) AS number, min(received_at) AS oldest
          FROM payments.stripe_events WHERE status = 'pending') pending,
         (SELECT count(*) AS number FROM payments.stripe_events WHERE status = 'parked') parked";

const REMOVE: &str = "
    DELETE FROM payments.stripe_events WHERE event_id IN (
        SELECT d.event_id FROM payments.stripe_events d
        WHERE d.received_at < $1 AND d.status IN ('done', 'ignored') ORDER BY d.received_at LIMIT $2)";

/// Newest first; a status stands in the text, because its index serves no parameter.
macro_rules! list {
    ($which:literal) => {
        concat!(
            "SELECT event_id, kind, livemode, created_at, source, received_at, status, tries, next_at, note
             FROM payments.stripe_events ",
            $which,
            " ORDER BY received_at DESC, event_id DESC LIMIT $1"
        )
    };
}

const SHOW: &str = "
    SELECT event_id, kind, livemode, created_at, source, received_at, status, tries, next_at, note
    FROM payments.stripe_events WHERE event_id = $1";

const PAYLOAD: &str = "SELECT payload FROM payments.stripe_events WHERE event_id = $1";

/// How far an event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryStatus {
    Pending,
    Done,
    /// It is not about us.
    Ignored,
    /// A person has to look.
    Parked,
}

impl EntryStatus {
    /// As it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Ignored => "ignored",
            Self::Parked => "parked",
        }
    }
}

/// An event, as people see it.
#[derive(Clone, Debug, FromRow)]
pub struct Entry {
    pub event_id: String,
    pub kind: String,
    pub livemode: bool,
    pub created_at: Timestamp,
    pub source: String,
    pub received_at: Timestamp,
    pub status: String,
    pub tries: i32,
    pub next_at: Timestamp,
    pub note: Option<String>,
}

/// An event that somebody works at.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Claimed {
    pub event_id: String,
    pub payload: String,
    pub tries: i32,
}

/// An event on its way into the inbox.
#[derive(Debug)]
pub(super) struct Told {
    pub event: RawEvent,
    /// Whether it is of the mode, live or test, that this ledger works in.
    pub is_ours: bool,
    pub now: Timestamp,
}

impl Told {
    pub(super) fn new(event: RawEvent, live: bool, now: Timestamp) -> Self {
        Self { is_ours: event.livemode == live, event, now }
    }
}

/// Keeps events, each once; answers the ids of those that are new.
///
/// In the order of their ids: two nodes that are told the same ones at once cannot wait for each other.
pub(super) async fn keep(
    pool: &PgPool,
    mut told: Vec<&Told>,
    source: Source,
) -> Result<BTreeSet<EventId>, sqlx::Error> {
    told.sort_by(|one, other| one.event.id.as_str().cmp(other.event.id.as_str()));
    let query = sqlx::query_scalar(KEEP)
        .bind(column(&told, |told| told.event.id.as_str()))
        .bind(column(&told, |told| told.event.kind.as_str()))
        .bind(column(&told, |told| told.event.api_version.as_deref()))
        .bind(column(&told, |told| told.event.livemode))
        .bind(column(&told, |told| told.event.created))
        .bind(column(&told, |told| told.event.payload.as_str()))
        .bind(source.name())
        .bind(column(&told, |told| told.now))
        .bind(column(&told, |told| if told.is_ours { EntryStatus::Pending } else { EntryStatus::Ignored }.name()))
        .bind(column(&told, |told| (!told.is_ours).then_some("of the other mode (test or live)")));
    let kept: Vec<String> = query.fetch_all(pool).await?;
    Ok(kept.into_iter().map(EventId::new).collect())
}

fn column<'a, T>(told: &[&'a Told], value: impl Fn(&'a Told) -> T) -> Vec<T> {
    told.iter().map(|told| value(told)).collect()
}

/// The inbox of all nodes.
#[derive(Clone, Debug)]
pub struct Inbox {
    pool: PgPool,
}

impl Inbox {
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Takes events that are due; nobody else is given them until the claim ends.
    pub(super) async fn claim(&self, now: Timestamp, limit: usize) -> Result<Vec<Claimed>, sqlx::Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        sqlx::query_as(CLAIM_DUE).bind(now).bind(now + CLAIM).bind(limit).fetch_all(&self.pool).await
    }

    pub(super) async fn finish(&self, id: &str, status: EntryStatus, note: &str) -> Result<(), sqlx::Error> {
        sqlx::query(FINISH).bind(id).bind(status.name()).bind(cut(note)).execute(&self.pool).await.map(drop)
    }

    pub(super) async fn postpone(&self, id: &str, tries: i32, note: &str, now: Timestamp) -> Result<(), sqlx::Error> {
        let query = sqlx::query(POSTPONE).bind(id).bind(now + pause(tries)).bind(cut(note));
        query.execute(&self.pool).await.map(drop)
    }

    /// How many are pending, since when the oldest one is, and how many are parked.
    pub(super) async fn standing(&self) -> Result<(i64, Option<Timestamp>, i64), sqlx::Error> {
        sqlx::query_as(STANDING).fetch_one(&self.pool).await
    }

    /// Removes what was finished long ago.
    pub(super) async fn remove(&self, before: Timestamp) -> Result<u64, sqlx::Error> {
        sqlx::query(REMOVE).bind(before).bind(REMOVED_MAX).execute(&self.pool).await.map(|done| done.rows_affected())
    }

    /// Newest first.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn list(&self, status: Option<EntryStatus>, limit: u32) -> Result<Vec<Entry>, sqlx::Error> {
        let query = match status {
            None => list!(""),
            Some(EntryStatus::Pending) => list!("WHERE status = 'pending'"),
            Some(EntryStatus::Done) => list!("WHERE status = 'done'"),
            Some(EntryStatus::Ignored) => list!("WHERE status = 'ignored'"),
            Some(EntryStatus::Parked) => list!("WHERE status = 'parked'"),
        };
        sqlx::query_as(query).bind(i64::from(limit)).fetch_all(&self.pool).await
    }

    /// An event and its body.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn show(&self, id: &EventId) -> Result<Option<(Entry, String)>, sqlx::Error> {
        let entry: Option<Entry> = sqlx::query_as(SHOW).bind(id.as_str()).fetch_optional(&self.pool).await?;
        let Some(entry) = entry else { return Ok(None) };
        let payload: String = sqlx::query_scalar(PAYLOAD).bind(id.as_str()).fetch_one(&self.pool).await?;
        Ok(Some((entry, payload)))
    }

    /// Has an event worked at again; answers whether there is one that is not pending anyway.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn retry(&self, id: &EventId, now: Timestamp) -> Result<bool, sqlx::Error> {
        let again = sqlx::query(RETRY).bind(id.as_str()).bind(now).execute(&self.pool).await?;
        Ok(again.rows_affected() == 1)
    }
}

fn cut(note: &str) -> &str {
    &note[..note.floor_char_boundary(NOTE_BYTES_MAX)]
}
