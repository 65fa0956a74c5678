//! One function for estimates and charges.

use std::collections::BTreeMap;

use crate::credits::Credits;
use crate::price::book::{Component, Price, PriceBook, PublishedBook};
use crate::price::charge::line;
use crate::price::error::PriceError;
use crate::price::exact::ExactCredits;
use crate::price::meter::MonthlyUse;
use crate::price::receipt::{Line, Receipt};
use crate::price::words::{DIMENSIONS, REQUEST, UNITS, nearest};
use crate::text::{Label, Unit};
use crate::time::Timestamp;
use crate::usage::Usage;

/// What the usage costs at the instant `at`, when an organization has used so much of the month.
///
/// # Errors
/// [`PriceError`], the reason why it has no price.
pub fn price(
    published: &PublishedBook,
    usage: &Usage,
    used: &MonthlyUse,
    at: Timestamp,
) -> Result<Receipt, PriceError> {
    let operation = usage.operation.as_ref().ok_or(PriceError::NoOperation)?;
    let book = &published.book;
    known_words(book, usage)?;
    let price = book.find(operation, usage).ok_or_else(|| no_price(book, operation, usage))?;
    let quantities = quantities(price, operation, &usage.quantities)?;
    let lines = quantities.into_iter().map(|(component, quantity)| {
        let used = component.meter.as_ref().map_or(0, |meter| used.used(meter, at));
        line(component, quantity, used)
    });
    let lines = lines.collect::<Option<Vec<_>>>().ok_or(PriceError::TooLarge)?;
    receipt(published, price, lines).ok_or(PriceError::TooLarge)
}

fn receipt(published: &PublishedBook, price: &Price, lines: Vec<Line>) -> Option<Receipt> {
    let sum = lines.iter().try_fold(ExactCredits::ZERO, |sum, line| sum.checked_add(line.amount))?;
    let rounding = published.book.rounding();
    let Price { scope, minimum, maximum, .. } = price;
    let (least, most) = (minimum.unwrap_or(Credits::ZERO), maximum.unwrap_or(Credits::MAX_AMOUNT));
    // The bounds are whole, so that it makes no difference whether they come before or after the rounding.
    let amount = if sum.is_zero() { Credits::ZERO } else { sum.round(rounding).clamp(least, most) };
    let (price, minimum, maximum) = (scope.clone(), *minimum, *maximum);
    Some(Receipt { version: published.version, price, lines, sum, rounding, minimum, maximum, amount })
}

/// The quantity of each component that has one, in the order of the book. A command is one request unless it says
/// otherwise.
fn quantities<'a>(
    price: &'a Price,
    operation: &Label,
    given: &BTreeMap<Unit, u64>,
) -> Result<Vec<(&'a Component, u64)>, PriceError> {
    let priced = || price.components.iter().map(|component| component.unit.as_str().to_owned()).collect();
    let is_priced = |unit: &Unit| price.components.iter().any(|component| component.unit == *unit);
    if let Some(unit) = given.keys().find(|unit| !is_priced(unit) && !price.uncharged.contains(unit)) {
        return Err(PriceError::UnitNotPriced { operation: operation.clone(), unit: unit.clone(), priced: priced() });
    }
    let quantity = |component: &Component| match given.get(&component.unit) {
        Some(quantity) => Some(*quantity),
        None => (component.unit.as_str() == REQUEST).then_some(1),
    };
    let found: Vec<_> = price.components.iter().filter_map(|c| quantity(c).map(|quantity| (c, quantity))).collect();
    if found.is_empty() {
        return Err(PriceError::NoQuantity { operation: operation.clone(), priced: priced() });
    }
    Ok(found.into_iter().filter(|(_, quantity)| *quantity > 0).collect())
}

/// A mistyped unit or dimension is named before a missing price is.
fn known_words(book: &PriceBook, usage: &Usage) -> Result<(), PriceError> {
    let units = || UNITS.into_iter().chain(book.document.units.iter().map(String::as_str));
    if let Some(unit) = usage.quantities.keys().find(|unit| units().all(|known| known != unit.as_str())) {
        let nearest = nearest(unit.as_str(), units()).map(str::to_owned);
        return Err(PriceError::UnknownUnit { unit: unit.clone(), nearest });
    }
    let dimensions = || DIMENSIONS.into_iter().chain(book.document.dimensions.iter().map(String::as_str));
    if let Some(dimension) = usage.dimensions.keys().find(|name| dimensions().all(|known| known != name.as_str())) {
        let nearest = nearest(dimension.as_str(), dimensions()).map(str::to_owned);
        return Err(PriceError::UnknownDimension { dimension: dimension.clone(), nearest });
    }
    Ok(())
}

/// Whether the operation is unknown, or its dimensions are.
fn no_price(book: &PriceBook, operation: &Label, usage: &Usage) -> PriceError {
    let of_operation = || book.prices.iter().filter(|price| price.scope.operation.matches(operation.as_str()));
    if of_operation().next().is_none() {
        let names = book.prices.iter().map(|price| price.scope.operation.as_str());
        let nearest = nearest(operation.as_str(), names).map(str::to_owned);
        return PriceError::NoPrice { operation: operation.clone(), nearest };
    }
    let words = |pairs: &mut dyn Iterator<Item = (&Unit, &str)>| {
        pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
    };
    let given = words(&mut usage.dimensions.iter().map(|(name, value)| (name, value.as_str())));
    let known: Vec<_> = of_operation()
        .map(|price| words(&mut price.scope.dimensions.iter().map(|(name, pattern)| (name, pattern.as_str()))))
        .collect();
    let nearest = nearest(&given, known.iter().map(String::as_str)).map(str::to_owned);
    let given = if given.is_empty() { "no dimensions".to_owned() } else { given };
    PriceError::NoPriceForDimensions { operation: operation.clone(), given, nearest }
}
