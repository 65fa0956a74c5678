//! The one read model: an account's balance, kept by `GenericQuery`.

use cqrs_es::persist::GenericQuery;
use cqrs_es::{EventEnvelope, View};
use postgres_es::PostgresViewRepository;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::events::AccountEvent;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceView {
    pub balance: i64,
    pub used: i64,
    /// How many events the view has seen: short of the stream's length where updates were lost.
    pub events: i64,
    pub last_sequence: usize,
}

impl View<Account> for BalanceView {
    fn update(&mut self, event: &EventEnvelope<Account>) {
        self.events += 1;
        self.last_sequence = event.sequence;
        match &event.payload {
            AccountEvent::CreditsGranted { amount, .. } => self.balance += amount,
            AccountEvent::CreditsConsumed { amount, .. } | AccountEvent::ReservationConfirmed { amount, .. } => {
                self.balance -= amount;
                self.used += amount;
            }
            AccountEvent::CreditsReserved { .. } => {}
        }
    }
}

pub type BalanceRepository = PostgresViewRepository<BalanceView, Account>;
pub type BalanceQuery = GenericQuery<BalanceRepository, BalanceView, Account>;
