//! Bodies about packages.

use domain::grant::{Currency, Money};
use domain::package::{PackageChange, PackageId, PackageTerms, Words};
use domain::{Credits, text::Label, text::ReferenceText};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::text;

/// What a price is in where nothing is said.
pub const CURRENCY_DEFAULT: &str = "USD";

/// A package to sell.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageBody {
    /// 1 to 64 letters, digits or `. _ : -`; fixed for ever.
    #[schema(value_type = String, example = "starter")]
    id: Option<String>,
    /// For customers; default the id.
    #[schema(max_length = 255)]
    name: Option<String>,
    #[schema(value_type = i64, minimum = 1, example = 1000)]
    credits: Option<Given>,
    /// On top, at no further price.
    #[schema(value_type = Option<i64>, minimum = 0, default = 0)]
    bonus_credits: Option<Given>,
    /// In the currency's smallest unit.
    #[schema(value_type = i64, minimum = 0, example = 1000)]
    price_cents: Option<Given>,
    /// ISO 4217.
    #[schema(default = "USD")]
    currency: Option<String>,
    /// What else it brings, for customers; at most 32.
    features: Option<Vec<String>>,
    /// Days until bought credits expire; default never.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 36500)]
    validity_days: Option<Given>,
    /// The tier of rate limits that it brings.
    rate_tier: Option<String>,
    stripe_price_id: Option<String>,
}

impl PackageBody {
    pub(crate) fn terms(self) -> Result<(PackageId, PackageTerms), Problem> {
        let id = id(&self.id.ok_or_else(|| text::missing("id"))?)?;
        let price_cents = self.price_cents.ok_or_else(|| text::missing("price_cents"))?;
        let terms = PackageTerms {
            name: text::text("name", self.name.as_deref().unwrap_or(id.as_str()))?,
            credits: amount::required("credits", self.credits, Range::Positive)?,
            bonus_credits: bonus(self.bonus_credits)?.unwrap_or(Credits::ZERO),
            price: Money {
                amount_minor: amount::integer("price_cents", price_cents, Range::ZeroOrMore)?,
                currency: currency(self.currency.as_deref().unwrap_or(CURRENCY_DEFAULT))?,
            },
            is_active: true,
            features: features(self.features.unwrap_or_default())?,
            validity_days: self.validity_days.map(days).transpose()?,
            rate_tier: text::optional("rate_tier", self.rate_tier.as_deref())?,
            stripe_price_id: text::optional("stripe_price_id", self.stripe_price_id.as_deref())?,
        };
        Ok((id, terms))
    }
}

/// What to change of a package. What is left out stays; `null` takes away what need not be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageChangeBody {
    name: Option<String>,
    #[schema(value_type = Option<i64>, minimum = 1)]
    credits: Option<Given>,
    #[schema(value_type = Option<i64>, minimum = 0)]
    bonus_credits: Option<Given>,
    /// In the currency's smallest unit. The currency stays: another one is another package.
    #[schema(value_type = Option<i64>, minimum = 0)]
    price_cents: Option<Given>,
    features: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 36500)]
    validity_days: Option<Option<Given>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    rate_tier: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    stripe_price_id: Option<Option<String>>,
    /// `true` puts a retired package on sale again.
    is_active: Option<bool>,
}

/// Tells `null` from a field that is left out.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl PackageChangeBody {
    /// The change; a price is in the currency that the package has.
    pub(crate) fn change(self, currency: Currency) -> Result<PackageChange, Problem> {
        let tier =
            |given: Option<String>| -> Result<Option<Label>, Problem> { text::optional("rate_tier", given.as_deref()) };
        let price_id = |given: Option<String>| -> Result<Option<ReferenceText>, Problem> {
            text::optional("stripe_price_id", given.as_deref())
        };
        let price = |given| {
            let amount_minor = amount::integer("price_cents", given, Range::ZeroOrMore)?;
            Ok(Money { amount_minor, currency })
        };
        Ok(PackageChange {
            name: text::optional("name", self.name.as_deref())?,
            credits: amount::optional("credits", self.credits, Range::Positive)?,
            bonus_credits: bonus(self.bonus_credits)?,
            price: self.price_cents.map(price).transpose()?,
            is_active: self.is_active,
            features: self.features.map(features).transpose()?,
            validity_days: self.validity_days.map(|given| given.map(days).transpose()).transpose()?,
            rate_tier: self.rate_tier.map(tier).transpose()?,
            stripe_price_id: self.stripe_price_id.map(price_id).transpose()?,
        })
    }
}

/// # Errors
/// The text is not of the form of a package's id.
pub fn id(given: &str) -> Result<PackageId, Problem> {
    PackageId::try_new(given)
        .map_err(|error| Problem::invalid("invalid_package_id", "Not a valid package id", error.to_string()))
}

fn currency(given: &str) -> Result<Currency, Problem> {
    Currency::try_new(given)
        .map_err(|error| Problem::invalid("invalid_currency", "Not a currency", format!("`currency`: {error}")))
}

fn bonus(given: Option<Given>) -> Result<Option<Credits>, Problem> {
    amount::optional("bonus_credits", given, Range::ZeroOrMore)
}

fn features(given: Vec<String>) -> Result<Vec<Words>, Problem> {
    given.iter().map(|feature| text::text("features", feature)).collect()
}

fn days(given: Given) -> Result<u32, Problem> {
    let value = amount::integer("validity_days", given, Range::Positive)?;
    // The domain refuses what is above its own maximum, with that number.
    Ok(u32::try_from(value).unwrap_or(u32::MAX))
}
