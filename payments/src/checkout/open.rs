//! Opens the page of a purchase that has been started, or finds the one that there is.

use chrono::TimeDelta;
use domain::commands::EndPurchase;
use domain::events::PurchaseStarted;
use domain::text::Note;
use domain::{Command, OrganizationId, Timestamp};
use store::ExecuteError;

use super::rows::{self, Row};
use super::terms::CheckoutTerms;
use crate::Payments;
use crate::command::internal;
use crate::crash::{self, Point};
use crate::customers::{self, CustomerError};
use crate::gateway::{Checkout, CheckoutId, CheckoutRequest, CustomerId, GatewayError, PaymentLabels, RequestKey};

/// A page where the customer pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub session: CheckoutId,
    pub url: String,
    pub expires_at: Timestamp,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The same key finds out.
    #[error("the payment processor did not answer: {0}")]
    Unknown(GatewayError),
    /// There never will be one for this key.
    #[error("{0}")]
    Refused(String),
    /// The first try was so long ago that the processor may have forgotten it.
    #[error("this checkout was begun more than {} hours ago and never opened", RequestKey::LIFE_HOURS)]
    TooOld,
    #[error("the purchase was not started by a checkout")]
    NoCheckout,
    #[error("the database")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Ledger(#[from] ExecuteError),
}

impl From<CustomerError> for OpenError {
    fn from(error: CustomerError) -> Self {
        match error {
            CustomerError::Database(error) => Self::Database(error),
            CustomerError::Gateway(error @ GatewayError::Unknown { .. }) => Self::Unknown(error),
            CustomerError::Gateway(error @ GatewayError::Refused { .. }) => Self::Refused(error.to_string()),
        }
    }
}

/// Opens the page, once for each purchase.
///
/// # Errors
/// [`OpenError`]. What is refused ends the purchase.
pub async fn open(
    payments: &Payments,
    organization: &OrganizationId,
    started: &PurchaseStarted,
) -> Result<Opened, OpenError> {
    let row = row(payments, organization, started).await?;
    crash::at(Point::PurchaseStarted);
    if let Some((session, url, expires_at)) = row.page() {
        return Ok(Opened { session, url, expires_at });
    }
    if let Some(refusal) = row.refusal {
        return Err(OpenError::Refused(refusal));
    }
    if payments.clock.now() - row.created_at > TimeDelta::hours(RequestKey::LIFE_HOURS) {
        return Err(OpenError::TooOld);
    }
    match ask(payments, organization, started, row).await {
        Err(OpenError::Refused(refusal)) => Err(refuse(payments, organization, started, refusal).await),
        Err(error) => Err(error),
        Ok(page) => {
            crash::at(Point::PageMade);
            rows::opened(&payments.pool, started.purchase_id, &page).await?;
            crash::at(Point::PageKept);
            // What another node wrote first is the same: the key has one page.
            Ok(Opened { session: page.id, url: page.url, expires_at: page.expires_at })
        }
    }
}

async fn row(payments: &Payments, organization: &OrganizationId, started: &PurchaseStarted) -> Result<Row, OpenError> {
    rows::note(&payments.pool, organization, started.purchase_id, payments.clock.now()).await?;
    let row = rows::find(&payments.pool, started.purchase_id).await?;
    row.ok_or_else(|| OpenError::Database(sqlx::Error::RowNotFound))
}

async fn ask(
    payments: &Payments,
    organization: &OrganizationId,
    started: &PurchaseStarted,
    row: Row,
) -> Result<Checkout, OpenError> {
    let terms = CheckoutTerms::read(&started.metadata).ok_or(OpenError::NoCheckout)?;
    let mut customer = match row.customer_id {
        Some(id) => CustomerId::new(id),
        None => {
            let customer = customers::ensure(payments, organization).await?;
            fixed(payments, started, &customer, None).await?
        }
    };
    let page = match create(payments, organization, started, &terms, &customer).await {
        Err(error) if is_missing(&error) => {
            let other = customers::replace(payments, organization, &customer).await?;
            customer = fixed(payments, started, &other, Some(&customer)).await?;
            create(payments, organization, started, &terms, &customer).await
        }
        answered => answered,
    };
    let page = page.map_err(|error| match error {
        GatewayError::Unknown { .. } => OpenError::Unknown(error),
        GatewayError::Refused { .. } => OpenError::Refused(error.to_string()),
    })?;
    if page.amount.is_some_and(|amount| amount != started.offer.price) {
        return Err(close(payments, started, &page).await);
    }
    Ok(page)
}

/// The customer that this checkout's request goes with, from now on.
async fn fixed(
    payments: &Payments,
    started: &PurchaseStarted,
    customer: &CustomerId,
    missing: Option<&CustomerId>,
) -> Result<CustomerId, OpenError> {
    rows::fix_customer(&payments.pool, started.purchase_id, customer, missing).await?;
    crash::at(Point::CustomerFixed);
    let fixed = rows::find(&payments.pool, started.purchase_id).await?.and_then(|row| row.customer_id);
    Ok(fixed.map_or_else(|| customer.clone(), CustomerId::new))
}

/// The key holds the customer, too: with one that the processor does not know, nothing was ever opened.
async fn create(
    payments: &Payments,
    organization: &OrganizationId,
    started: &PurchaseStarted,
    terms: &CheckoutTerms,
    customer: &CustomerId,
) -> Result<Checkout, GatewayError> {
    let key = RequestKey::of_parts("checkout", &[&started.purchase_id.to_string(), customer.as_str()]);
    let request = CheckoutRequest {
        customer: customer.clone(),
        price: terms.stripe_price_id.clone(),
        quantity: terms.quantity,
        success_url: terms.success_url.clone(),
        cancel_url: terms.cancel_url.clone(),
        save_card: terms.save_card,
        labels: PaymentLabels {
            organization_id: organization.clone(),
            purchase_id: started.purchase_id,
            package_id: started.offer.package_id.clone(),
            credits: started.offer.credits,
            attempt_id: None,
        },
    };
    payments.gateway.create_checkout(&key, &request).await
}

/// Whether the processor does not know the customer.
fn is_missing(error: &GatewayError) -> bool {
    match error {
        GatewayError::Refused { code, param, .. } => {
            code.as_deref() == Some("resource_missing") && param.as_deref() == Some("customer")
        }
        GatewayError::Unknown { .. } => false,
    }
}

/// The price at the processor is not that of the package: nobody may pay it.
async fn close(payments: &Payments, started: &PurchaseStarted, page: &Checkout) -> OpenError {
    let key = RequestKey::of("checkout-close", started.purchase_id.entity());
    if let Err(error) = payments.gateway.expire_checkout(&key, &page.id).await {
        return match error {
            GatewayError::Unknown { .. } => OpenError::Unknown(error),
            GatewayError::Refused { .. } => OpenError::Refused(error.to_string()),
        };
    }
    let asked = page.amount.map(|amount| amount.amount_minor).unwrap_or_default();
    let price = started.offer.price.amount_minor;
    let refusal = format!(
        "the package costs {price} and its price at Stripe makes {asked} (minor units); run `credit-ledger stripe setup`"
    );
    OpenError::Refused(refusal)
}

/// Ends the purchase, then says why for ever.
async fn refuse(
    payments: &Payments,
    organization: &OrganizationId,
    started: &PurchaseStarted,
    refusal: String,
) -> OpenError {
    let reason = Note::try_new(&refusal.chars().take(200).collect::<String>())
        .unwrap_or_else(|_| Note::try_new("refused").expect("a word is a note"));
    let command = Command::FailPurchase(EndPurchase { purchase_id: started.purchase_id, reason });
    let key = format!("checkout:{}:refused", started.purchase_id);
    if let Err(error) = payments.ledger.execute(internal("checkout", organization, &key, command)).await {
        return OpenError::Ledger(error);
    }
    match rows::refused(&payments.pool, started.purchase_id, &refusal).await {
        Ok(()) => OpenError::Refused(refusal),
        Err(error) => OpenError::Database(error),
    }
}
