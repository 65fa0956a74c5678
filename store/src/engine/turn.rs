//! A command that other nodes keep overtaking takes a turn: it is decided and appended under the partition's head lock,
//! with nobody in between (CORRECTNESS C5).
//!
//! Invariant: no flight of the organization is under way during its turn, and what the cache held before is given up.

use crate::ledger::{Committed, ExecuteError};
use crate::log::{AppendCommand, LogError, Outcome, Turn};
use crate::record::CommandRequest;

use super::Engine;
use super::cache::Lease;
use super::confirm::UNREADABLE;
use super::execute::{Answered, fail_all, replay, weigh};
use super::flight::positioned;
use super::head::{Decided, Draft, Head};
use super::slot::Desk;
use super::step::{Source, Verdict, command_id, decide_with_history, settle_metadata, settlement, without_key};
use super::writer::read_back;

/// What a turn decided.
enum Decision {
    /// The request's own events are the last draft's.
    Accepted,
    Answer(Answered),
}

impl Engine {
    /// A turn for each open command, in listed order, under one hold of the organization's lock.
    pub(super) async fn take_turns(
        &self,
        lease: &Lease,
        requests: &[CommandRequest],
        open: &[usize],
        results: &mut [Option<Answered>],
    ) {
        let mut desk = lease.slot().lock().await;
        lease.slot().grounded().await;
        for (place, index) in open.iter().enumerate() {
            self.meters.turn();
            match self.take_turn(lease, &mut desk, &requests[*index]).await {
                Ok(answer) => results[*index] = Some(answer),
                Err(error @ LogError::Rejected(_)) => results[*index] = Some(Err(error.into())),
                Err(error) => {
                    fail_all(&open[place..], results, &error);
                    break;
                }
            }
        }
        weigh(lease, &desk);
    }

    async fn take_turn(&self, lease: &Lease, desk: &mut Desk, request: &CommandRequest) -> Result<Answered, LogError> {
        let slot = lease.slot();
        loop {
            // Whatever happens from here on, only a finished turn leaves a state behind.
            desk.head = None;
            let mut turn = self.log.turn(slot.partition()).await?;
            let mut head = Head::from(turn.load(slot.organization()).await?);
            let mut drafts = Vec::new();
            let decision = self.decide_in_turn(slot.partition(), &mut *turn, &mut head, request, &mut drafts).await?;
            let (appends, recorded): (Vec<_>, Vec<_>) = drafts.into_iter().map(|d| (d.append, d.recorded)).unzip();
            let Some(positions) = self.finish(slot.partition(), turn, &appends).await? else { continue };
            desk.epoch = slot.begin_epoch(head.sequence);
            desk.head = Some(head);
            let own = recorded.into_iter().zip(positions).next_back();
            return Ok(match (decision, own) {
                (Decision::Answer(answer), _) => answer,
                (Decision::Accepted, Some((events, position))) => {
                    Ok(Committed { events: positioned(events, position), replayed: false })
                }
                (Decision::Accepted, None) => Ok(Committed { events: Vec::new(), replayed: false }),
            });
        }
    }

    async fn decide_in_turn(
        &self,
        partition: u16,
        turn: &mut dyn Turn,
        head: &mut Head,
        request: &CommandRequest,
        drafts: &mut Vec<Draft>,
    ) -> Result<Decision, LogError> {
        let organization = &request.organization;
        if let Some((key, _)) = &request.key {
            match turn.command(organization, key).await {
                Ok(Some(events)) => return Ok(Decision::Answer(replay(request, events))),
                Ok(None) => {}
                Err(LogError::Corrupt(what)) => {
                    tracing::error!(%organization, what, "a key's command cannot be read");
                    return Ok(Decision::Answer(Err(ExecuteError::unavailable(UNREADABLE.0))));
                }
                Err(error) => return Err(error),
            }
        }
        let now = match self.now(&head.state) {
            Ok(now) => now,
            Err(error) => return Ok(Decision::Answer(Err(error))),
        };
        let metadata = &settle_metadata();
        loop {
            let command_id = without_key(now);
            let Some((events, after)) = settlement(&head.state, organization, command_id, now) else { break };
            let decided = Decided { organization, partition, command_id, key: None, metadata, now, events, after };
            drafts.push(head.advance(decided));
        }
        let command_id = command_id(request, now);
        let verdict = decide_with_history(request, command_id, now, head, Source::Turn(turn, drafts)).await?;
        Ok(match verdict {
            Verdict::Refused(error) => Decision::Answer(Err(ExecuteError::Refused(error))),
            // Not under the head lock, where nobody else writes; said all the same rather than assumed.
            Verdict::GivenUp => Decision::Answer(Err(ExecuteError::unavailable("the turn was lost"))),
            Verdict::Accepted { events, .. } if events.is_empty() => {
                Decision::Answer(Ok(Committed { events: Vec::new(), replayed: false }))
            }
            Verdict::Accepted { events, after } => {
                let (key, metadata) = (request.key.as_ref(), &request.metadata);
                let decided = Decided { organization, partition, command_id, key, metadata, now, events, after };
                drafts.push(head.advance(decided));
                Decision::Accepted
            }
        })
    }

    /// Appends what the turn decided; `None` where nothing was appended and the turn must be taken again.
    async fn finish(
        &self,
        partition: u16,
        turn: Box<dyn Turn>,
        appends: &[AppendCommand],
    ) -> Result<Option<Vec<u64>>, LogError> {
        if appends.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let positions: Vec<Option<u64>> = match turn.append(appends).await {
            Ok(outcomes) => outcomes.into_iter().map(appended).collect(),
            Err(LogError::OutcomeUnknown(_) | LogError::Corrupt(_)) => read_back(&*self.log, partition, appends).await,
            Err(error @ (LogError::Rejected(_) | LogError::Unavailable(_))) => return Err(error),
        };
        Ok(positions.into_iter().collect())
    }
}

fn appended(outcome: Outcome) -> Option<u64> {
    match outcome {
        Outcome::Appended { position } => Some(position),
        Outcome::Conflict | Outcome::Duplicate | Outcome::Behind => None,
    }
}
