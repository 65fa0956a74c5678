//! A stream's state as of an instant of the past.
//!
//! Invariant: time never runs back in a stream (CORRECTNESS C12), so the events up to an instant are a beginning of the
//! stream, and the first later one ends the fold.

use domain::{Event, Organization, OrganizationId, Timestamp, evolve};
use sqlx::PgConnection;

use super::answer::answered;
use super::read::{long, small};
use super::row::{Upcasters, decode_event};
use crate::chain::AGGREGATE_TYPE;
use crate::log::{LogError, StateAt};
use crate::snapshot::{self, SNAPSHOT_VERSION};

/// Events that a fold holds in memory at once.
const PAGE: i64 = 1_000;

/// The nearest snapshot before the instant, of those that were kept (one a day) and the latest, if it fits the log and
/// this code. An event is recorded when it took effect or later, so none of these looks past the instant.
const SELECT_NEAREST: &str = "
    SELECT s.sequence, s.payload
    FROM (
        (SELECT d.sequence, d.chain_hash, d.payload FROM store.daily_snapshots d
         WHERE d.partition = $1 AND d.aggregate_id = $2 AND d.day <= ($4::timestamptz AT TIME ZONE 'UTC')::date
           AND d.recorded_at <= $4 AND d.version = $5
         ORDER BY d.day DESC LIMIT 1)
        UNION ALL
        (SELECT l.sequence, l.chain_hash, l.payload FROM store.snapshots l
         WHERE l.partition = $1 AND l.aggregate_id = $2 AND l.recorded_at <= $4 AND l.version = $5)
    ) s
    WHERE s.chain_hash = (
        SELECT e.chain_hash FROM store.events e
        WHERE e.partition = $1 AND e.aggregate_type = $3 AND e.aggregate_id = $2 AND e.sequence = s.sequence
    )
    ORDER BY s.sequence DESC LIMIT 1";

const SELECT_EVENTS: &str = "
    SELECT e.sequence, e.event_type, e.event_version, e.payload::text
    FROM store.events e
    WHERE e.partition = $1 AND e.aggregate_type = $2 AND e.aggregate_id = $3 AND e.sequence > $4
    ORDER BY e.sequence LIMIT $5";

type EventRow = (i64, String, String, String);

pub(super) async fn state_at(
    connection: &mut PgConnection,
    partition: u16,
    organization: &OrganizationId,
    at: Timestamp,
    upcasters: &Upcasters,
) -> Result<StateAt, LogError> {
    let mut past = nearest(connection, partition, organization, at).await?;
    loop {
        let page: Vec<EventRow> = answered(
            sqlx::query_as(SELECT_EVENTS)
                .bind(small(partition)?)
                .bind(AGGREGATE_TYPE)
                .bind(organization.as_str())
                .bind(long(past.sequence))
                .bind(PAGE)
                .fetch_all(&mut *connection),
        )
        .await?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        for row in &page {
            let event = decode(organization, row, upcasters)?;
            if event.occurred_at > at {
                return Ok(past);
            }
            if row.0 != long(past.sequence) + 1 {
                return Err(corrupt(organization, row.0, &format!("it follows sequence {}", past.sequence)));
            }
            evolve(&mut past.state, &event);
            past.sequence += 1;
        }
        if is_last {
            return Ok(past);
        }
    }
}

async fn nearest(
    connection: &mut PgConnection,
    partition: u16,
    organization: &OrganizationId,
    at: Timestamp,
) -> Result<StateAt, LogError> {
    let row: Option<(i64, String)> = answered(
        sqlx::query_as(SELECT_NEAREST)
            .bind(small(partition)?)
            .bind(organization.as_str())
            .bind(AGGREGATE_TYPE)
            .bind(at)
            .bind(SNAPSHOT_VERSION)
            .fetch_optional(connection),
    )
    .await?;
    let decoded = row.and_then(|(sequence, payload)| {
        let state: Organization = snapshot::decode(&payload)?;
        Some(StateAt { state, sequence: u64::try_from(sequence).ok()? })
    });
    Ok(decoded.unwrap_or_default())
}

fn decode(
    organization: &OrganizationId,
    (sequence, event_type, event_version, payload): &EventRow,
    upcasters: &Upcasters,
) -> Result<Event, LogError> {
    decode_event(event_type, event_version, payload, upcasters)
        .map_err(|error| corrupt(organization, *sequence, &error))
}

fn corrupt(organization: &OrganizationId, sequence: i64, what: &dyn std::fmt::Display) -> LogError {
    LogError::Corrupt(format!("organization {organization}, sequence {sequence}: {what}"))
}
