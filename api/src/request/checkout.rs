//! The body of a checkout: what to buy, and where the customer goes afterwards.

use payments::checkout::CheckoutTerms;
use payments::gateway::PriceId;
use reqwest::Url;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::origins::Origins;
use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::missing;

/// The longest address to return to: what browsers and proxies agree on, and two of them fit into a purchase's metadata.
const URL_BYTES_MAX: usize = 2_048;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckoutBody {
    #[schema(value_type = String, example = "starter")]
    pub(crate) package_id: Option<String>,
    /// How many of the package; default 1.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    quantity: Option<Given>,
    /// Where the customer goes after paying; `{CHECKOUT_SESSION_ID}` stands for the session. Being there proves nothing.
    #[schema(value_type = String, max_length = 2048, example = "https://app.example.com/billing?credits=purchased")]
    success_url: Option<String>,
    /// Where the customer goes without paying.
    #[schema(value_type = String, max_length = 2048, example = "https://app.example.com/billing")]
    cancel_url: Option<String>,
    /// Keep the card for auto-recharge, which the page says to the customer; default false.
    save_card: Option<bool>,
}

/// A checkout as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutAsked {
    pub package_id: String,
    pub quantity: u32,
    success_url: String,
    cancel_url: String,
    save_card: bool,
}

impl CheckoutBody {
    /// # Errors
    /// A field is missing or wrong, or an address is in none of the allowed origins.
    pub fn asked(self, origins: &Origins) -> Result<CheckoutAsked, Problem> {
        let quantity = self.quantity.map(|given| amount::integer("quantity", given, Range::Positive)).transpose()?;
        Ok(CheckoutAsked {
            package_id: self.package_id.ok_or_else(|| missing("package_id"))?,
            quantity: u32::try_from(quantity.unwrap_or(1)).unwrap_or(u32::MAX),
            success_url: address("success_url", self.success_url, origins)?,
            cancel_url: address("cancel_url", self.cancel_url, origins)?,
            save_card: self.save_card.unwrap_or(false),
        })
    }
}

impl CheckoutAsked {
    /// What the log keeps of it.
    #[must_use]
    pub fn terms(self, stripe_price_id: PriceId, validity_days: Option<u32>) -> CheckoutTerms {
        let Self { quantity, success_url, cancel_url, save_card, package_id: _ } = self;
        CheckoutTerms { stripe_price_id, quantity, validity_days, success_url, cancel_url, save_card }
    }
}

/// A customer is sent only where the operator of this server has said: else anybody with a browser token could make a
/// page of Stripe's that leads to one of their own.
fn address(field: &'static str, given: Option<String>, origins: &Origins) -> Result<String, Problem> {
    let given = given.ok_or_else(|| missing(field))?;
    let refused = |code, detail: String| Problem::invalid(code, "Not a valid address", detail).with("field", field);
    if given.len() > URL_BYTES_MAX {
        return Err(refused("text_too_long", format!("`{field}` is longer than {URL_BYTES_MAX} bytes")));
    }
    let url = Url::parse(&given).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let plain = given.chars().all(|c| !c.is_control() && !c.is_whitespace() && c != '\\');
    let Some(url) = url.filter(|_| plain) else {
        return Err(refused(
            "invalid_url",
            format!("`{field}` is not an address such as https://app.example.com/billing"),
        ));
    };
    let whole = url.username().is_empty() && url.password().is_none();
    if whole && origins.allow(&url.origin().ascii_serialization()) {
        return Ok(given);
    }
    let detail = format!(
        "`{field}` is in none of the origins that this server allows (CREDIT_LEDGER_ALLOWED_ORIGINS): {}",
        url.origin().ascii_serialization()
    );
    Err(refused("origin_not_allowed", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_sent_to_allowed_origins_only() {
        let origins = Origins::try_new(["https://app.test", "http://localhost:3000"]).unwrap();
        for (url, wanted) in [
            ("https://app.test/billing?s={CHECKOUT_SESSION_ID}", None),
            ("https://app.test", None),
            ("http://localhost:3000/x", None),
            ("https://app.test:444/", Some("origin_not_allowed")),
            ("http://app.test/", Some("origin_not_allowed")),
            ("https://app.test.evil.test/", Some("origin_not_allowed")),
            ("https://app.test@evil.test/", Some("origin_not_allowed")),
            ("https://me@app.test/", Some("origin_not_allowed")),
            ("https://evil.test\\@app.test/", Some("invalid_url")),
            ("javascript:alert(1)", Some("invalid_url")),
            ("//app.test/", Some("invalid_url")),
            ("https://app.test/\n", Some("invalid_url")),
            ("", Some("invalid_url")),
        ] {
            let refused = address("success_url", Some(url.to_owned()), &origins).err();
            assert_eq!(refused.map(|problem| problem.code), wanted, "{url:?}");
        }
        let long = format!("https://app.test/{}", "x".repeat(URL_BYTES_MAX));
        assert_eq!(address("u", Some(long), &origins).unwrap_err().code, "text_too_long");
        assert_eq!(address("u", None, &origins).unwrap_err().code, "missing_field");
    }
}
