//! cqrs-es's `EventStore` on the engine: the conformance path (CORRECTNESS C10). `CqrsFramework` works on it unchanged,
//! with the same lock, queue and writer as [`Ledger`].
//!
//! Invariant: the context is a copy of the cached state and holds its lock. Only a commit moves the cached state, so a
//! context that is dropped, after a refusal or half way, leaves nothing behind and costs no reload.
//! Absent: idempotency keys and confirmed refusals; `load_aggregate` sees no request. Commands go through [`Ledger`].

use std::collections::HashMap;
use std::sync::Arc;

use cqrs_es::{AggregateContext, AggregateError, EventEnvelope, EventStore};
use domain::aggregate::AggregateError as DomainError;
use domain::{CommandId, Event, Organization, OrganizationId, evolve};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use crate::engine::{Decided, Desk, Engine, Landing, Lease, Permit, Use, head_of, weigh, without_key};
use crate::ledger::{ExecuteError, Ledger};
use crate::log::LogError;
use crate::record::{EventMetadata, RecordedEvent};

/// Events of one read of a stream.
const PAGE: u32 = 1_000;

type Failure = AggregateError<DomainError>;

/// The ledger as cqrs-es knows an event store. Metadata that it understands: `command_id`, `actor`, `request_id`,
/// `causation_id`.
#[derive(Clone)]
pub struct LedgerEventStore {
    engine: Arc<Engine>,
}

/// A settled copy of the organization, under its lock.
pub struct OrganizationContext {
    copy: Organization,
    desk: OwnedMutexGuard<Desk>,
    lease: Lease,
    permit: Arc<Permit>,
}

impl AggregateContext<Organization> for OrganizationContext {
    fn aggregate(&mut self) -> &mut Organization {
        &mut self.copy
    }
}

impl LedgerEventStore {
    #[must_use]
    pub fn new(ledger: &Ledger) -> Self {
        Self { engine: Arc::clone(&ledger.engine) }
    }
}

impl EventStore<Organization> for LedgerEventStore {
    type AC = OrganizationContext;

    async fn load_events(&self, aggregate_id: &str) -> Result<Vec<EventEnvelope<Organization>>, Failure> {
        let organization = organization(aggregate_id)?;
        let mut events = Vec::new();
        loop {
            let after = u64::try_from(events.len()).expect("a length fits 64 bits");
            let page = self.engine.log.stream(&organization, after, PAGE).await.map_err(of_log)?;
            if page.is_empty() {
                return Ok(events);
            }
            events.extend(page.into_iter().map(envelope));
        }
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<Self::AC, Failure> {
        let organization = organization(aggregate_id)?;
        self.engine.admit().await.map_err(of_execute)?;
        let lease = self.engine.cache.lease(&organization, Use::Command);
        let permit = self.engine.permit(&lease, 1).map_err(of_execute)?;
        let mut desk = self.engine.locked(&lease).await.map_err(of_log)?;
        self.engine.settle(&lease, &mut desk, &permit).map_err(of_execute)?;
        let copy = head_of(&mut desk).state.clone();
        Ok(OrganizationContext { copy, desk, lease, permit })
    }

    async fn commit(
        &self,
        events: Vec<Event>,
        context: Self::AC,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Organization>>, Failure> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let OrganizationContext { copy: _, mut desk, lease, permit } = context;
        let head = head_of(&mut desk);
        let now = self.engine.now(&head.state).map_err(of_execute)?;
        // Folded anew: what the events say counts, not what the caller made of the copy.
        let mut after = head.state.clone();
        events.iter().for_each(|event| evolve(&mut after, event));
        let given = metadata.get("command_id").and_then(|id| Uuid::try_parse(id).ok());
        let command_id = given.map_or_else(|| without_key(now), CommandId::without_key);
        let metadata = &of_map(&metadata);
        let (organization, partition) = (lease.slot().organization(), lease.slot().partition());
        let decided = Decided { organization, partition, command_id, key: None, metadata, now, events, after };
        let flight = self.engine.depart(&lease, &mut desk, &permit, decided);
        weigh(&lease, &desk);
        drop(desk);
        match flight.landed().await.clone() {
            Landing::Durable { position } => {
                Ok(flight.committed(position, false).events.into_iter().map(envelope).collect())
            }
            Landing::Again | Landing::Duplicate => Err(AggregateError::AggregateConflict),
            Landing::Rejected(error) => Err(AggregateError::UnexpectedError(Box::new(error))),
            Landing::Unavailable => Err(of_execute(ExecuteError::unavailable("the database does not answer"))),
        }
    }
}

fn organization(aggregate_id: &str) -> Result<OrganizationId, Failure> {
    OrganizationId::try_new(aggregate_id).map_err(|error| AggregateError::UnexpectedError(Box::new(error)))
}

fn of_log(error: LogError) -> Failure {
    match error {
        LogError::Corrupt(_) => AggregateError::DeserializationError(Box::new(error)),
        LogError::OutcomeUnknown(_) | LogError::Rejected(_) | LogError::Unavailable(_) => {
            AggregateError::DatabaseConnectionError(Box::new(error))
        }
    }
}

fn of_execute(error: ExecuteError) -> Failure {
    AggregateError::DatabaseConnectionError(Box::new(error))
}

fn of_map(map: &HashMap<String, String>) -> EventMetadata {
    let get = |key: &str| map.get(key).cloned();
    EventMetadata {
        actor: get("actor").unwrap_or_else(|| "system:cqrs".to_owned()),
        request_id: get("request_id"),
        causation_id: get("causation_id"),
    }
}

fn envelope(recorded: RecordedEvent) -> EventEnvelope<Organization> {
    let metadata = recorded.metadata;
    let actor = Some(("actor".to_owned(), metadata.actor));
    let request_id = metadata.request_id.map(|id| ("request_id".to_owned(), id));
    let causation_id = metadata.causation_id.map(|id| ("causation_id".to_owned(), id));
    EventEnvelope {
        aggregate_id: recorded.organization.as_str().to_owned(),
        sequence: usize::try_from(recorded.sequence).expect("a sequence fits this machine's words"),
        payload: recorded.event,
        metadata: actor.into_iter().chain(request_id).chain(causation_id).collect(),
    }
}
