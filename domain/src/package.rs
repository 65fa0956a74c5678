//! What is for sale: packages of credits, their changes, and what a credit costs in each.
//!
//! Invariant: a [`Package`] is sound: [`PackageTerms::check`] has let its terms through.
//! Absent: where packages are kept, and payments.

use serde::{Deserialize, Serialize};

use crate::commands::Offer;
use crate::credits::Credits;
use crate::grant::Money;
use crate::ids::OrganizationId;
use crate::money;
use crate::recharge::MAX_VALIDITY_DAYS;
use crate::scale::Scale;
use crate::text::{Label, ReferenceText, Text};
use crate::time::Timestamp;

/// The name that customers see, and each feature.
pub type Words = Text<255>;

/// Features of one package: a list that a price page can show.
pub const MAX_FEATURES: usize = 32;

/// The id of a package: the seller's own, of the form of an organization's id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(ReferenceText);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a package's id is 1 to 64 letters, digits or . _ : - and begins with a letter or digit")]
pub struct InvalidPackageId;

impl PackageId {
    /// # Errors
    /// [`InvalidPackageId`] when the text is not of that form.
    pub fn try_new(text: &str) -> Result<Self, InvalidPackageId> {
        OrganizationId::try_new(text).map_err(|_| InvalidPackageId)?;
        ReferenceText::try_new(text).map(Self).map_err(|_| InvalidPackageId)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// As purchases name it.
    #[must_use]
    pub fn reference(&self) -> ReferenceText {
        self.0.clone()
    }
}

impl std::fmt::Display for PackageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a version of a package says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageTerms {
    pub name: Words,
    pub credits: Credits,
    /// On top, at no further price.
    pub bonus_credits: Credits,
    pub price: Money,
    pub is_active: bool,
    pub features: Vec<Words>,
    /// Days until bought credits expire; `None`: never.
    pub validity_days: Option<u32>,
    /// The tier of rate limits that it brings; `None`: the usual one.
    pub rate_tier: Option<Label>,
    pub stripe_price_id: Option<ReferenceText>,
}

/// A version of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub id: PackageId,
    /// From 1, without gaps.
    pub version: u32,
    pub terms: PackageTerms,
    /// Who made the version.
    pub actor: String,
    pub recorded_at: Timestamp,
}

/// What to change of a package; `None` leaves it, `Some(None)` takes it away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageChange {
    pub name: Option<Words>,
    pub credits: Option<Credits>,
    pub bonus_credits: Option<Credits>,
    pub price: Option<Money>,
    pub is_active: Option<bool>,
    pub features: Option<Vec<Words>>,
    pub validity_days: Option<Option<u32>>,
    pub rate_tier: Option<Option<Label>>,
    pub stripe_price_id: Option<Option<ReferenceText>>,
}

/// A value that no package can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct PackageMistake {
    pub field: &'static str,
    pub problem: &'static str,
}

impl PackageTerms {
    /// # Errors
    /// The first [`PackageMistake`].
    pub fn check(&self) -> Result<(), PackageMistake> {
        let ensure = |holds: bool, field, problem| if holds { Ok(()) } else { Err(PackageMistake { field, problem }) };
        let bounded = |credits: Credits| credits >= Credits::ZERO && credits <= Credits::MAX_AMOUNT;
        ensure(self.credits.is_positive() && bounded(self.credits), "credits", "must be from 1 to 10^15")?;
        ensure(bounded(self.bonus_credits), "bonus_credits", "must be from 0 to 10^15")?;
        let together = self.credits.checked_add(self.bonus_credits).is_some_and(bounded);
        ensure(together, "bonus_credits", "and `credits` must be at most 10^15 together")?;
        ensure(bounded(Credits::new(self.price.amount_minor)), "price_cents", "must be from 0 to 10^15")?;
        ensure(self.features.len() <= MAX_FEATURES, "features", "must be at most 32")?;
        let days_are_bounded = self.validity_days.is_none_or(|days| (1..=MAX_VALIDITY_DAYS).contains(&days));
        ensure(days_are_bounded, "validity_days", "must be from 1 to 36500")
    }

    /// All credits that a purchase brings.
    #[must_use]
    pub fn total_credits(&self) -> Credits {
        self.credits + self.bonus_credits
    }

    /// The terms after a change. A price at Stripe has one amount: with another price it is not this package's any more.
    #[must_use]
    pub fn changed(mut self, change: PackageChange) -> Self {
        if change.price.is_some_and(|price| price != self.price) {
            self.stripe_price_id = None;
        }
        fn put<T>(place: &mut T, change: Option<T>) {
            if let Some(value) = change {
                *place = value;
            }
        }
        put(&mut self.name, change.name);
        put(&mut self.credits, change.credits);
        put(&mut self.bonus_credits, change.bonus_credits);
        put(&mut self.price, change.price);
        put(&mut self.is_active, change.is_active);
        put(&mut self.features, change.features);
        put(&mut self.validity_days, change.validity_days);
        put(&mut self.rate_tier, change.rate_tier);
        put(&mut self.stripe_price_id, change.stripe_price_id);
        self
    }

    /// What one credit costs, in major units of the currency, rounded to eight decimals.
    #[must_use]
    pub fn price_per_credit(&self) -> String {
        self.price_per_shown_credit(Scale::default())
    }

    /// The same of a credit as people read it: with two decimals it is a hundred of those that are counted.
    #[must_use]
    pub fn price_per_shown_credit(&self, scale: Scale) -> String {
        const DECIMALS: usize = 8;
        let shift = u32::try_from(DECIMALS - money::decimals(self.price.currency)).expect("at most eight");
        let shift = shift + u32::from(scale.decimals());
        let (price, credits) = (i128::from(self.price.amount_minor) * 10_i128.pow(shift), self.total());
        let rounded = (price * 2 + credits) / (credits * 2);
        let digits = format!("{rounded:0>width$}", width = DECIMALS + 1);
        let (whole, fraction) = digits.split_at(digits.len() - DECIMALS);
        let shown = fraction.trim_end_matches('0');
        if shown.is_empty() { whole.to_owned() } else { format!("{whole}.{shown}") }
    }

    /// By how many thousandths a credit is cheaper than in the other package, rounded down; below zero where it is
    /// dearer. `None` where the two cannot be compared.
    #[must_use]
    pub fn discount_permille(&self, other: &Self) -> Option<i64> {
        if self.price.currency != other.price.currency || other.price.amount_minor == 0 {
            return None;
        }
        let (own, others) = (i128::from(self.price.amount_minor), i128::from(other.price.amount_minor));
        let share = (own * other.total() * 1000).div_euclid(self.total() * others);
        let is_exact = (own * other.total() * 1000) % (self.total() * others) == 0;
        i64::try_from(1000 - share - i128::from(!is_exact)).ok()
    }

    /// At least one, because the terms are sound.
    fn total(&self) -> i128 {
        i128::from(self.total_credits().get().max(1))
    }
}

impl Package {
    /// What a purchase of one buys.
    #[must_use]
    pub fn offer(&self) -> Offer {
        Offer {
            credits: self.terms.total_credits(),
            price: self.terms.price,
            package_id: Some(self.id.reference()),
            package_version: Some(self.version),
            bonus_credits: Some(self.terms.bonus_credits).filter(|bonus| bonus.is_positive()),
        }
    }
}

/// The package that the others are compared with: of those for sale in the currency, the one with the fewest credits.
#[must_use]
pub fn smallest<'a>(packages: &'a [Package], like: &Package) -> Option<&'a Package> {
    let comparable = |package: &&Package| {
        package.terms.is_active
            && package.terms.price.currency == like.terms.price.currency
            && package.terms.price.amount_minor > 0
    };
    packages.iter().filter(comparable).min_by_key(|package| (package.terms.total_credits(), package.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::Currency;

    fn terms(credits: i64, bonus: i64, price: i64, currency: &str) -> PackageTerms {
        let currency = Currency::try_new(currency).expect("a code");
        PackageTerms {
            name: Words::try_new("Package").expect("short"),
            credits: Credits::new(credits),
            bonus_credits: Credits::new(bonus),
            price: Money { amount_minor: price, currency },
            is_active: true,
            features: Vec::new(),
            validity_days: None,
            rate_tier: None,
            stripe_price_id: None,
        }
    }

    #[test]
    fn each_mistake_names_its_field() {
        let sound = || terms(1_000, 0, 1_000, "USD");
        assert_eq!(sound().check(), Ok(()));
        let words = Words::try_new("x").expect("short");
        for (bad, field) in [
            (terms(0, 0, 1, "USD"), "credits"),
            (terms(-5, 0, 1, "USD"), "credits"),
            (terms(1_000_000_000_000_001, 0, 1, "USD"), "credits"),
            (terms(1, -1, 1, "USD"), "bonus_credits"),
            (terms(1, i64::MAX, 1, "USD"), "bonus_credits"),
            (terms(1_000_000_000_000_000, 1, 1, "USD"), "bonus_credits"),
            (terms(1, 0, -1, "USD"), "price_cents"),
            (PackageTerms { validity_days: Some(0), ..sound() }, "validity_days"),
            (PackageTerms { features: vec![words; 33], ..sound() }, "features"),
        ] {
            assert_eq!(bad.check().expect_err(field).field, field);
        }
    }

    #[test]
    fn a_credit_has_a_price_and_more_at_once_are_cheaper() {
        let (small, large) = (terms(1_000, 0, 1_000, "USD"), terms(12_000, 0, 10_000, "USD"));
        assert_eq!((small.price_per_credit(), large.price_per_credit()), ("0.01".to_owned(), "0.00833333".to_owned()));
        assert_eq!(large.discount_permille(&small), Some(166));
        assert_eq!(small.discount_permille(&large), Some(-200));
        assert_eq!(terms(1_000_000, 0, 99_900, "USD").price_per_credit(), "0.000999");
        assert_eq!(terms(500, 500, 1_000, "USD").discount_permille(&small), Some(0));
        assert_eq!(terms(100, 0, 500, "JPY").price_per_credit(), "5");
        let nine = Scale::try_new(9).expect("a scale");
        assert_eq!(terms(1_000_000, 0, 99_900, "USD").price_per_shown_credit(nine), "999000");
        let largest = terms(1, 0, 1_000_000_000_000_000, "JPY").price_per_shown_credit(nine);
        assert_eq!(largest, "1000000000000000000000000");
        assert_eq!(large.discount_permille(&terms(1, 0, 1, "EUR")), None);
        assert_eq!(terms(1_000_000_000_000_000, 0, 1_000_000_000_000_000, "KWD").price_per_credit(), "0.001");
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let before = PackageTerms { validity_days: Some(30), ..terms(1_000, 0, 1_000, "USD") };
        let change = PackageChange { credits: Some(Credits::new(2_000)), ..PackageChange::default() };
        let after = before.clone().changed(change);
        assert_eq!(after, PackageTerms { credits: Credits::new(2_000), ..before.clone() });
        let change = PackageChange { validity_days: Some(None), ..PackageChange::default() };
        assert_eq!(before.clone().changed(change).validity_days, None);
        let id = ReferenceText::try_new("price_1").ok();
        let sold = PackageTerms { stripe_price_id: id.clone(), ..before };
        let price = |minor| PackageChange {
            price: Some(Money { amount_minor: minor, ..sold.price }),
            ..PackageChange::default()
        };
        assert_eq!(sold.clone().changed(price(1_000)).stripe_price_id, id);
        assert_eq!(sold.clone().changed(price(1_001)).stripe_price_id, None);
        let both = PackageChange { stripe_price_id: Some(id.clone()), ..price(1_001) };
        assert_eq!(sold.clone().changed(both).stripe_price_id, id);
    }
}
