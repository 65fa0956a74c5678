//! The one writer of a partition on this node: what has gathered since the last append goes into the next one. No timer.
//!
//! Invariant: at most one append is under way, and commands of one stream are appended in the order of the queue.
//! Invariant: nothing lands before its outcome is known; a lost answer is read back first (CORRECTNESS C4).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use domain::OrganizationId;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::log::{AppendCommand, Log, LogError, Outcome};
use crate::tail::{Landed, Tails};

use super::flight::{Departure, Landing, Ticket};
use super::limits::{Limits, READ_BACK_PAUSE_MAX, READ_BACK_PAUSE_MIN};
use super::meters::Meters;

pub(crate) struct Writer {
    pub(crate) partition: u16,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) limits: Limits,
    pub(crate) meters: Arc<Meters>,
    pub(crate) tails: Arc<Tails>,
}

/// What one append carries.
struct Batch {
    appends: Vec<AppendCommand>,
    tickets: Vec<Ticket>,
}

impl Writer {
    /// Writes until no sender is left.
    pub(crate) async fn run(self, mut queue: UnboundedReceiver<Departure>) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                let Some(first) = queue.recv().await else { return };
                waiting.push_back(first);
            }
            while waiting.len() < self.limits.batch_commands
                && let Ok(next) = queue.try_recv()
            {
                waiting.push_back(next);
            }
            let batch = self.board(&mut waiting);
            self.meters.queue(self.partition, queue.len() + waiting.len());
            self.write(batch).await;
        }
    }

    /// Takes the next batch off the queue; those whose epoch has ended land at once.
    fn board(&self, waiting: &mut VecDeque<Departure>) -> Batch {
        let mut batch = Batch::with_capacity(waiting.len());
        let mut bytes = 0;
        while let Some(next) = waiting.front() {
            if !batch.tickets.is_empty() && bytes + next.bytes > self.limits.batch_bytes {
                break;
            }
            bytes += next.bytes;
            let Some(Departure { append, ticket, .. }) = waiting.pop_front() else { break };
            batch.push(append, ticket);
        }
        batch
    }

    async fn write(&self, batch: Batch) {
        let batch = batch.without_stale();
        if batch.tickets.is_empty() {
            return;
        }
        let started = Instant::now();
        let answer = self.log.append(self.partition, &batch.appends).await;
        self.meters.append(batch.tickets.len(), started.elapsed());
        match answer {
            Ok(outcomes) if outcomes.len() == batch.tickets.len() => {
                self.tails.push(self.partition, batch.landed(&outcomes));
                batch.land(&outcomes);
            }
            Ok(_) => {
                tracing::error!(self.partition, "the append answered another number of outcomes");
                self.read_back(batch).await;
            }
            Err(error @ (LogError::OutcomeUnknown(_) | LogError::Corrupt(_))) => {
                tracing::warn!(self.partition, error = %chain_of(&error), "the append's outcome is unknown");
                self.read_back(batch).await;
            }
            Err(error @ LogError::Unavailable(_)) => {
                tracing::warn!(self.partition, error = %chain_of(&error), "nothing can be appended");
                batch.land_all(&Landing::Unavailable);
            }
            Err(error @ LogError::Rejected(_)) if batch.tickets.len() == 1 => {
                tracing::error!(self.partition, error = %chain_of(&error), "the database refused a command");
                batch.land_all(&Landing::Rejected(Arc::new(error)));
            }
            Err(LogError::Rejected(_)) => {
                for part in batch.split() {
                    Box::pin(self.write(part)).await;
                }
            }
        }
    }

    async fn read_back(&self, batch: Batch) {
        let positions = read_back(&*self.log, self.partition, &batch.appends).await;
        for (ticket, position) in batch.tickets.into_iter().zip(positions) {
            ticket.land(position.map_or(Landing::Again, |position| Landing::Durable { position }));
        }
    }
}

impl Batch {
    fn with_capacity(commands: usize) -> Self {
        Self { appends: Vec::with_capacity(commands), tickets: Vec::with_capacity(commands) }
    }

    fn push(&mut self, append: AppendCommand, ticket: Ticket) {
        self.appends.push(append);
        self.tickets.push(ticket);
    }

    fn without_stale(self) -> Self {
        if !self.tickets.iter().any(Ticket::is_stale) {
            return self;
        }
        let mut fresh = Self::with_capacity(self.tickets.len());
        for (append, ticket) in self.appends.into_iter().zip(self.tickets) {
            if ticket.is_stale() {
                ticket.land(Landing::Again);
            } else {
                fresh.push(append, ticket);
            }
        }
        fresh
    }

    /// What was committed, in the order of its positions.
    fn landed(&self, outcomes: &[Outcome]) -> impl Iterator<Item = Landed> {
        let commands = self.appends.iter().zip(&self.tickets).zip(outcomes);
        commands.filter_map(|((append, ticket), outcome)| match *outcome {
            Outcome::Appended { position } => {
                let bytes = append.events.iter().map(|event| event.payload.len() + event.metadata.len()).sum();
                Some(Landed { position, bytes, flight: ticket.flight() })
            }
            Outcome::Conflict | Outcome::Behind | Outcome::Duplicate => None,
        })
    }

    fn land(self, outcomes: &[Outcome]) {
        for (ticket, outcome) in self.tickets.into_iter().zip(outcomes) {
            ticket.land(match *outcome {
                Outcome::Appended { position } => Landing::Durable { position },
                Outcome::Conflict | Outcome::Behind => Landing::Again,
                Outcome::Duplicate => Landing::Duplicate,
            });
        }
    }

    fn land_all(self, landing: &Landing) {
        for ticket in self.tickets {
            ticket.land(landing.clone());
        }
    }

    /// Stream by stream, or command by command where there is one stream only, so that a refused value fails nobody
    /// else (CORRECTNESS C1).
    fn split(self) -> Vec<Self> {
        let one_stream = self.appends.windows(2).all(|pair| pair[0].organization == pair[1].organization);
        let mut parts: Vec<Self> = Vec::new();
        let mut places: HashMap<OrganizationId, usize> = HashMap::new();
        for (append, ticket) in self.appends.into_iter().zip(self.tickets) {
            let next = parts.len();
            let place = if one_stream { next } else { *places.entry(append.organization.clone()).or_insert(next) };
            if place == next {
                parts.push(Self::with_capacity(1));
            }
            parts[place].push(append, ticket);
        }
        parts
    }
}

/// Asks until the log answers what became of a lost append.
pub(crate) async fn read_back(log: &dyn Log, partition: u16, batch: &[AppendCommand]) -> Vec<Option<u64>> {
    let mut pause = READ_BACK_PAUSE_MIN;
    loop {
        match log.read_back(partition, batch).await {
            Ok(positions) if positions.len() == batch.len() => return positions,
            Ok(_) => tracing::error!(partition, "the read back answered another number of commands"),
            Err(error) => {
                tracing::warn!(partition, error = %chain_of(&error), "the lost append cannot be read back yet")
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(READ_BACK_PAUSE_MAX);
    }
}

/// An error with its sources, for people.
fn chain_of(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
