//! What a command costs: an amount that the caller gives, or the price of its usage (DESIGN section 8), decided with the
//! organization's own use of the month, under its lock.
//!
//! A reservation keeps the version that priced it: a price that changes while work is in progress does not reach it. Its
//! confirmation is priced where the month's use stands then, because only what is confirmed has been used. So that it
//! finds enough held, a reservation is priced as if all open ones came before it, or none: whichever is dearer. Should
//! use in between have moved the tiers all the same, a caller who used what was reserved is not refused: a confirmation
//! of all asks for what is held at most.

use std::sync::Arc;

use crate::commands::{Amount, ConfirmReservation, Consume, Reserve};
use crate::credits::Credits;
use crate::decide::draft::Draft;
use crate::error::CommandError;
use crate::price::limits::MAX_METERS;
use crate::price::{MonthlyUse, PriceBooks, PriceError, PublishedBook, Receipt, price};
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

    fn priced(receipt: Receipt) -> Self {
        Self { amount: receipt.amount, receipt: Some(Arc::new(receipt)) }
    }
}

pub(super) fn consumption(draft: &Draft<'_>, command: &Consume) -> Result<Cost, CommandError> {
    match &command.amount {
        Amount::Given(amount) => Ok(Cost::given(*amount)),
        Amount::Priced(books) => {
            let receipt = charge(draft, &draft.state.monthly_use, book(draft, books, None)?, &command.usage)?;
            Ok(Cost::priced(receipt))
        }
    }
}

pub(super) fn reservation(draft: &Draft<'_>, command: &Reserve) -> Result<Cost, CommandError> {
    let books = match &command.amount {
        Amount::Given(amount) => return Ok(Cost::given(*amount)),
        Amount::Priced(books) => books,
    };
    let published = match command.price_version {
        Some(version) => books.estimated(version, draft.now()).map_err(CommandError::from)?,
        None => book(draft, books, None)?,
    };
    let used = &draft.state.monthly_use;
    let first = charge(draft, used, published, &command.usage)?;
    let last = match used.after_reserved(&first, &draft.state.reserved_use, draft.now()) {
        Some(ahead) => charge(draft, &ahead, published, &command.usage)?,
        None => return Ok(Cost::priced(first)),
    };
    Ok(Cost::priced(if last.amount > first.amount { last } else { first }))
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
    let version = reservation.price.as_ref().map(|price| price.version);
    if is_as_reserved && version.is_none() {
        return Ok((Cost::given(reservation.amount), usage));
    }
    let books = command.books.as_ref().ok_or(PriceError::NoBook)?;
    let receipt = charge(draft, &draft.state.monthly_use, book(draft, books, version)?, &usage)?;
    let mut cost = Cost::priced(receipt);
    if is_as_reserved {
        cost.amount = cost.amount.min(reservation.amount);
    }
    Ok((cost, usage))
}

/// The version that is asked for, or the one in force.
fn book<'a>(draft: &Draft<'_>, books: &'a PriceBooks, version: Option<u32>) -> Result<&'a PublishedBook, CommandError> {
    let published = match version {
        Some(version) => books.version(version, draft.now())?,
        None => books.at(draft.now())?,
    };
    Ok(published)
}

fn charge(
    draft: &Draft<'_>,
    used: &MonthlyUse,
    published: &PublishedBook,
    usage: &Usage,
) -> Result<Receipt, CommandError> {
    let receipt = price(published, usage, used, draft.now())?;
    if used.has_room_for(&receipt, draft.now()) {
        return Ok(receipt);
    }
    Err(CommandError::TooManyOpen { what: "counters of monthly use", limit: MAX_METERS })
}
