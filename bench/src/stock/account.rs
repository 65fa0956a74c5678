//! A plain credit account as a user of cqrs-es would write it: grants, consumptions, reservations.

use std::collections::BTreeMap;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::events::{AccountEvent, Allocation};

/// Ids are in the command, as in the ledger.
#[derive(Clone, Debug)]
pub enum AccountCommand {
    Grant { grant_id: String, amount: i64 },
    Consume { consumption_id: String, amount: i64 },
    Reserve { reservation_id: String, amount: i64 },
    Confirm { reservation_id: String, amount: i64 },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    #[error("insufficient credits")]
    Insufficient { required: i64, balance: i64, available: i64 },
    #[error("the reservation does not exist or has ended")]
    NotReserved,
    #[error("an amount is positive and, when confirming, at most what was reserved")]
    InvalidAmount,
}

/// One grant and what remains of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lot {
    pub grant_id: String,
    pub remaining: i64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Account {
    pub lots: Vec<Lot>,
    pub balance: i64,
    pub reserved: i64,
    pub reservations: BTreeMap<String, i64>,
}

impl Account {
    fn sufficient(&self, required: i64) -> Result<(), AccountError> {
        let available = self.balance - self.reserved;
        if required < 1 {
            Err(AccountError::InvalidAmount)
        } else if required > available {
            Err(AccountError::Insufficient { required, balance: self.balance, available })
        } else {
            Ok(())
        }
    }

    /// Which lots pay, oldest first.
    fn allocate(&self, amount: i64) -> Vec<Allocation> {
        let mut open = amount;
        let mut allocations = Vec::new();
        for lot in &self.lots {
            let part = open.min(lot.remaining);
            if part > 0 {
                allocations.push(Allocation { grant_id: lot.grant_id.clone(), amount: part });
                open -= part;
            }
        }
        allocations
    }

    fn decide(&self, command: AccountCommand) -> Result<AccountEvent, AccountError> {
        match command {
            AccountCommand::Grant { amount, .. } if amount < 1 => Err(AccountError::InvalidAmount),
            AccountCommand::Grant { grant_id, amount } => {
                Ok(AccountEvent::CreditsGranted { grant_id, amount, balance_after: self.balance + amount })
            }
            AccountCommand::Consume { consumption_id, amount } => {
                self.sufficient(amount)?;
                let allocations = self.allocate(amount);
                let balance_after = self.balance - amount;
                Ok(AccountEvent::CreditsConsumed { consumption_id, amount, allocations, balance_after })
            }
            AccountCommand::Reserve { reservation_id, amount } => {
                self.sufficient(amount)?;
                Ok(AccountEvent::CreditsReserved { reservation_id, amount })
            }
            AccountCommand::Confirm { reservation_id, amount } => {
                let held = *self.reservations.get(&reservation_id).ok_or(AccountError::NotReserved)?;
                if amount < 1 || amount > held {
                    return Err(AccountError::InvalidAmount);
                }
                let allocations = self.allocate(amount);
                let balance_after = self.balance - amount;
                Ok(AccountEvent::ReservationConfirmed { reservation_id, amount, allocations, balance_after })
            }
        }
    }

    fn draw(&mut self, allocations: &[Allocation]) {
        for part in allocations {
            if let Some(lot) = self.lots.iter_mut().find(|lot| lot.grant_id == part.grant_id) {
                lot.remaining -= part.amount;
            }
            self.balance -= part.amount;
        }
        self.lots.retain(|lot| lot.remaining > 0);
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let event = self.decide(command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        match event {
            AccountEvent::CreditsGranted { grant_id, amount, .. } => {
                self.lots.push(Lot { grant_id, remaining: amount });
                self.balance += amount;
            }
            AccountEvent::CreditsConsumed { allocations, .. } => self.draw(&allocations),
            AccountEvent::CreditsReserved { reservation_id, amount } => {
                self.reservations.insert(reservation_id, amount);
                self.reserved += amount;
            }
            AccountEvent::ReservationConfirmed { reservation_id, allocations, .. } => {
                if let Some(held) = self.reservations.remove(&reservation_id) {
                    self.reserved -= held;
                }
                self.draw(&allocations);
            }
        }
    }
}
