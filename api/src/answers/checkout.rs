//! A checkout, open for its customer.

use chrono::{DateTime, Utc};
use domain::events::PurchaseStarted;
use payments::checkout::{CheckoutTerms, Opened};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::parts::Price;

/// Where the customer pays, and for what.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CheckoutAnswer<'a> {
    /// The page to send the customer to.
    pub url: &'a str,
    /// When the page closes.
    pub expires_at: DateTime<Utc>,
    pub checkout_session_id: &'a str,
    /// The purchase, which is pending until the payment has arrived.
    pub purchase_id: Uuid,
    pub organization_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_id: Option<&'a str>,
    pub quantity: u32,
    /// What the payment will bring, bonus included.
    pub credits: i64,
    pub price: Price,
    pub sequence: u64,
}

impl<'a> CheckoutAnswer<'a> {
    pub(crate) fn of(
        organization: &'a str,
        sequence: u64,
        started: &'a PurchaseStarted,
        terms: &CheckoutTerms,
        opened: &'a Opened,
    ) -> Self {
        Self {
            url: &opened.url,
            expires_at: opened.expires_at,
            checkout_session_id: opened.session.as_str(),
            purchase_id: started.purchase_id.entity(),
            organization_id: organization,
            package_id: started.offer.package_id.as_ref().map(|id| id.as_str()),
            quantity: terms.quantity,
            credits: started.offer.credits.get(),
            price: started.offer.price.into(),
            sequence,
        }
    }
}
