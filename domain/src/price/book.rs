//! A price book that has been checked, and the versions of it that were published.
//!
//! Invariant: a `PriceBook` is valid: `validate.rs` is the only way to one, also from storage.

use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::free_credits::Welcome;
use crate::price::document::Document;
use crate::price::error::PriceError;
use crate::price::exact::{ExactCredits, Rounding};
use crate::price::meter::Meter;
use crate::price::mistake::Misplaced;
use crate::price::rate_tiers::RateTiers;
use crate::price::scope::Scope;
use crate::price::validate::validate;
use crate::scale::Scale;
use crate::text::{Label, Unit};
use crate::time::Timestamp;
use crate::usage::Usage;

/// What operations cost, as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct PriceBook {
    pub(super) document: Document,
    /// Most specific first.
    pub(super) prices: Vec<Price>,
}

/// What the usage of one scope costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    pub scope: Scope,
    pub components: Vec<Component>,
    pub uncharged: Vec<Unit>,
    pub minimum: Option<Credits>,
    pub maximum: Option<Credits>,
}

/// What the quantity of one unit costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    pub unit: Unit,
    pub charge: Charge,
    /// How much of the month's use is free.
    pub free: u64,
    /// The counter of the month's use, where the charge depends on it.
    pub meter: Option<Meter>,
}

/// How a quantity becomes credits.
#[derive(Clone, Debug, PartialEq)]
pub enum Charge {
    Flat(ExactCredits),
    PerUnit(ExactCredits),
    Package { size: u64, price: ExactCredits },
    Graduated(Vec<Tier>),
    Volume(Vec<Tier>),
}

/// The use of a month up to `up_to`, or all that is left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tier {
    pub up_to: Option<u64>,
    pub rate: ExactCredits,
}

impl PriceBook {
    /// # Errors
    /// Every mistake in the document, in its order.
    pub fn try_new(document: Document) -> Result<Self, Vec<Misplaced>> {
        validate(document)
    }

    /// As it was written.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What a new organization is given.
    #[must_use]
    pub fn welcome(&self) -> Option<&Welcome> {
        self.document.welcome.as_ref()
    }

    /// Requests a second, by tier.
    #[must_use]
    pub fn rate_tiers(&self) -> &RateTiers {
        &self.document.rate_tiers
    }

    /// An estimate above so many percent of the balance warns.
    #[must_use]
    pub fn warning_percent(&self) -> u8 {
        self.document.warning_percent.unwrap_or(WARNING_PERCENT_DEFAULT)
    }

    /// How many decimals amounts have where people read them.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.document.scale.and_then(Scale::try_new).unwrap_or_default()
    }

    #[must_use]
    pub fn rounding(&self) -> Rounding {
        self.document.rounding
    }

    /// Most specific first.
    #[must_use]
    pub fn prices(&self) -> &[Price] {
        &self.prices
    }

    /// The most specific price for the usage.
    #[must_use]
    pub(super) fn find(&self, operation: &Label, usage: &Usage) -> Option<&Price> {
        self.prices.iter().find(|price| price.scope.matches(operation.as_str(), &usage.dimensions))
    }
}

impl TryFrom<Document> for PriceBook {
    type Error = String;

    fn try_from(document: Document) -> Result<Self, Self::Error> {
        let in_a_line =
            |mistakes: Vec<Misplaced>| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Self::try_new(document).map_err(in_a_line)
    }
}

impl From<PriceBook> for Document {
    fn from(book: PriceBook) -> Self {
        book.document
    }
}

/// A version of the book: immutable from its publication on.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedBook {
    /// From 1, without gaps.
    pub version: u32,
    /// Inclusive.
    pub valid_from: Timestamp,
    pub book: PriceBook,
}

/// Half the balance: whoever spends it twice has nothing left.
const WARNING_PERCENT_DEFAULT: u8 = 50;

/// How long an estimate may be charged by its own prices once others hold: a person has decided by then, and a program
/// that goes on for longer would evade a change of prices.
pub const ESTIMATE_HOLDS: TimeDelta = TimeDelta::hours(1);

/// The versions that a command may be priced by. A command carries them, and the decision picks one under the
/// organization's lock, so that a version published ahead holds from its own microsecond on.
#[derive(Clone, Default, PartialEq)]
pub struct PriceBooks(Vec<Arc<PublishedBook>>);

impl PriceBooks {
    #[must_use]
    pub fn new(mut versions: Vec<Arc<PublishedBook>>) -> Self {
        versions.sort_by_key(|published| (published.valid_from, published.version));
        Self(versions)
    }

    /// The version in force: the latest that has become valid; of two that did so at one instant, the later version.
    ///
    /// # Errors
    /// [`PriceError::NoBook`] where none is valid yet.
    pub fn at(&self, now: Timestamp) -> Result<&Arc<PublishedBook>, PriceError> {
        self.0.iter().rfind(|published| published.valid_from <= now).ok_or(PriceError::NoBook)
    }

    /// A version that is or was in force.
    ///
    /// # Errors
    /// [`PriceError::NoVersion`] where there is none of this number that has become valid.
    pub fn version(&self, version: u32, now: Timestamp) -> Result<&Arc<PublishedBook>, PriceError> {
        let found = self.0.iter().find(|published| published.version == version && published.valid_from <= now);
        found.ok_or(PriceError::NoVersion { version })
    }

    /// A version that a caller asks for, because an estimate was made by it: one that is in force, or was within
    /// [`ESTIMATE_HOLDS`].
    ///
    /// # Errors
    /// [`PriceError::NoVersion`] where it was never in force, [`PriceError::VersionOver`] where that is too long ago.
    pub fn estimated(&self, version: u32, now: Timestamp) -> Result<&Arc<PublishedBook>, PriceError> {
        let published = self.version(version, now)?;
        let place = (published.valid_from, version);
        let next = self.0.iter().find(|other| (other.valid_from, other.version) > place);
        match next.map(|next| next.valid_from) {
            Some(until) if until == published.valid_from => Err(PriceError::NoVersion { version }),
            Some(until) if until <= now - ESTIMATE_HOLDS => Err(PriceError::VersionOver { version, until }),
            Some(_) | None => Ok(published),
        }
    }
}

/// The numbers only: a command in a log line should not print the catalogue.
impl fmt::Debug for PriceBooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|published| published.version)).finish()
    }
}
