//! One command under its organization's lock: check its key in memory, settle time, decide, put into the queue.

use std::sync::Arc;

use domain::{
    Command, CommandError, CommandId, Context, Decision, EntityId, Event, History, Organization, PastEvents, Timestamp,
    decide,
};
use uuid::{NoContext, Uuid};

use crate::ledger::ExecuteError;
use crate::log::{Log, LogError, Turn};
use crate::record::{CommandRequest, EventMetadata};

use super::Engine;
use super::cache::Lease;
use super::flight::{Departure, Flight, Ticket};
use super::head::{Decided, Draft, Head};
use super::permit::Permit;
use super::slot::{Awaited, Desk, KeyPlace, Slot};

/// What became of a command under the lock.
pub(crate) enum Step {
    Departed(Arc<Flight>),
    /// Another command with the key is under way.
    Joined(Arc<Flight>),
    /// The key was in the log not long ago.
    Known,
    /// There was nothing to do, not even to note.
    Nothing,
    Refused(CommandError, Judged),
    /// The state was given up while the decision looked history up: decide again.
    GivenUp,
    Failed(ExecuteError),
}

/// The state on which something was judged.
pub(crate) struct Judged {
    pub(crate) epoch: u64,
    pub(crate) sequence: u64,
    /// What must become durable first.
    pub(crate) after: Awaited,
}

/// Where a decision's history is looked up (CORRECTNESS C8).
pub(crate) enum Source<'a> {
    /// The log up to what is durable, and the slot's flights of the state's epoch.
    Log(&'a dyn Log, &'a Slot, u64),
    /// The log under the head's lock, and what was decided there.
    Turn(&'a mut dyn Turn, &'a [Draft]),
}

/// The answer of [`decide_with_history`].
#[expect(clippy::large_enum_variant, reason = "the large variant is the answer to nearly every command")]
pub(crate) enum Verdict {
    Accepted {
        events: Vec<Event>,
        after: Organization,
    },
    Refused(CommandError),
    /// Nothing is decided: the history of the state can no longer be had.
    GivenUp,
}

impl Engine {
    pub(crate) async fn step(
        &self,
        lease: &Lease,
        desk: &mut Desk,
        permit: &Arc<Permit>,
        request: &CommandRequest,
    ) -> Step {
        let slot = lease.slot();
        match request.key.as_ref().and_then(|(key, _)| slot.key(key)) {
            Some(KeyPlace::InFlight(flight)) => return Step::Joined(flight),
            Some(KeyPlace::Landed) => return Step::Known,
            None => {}
        }
        let now = match self.settle(lease, desk, permit) {
            Ok(now) => now,
            Err(error) => return Step::Failed(error),
        };
        let epoch = desk.epoch;
        let head = head_of(desk);
        let command_id = command_id(request, now);
        let source = Source::Log(&*self.log, slot, epoch);
        match decide_with_history(request, command_id, now, head, source).await {
            Ok(Verdict::Accepted { events, .. }) if events.is_empty() => Step::Nothing,
            Ok(Verdict::Accepted { events, after }) => {
                let key = request.key.as_ref();
                let metadata = &request.metadata;
                let (organization, partition) = (slot.organization(), slot.partition());
                let decided = Decided { organization, partition, command_id, key, metadata, now, events, after };
                Step::Departed(self.depart(lease, desk, permit, decided))
            }
            Ok(Verdict::Refused(error)) => Step::Refused(error, judged(slot, desk)),
            Ok(Verdict::GivenUp) => Step::GivenUp,
            Err(error) => Step::Failed(unreadable(error)),
        }
    }

    /// Time's due facts, as commands of their own (CORRECTNESS C3). Answers the time that it settled to: whatever is
    /// decided on the state is decided at that time, or something could fall due in between.
    pub(crate) fn settle(
        &self,
        lease: &Lease,
        desk: &mut Desk,
        permit: &Arc<Permit>,
    ) -> Result<Timestamp, ExecuteError> {
        let (organization, partition) = (lease.slot().organization().clone(), lease.slot().partition());
        let now = self.now(&head_of(desk).state)?;
        let metadata = settle_metadata();
        loop {
            let command_id = without_key(now);
            let piece = settlement(&head_of(desk).state, &organization, command_id, now);
            let Some((events, after)) = piece else { return Ok(now) };
            let (organization, metadata) = (&organization, &metadata);
            let decided = Decided { organization, partition, command_id, key: None, metadata, now, events, after };
            self.depart(lease, desk, permit, decided);
        }
    }

    /// Moves the state and puts the command into the queue; not a future, so nothing can come between.
    pub(crate) fn depart(
        &self,
        lease: &Lease,
        desk: &mut Desk,
        permit: &Arc<Permit>,
        decided: Decided<'_>,
    ) -> Arc<Flight> {
        let Draft { append, recorded, bytes } = head_of(desk).advance(decided);
        let flight = Flight::new(desk.epoch, append.key.clone(), recorded);
        let ticket = Ticket::new(Arc::clone(&flight), lease.clone(), Arc::clone(permit));
        lease.slot().take_off(Arc::clone(&flight));
        // Where the writer is gone the departure is dropped here, and its ticket lands the flight.
        let _ = self.partition(lease.slot().partition()).queue.send(Departure { append, bytes, ticket });
        flight
    }

    /// The time of a command (CORRECTNESS C12).
    pub(crate) fn now(&self, state: &Organization) -> Result<Timestamp, ExecuteError> {
        let clock = self.health.now(&*self.clock).map_err(ExecuteError::unavailable)?;
        Ok(not_before(state, clock))
    }
}

/// Time never runs back in a stream, and has microseconds.
pub(crate) fn not_before(state: &Organization, clock: Timestamp) -> Timestamp {
    let clock = domain::time::to_micros(clock);
    state.last_event_at().map_or(clock, |last| clock.max(last))
}

pub(crate) fn head_of(desk: &mut Desk) -> &mut Head {
    desk.head.as_mut().expect("the state is loaded right after the lock is taken")
}

pub(crate) fn judged(slot: &Slot, desk: &mut Desk) -> Judged {
    Judged { epoch: desk.epoch, sequence: head_of(desk).sequence, after: slot.awaited(desk.epoch) }
}

pub(crate) fn settle_metadata() -> EventMetadata {
    EventMetadata { actor: "system:settle".to_owned(), request_id: None, causation_id: None }
}

/// The next piece of what is due at `now`; `None` where nothing is.
pub(crate) fn settlement(
    state: &Organization,
    organization: &domain::OrganizationId,
    command_id: CommandId,
    now: Timestamp,
) -> Option<(Vec<Event>, Organization)> {
    if state.next_due().is_none_or(|due| due > now) {
        return None;
    }
    let context = Context { organization, command_id, now, history: &History::new(), welcome: None };
    match decide(state, &Command::Settle, &context) {
        Ok(Decision::Accepted { events, after }) if !events.is_empty() => Some((events, after)),
        Ok(Decision::Accepted { .. } | Decision::NeedsHistory(_)) | Err(_) => {
            tracing::error!(%organization, "something is due, and a settlement did not settle it");
            None
        }
    }
}

/// Decides a command, looking up what the decision asks for.
pub(crate) async fn decide_with_history(
    request: &CommandRequest,
    command_id: CommandId,
    now: Timestamp,
    head: &Head,
    mut source: Source<'_>,
) -> Result<Verdict, LogError> {
    let mut history = History::new();
    loop {
        let context = Context {
            organization: &request.organization,
            command_id,
            now,
            history: &history,
            welcome: request.welcome.as_ref(),
        };
        match decide(&head.state, &request.command, &context) {
            Ok(Decision::Accepted { events, after }) => return Ok(Verdict::Accepted { events, after }),
            Ok(Decision::NeedsHistory(entity)) if history.contains_key(&entity) => {
                return Err(LogError::Corrupt(format!("the history of {entity} does not suffice")));
            }
            Ok(Decision::NeedsHistory(entity)) => {
                let Some(events) = source.events_of(request, entity, head.sequence).await? else {
                    return Ok(Verdict::GivenUp);
                };
                history.insert(entity, events);
            }
            Err(error) => return Ok(Verdict::Refused(error)),
        }
    }
}

impl Source<'_> {
    /// The entity's events as of the state; `None` where the state has been given up.
    async fn events_of(
        &mut self,
        request: &CommandRequest,
        entity: EntityId,
        sequence: u64,
    ) -> Result<Option<PastEvents>, LogError> {
        let (durable, ahead) = match self {
            Self::Log(log, slot, epoch) => {
                let Some((durable_up_to, ahead)) = slot.unflushed(*epoch, entity, sequence) else { return Ok(None) };
                (log.entity(&request.organization, entity, durable_up_to).await?, ahead)
            }
            Self::Turn(turn, drafts) => {
                let drafted = drafts.iter().flat_map(|draft| &draft.recorded);
                let drafted = drafted.filter(|event| event.entity_id == Some(entity));
                let drafted = drafted.map(|event| (event.sequence, event.event.clone())).collect();
                (turn.entity(&request.organization, entity).await?, drafted)
            }
        };
        Ok(Some(durable.into_iter().map(|recorded| (recorded.sequence, recorded.event)).chain(ahead).collect()))
    }
}

/// The id of a request's command.
pub(crate) fn command_id(request: &CommandRequest, now: Timestamp) -> CommandId {
    match &request.key {
        Some((key, _)) => CommandId::of_key(&request.organization, key),
        None => without_key(now),
    }
}

pub(crate) fn without_key(now: Timestamp) -> CommandId {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let at = uuid::Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos());
    CommandId::without_key(Uuid::new_v7(at))
}

/// A read that failed: where the log does not answer, nothing was done.
pub(crate) fn unreadable(error: LogError) -> ExecuteError {
    match error {
        LogError::OutcomeUnknown(_) | LogError::Unavailable(_) => {
            tracing::warn!(%error, "the log cannot be read");
            ExecuteError::unavailable("the database does not answer")
        }
        error @ (LogError::Rejected(_) | LogError::Corrupt(_)) => ExecuteError::Log(error),
    }
}
