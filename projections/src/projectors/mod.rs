//! Every read model of the ledger.
//!
//! Each folder has its rows and what an event makes of them (pure), and the statements that keep them.

pub mod balances;
mod fold;
pub mod grants;
pub mod purchases;
pub mod reservations;
mod rows;
pub mod transactions;
pub mod usage;

use std::sync::Arc;

use crate::projector::Projector;

pub use fold::Unprojectable;
pub(crate) use fold::{long, small};

#[cfg(test)]
mod life;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

/// All projectors, each with its own checkpoints.
#[must_use]
pub fn all() -> Vec<Arc<dyn Projector>> {
    vec![
        Arc::new(balances::Balances),
        Arc::new(transactions::Transactions),
        Arc::new(grants::Grants),
        Arc::new(reservations::Reservations),
        Arc::new(purchases::Purchases),
        Arc::new(usage::UsageHours),
    ]
}
