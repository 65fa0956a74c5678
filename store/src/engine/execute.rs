//! The commands of one organization, from the lock to the answer, in rounds: decide all that are open under one hold of
//! the lock (CORRECTNESS C24), wait for what they depend on, confirm what was refused, and begin again with those whose
//! state turned out not to be the log's.

use std::sync::Arc;

use domain::CommandError;
use tokio::sync::OwnedMutexGuard;

use crate::ledger::{Committed, ExecuteError};
use crate::log::LogError;
use crate::record::{CommandRequest, RecordedEvent};

use super::Engine;
use super::cache::Lease;
use super::confirm::{Answer, NoAnswer, answered};
use super::flight::{Flight, Landing};
use super::head::Head;
use super::limits::CONFLICTS_BEFORE_TURN;
use super::permit::Permit;
use super::slot::{Awaited, Desk, Slot};
use super::step::{Judged, Step};

/// The result of one command.
pub(crate) type Answered = Result<Committed, ExecuteError>;

/// What a command still needs after its flights.
enum Next {
    Answer(Answered),
    /// The log's word on its key, and on the stream's end where it was refused.
    Confirm(Option<(CommandError, Judged)>),
    Again,
}

impl Engine {
    /// One result a request, in order; all are of the lease's organization.
    pub(crate) async fn run(&self, lease: &Lease, permit: &Arc<Permit>, requests: &[CommandRequest]) -> Vec<Answered> {
        let mut results: Vec<Option<Answered>> = requests.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..requests.len()).collect();
        for _ in 0..CONFLICTS_BEFORE_TURN {
            open = self.round(lease, permit, requests, open, &mut results).await;
            if open.is_empty() {
                break;
            }
        }
        if !open.is_empty() {
            self.take_turns(lease, requests, &open, &mut results).await;
        }
        let answered = results.into_iter().map(|result| result.expect("every command is answered or open"));
        answered.inspect(|result| self.meters.outcome(result)).collect()
    }

    /// Answers what can be answered; the others must be decided again.
    async fn round(
        &self,
        lease: &Lease,
        permit: &Arc<Permit>,
        requests: &[CommandRequest],
        open: Vec<usize>,
        results: &mut [Option<Answered>],
    ) -> Vec<usize> {
        let steps = match self.decide_all(lease, permit, requests, &open).await {
            Ok(steps) => steps,
            Err(error) => {
                fail_all(&open, results, &error);
                return Vec::new();
            }
        };
        let mut again = Vec::new();
        let mut asked = Vec::new();
        for (index, step) in open.into_iter().zip(steps) {
            match land(step, &requests[index]).await {
                Next::Answer(answer) => results[index] = Some(answer),
                Next::Again => again.push(index),
                Next::Confirm(refused) => {
                    // All are asked before the first answer is awaited, so that they share one read.
                    asked.push((index, refused, self.ask(lease.slot(), Some(&requests[index]))));
                }
            }
        }
        for (index, refused, answer) in asked {
            match self.confirmed(lease.slot(), &requests[index], refused, answer).await {
                Some(answer) => results[index] = Some(answer),
                None => again.push(index),
            }
        }
        again.sort_unstable();
        again
    }

    async fn decide_all(
        &self,
        lease: &Lease,
        permit: &Arc<Permit>,
        requests: &[CommandRequest],
        open: &[usize],
    ) -> Result<Vec<Step>, LogError> {
        let mut desk = self.locked(lease).await?;
        let mut steps = Vec::with_capacity(open.len());
        for index in open {
            steps.push(self.step(lease, &mut desk, permit, &requests[*index]).await);
        }
        weigh(lease, &desk);
        Ok(steps)
    }

    /// The organization's lock, with its state loaded.
    pub(crate) async fn locked(&self, lease: &Lease) -> Result<OwnedMutexGuard<Desk>, LogError> {
        let mut desk = loadable(lease.slot()).await;
        self.load(lease, &mut desk).await?;
        Ok(desk)
    }

    /// Reads the state of a desk that has none.
    pub(crate) async fn load(&self, lease: &Lease, desk: &mut Desk) -> Result<(), LogError> {
        if desk.head.is_some() {
            return Ok(());
        }
        let slot = lease.slot();
        let head = Head::from(self.log.load(slot.organization()).await?);
        desk.epoch = slot.begin_epoch(head.sequence);
        desk.head = Some(head);
        weigh(lease, desk);
        Ok(())
    }

    pub(crate) fn ask(&self, slot: &Slot, request: Option<&CommandRequest>) -> Answer {
        let key = request.and_then(|request| request.key.as_ref()).map(|(key, _)| key);
        self.partition(slot.partition()).asker.ask(slot.organization(), key)
    }

    /// The answer that the log confirms; `None` where the command must be decided again.
    async fn confirmed(
        &self,
        slot: &Slot,
        request: &CommandRequest,
        refused: Option<(CommandError, Judged)>,
        answer: Answer,
    ) -> Option<Answered> {
        let found = match answered(answer).await {
            Ok(found) => found,
            Err(NoAnswer(reason)) => return Some(Err(ExecuteError::unavailable(reason))),
        };
        if let Some(events) = found.command {
            return Some(replay(request, events));
        }
        match refused {
            Some((error, judged)) if slot.stands(judged.epoch, judged.sequence, found.sequence).await => {
                Some(Err(ExecuteError::Refused(error)))
            }
            Some((_, judged)) => {
                slot.end_epoch(judged.epoch);
                None
            }
            None => {
                if let Some((key, _)) = &request.key {
                    slot.forget(key);
                }
                None
            }
        }
    }
}

/// The organization's lock: with its state, or when no flight is under way that a state from the log would lack.
pub(crate) async fn loadable(slot: &Slot) -> OwnedMutexGuard<Desk> {
    let mut desk = slot.lock().await;
    if slot.gives_up_old_state(&mut desk) {
        slot.grounded().await;
    }
    desk
}

/// The same for who cannot wait.
pub(crate) fn loadable_at_once(slot: &Slot) -> Option<OwnedMutexGuard<Desk>> {
    let mut desk = slot.try_lock()?;
    (!slot.gives_up_old_state(&mut desk) || slot.is_grounded()).then_some(desk)
}

/// Waits for the flights that a step depends on.
async fn land(step: Step, request: &CommandRequest) -> Next {
    match step {
        Step::Departed(flight) => match flight.landed().await.clone() {
            Landing::Durable { position } => Next::Answer(Ok(flight.committed(position, false))),
            Landing::Again => Next::Again,
            Landing::Duplicate => Next::Confirm(None),
            Landing::Rejected(error) => Next::Answer(Err(LogError::Rejected(Box::new(error)).into())),
            Landing::Unavailable => Next::Answer(Err(ExecuteError::unavailable("the database does not answer"))),
        },
        Step::Joined(flight) => join(flight, request).await,
        Step::Known => Next::Confirm(None),
        Step::Nothing => Next::Answer(Ok(Committed { events: Vec::new(), replayed: false })),
        Step::Refused(error, judged) => match landed(&judged.after).await {
            true => Next::Confirm(Some((error, judged))),
            false => Next::Again,
        },
        Step::GivenUp => Next::Again,
        Step::Failed(error) => Next::Answer(Err(error)),
    }
}

async fn join(flight: Arc<Flight>, request: &CommandRequest) -> Next {
    let same = same_request(request, flight.key.as_ref().map(|(_, hash)| hash));
    match *flight.landed().await {
        Landing::Durable { .. } if !same => Next::Answer(Err(ExecuteError::KeyReused)),
        Landing::Durable { position } => Next::Answer(Ok(flight.committed(position, true))),
        Landing::Duplicate => Next::Confirm(None),
        // The other command came to nothing; this one is decided on its own.
        Landing::Again | Landing::Rejected(_) | Landing::Unavailable => Next::Again,
    }
}

/// Whether what a judgement depends on has become durable.
pub(crate) async fn landed(awaited: &Awaited) -> bool {
    match awaited {
        Awaited::Nothing => true,
        Awaited::Flight(flight) => matches!(flight.landed().await, Landing::Durable { .. }),
        Awaited::Never => false,
    }
}

/// The first outcome of a key, if it was the same request.
pub(crate) fn replay(request: &CommandRequest, events: Vec<RecordedEvent>) -> Answered {
    let stored = events.first().and_then(|event| event.request_hash);
    if same_request(request, stored.as_ref()) {
        Ok(Committed { events, replayed: true })
    } else {
        Err(ExecuteError::KeyReused)
    }
}

fn same_request(request: &CommandRequest, stored: Option<&[u8; 32]>) -> bool {
    request.key.as_ref().map(|(_, hash)| hash) == stored
}

pub(crate) fn weigh(lease: &Lease, desk: &Desk) {
    lease.weigh(desk.head.as_ref().map_or(0, |head| head.state.approximate_bytes()));
}

/// One failure of the log for all that are open.
pub(crate) fn fail_all(open: &[usize], results: &mut [Option<Answered>], error: &LogError) {
    tracing::warn!(%error, commands = open.len(), "the log failed");
    for index in open {
        results[*index] = Some(Err(match error {
            LogError::OutcomeUnknown(_) | LogError::Unavailable(_) => {
                ExecuteError::unavailable("the database does not answer")
            }
            LogError::Rejected(_) => LogError::Corrupt(error.to_string()).into(),
            LogError::Corrupt(what) => LogError::Corrupt(what.clone()).into(),
        }));
    }
}
