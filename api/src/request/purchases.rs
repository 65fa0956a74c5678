//! Bodies about purchases that were paid elsewhere (an invoice, a wire).

use chrono::{DateTime, Utc};
use domain::Command;
use domain::commands::{Expiry, Offer, RecordPurchase, RevokeCause, RevokeExtent, RevokePurchase};
use domain::grant::{Currency, Money};
use domain::ids::PurchaseId;
use domain::text::Note;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::request::amount::{self, Given, Range};
use crate::request::{Asked, PackagePurchase, grants, text};

/// An amount of money.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBody {
    /// In the currency's smallest unit.
    #[schema(value_type = i64, minimum = 0, example = 1000)]
    amount_minor: Option<Given>,
    /// ISO 4217.
    #[schema(example = "USD")]
    currency: String,
}

impl PriceBody {
    /// `minor` and `currency` are the names of the fields, for errors.
    pub(super) fn money(&self, minor: &'static str, currency: &'static str) -> Result<Money, Problem> {
        let given = self.amount_minor.ok_or_else(|| text::missing(minor))?;
        let currency = Currency::try_new(&self.currency).map_err(|error| {
            Problem::invalid("invalid_currency", "Not a currency", format!("`{currency}`: {error}"))
        })?;
        Ok(Money { amount_minor: amount::integer(minor, given, Range::ZeroOrMore)?, currency })
    }
}

/// A payment that has been made. Either `package_id`, or `credits` and `price`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseBody {
    /// What the package is now: its credits and bonus, its price, and its validity unless an end is given here.
    package_id: Option<String>,
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1_000_000_000_000_000_i64)]
    credits: Option<Given>,
    price: Option<PriceBody>,
    /// The invoice or transfer; each is accepted once an organization.
    #[schema(value_type = String, max_length = 255, example = "invoice-2026-001")]
    payment_reference: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    #[schema(value_type = Option<u32>)]
    expires_in_seconds: Option<Given>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

impl PurchaseBody {
    pub(crate) fn command(self) -> Result<Asked, Problem> {
        let expiry = grants::expiry(self.expires_at, self.expires_in_seconds)?;
        let payment_reference = text::reference("payment_reference", self.payment_reference.as_deref())?;
        let metadata = text::metadata(self.metadata)?;
        let Some(package_id) = self.package_id else {
            let offer = Offer {
                credits: amount::required("credits", self.credits, Range::Positive)?,
                price: self
                    .price
                    .ok_or_else(|| text::missing("price"))?
                    .money("price.amount_minor", "price.currency")?,
                package_id: None,
                package_version: None,
                bonus_credits: None,
            };
            let command = RecordPurchase { offer, payment_reference, expiry, metadata };
            return Ok(Asked::Command(Command::RecordPurchase(command)));
        };
        if self.credits.is_some() || self.price.is_some() {
            let detail = "give either `package_id`, or `credits` and `price`: a package says both";
            return Err(Problem::invalid("two_offers", "Two offers", detail));
        }
        let expiry = Some(expiry).filter(|expiry| *expiry != Expiry::Never);
        Ok(Asked::Package(PackagePurchase { package_id, payment_reference, expiry, metadata }))
    }
}

/// A refund: of a purchase that was paid at the payment processor, to be paid out there; of one that was paid elsewhere,
/// which has been paid out.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseRefundBody {
    /// How much of the price goes back; default all that is left.
    #[schema(value_type = Option<i64>, minimum = 1)]
    amount_minor: Option<Given>,
    #[schema(value_type = String, max_length = 1000)]
    reason: Option<String>,
}

impl PurchaseRefundBody {
    /// How much of the price is asked back, and why.
    pub(crate) fn asked(self) -> Result<(Option<i64>, Note), Problem> {
        let amount = self.amount_minor.map(|given| amount::integer("amount_minor", given, Range::Positive));
        Ok((amount.transpose()?, text::reason(self.reason.as_deref())?))
    }

    pub(crate) fn command(self, purchase: Uuid, key: &str) -> Result<Command, Problem> {
        let (minor, reason) = self.asked()?;
        Ok(Command::RevokePurchase(RevokePurchase {
            purchase_id: PurchaseId::new(purchase),
            extent: minor.map_or(RevokeExtent::Rest, RevokeExtent::PriceMinor),
            cause: RevokeCause::Refund,
            reference: text::reference("Idempotency-Key", Some(key))?,
            reason,
        }))
    }
}
