//! Applying a batch under savepoints, and finding the one event that cannot be applied.
//!
//! Invariant: what fails leaves no row behind, in no projector's tables, and stops nobody else.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use sqlx::{Connection, PgConnection};
use store::RecordedEvent;

use crate::projector::{ApplyError, Projector, Target};

/// What became of a batch for one projector.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    /// How many of the events, from the first on, have their rows.
    pub(crate) events: usize,
    /// Why the next one has not.
    pub(crate) poisoned: Option<String>,
}

/// One try of a few events.
enum Tried {
    Done,
    /// `at` is the event to blame, where the projector knows it.
    Failed {
        at: Option<u64>,
        reason: String,
    },
    /// Somebody has locked a table of the projector's: no event is to blame, and fewer of them meet the same lock.
    LockedOut(String),
}

/// Applies as many of the events as can be applied. A batch that fails is halved until the event to blame stands alone:
/// all before it are applied, none behind it.
///
/// # Errors
/// The database failed for a reason that no event is to blame for; the transaction is to be rolled back.
pub(crate) async fn apply_most(
    projector: &dyn Projector,
    connection: &mut PgConnection,
    target: Target,
    events: &[Arc<RecordedEvent>],
) -> Result<Applied, sqlx::Error> {
    let (mut done, mut end) = (0, events.len());
    // The end of the smallest part that is known to fail.
    let mut failed = None;
    while done < events.len() {
        match attempt(projector, connection, target, &events[done..end]).await? {
            Tried::Done => {
                done = end;
                failed = failed.filter(|failed| *failed > done);
                end = failed.map_or(events.len(), |failed| halfway(done, failed));
            }
            Tried::LockedOut(reason) => return Ok(Applied { events: done, poisoned: Some(reason) }),
            Tried::Failed { reason, .. } if end - done == 1 => {
                return Ok(Applied { events: done, poisoned: Some(reason) });
            }
            Tried::Failed { at, .. } => {
                failed = Some(end);
                let blamed = at.and_then(|at| events[done..end].iter().position(|event| event.position == at));
                end = blamed.map_or(halfway(done, end), |blamed| done + blamed.max(1));
            }
        }
    }
    Ok(Applied { events: done, poisoned: None })
}

/// The end of the next try in a part that fails as a whole; at least one event.
fn halfway(done: usize, failed: usize) -> usize {
    done + ((failed - done) / 2).max(1)
}

async fn attempt(
    projector: &dyn Projector,
    connection: &mut PgConnection,
    target: Target,
    events: &[Arc<RecordedEvent>],
) -> Result<Tried, sqlx::Error> {
    let mut savepoint = connection.begin().await?;
    let applied = AssertUnwindSafe(projector.apply(&mut savepoint, &target, events)).catch_unwind().await;
    let failed = match applied {
        Ok(Ok(())) => {
            savepoint.commit().await?;
            return Ok(Tried::Done);
        }
        Ok(Err(ApplyError::Poisoned { position, reason })) => Tried::Failed { at: Some(position), reason },
        Ok(Err(ApplyError::Database(error))) if is_locked_out(&error) => Tried::LockedOut(error.to_string()),
        Ok(Err(ApplyError::Database(error))) if is_passing(&error) => return Err(error),
        Ok(Err(ApplyError::Database(error))) => Tried::Failed { at: None, reason: error.to_string() },
        Err(panic) => Tried::Failed { at: None, reason: format!("the projector panicked: {}", text_of(&*panic)) },
    };
    savepoint.rollback().await?;
    Ok(failed)
}

/// SQLSTATE 55P03, `lock_not_available`: the wait for a lock was cut off.
fn is_locked_out(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "55P03")
}

/// Whether the database failed for a reason of its own, so that the same batch may succeed later.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(database) => match database.code().as_deref().and_then(|code| code.get(..2)) {
            // Connections, rolled back transactions, resources, locks, operators and the system.
            Some("08" | "40" | "53" | "55" | "57" | "58") => true,
            Some(_) | None => false,
        },
        // What the projector made cannot be sent, or what it read is not what it expects.
        sqlx::Error::Encode(_)
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::RowNotFound
        | sqlx::Error::TypeNotFound { .. } => false,
        _ => true,
    }
}

/// What a panic said.
pub(crate) fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}
