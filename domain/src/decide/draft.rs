//! A decision in the making: the events so far and the state after them.

use crate::credits::Credits;
use crate::decide::{Context, Decision, PastEvents};
use crate::error::CommandError;
use crate::events::{CommandNoted, Event, Fact};
use crate::evolve::apply;
use crate::ids::EntityId;
use crate::state::Organization;
use crate::time::Timestamp;

/// Why a decision ends early.
pub(super) enum Stop {
    Refused(CommandError),
    Lookup(EntityId),
}

impl From<CommandError> for Stop {
    fn from(error: CommandError) -> Self {
        Self::Refused(error)
    }
}

pub(super) struct Draft<'a> {
    pub(super) state: Organization,
    pub(super) context: &'a Context<'a>,
    events: Vec<Event>,
    entities_made: u32,
}

impl<'a> Draft<'a> {
    pub(super) fn new(state: &Organization, context: &'a Context<'a>) -> Self {
        Self::of(state.clone(), context)
    }

    /// On a state that nobody else needs any more.
    pub(super) fn of(state: Organization, context: &'a Context<'a>) -> Self {
        Self { state, context, events: Vec::with_capacity(2), entities_made: 0 }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.now
    }

    pub(super) fn emit(&mut self, fact: impl Into<Fact>) {
        self.emit_at(fact, self.context.now);
    }

    /// Evolves the state first: the event carries the figures after it.
    pub(super) fn emit_at(&mut self, fact: impl Into<Fact>, occurred_at: Timestamp) {
        let fact = fact.into();
        apply(&mut self.state, &fact, occurred_at);
        debug_assert_eq!(self.state.check_books(), Ok(()), "after {fact:?}");
        let figures = self.state.figures();
        self.events.push(Event {
            occurred_at,
            balance_after: figures.balance,
            restricted_after: figures.restricted,
            reserved_after: figures.reserved,
            available_after: figures.available,
            fact,
        });
    }

    /// Accepts a command that changes nothing; its key must still be on an event (CORRECTNESS C3).
    pub(super) fn note(&mut self, command: &'static str, entity_id: Option<EntityId>) {
        self.emit(CommandNoted { command: command.to_owned(), entity_id });
    }

    /// The next id that the command makes.
    pub(super) fn make_entity(&mut self) -> EntityId {
        let id = self.context.command_id.entity(self.entities_made);
        self.entities_made += 1;
        id
    }

    /// All events of an entity; stops the decision until they have been looked up.
    pub(super) fn history(&self, entity: EntityId) -> Result<&'a [Event], Stop> {
        self.past(entity).map(PastEvents::events)
    }

    /// The same with their places in the stream.
    pub(super) fn past(&self, entity: EntityId) -> Result<&'a PastEvents, Stop> {
        self.context.history.get(&entity).ok_or(Stop::Lookup(entity))
    }

    pub(super) fn event_count(&self) -> usize {
        self.events.len()
    }

    /// Refuses what would take the sum of all inflows or outflows past [`Credits::MAX_TOTAL`].
    pub(super) fn bound_inflow(&self, amount: Credits) -> Result<(), CommandError> {
        bound(self.state.totals.inflow(), amount)
    }

    pub(super) fn bound_outflow(&self, amount: Credits) -> Result<(), CommandError> {
        bound(self.state.totals.outflow(), amount)
    }

    pub(super) fn into_decision(self) -> Decision {
        Decision::Accepted { events: self.events, after: self.state }
    }
}

fn bound(total: Credits, amount: Credits) -> Result<(), CommandError> {
    match total.checked_add(amount) {
        Some(sum) if sum <= Credits::MAX_TOTAL => Ok(()),
        _ => Err(CommandError::TotalTooLarge),
    }
}
