//! Commands that were accepted and changed nothing, such as ending a reservation again in the same way. Callers read
//! the first outcome.

use domain::events::{CommandNoted, Fact};
use domain::{EntityId, Event};
use serde::Serialize;
use store::RecordedEvent;
use utoipa::ToSchema;
use uuid::Uuid;

use super::parts::After;

/// A command without an answer of its own.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NotedAnswer<'a> {
    /// The event's or the command's name.
    pub command: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<Uuid>,
    #[serde(flatten)]
    pub after: After<'a>,
}

/// What a noted command refers to: its name and its entity.
#[must_use]
pub fn noted(events: &[RecordedEvent]) -> Option<(&str, EntityId)> {
    let Fact::CommandNoted(CommandNoted { command, entity_id }) = &events.first()?.event.fact else { return None };
    Some((command, (*entity_id)?))
}

/// The event of an entity's history that a noted command repeats.
#[must_use]
pub fn first_outcome_of<'a>(command: &str, history: &'a [RecordedEvent]) -> Option<&'a RecordedEvent> {
    let is_outcome = |event: &Event| match &event.fact {
        Fact::ReservationConfirmed(_) => command == "confirm_reservation",
        Fact::ReservationCancelled(_) => command == "cancel_reservation",
        Fact::GrantVoided(_) => command == "void_grant",
        _ => false,
    };
    history.iter().find(|recorded| is_outcome(&recorded.event))
}
