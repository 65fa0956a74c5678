//! What an account's stream holds.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

/// A part of a consumption and the grant that paid for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    pub grant_id: String,
    pub amount: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountEvent {
    CreditsGranted { grant_id: String, amount: i64, balance_after: i64 },
    CreditsConsumed { consumption_id: String, amount: i64, allocations: Vec<Allocation>, balance_after: i64 },
    CreditsReserved { reservation_id: String, amount: i64 },
    ReservationConfirmed { reservation_id: String, amount: i64, allocations: Vec<Allocation>, balance_after: i64 },
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        match self {
            Self::CreditsGranted { .. } => "CreditsGranted",
            Self::CreditsConsumed { .. } => "CreditsConsumed",
            Self::CreditsReserved { .. } => "CreditsReserved",
            Self::ReservationConfirmed { .. } => "ReservationConfirmed",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1.0.0".to_owned()
    }
}
