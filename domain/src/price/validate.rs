//! From what somebody wrote to a price book, or to everything that is wrong with it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::credits::Credits;
use crate::free_credits::Rollover;
use crate::grant::MAX_PRIORITY;
use crate::limits::MAX_PATTERNS;
use crate::price::book::{Charge, Component, Price, PriceBook, Tier};
use crate::price::document::{ComponentEntry, Document, PriceEntry, TierEntry};
use crate::price::exact::{ExactCredits, Rounding};
use crate::price::limits::{
    MAX_COMPONENTS, MAX_DECLARED, MAX_DIMENSIONS, MAX_METERS, MAX_MISTAKES, MAX_PRICES, MAX_TIERS,
};
use crate::price::meter::Meter;
use crate::price::mistake::{Misplaced, Mistake, Place};
use crate::price::rate_tiers;
use crate::price::scope::{Pattern, Scope};
use crate::price::ties::tied_with;
use crate::price::words::{DIMENSIONS, REQUEST, UNITS, nearest};
use crate::recharge::MAX_VALIDITY_DAYS;
use crate::scale::Scale;
use crate::text::Unit;

pub(super) fn validate(document: Document) -> Result<PriceBook, Vec<Misplaced>> {
    let mut check = Check { document: &document, mistakes: Vec::new(), meters: BTreeMap::new() };
    check.declared();
    check.welcome();
    check.mistakes.extend(rate_tiers::mistakes(&document.rate_tiers));
    if document.warning_percent.is_some_and(|percent| !(1..=100).contains(&percent)) {
        check.note::<()>(&Place::default().field("warning_percent"), Mistake::WarningOutOfRange);
    }
    if document.scale.is_some_and(|decimals| Scale::try_new(decimals).is_none()) {
        check.note::<()>(&Place::default().field("scale"), Mistake::ScaleOutOfRange);
    }
    let prices = check.prices();
    if !check.mistakes.is_empty() {
        check.mistakes.truncate(MAX_MISTAKES);
        return Err(check.mistakes);
    }
    let mut prices: Vec<Price> = prices.into_iter().flatten().collect();
    prices.sort_by_key(|price| Reverse(price.scope.rank()));
    Ok(PriceBook { document, prices })
}

/// Collects mistakes; a part that has one is `None`.
struct Check<'a> {
    document: &'a Document,
    mistakes: Vec<Misplaced>,
    /// What each counter counts.
    meters: BTreeMap<Meter, Unit>,
}

impl Check<'_> {
    fn note<T>(&mut self, place: &Place, mistake: impl Into<Mistake>) -> Option<T> {
        self.mistakes.push(Misplaced { place: place.clone(), mistake: mistake.into() });
        None
    }

    fn declared(&mut self) {
        let document = self.document;
        let lists: [(&'static str, &[String], &[&str]); 2] =
            [("units", &document.units, &UNITS), ("dimensions", &document.dimensions, &DIMENSIONS)];
        for (field, own, usual) in lists {
            let place = Place::default().field(field);
            if own.len() > MAX_DECLARED {
                self.note::<()>(&place, Mistake::TooManyDeclared { count: own.len() });
            }
            for (i, name) in own.iter().enumerate().take(MAX_DECLARED) {
                if let Err(error) = Unit::try_new(name) {
                    self.note::<()>(&place.item(i), error);
                } else if usual.contains(&name.as_str()) || own[..i].contains(name) {
                    self.note::<()>(&place.item(i), Mistake::DeclaredTwice(name.clone()));
                }
            }
        }
    }

    fn welcome(&mut self) {
        let (Some(welcome), place) = (&self.document.welcome, Place::default().field("welcome")) else { return };
        let is_amount = |amount: Credits| amount.is_positive() && amount <= Credits::MAX_AMOUNT;
        let is_monthly_only = welcome.amount.is_zero() && welcome.monthly.is_some();
        if !is_monthly_only && !is_amount(welcome.amount) {
            self.note::<()>(&place.field("amount"), Mistake::BoundOutOfRange);
        }
        if welcome.validity_days.is_some_and(|days| !(1..=MAX_VALIDITY_DAYS).contains(&days)) {
            self.note::<()>(&place.field("validity_days"), Mistake::ValidityOutOfRange);
        }
        let (Some(monthly), place) = (&welcome.monthly, place.field("monthly")) else { return };
        if !is_amount(monthly.amount) {
            self.note::<()>(&place.field("amount"), Mistake::BoundOutOfRange);
        }
        if matches!(monthly.rollover, Rollover::Capped(cap) if !is_amount(cap)) {
            self.note::<()>(&place.field("rollover"), Mistake::BoundOutOfRange);
        }
        if monthly.priority > MAX_PRIORITY {
            self.note::<()>(&place.field("priority"), Mistake::PriorityOutOfRange);
        }
        if monthly.applies_to.len() > MAX_PATTERNS {
            self.note::<()>(&place.field("applies_to"), Mistake::TooManyPatterns { count: monthly.applies_to.len() });
        }
    }

    /// Each entry's price, where it has no mistake of its own.
    fn prices(&mut self) -> Vec<Option<Price>> {
        let (place, entries) = (Place::default().field("prices"), &self.document.prices);
        if entries.is_empty() {
            self.note::<()>(&place, Mistake::NoPrices);
        }
        if entries.len() > MAX_PRICES {
            self.note::<()>(&place, Mistake::TooManyPrices { count: entries.len() });
            return Vec::new();
        }
        let prices: Vec<_> = entries.iter().enumerate().map(|(i, entry)| self.price(&place.item(i), entry)).collect();
        if self.meters.len() > MAX_METERS {
            self.note::<()>(&place, Mistake::TooManyMeters { count: self.meters.len() });
        }
        let (places, sound): (Vec<_>, Vec<_>) =
            prices.iter().enumerate().filter_map(|(i, price)| price.as_ref().map(|price| (i, price))).unzip();
        for i in 0..sound.len() {
            if let Some(other) = tied_with(&sound, i) {
                self.note::<()>(&place.item(places[i]), Mistake::Ambiguous { other: places[other] });
            }
        }
        prices
    }

    fn price(&mut self, place: &Place, entry: &PriceEntry) -> Option<Price> {
        let operation = self.pattern(&place.field("operation"), &entry.operation);
        let dimensions = self.dimensions(&place.field("dimensions"), &entry.dimensions);
        let scope = operation.zip(dimensions).map(|(operation, dimensions)| Scope { operation, dimensions });
        let components = self.components(&place.field("components"), &entry.components, scope.as_ref());
        let uncharged = self.uncharged(&place.field("uncharged"), entry);
        let bounds_are_sound = self.bounds(place, entry);
        let price = Price {
            scope: scope?,
            components: components?,
            uncharged: uncharged?,
            minimum: entry.minimum,
            maximum: entry.maximum,
        };
        if rounds_to_nothing(&price, self.document.rounding) {
            return self.note(&place.field("components"), Mistake::RoundsToNothing);
        }
        bounds_are_sound.then_some(price)
    }

    fn pattern(&mut self, place: &Place, text: &str) -> Option<Pattern> {
        match Pattern::try_new(text) {
            Err(error) => self.note(place, error),
            Ok(pattern) if pattern.prefix().unwrap_or(text).contains('*') => self.note(place, Mistake::StarInside),
            Ok(pattern) => Some(pattern),
        }
    }

    fn dimensions(&mut self, place: &Place, given: &BTreeMap<String, String>) -> Option<BTreeMap<Unit, Pattern>> {
        if given.len() > MAX_DIMENSIONS {
            return self.note(place, Mistake::TooManyDimensions { count: given.len() });
        }
        let dimensions = given.iter().map(|(name, value)| {
            let (place, own) = (place.key(name), &self.document.dimensions);
            let known = || DIMENSIONS.into_iter().chain(own.iter().map(String::as_str));
            let pattern = self.pattern(&place, value);
            match Unit::try_new(name) {
                Ok(unit) if known().any(|known| known == name) => pattern.map(|pattern| (unit, pattern)),
                Ok(_) | Err(_) => {
                    let nearest = nearest(name, known()).map(str::to_owned);
                    self.note(&place, Mistake::UnknownDimension { dimension: name.clone(), nearest })
                }
            }
        });
        dimensions.collect::<Vec<_>>().into_iter().collect()
    }

    fn unit(&mut self, place: &Place, name: &str) -> Option<Unit> {
        let own = &self.document.units;
        let known = || UNITS.into_iter().chain(own.iter().map(String::as_str));
        match Unit::try_new(name) {
            Ok(unit) if known().any(|known| known == name) => Some(unit),
            Ok(_) | Err(_) => {
                let nearest = nearest(name, known()).map(str::to_owned);
                self.note(place, Mistake::UnknownUnit { unit: name.to_owned(), nearest })
            }
        }
    }

    fn uncharged(&mut self, place: &Place, entry: &PriceEntry) -> Option<Vec<Unit>> {
        if entry.uncharged.len() > MAX_COMPONENTS {
            return self.note(place, Mistake::TooManyComponents { count: entry.uncharged.len() });
        }
        let units = entry.uncharged.iter().enumerate().map(|(i, name)| {
            let unit = self.unit(&place.item(i), name)?;
            let is_charged = entry.components.iter().any(|component| component.unit == *name);
            if is_charged || entry.uncharged[..i].contains(name) {
                return self.note(&place.item(i), Mistake::UnitTwice(name.clone()));
            }
            Some(unit)
        });
        units.collect::<Vec<_>>().into_iter().collect()
    }

    fn bounds(&mut self, place: &Place, entry: &PriceEntry) -> bool {
        let before = self.mistakes.len();
        for (field, bound) in [("minimum", entry.minimum), ("maximum", entry.maximum)] {
            if bound.is_some_and(|bound| !bound.is_positive() || bound > Credits::MAX_AMOUNT) {
                self.note::<()>(&place.field(field), Mistake::BoundOutOfRange);
            }
        }
        if entry.minimum.zip(entry.maximum).is_some_and(|(minimum, maximum)| minimum > maximum) {
            self.note::<()>(&place.field("minimum"), Mistake::MinimumAboveMaximum);
        }
        self.mistakes.len() == before
    }

    fn components(&mut self, place: &Place, given: &[ComponentEntry], scope: Option<&Scope>) -> Option<Vec<Component>> {
        if given.is_empty() {
            return self.note(place, Mistake::NoComponents);
        }
        if given.len() > MAX_COMPONENTS {
            return self.note(place, Mistake::TooManyComponents { count: given.len() });
        }
        let components = given.iter().enumerate().map(|(i, entry)| {
            let place = place.item(i);
            if given[..i].iter().any(|earlier| earlier.unit == entry.unit) {
                return self.note(&place.field("unit"), Mistake::UnitTwice(entry.unit.clone()));
            }
            self.component(&place, entry, scope)
        });
        components.collect::<Vec<_>>().into_iter().collect()
    }

    fn component(&mut self, place: &Place, entry: &ComponentEntry, scope: Option<&Scope>) -> Option<Component> {
        let unit = self.unit(&place.field("unit"), &entry.unit);
        let charge = self.charge(place, entry);
        let (unit, charge) = unit.zip(charge)?;
        let free = self.free(&place.field("free"), entry.free, &charge)?;
        let is_metered = free > 0 || matches!(charge, Charge::Graduated(_) | Charge::Volume(_));
        let meter = match (&entry.meter, is_metered) {
            (None, false) => None,
            (Some(_), false) => return self.note(&place.field("meter"), Mistake::NothingToMeter),
            (name, true) => Some(self.meter(&place.field("meter"), name.as_deref(), &unit, scope?)?),
        };
        Some(Component { unit, charge, free, meter })
    }

    fn charge(&mut self, place: &Place, entry: &ComponentEntry) -> Option<Charge> {
        let ways = [
            entry.flat.map(|_| "flat"),
            entry.per_unit.map(|_| "per_unit"),
            entry.package.map(|_| "package"),
            entry.graduated.as_ref().map(|_| "graduated"),
            entry.volume.as_ref().map(|_| "volume"),
        ];
        let ways: Vec<_> = ways.into_iter().flatten().collect();
        if ways.len() > 1 {
            return self.note(place, Mistake::SeveralCharges(ways));
        }
        match entry {
            ComponentEntry { flat: Some(rate), .. } => self.rate(&place.field("flat"), *rate).map(Charge::Flat),
            ComponentEntry { per_unit: Some(rate), .. } => {
                self.rate(&place.field("per_unit"), *rate).map(Charge::PerUnit)
            }
            ComponentEntry { package: Some(package), .. } => {
                let place = place.field("package");
                if package.size == 0 {
                    return self.note(&place.field("size"), Mistake::EmptyPackage);
                }
                let price = self.rate(&place.field("price"), package.price)?;
                Some(Charge::Package { size: package.size, price })
            }
            ComponentEntry { graduated: Some(tiers), .. } => {
                self.tiers(&place.field("graduated"), tiers).map(Charge::Graduated)
            }
            ComponentEntry { volume: Some(tiers), .. } => self.tiers(&place.field("volume"), tiers).map(Charge::Volume),
            _ => self.note(place, Mistake::NoCharge),
        }
    }

    fn rate(&mut self, place: &Place, rate: ExactCredits) -> Option<ExactCredits> {
        if rate.is_zero() { self.note(place, Mistake::CostsNothing) } else { Some(rate) }
    }

    /// One may be free, all may not.
    fn tiers(&mut self, place: &Place, given: &[TierEntry]) -> Option<Vec<Tier>> {
        if given.len() > MAX_TIERS {
            return self.note(place, Mistake::TooManyTiers { count: given.len() });
        }
        let mut before = 0;
        for (i, tier) in given.iter().enumerate() {
            let (place, is_last) = (place.item(i).field("up_to"), i + 1 == given.len());
            match tier.up_to {
                None if is_last => {}
                None => return self.note(&place, Mistake::EndlessTierInside),
                Some(up_to) if is_last => return self.note(&place, Mistake::GapAtTheEnd { up_to }),
                Some(up_to) if up_to <= before => return self.note(&place, Mistake::TiersOverlap { up_to, before }),
                Some(up_to) => before = up_to,
            }
        }
        match given.iter().all(|tier| tier.rate.is_zero()) {
            true if given.is_empty() => self.note(place, Mistake::NoTiers),
            true => self.note(place, Mistake::CostsNothing),
            false => Some(given.iter().map(|tier| Tier { up_to: tier.up_to, rate: tier.rate }).collect()),
        }
    }

    fn free(&mut self, place: &Place, free: Option<u64>, charge: &Charge) -> Option<u64> {
        let first_end = match charge {
            Charge::Graduated(tiers) => tiers.first().and_then(|tier| tier.up_to),
            Charge::Flat(_) | Charge::PerUnit(_) | Charge::Package { .. } | Charge::Volume(_) => None,
        };
        match (free, charge, first_end) {
            (None, _, _) => Some(0),
            (Some(0), _, _) => self.note(place, Mistake::NothingFree),
            (Some(_), Charge::Flat(_), _) => self.note(place, Mistake::FreeOfFlat),
            (Some(free), _, Some(up_to)) if free >= up_to => {
                self.note(place, Mistake::TierNeverReached { free, up_to })
            }
            (Some(free), _, _) => Some(free),
        }
    }

    fn meter(&mut self, place: &Place, name: Option<&str>, unit: &Unit, scope: &Scope) -> Option<Meter> {
        let derived = || format!("{scope}/{unit}");
        let meter = match name {
            Some(name) => Meter::try_new(name).map_err(Mistake::from),
            None => Meter::try_new(&derived()).map_err(|_| Mistake::MeterTooLong(derived())),
        };
        let meter = match meter {
            Ok(meter) => meter,
            Err(mistake) => return self.note(place, mistake),
        };
        let counted = self.meters.entry(meter.clone()).or_insert_with(|| unit.clone()).as_str().to_owned();
        if counted != unit.as_str() {
            let meter = meter.as_str().to_owned();
            return self.note(place, Mistake::MeterOfTwoUnits { meter, unit: counted });
        }
        Some(meter)
    }
}

/// Whether a plain request, of which there is one a command, would never cost anything.
fn rounds_to_nothing(price: &Price, rounding: Rounding) -> bool {
    let of_one_request = |component: &Component| match &component.charge {
        Charge::Flat(rate) => Some(*rate),
        Charge::PerUnit(rate) if component.unit.as_str() == REQUEST => Some(*rate),
        Charge::PerUnit(_) | Charge::Package { .. } | Charge::Graduated(_) | Charge::Volume(_) => None,
    };
    let rates = price.components.iter().map(of_one_request).collect::<Option<Vec<_>>>();
    let sum = rates.and_then(|rates| rates.into_iter().try_fold(ExactCredits::ZERO, ExactCredits::checked_add));
    price.minimum.is_none() && sum.is_some_and(|sum| sum.round(rounding).is_zero())
}
