//! Making at Stripe what the ledger needs there: products and prices for its packages, and the webhook endpoint.
//!
//! Invariant: what is there is found again by a name of ours, so that a repeated set-up makes nothing twice, also a year
//! later, when Stripe has forgotten the keys.

use std::collections::HashMap;

use domain::package::Package;
use serde::Deserialize;
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_product::price::{CreatePrice, ListPrice};
use stripe_product::product::{CreateProduct, RetrieveProduct};

use super::client::{StripeGateway, odd};
use super::objects::{List, Named, Price};
use super::requests::currency;
use crate::gateway::{GatewayError, PriceSeen, RequestKey};

/// Whatever we read, or show to people who look for a payment's story. At most twenty: a list of events takes no more.
pub const EVENT_TYPES: [&str; 20] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "payment_method.detached",
    "customer.deleted",
];

/// An endpoint as Stripe shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct EndpointSeen {
    pub id: String,
    pub url: String,
    pub status: String,
    pub api_version: Option<String>,
    #[serde(default)]
    pub enabled_events: Vec<String>,
}

impl EndpointSeen {
    /// The types of event that it is not told and should be.
    #[must_use]
    pub fn missing_types(&self) -> Vec<&'static str> {
        let told = |kind: &&str| self.enabled_events.iter().any(|enabled| enabled == kind || enabled == "*");
        EVENT_TYPES.into_iter().filter(|kind| !told(kind)).collect()
    }
}

/// A new endpoint, with what signs its events: Stripe shows it this once.
#[derive(Deserialize)]
pub struct EndpointMade {
    pub id: String,
    pub secret: String,
}

/// What a price of ours is found by: of another amount it is another one.
#[must_use]
pub fn lookup_key(package: &Package) -> String {
    let price = package.terms.price;
    format!("credit-ledger:{}:{}:{}", package.id, String::from(price.currency), price.amount_minor)
}

/// What the product of a package is found by.
fn product_id(package: &Package) -> String {
    // Letters of a product's id that Stripe's own pages cannot show in an address are written otherwise.
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    format!("credit-ledger_{}", package.id.as_str().chars().map(plain).collect::<String>())
}

impl StripeGateway {
    /// The price that a set-up has made for this package, if one has.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn find_price(&self, package: &Package) -> Result<Option<PriceSeen>, GatewayError> {
        let request = ListPrice::new().lookup_keys(vec![lookup_key(package)]).active(true).limit(1).build();
        let list: List<Price> = self.transport.get(request).await?;
        list.data.into_iter().next().map(|price| price.seen().map_err(odd)).transpose()
    }

    /// Makes the price of a package, and its product where there is none.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn make_price(&self, package: &Package) -> Result<PriceSeen, GatewayError> {
        let product = product_id(package);
        match self.transport.get::<Named>(RetrieveProduct::new(product.clone()).build()).await {
            Ok(_) => {}
            Err(error) => match GatewayError::from(error) {
                GatewayError::Refused { status: 404, .. } => self.make_product(package, &product).await?,
                error => return Err(error),
            },
        }
        let lookup = lookup_key(package);
        let price = CreatePrice::new(currency(package.terms.price.currency))
            .product(product)
            .unit_amount(package.terms.price.amount_minor)
            .lookup_key(lookup.clone())
            .metadata(labels(package));
        let key = RequestKey::of_parts("setup-price", &[&lookup]);
        let made: Price = self.transport.post(&key, price.build()).await?;
        made.seen().map_err(odd)
    }

    async fn make_product(&self, package: &Package, id: &str) -> Result<(), GatewayError> {
        let name = package.terms.name.as_str();
        let product = CreateProduct::new(name).id(id.to_owned()).metadata(labels(package));
        let key = RequestKey::of_parts("setup-product", &[id, name]);
        let _made: Named = self.transport.post(&key, product.build()).await?;
        Ok(())
    }

    /// The endpoints of the account.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn webhook_endpoints(&self) -> Result<Vec<EndpointSeen>, GatewayError> {
        let request =
            RequestBuilder::new(StripeMethod::Get, "/webhook_endpoints").query(&HashMap::from([("limit", 100)]));
        let list: List<EndpointSeen> = self.transport.get(request).await?;
        Ok(list.data)
    }

    /// Makes an endpoint that is told what we read, in the version of the API that we read.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn make_webhook_endpoint(&self, url: &str) -> Result<EndpointMade, GatewayError> {
        let mut form = HashMap::from([
            ("url".to_owned(), url.to_owned()),
            ("api_version".to_owned(), super::api_version()),
            ("description".to_owned(), "Credit Ledger".to_owned()),
        ]);
        for (place, kind) in EVENT_TYPES.iter().enumerate() {
            form.insert(format!("enabled_events[{place}]"), (*kind).to_owned());
        }
        let request = RequestBuilder::new(StripeMethod::Post, "/webhook_endpoints").form(&form);
        let key = RequestKey::of_parts("setup-endpoint", &[url, &super::api_version()]);
        Ok(self.transport.post(&key, request).await?)
    }
}

fn labels(package: &Package) -> HashMap<String, String> {
    HashMap::from([("packageId".to_owned(), package.id.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_says_what_it_is_not_told() {
        let endpoint = |enabled: &[&str]| EndpointSeen {
            id: "we_1".to_owned(),
            url: "https://ledger.test/v1/webhooks/stripe".to_owned(),
            status: "enabled".to_owned(),
            api_version: None,
            enabled_events: enabled.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        assert_eq!(endpoint(&["*"]).missing_types(), Vec::<&str>::new());
        assert_eq!(endpoint(&EVENT_TYPES).missing_types(), Vec::<&str>::new());
        assert_eq!(endpoint(&EVENT_TYPES[1..]).missing_types(), ["checkout.session.completed"]);
    }
}
