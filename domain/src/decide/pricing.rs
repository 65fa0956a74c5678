//! What a command costs: an amount that the caller gives, or the price of its usage (DESIGN section 8), decided with the
//! organization's own use of the month, under its lock.
//!
//! A reservation keeps the version that priced it: a price that changes while work is in progress does not reach it. Its
//! confirmation is priced where the month's use stands then, because only what is confirmed has been used. Tiers that
//! others have moved meanwhile must not refuse a caller who uses what was reserved: such a confirmation asks for what is
//! held at most.

use std::sync::Arc;

use crate::commands::{Amount, ConfirmReservation};
use crate::credits::Credits;
use crate::decide::draft::Draft;
use crate::error::CommandError;
use crate::price::limits::MAX_METERS;
use crate::price::{PriceError, PublishedBook, Receipt, price};
use crate::state::Reservation;
use crate::usage::Usage;

pub(super) struct Cost {
    pub(super) amount: Credits,
    /// Where the price book said so.
    pub(super) receipt: Option<Arc<Receipt>>,
}

impl Cost {
    fn given(amount: Credits) -> Self {
        Self { amount, receipt: None }
    }
}

/// The cost of a new consumption or reservation, by the version in force or by the one that is asked for.
pub(super) fn cost(
    draft: &Draft<'_>,
    amount: &Amount,
    version: Option<u32>,
    usage: &Usage,
) -> Result<Cost, CommandError> {
    let books = match amount {
        Amount::Given(amount) => return Ok(Cost::given(*amount)),
        Amount::Priced(books) => books,
    };
    let published = match version {
        Some(version) => books.version(version, draft.now())?,
        None => books.at(draft.now())?,
    };
    priced(draft, published, usage)
}

/// The cost of a confirmation, and what was really used.
pub(super) fn confirmation(
    draft: &Draft<'_>,
    command: &ConfirmReservation,
    reservation: &Reservation,
) -> Result<(Cost, Arc<Usage>), CommandError> {
    let is_as_reserved = command.quantities.is_empty();
    let usage = if is_as_reserved {
        Arc::clone(&reservation.usage)
    } else {
        Arc::new(Usage { quantities: command.quantities.clone(), ..(*reservation.usage).clone() })
    };
    if let Some(amount) = command.amount {
        return Ok((Cost::given(amount), usage));
    }
    if is_as_reserved && reservation.price_version.is_none() {
        return Ok((Cost::given(reservation.amount), usage));
    }
    let books = command.books.as_ref().ok_or(PriceError::NoBook)?;
    let published = match reservation.price_version {
        Some(version) => books.version(version, draft.now())?,
        None => books.at(draft.now())?,
    };
    let mut cost = priced(draft, published, &usage)?;
    if is_as_reserved {
        cost.amount = cost.amount.min(reservation.amount);
    }
    Ok((cost, usage))
}

fn priced(draft: &Draft<'_>, published: &PublishedBook, usage: &Usage) -> Result<Cost, CommandError> {
    let used = &draft.state.monthly_use;
    let receipt = price(published, usage, used, draft.now())?;
    if !used.has_room_for(&receipt, draft.now()) {
        return Err(CommandError::TooManyOpen { what: "counters of monthly use", limit: MAX_METERS });
    }
    Ok(Cost { amount: receipt.amount, receipt: Some(Arc::new(receipt)) })
}
