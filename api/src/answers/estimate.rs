//! What usage would cost.

use domain::price::{PriceBook, Receipt};
use domain::{Credits, Estimate, Scale};
use serde::Serialize;
use tokens::Count;
use utoipa::ToSchema;

/// What the usage would cost at this moment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EstimateAnswer<'a> {
    pub operation: &'a str,
    /// What a consumption of this usage would take now.
    pub amount: i64,
    /// The same, as a 402 names it.
    pub required: i64,
    /// A reservation that is given it as `price_version` within an hour is charged by the same prices.
    pub price_version: u32,
    /// Rate by rate, as on a consumption.
    #[schema(value_type = Object)]
    pub price: &'a Receipt,
    /// How the text was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokensView>,
    #[serde(flatten)]
    pub standing: Option<Standing<'a>>,
}

/// The tokens of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokensView {
    pub input_tokens: u64,
    /// The vocabulary that counted: `cl100k_base` or `o200k_base`.
    #[schema(value_type = String)]
    pub tokenizer: &'static str,
    /// The model's own tokenizer is another one, so that the count is only near.
    pub approximate: bool,
}

impl From<Count> for TokensView {
    fn from(count: Count) -> Self {
        Self { input_tokens: count.tokens, tokenizer: count.encoding.name(), approximate: count.approximate }
    }
}

/// What the amount means to the organization.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Standing<'a> {
    pub organization_id: &'a str,
    pub balance: i64,
    /// What a consumption of this operation could take, overdraft included.
    pub available: i64,
    pub can_afford: bool,
    /// `amount` divided by `balance`, rounded up to four decimals; absent where there is no balance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.6250")]
    pub share_of_balance: Option<String>,
    /// A sentence, where the amount is above the price book's `warning_percent` of the balance (default 50).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

impl<'a> Standing<'a> {
    #[must_use]
    pub fn of(organization_id: &'a str, estimate: &Estimate, book: &PriceBook) -> Self {
        Self {
            organization_id,
            balance: estimate.balance.get(),
            available: estimate.available.get(),
            can_afford: estimate.can_afford(),
            share_of_balance: share(estimate.amount, estimate.balance),
            warning: warning(estimate.amount, estimate.balance, book.warning_percent(), book.scale()),
        }
    }
}

/// Parts of one that a share is counted in.
const PARTS: i128 = 10_000;

fn share(amount: Credits, balance: Credits) -> Option<String> {
    let (amount, balance) = (i128::from(amount.get()), i128::from(balance.get()));
    if balance <= 0 {
        return None;
    }
    let parts = (amount * PARTS + balance - 1) / balance;
    Some(format!("{}.{:04}", parts / PARTS, parts % PARTS))
}

fn warning(amount: Credits, balance: Credits, percent: u8, scale: Scale) -> Option<String> {
    let (amount, balance) = (i128::from(amount.get()), i128::from(balance.get()));
    let is_above = amount * 100 > balance.max(0) * i128::from(percent);
    is_above.then(|| {
        let (amount, balance) = (scale.shown(amount), scale.shown(balance));
        format!("{amount} credits are more than {percent} % of the balance of {balance}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_exact_and_never_looks_smaller_than_it_is() {
        for (amount, balance, expected) in [
            (1, 2, Some("0.5000")),
            (1, 3, Some("0.3334")),
            (0, 5, Some("0.0000")),
            (7, 2, Some("3.5000")),
            (Credits::MAX_AMOUNT.get(), 1, Some("1000000000000000.0000")),
            (1, i64::MAX, Some("0.0001")),
            (5, 0, None),
            (5, -3, None),
        ] {
            assert_eq!(share(Credits::new(amount), Credits::new(balance)).as_deref(), expected, "{amount}/{balance}");
        }
    }

    #[test]
    fn a_warning_begins_above_the_share() {
        for (amount, balance, percent, warns) in [
            (50, 100, 50, false),
            (51, 100, 50, true),
            (1, 1, 100, false),
            (2, 1, 100, true),
            (0, 0, 50, false),
            (1, 0, 50, true),
            (0, -5, 50, false),
            (1, -5, 50, true),
            (20, 100, 19, true),
        ] {
            let warning = warning(Credits::new(amount), Credits::new(balance), percent, Scale::default());
            assert_eq!(warning.is_some(), warns, "{amount} of {balance} at {percent}");
        }
        let scale = Scale::try_new(2).expect("a scale");
        let shown = warning(Credits::new(150), Credits::new(-5), 50, scale);
        assert_eq!(shown.as_deref(), Some("1.50 credits are more than 50 % of the balance of -0.05"));
    }
}
