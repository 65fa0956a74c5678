//! `credit_reservations`: credits held for work in progress, and how each hold ended.
//!
//! Invariant: a reservation begins and ends once, so its row is written at most twice; applied again, an event changes
//! nothing.

mod row;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use store::RecordedEvent;
use uuid::Uuid;

use crate::projector::{ApplyError, Projector, Target};
use crate::projectors::rows::{self, Null};

pub use row::{Change, EndRow, ReservationRow, change};

/// Keeps `credit_reservations`.
pub struct Reservations;

const VIEW: &str = "credit_reservations";
/// Partition, organization and reservation.
const KEYS: usize = 3;

#[async_trait]
impl Projector for Reservations {
    fn name(&self) -> &'static str {
        "reservations"
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
        let (begun, ended) = fold(events);
        rows::insert(connection, &table, &begun, "DO NOTHING").await?;
        rows::update(connection, &table, &ended, KEYS, Null::Keep, "t.last_sequence < u.last_sequence").await?;
        Ok(())
    }
}

/// The reservations that begin in the events, as they are after them; and the ends of others.
#[must_use]
pub fn fold(events: &[Arc<RecordedEvent>]) -> (Vec<ReservationRow>, Vec<EndRow>) {
    let mut begun = BTreeMap::<(String, Uuid), ReservationRow>::new();
    let mut ended = Vec::new();
    for event in events {
        match change(event) {
            None => {}
            Some(Change::Begins(row)) => {
                begun.insert((row.organization_id.clone(), row.reservation_id), *row);
            }
            Some(Change::Ends(end)) => match begun.get_mut(&(end.organization_id.clone(), end.reservation_id)) {
                Some(row) => row.end(end),
                None => ended.push(end),
            },
        }
    }
    (begun.into_values().collect(), ended)
}
