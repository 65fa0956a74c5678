//! A log on a database of its own, and organizations as their writer sees them.

use std::sync::Arc;

use chrono::{TimeDelta, TimeZone, Utc};
use domain::commands::{Consume, Expiry, Grant};
use domain::grant::Category;
use domain::text::{Metadata, Note};
use domain::usage::Usage;
use domain::{
    Command, CommandError, CommandId, Context, Credits, Decision, History, IdempotencyKey, KeyNamespace, Organization,
    OrganizationId, PastEvents, Timestamp, decide,
};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use store::chain::{self, GENESIS};
use store::log::{AppendCommand, Log, NewEvent, Outcome, Snapshot};
use store::postgres::{self, PostgresLog};
use uuid::Uuid;

use crate::support;

pub(super) struct Fixture {
    pub(super) options: PgConnectOptions,
    pub(super) log: PostgresLog,
    pub(super) admin: PgPool,
}

impl Fixture {
    pub(super) async fn new(partitions: u16) -> Self {
        let options = support::empty_database().await;
        let admin = PgPoolOptions::new().max_connections(4).connect_with(options.clone()).await.unwrap();
        assert_eq!(postgres::migrate(&admin, Some(partitions)).await.unwrap(), partitions);
        let log = PostgresLog::connect(options.clone(), 4).await.unwrap();
        Self { options, log, admin }
    }

    pub(super) async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.admin).await.unwrap()
    }

    pub(super) async fn run(&self, sql: &str) {
        sqlx::raw_sql(sql).execute(&self.admin).await.unwrap();
    }

    pub(super) async fn append(&self, batch: &[AppendCommand]) -> Vec<Outcome> {
        self.log.append(batch[0].organization.partition(self.log.partitions()), batch).await.unwrap()
    }
}

/// One organization as its writer sees it.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) organization: OrganizationId,
    pub(super) partitions: u16,
    pub(super) state: Organization,
    pub(super) sequence: u64,
    pub(super) chain_hash: [u8; 32],
    /// What decisions look up.
    history: History,
}

pub(super) fn start() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()
}

pub(super) fn grant(amount: i64) -> Command {
    Command::Grant(Grant {
        amount: Credits::new(amount),
        category: Category::Paid,
        priority: 100,
        effective_at: None,
        expiry: Expiry::Never,
        applies_to: vec![],
        reason: Note::try_new("test").unwrap(),
        metadata: Metadata::default(),
    })
}

pub(super) fn consume(amount: i64) -> Command {
    Command::Consume(Consume { amount: Credits::new(amount).into(), usage: Arc::new(Usage::default()) })
}

pub(super) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::try_new(KeyNamespace::Client, text).unwrap()
}

impl Writer {
    pub(super) fn new(id: &str, partitions: u16) -> Self {
        let organization = OrganizationId::try_new(id).unwrap();
        let (state, history) = (Organization::default(), History::new());
        Self { organization, partitions, state, sequence: 0, chain_hash: GENESIS, history }
    }

    pub(super) fn partition(&self) -> u16 {
        self.organization.partition(self.partitions)
    }

    pub(super) fn next(&mut self, command: &Command, idempotency_key: Option<&str>) -> AppendCommand {
        self.try_next(command, idempotency_key).unwrap()
    }

    /// The command as it is to be appended, unless it is refused.
    pub(super) fn try_next(
        &mut self,
        command: &Command,
        idempotency_key: Option<&str>,
    ) -> Result<AppendCommand, CommandError> {
        let key = idempotency_key.map(key);
        let id = match &key {
            Some(key) => CommandId::of_key(&self.organization, key),
            None => CommandId::without_key(Uuid::now_v7()),
        };
        let now = start() + TimeDelta::seconds(i64::try_from(self.sequence).unwrap());
        let (events, after) = loop {
            let (organization, history) = (&self.organization, &self.history);
            let context = Context { organization, command_id: id, now, history, welcome: None };
            match decide(&self.state, command, &context)? {
                Decision::Accepted { events, after } => break (events, after),
                Decision::NeedsHistory(entity) => assert_eq!(self.history.insert(entity, PastEvents::default()), None),
            }
        };
        for (sequence, event) in (self.sequence + 1..).zip(&events) {
            if let Some(entity) = event.fact.entity_id() {
                self.history.entry(entity).or_default().push(sequence, event.clone());
            }
        }
        let count = u32::try_from(events.len()).unwrap();
        let new = |(index, event): (usize, &domain::Event)| {
            let index = u32::try_from(index).unwrap();
            NewEvent {
                sequence: self.sequence + 1 + u64::from(index),
                event_id: id.event(index),
                command_index: index,
                command_count: count,
                entity_id: event.fact.entity_id(),
                event_type: event.fact.name(),
                event_version: event.fact.version(),
                occurred_at: event.occurred_at,
                recorded_at: now,
                payload: serde_json::to_string(event).unwrap(),
                metadata: r#"{"actor":"test"}"#.to_owned(),
                chain_hash: GENESIS,
            }
        };
        let mut command = AppendCommand {
            organization: self.organization.clone(),
            expected_sequence: self.sequence,
            command_id: id,
            key: key.map(|key| (key, [7; 32])),
            events: events.iter().enumerate().map(new).collect(),
            due_at: None,
            snapshot: None,
        };
        self.chain_hash = chain::seal(self.chain_hash, self.partition(), &mut command);
        self.sequence += u64::from(count);
        self.state = after;
        Ok(command)
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.state, self.sequence, self.chain_hash)
    }
}

pub(super) fn positions(outcomes: &[Outcome]) -> Vec<Option<u64>> {
    let position = |outcome: &Outcome| match outcome {
        Outcome::Appended { position } => Some(*position),
        Outcome::Conflict | Outcome::Duplicate | Outcome::Behind => None,
    };
    outcomes.iter().map(position).collect()
}
