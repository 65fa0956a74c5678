//! Nodes on one log, and the commands that the cases give them.

use std::sync::Arc;
use std::time::Duration;

use domain::commands::{Consume, Expiry, Grant, RefundConsumption, Reserve};
use domain::grant::Category;
use domain::text::Note;
use domain::{Command, CommandId, Credits, IdempotencyKey, KeyNamespace, OrganizationId};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{FaultyLog, ManualClock};
use crate::chain::{self, GENESIS};
use crate::engine::Limits;
use crate::ledger::{Committed, ExecuteError, Ledger};
use crate::log::Log;
use crate::record::{CommandRequest, EventMetadata, RecordedEvent};

/// Longer than any case: nothing but a case's own limits makes a task run by itself.
const NEVER: Duration = Duration::from_secs(3_600);

pub struct World {
    pub log: Arc<FaultyLog>,
    pub clock: Arc<ManualClock>,
    pub organization: OrganizationId,
}

impl World {
    #[must_use]
    pub fn new(log: Arc<dyn Log>) -> Self {
        let clock = Arc::new(ManualClock::new());
        let log = Arc::new(FaultyLog::new(log, Arc::clone(&clock) as _));
        Self { log, clock, organization: organization("org") }
    }

    /// A world whose organization has been granted credits.
    pub async fn with_credits(log: Arc<dyn Log>, credits: i64) -> (Self, Arc<Ledger>) {
        let world = Self::new(log);
        let node = world.node();
        node.execute(world.request("opening", grant(credits))).await.expect("a grant is accepted");
        (world, node)
    }

    /// Limits under which nothing happens that the case does not do.
    #[must_use]
    pub fn quiet() -> Limits {
        Limits { sweep_interval: NEVER, clock_interval: Duration::from_millis(10), ..Limits::default() }
    }

    #[must_use]
    pub fn node(&self) -> Arc<Ledger> {
        self.node_with(Self::quiet())
    }

    #[must_use]
    pub fn node_with(&self, limits: Limits) -> Arc<Ledger> {
        Arc::new(Ledger::start_with(Arc::clone(&self.log) as _, Arc::clone(&self.clock) as _, limits))
    }

    /// A command of the world's organization; its request hash is the key's unless it is changed.
    #[must_use]
    pub fn request(&self, key: &str, command: Command) -> CommandRequest {
        request(&self.organization, key, command)
    }

    /// All events of the world's organization, with their chain checked.
    pub async fn events(&self) -> Vec<RecordedEvent> {
        let events = self.log.stream(&self.organization, 0, 100_000).await.expect("the log can be read");
        check_chain(&events);
        events
    }

    pub async fn names(&self) -> Vec<&'static str> {
        self.events().await.iter().map(|event| event.event.fact.name()).collect()
    }
}

/// Sequences without gaps, and every hash that of a row with this event.
fn check_chain(events: &[RecordedEvent]) {
    let mut previous = GENESIS;
    for (event, sequence) in events.iter().zip(1..) {
        assert_eq!(event.sequence, sequence, "the stream has a gap");
        let payload = serde_json::to_string(&event.event).expect("an event is JSON");
        let metadata = serde_json::to_string(&event.metadata).expect("metadata are JSON");
        let link = chain::Link {
            partition: event.partition,
            aggregate_type: chain::AGGREGATE_TYPE,
            organization: event.organization.as_str(),
            sequence,
            event_id: event.event_id,
            event_type: event.event.fact.name(),
            event_version: &event.event_version,
            command_id: event.command_id.uuid(),
            command_index: event.command_index,
            command_count: event.command_count,
            entity_id: event.entity_id,
            occurred_at: event.event.occurred_at,
            recorded_at: event.recorded_at,
            idempotency_key: event.idempotency_key.as_deref(),
            request_hash: event.request_hash.as_ref().map(<[u8; 32]>::as_slice),
            payload: &payload,
            metadata: &metadata,
        };
        previous = chain::next(&previous, &link);
        assert_eq!(event.chain_hash, previous, "the chain breaks at {sequence}");
    }
}

/// A fresh id.
#[must_use]
pub fn organization(prefix: &str) -> OrganizationId {
    OrganizationId::try_new(&format!("{prefix}-{}", Uuid::now_v7())).expect("an id in form")
}

#[must_use]
pub fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::try_new(KeyNamespace::Client, text).expect("a key in form")
}

#[must_use]
pub fn request(organization: &OrganizationId, text: &str, command: Command) -> CommandRequest {
    let mut hash = [0; 32];
    text.bytes().zip(&mut hash).for_each(|(byte, place)| *place = byte);
    CommandRequest {
        organization: organization.clone(),
        key: Some((key(text), hash)),
        command,
        metadata: EventMetadata { actor: "key:test".to_owned(), request_id: None, causation_id: None },
        welcome: None,
    }
}

#[must_use]
pub fn note(text: &str) -> Note {
    Note::try_new(text).expect("a short text")
}

#[must_use]
pub fn grant(credits: i64) -> Command {
    grant_until(credits, Expiry::Never)
}

#[must_use]
pub fn grant_until(credits: i64, expiry: Expiry) -> Command {
    Command::Grant(Grant {
        amount: Credits::new(credits),
        category: Category::Promotional,
        priority: 100,
        effective_at: None,
        expiry,
        applies_to: Vec::new(),
        reason: note("for tests"),
        metadata: Default::default(),
    })
}

#[must_use]
pub fn consume(credits: i64) -> Command {
    Command::Consume(Consume { amount: Credits::new(credits).into(), usage: Arc::default() })
}

#[must_use]
pub fn reserve(credits: i64, seconds: u32) -> Command {
    Command::Reserve(Reserve {
        amount: Credits::new(credits).into(),
        price_version: None,
        expires_in_seconds: seconds,
        over: Default::default(),
        usage: Arc::default(),
    })
}

/// Refunds what the command with this key has consumed.
#[must_use]
pub fn refund(organization: &OrganizationId, consumed_with: &str, credits: i64) -> Command {
    let entity = CommandId::of_key(organization, &key(consumed_with)).entity(0);
    Command::RefundConsumption(RefundConsumption {
        consumption_id: domain::ids::ConsumptionId::new(entity),
        amount: Some(Credits::new(credits)),
        reason: note("for tests"),
    })
}

/// Runs a command beside the case.
pub fn start(node: &Arc<Ledger>, request: CommandRequest) -> JoinHandle<Result<Committed, ExecuteError>> {
    let node = Arc::clone(node);
    tokio::spawn(async move { node.execute(request).await })
}

/// Long enough for whatever can happen without a gate to have happened.
pub async fn a_while() {
    tokio::time::sleep(Duration::from_millis(60)).await;
}

/// Waits until something is so.
pub async fn eventually(what: &str, mut so: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("within two seconds: {what}");
}
