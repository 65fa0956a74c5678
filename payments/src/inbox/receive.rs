//! Keeps an event.

use domain::Timestamp;
use sqlx::PgPool;

use super::meters;
use super::rows::{self, Told};
use crate::gateway::RawEvent;
use crate::stripe::api_version;

/// How an event comes to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Webhook,
    /// Found by a reconciliation.
    Sweep,
}

impl Source {
    /// As it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Sweep => "sweep",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    New,
    /// It was here before: nothing changes.
    Again,
}

/// Keeps an event for later, once. `live`: whether real money moves here.
///
/// # Errors
/// The database is unavailable: the event is to be delivered again.
pub async fn receive(
    pool: &PgPool,
    event: RawEvent,
    source: Source,
    live: bool,
    now: Timestamp,
) -> Result<Received, sqlx::Error> {
    let told = Told::new(event, live, now);
    let is_new = !rows::keep(pool, vec![&told], source).await?.is_empty();
    Ok(count(&told, source, is_new))
}

/// Counts an event that is kept.
pub(super) fn count(told: &Told, source: Source, is_new: bool) -> Received {
    let Told { event, is_ours, .. } = told;
    meters::received(source.name(), !is_new);
    if is_new && !is_ours {
        tracing::warn!(event = %event.id, livemode = event.livemode, "an event of the other mode is kept and ignored");
        meters::other_mode();
    }
    if is_new && event.api_version.as_deref().is_some_and(|version| version != api_version()) {
        meters::other_version();
    }
    if is_new { Received::New } else { Received::Again }
}
