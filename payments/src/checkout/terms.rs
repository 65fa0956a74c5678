//! What is asked for with a checkout, as it stands in the log.

use domain::commands::{Expiry, Offer, StartPurchase};
use domain::grant::Money;
use domain::package::Package;
use domain::recharge::MAX_PACKAGES;
use domain::text::{Metadata, ReferenceText};
use domain::{CommandId, Credits, IdempotencyKey, OrganizationId};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::gateway::PriceId;

/// Where the terms stand in a purchase's metadata.
const FIELD: &str = "checkout";
/// Seconds of a day, for the validity of packages.
const DAY_SECONDS: u32 = 24 * 3600;

/// All of a checkout that the offer does not say: with it, the request to the processor can be made again from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutTerms {
    pub stripe_price_id: PriceId,
    pub quantity: u32,
    /// Days until the bought credits expire; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity_days: Option<u32>,
    pub success_url: String,
    pub cancel_url: String,
    pub save_card: bool,
}

/// Why a package cannot be bought so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotForSale {
    #[error("has no price at Stripe")]
    NoPrice,
    #[error("can be bought from 1 to {MAX_PACKAGES} times at once, and to 10^15 credits and minor units")]
    Quantity,
}

impl CheckoutTerms {
    /// The terms of a purchase that was started by a checkout.
    #[must_use]
    pub fn read(metadata: &Metadata) -> Option<Self> {
        serde_json::from_value(metadata.object().get(FIELD)?.clone()).ok()
    }

    /// When the credits end, once they are paid.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        self.validity_days.map_or(Expiry::Never, |days| Expiry::In(days.saturating_mul(DAY_SECONDS)))
    }

    fn metadata(&self) -> Metadata {
        let terms = serde_json::to_value(self).expect("terms are plain values");
        let object = Map::from_iter([(FIELD.to_owned(), terms)]);
        Metadata::try_new(object).expect("addresses are bounded where they are read")
    }
}

/// What names the payment of the checkout that this key asks for; the purchase's id derives from it.
#[must_use]
pub fn payment_reference(organization: &OrganizationId, key: &IdempotencyKey) -> ReferenceText {
    let command = CommandId::of_key(organization, key).uuid();
    ReferenceText::try_new(&format!("checkout:{command}")).expect("a word and a UUID are short")
}

/// The purchase that a checkout of a package, which is for sale, starts.
///
/// # Errors
/// [`NotForSale`].
pub fn start(
    package: &Package,
    payment_reference: ReferenceText,
    quantity: u32,
    terms: impl FnOnce(PriceId) -> CheckoutTerms,
) -> Result<StartPurchase, NotForSale> {
    let price = package.terms.stripe_price_id.as_ref().ok_or(NotForSale::NoPrice)?;
    let offer = times(package.offer(), quantity).ok_or(NotForSale::Quantity)?;
    let metadata = terms(PriceId::new(price.as_str())).metadata();
    Ok(StartPurchase { offer, payment_reference, metadata })
}

/// So many of one offer.
fn times(one: Offer, quantity: u32) -> Option<Offer> {
    let count = i64::from(quantity);
    let many = |amount: i64| amount.checked_mul(count).filter(|amount| *amount <= Credits::MAX_AMOUNT.get());
    if !(1..=MAX_PACKAGES).contains(&count) {
        return None;
    }
    Some(Offer {
        credits: Credits::new(many(one.credits.get())?),
        price: Money { amount_minor: many(one.price.amount_minor)?, ..one.price },
        bonus_credits: match one.bonus_credits {
            Some(bonus) => Some(Credits::new(many(bonus.get())?)),
            None => None,
        },
        ..one
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::grant::Currency;
    use domain::package::{PackageId, PackageTerms, Words};

    fn package(credits: i64) -> Package {
        let currency = Currency::try_new("USD").unwrap();
        let terms = PackageTerms {
            name: Words::try_new("Starter").unwrap(),
            credits: Credits::new(credits),
            bonus_credits: Credits::new(10),
            price: Money { amount_minor: 1_000, currency },
            is_active: true,
            features: Vec::new(),
            validity_days: Some(30),
            rate_tier: None,
            stripe_price_id: Some(ReferenceText::try_new("price_1").unwrap()),
        };
        let id = PackageId::try_new("starter").unwrap();
        Package { id, version: 3, terms, actor: "cli:me".to_owned(), recorded_at: Default::default() }
    }

    fn started(package: &Package, quantity: u32) -> Result<StartPurchase, NotForSale> {
        start(package, ReferenceText::try_new("r").unwrap(), quantity, |stripe_price_id| CheckoutTerms {
            stripe_price_id,
            quantity,
            validity_days: package.terms.validity_days,
            success_url: format!("https://app.test/{}", "s".repeat(2_000)),
            cancel_url: format!("https://app.test/{}", "c".repeat(2_000)),
            save_card: true,
        })
    }

    #[test]
    fn the_log_holds_all_that_is_asked() {
        let start = started(&package(100), 3).unwrap();
        assert_eq!((start.offer.credits, start.offer.price.amount_minor), (Credits::new(330), 3_000));
        assert_eq!((start.offer.bonus_credits, start.offer.package_version), (Some(Credits::new(30)), Some(3)));
        let terms = CheckoutTerms::read(&start.metadata).unwrap();
        assert_eq!((terms.quantity, terms.stripe_price_id), (3, PriceId::new("price_1")));
        assert_eq!(CheckoutTerms::read(&start.metadata).unwrap().expiry(), Expiry::In(30 * 86_400));
        assert_eq!(CheckoutTerms::read(&Metadata::default()), None);
    }

    #[test]
    fn what_is_not_for_sale_says_why() {
        let mut unpriced = package(100);
        unpriced.terms.stripe_price_id = None;
        assert_eq!(started(&unpriced, 1), Err(NotForSale::NoPrice));
        for quantity in [0, 1_001] {
            assert_eq!(started(&package(100), quantity), Err(NotForSale::Quantity));
        }
        assert_eq!(started(&package(Credits::MAX_AMOUNT.get() - 10), 2), Err(NotForSale::Quantity));
    }
}
