//! Packages as shops see them.

use chrono::{DateTime, Utc};
use domain::package::{Package, PackageTerms, Words, smallest};
use serde::Serialize;
use utoipa::ToSchema;

/// A package in one of its versions.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PackageView {
    pub id: String,
    /// From 1; a change makes the next one.
    pub version: u32,
    pub name: String,
    pub credits: i64,
    /// On top, at no further price.
    pub bonus_credits: i64,
    /// In the currency's smallest unit.
    pub price_cents: i64,
    #[schema(example = "USD")]
    pub currency: String,
    /// In the currency's major unit, bonus counted.
    #[schema(example = "0.01")]
    pub price_per_credit: String,
    /// By how many thousandths a credit is cheaper than in the smallest package on sale in this currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount_permille: Option<i64>,
    pub is_active: bool,
    pub features: Vec<String>,
    /// Days until bought credits expire; `null`: never.
    pub validity_days: Option<u32>,
    pub rate_tier: Option<String>,
    pub stripe_price_id: Option<String>,
    /// When this version was made.
    pub updated_at: DateTime<Utc>,
    /// Who made it; in the history only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl PackageView {
    #[must_use]
    pub fn of(package: &Package) -> Self {
        let PackageTerms { price, .. } = package.terms;
        let terms = &package.terms;
        Self {
            id: package.id.to_string(),
            version: package.version,
            name: terms.name.to_string(),
            credits: terms.credits.get(),
            bonus_credits: terms.bonus_credits.get(),
            price_cents: price.amount_minor,
            currency: price.currency.into(),
            price_per_credit: terms.price_per_credit(),
            discount_permille: None,
            is_active: terms.is_active,
            features: terms.features.iter().map(Words::to_string).collect(),
            validity_days: terms.validity_days,
            rate_tier: terms.rate_tier.as_ref().map(ToString::to_string),
            stripe_price_id: terms.stripe_price_id.as_ref().map(ToString::to_string),
            updated_at: package.recorded_at,
            actor: None,
        }
    }

    /// Compared with the smallest of all packages.
    #[must_use]
    pub fn among(package: &Package, all: &[Package]) -> Self {
        let discount = smallest(all, package).and_then(|other| package.terms.discount_permille(&other.terms));
        Self { discount_permille: discount, ..Self::of(package) }
    }

    /// With who made the version.
    #[must_use]
    pub fn of_history(package: &Package) -> Self {
        Self { actor: Some(package.actor.clone()), ..Self::of(package) }
    }
}
