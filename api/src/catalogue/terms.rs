//! The terms of a package from what people write, in files and on the command line.

use domain::Credits;
use domain::grant::{Currency, Money};
use domain::package::{PackageId, PackageTerms, Words};
use domain::text::Text;

use crate::request::packages::CURRENCY_DEFAULT;

/// A package's terms before they are checked.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Default: the id.
    pub name: Option<String>,
    pub credits: Credits,
    pub bonus_credits: Credits,
    pub price: Money,
    pub features: Vec<String>,
    pub validity_days: Option<u32>,
    pub rate_tier: Option<String>,
    pub stripe_price_id: Option<String>,
}

/// # Errors
/// What is wrong with them, in a sentence.
pub fn terms(id: &PackageId, fields: Fields) -> Result<PackageTerms, String> {
    let terms = PackageTerms {
        name: text("name", fields.name.as_deref().unwrap_or(id.as_str()))?,
        credits: fields.credits,
        bonus_credits: fields.bonus_credits,
        price: fields.price,
        is_active: true,
        features: features(&fields.features)?,
        validity_days: fields.validity_days,
        rate_tier: fields.rate_tier.as_deref().map(|given| text("rate_tier", given)).transpose()?,
        stripe_price_id: fields.stripe_price_id.as_deref().map(|given| text("stripe_price_id", given)).transpose()?,
    };
    terms.check().map_err(|mistake| mistake.to_string())?;
    Ok(terms)
}

/// # Errors
/// A feature is empty or too long.
pub fn features(given: &[String]) -> Result<Vec<Words>, String> {
    given.iter().map(|feature| text("features", feature)).collect()
}

/// # Errors
/// It is no code of a currency.
pub fn currency(given: Option<&str>) -> Result<Currency, String> {
    Currency::try_new(given.unwrap_or(CURRENCY_DEFAULT)).map_err(|error| error.to_string())
}

/// # Errors
/// The text is empty or too long.
pub fn text<const MAX: usize>(field: &str, given: &str) -> Result<Text<MAX>, String> {
    Text::try_new(given).map_err(|error| format!("`{field}` {error}"))
}
