//! Commands through `CqrsFramework`, tried again on conflict.

use std::cell::RefCell;
use std::sync::Arc;

use async_trait::async_trait;
use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{AggregateError, CqrsFramework, EventEnvelope, Query};
use postgres_es::{PostgresCqrs, PostgresEventRepository, PostgresViewRepository};
use sqlx::PgPool;

use super::account::{Account, AccountCommand, AccountError};
use super::database::VIEW_TABLE;
use super::view::{BalanceQuery, BalanceView};

/// Tries of one command before its caller gets 503: enough for 64 requests at once on one account to end well mostly.
const TRIES_MAX: u32 = 50;

/// What a load starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `new_event_store`: the whole stream each time.
    Events,
    /// `new_snapshot_store`: the latest snapshot and the events since; wrong, because it applies events twice.
    Snapshots { every: usize },
}

/// Why a command has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum StockError {
    #[error(transparent)]
    Refused(AccountError),
    #[error("too many conflicts")]
    Conflicts,
    #[error("the store failed: {0}")]
    Store(String),
}

tokio::task_local! {
    /// Where [`Outcome`] leaves the command's event: `execute` answers nothing, and reading the view back would cost
    /// stock another round trip.
    static OUTCOME: RefCell<Option<EventEnvelope<Account>>>;
}

/// Hands the committed event to the request that waits for it.
struct Outcome;

#[async_trait]
impl Query<Account> for Outcome {
    async fn dispatch(&self, _: &str, events: &[EventEnvelope<Account>]) {
        // Outside a request nobody waits, and there is no place to leave it.
        let _ = OUTCOME.try_with(|slot| slot.replace(events.last().cloned()));
    }
}

/// The write side and its one view.
pub struct StockService {
    cqrs: PostgresCqrs<Account>,
    view: BalanceQuery,
}

impl StockService {
    #[must_use]
    pub fn new(pool: &PgPool, form: Form) -> Self {
        let repository = PostgresEventRepository::new(pool.clone());
        let store = match form {
            Form::Events => PersistedEventStore::new_event_store(repository),
            Form::Snapshots { every } => PersistedEventStore::new_snapshot_store(repository, every),
        };
        let queries: Vec<Box<dyn Query<Account>>> = vec![Box::new(balance_query(pool)), Box::new(Outcome)];
        Self { cqrs: CqrsFramework::new(store, queries, ()), view: balance_query(pool) }
    }

    /// Executes one command and answers its event.
    ///
    /// # Errors
    /// [`StockError`].
    pub async fn execute(
        &self,
        organization: &str,
        command: AccountCommand,
    ) -> Result<EventEnvelope<Account>, StockError> {
        OUTCOME.scope(RefCell::new(None), self.execute_in_scope(organization, command)).await
    }

    async fn execute_in_scope(
        &self,
        organization: &str,
        command: AccountCommand,
    ) -> Result<EventEnvelope<Account>, StockError> {
        for _ in 0..TRIES_MAX {
            match self.cqrs.execute(organization, command.clone()).await {
                Ok(()) => {
                    let event = OUTCOME.with(RefCell::take);
                    return Ok(event.expect("every accepted command commits one event"));
                }
                Err(AggregateError::AggregateConflict) => {}
                Err(AggregateError::UserError(refusal)) => return Err(StockError::Refused(refusal)),
                Err(
                    AggregateError::DatabaseConnectionError(error)
                    | AggregateError::DeserializationError(error)
                    | AggregateError::UnexpectedError(error),
                ) => return Err(StockError::Store(error.to_string())),
            }
        }
        Err(StockError::Conflicts)
    }

    /// The view's row, if there is one.
    pub async fn balance(&self, organization: &str) -> Option<BalanceView> {
        self.view.load(organization).await
    }
}

fn balance_query(pool: &PgPool) -> BalanceQuery {
    BalanceQuery::new(Arc::new(PostgresViewRepository::new(VIEW_TABLE, pool.clone())))
}
