//! A page on which a customer pays for what their card could not be charged for without them.

use domain::events::{Fact, PurchaseStarted, RechargeRequested};
use domain::ids::PurchaseId;
use domain::package::PackageId;
use domain::text::{Link, ReferenceText};
use domain::{Command, OrganizationId};
use store::Committed;
use store::catalogue::{CatalogueError, packages};

use super::worker::Hindrance;
use crate::checkout::{self, CheckoutTerms, OpenError};
use crate::{Payments, internal};

/// An ordinary checkout of the same packages, at what they cost today, that saves the card. `None` where they cannot be
/// bought on a page.
pub(super) async fn open(
    payments: &Payments,
    return_url: &str,
    organization: &OrganizationId,
    request: &RechargeRequested,
) -> Result<Option<Link>, Hindrance> {
    let Some(started) = start(payments, return_url, organization, request).await? else { return Ok(None) };
    let Some(started) = started.events.iter().find_map(|event| purchase(&event.event.fact)) else { return Ok(None) };
    match checkout::open(payments, organization, started).await {
        Ok(opened) => Ok(Link::try_new(&opened.url).ok()),
        Err(OpenError::Unknown(error)) => Err(error.into()),
        Err(OpenError::Database(error)) => Err(error.into()),
        Err(OpenError::Ledger(error)) => Err(error.into()),
        Err(error @ (OpenError::Refused(_) | OpenError::TooOld | OpenError::NoCheckout)) => {
            tracing::warn!(%organization, %error, "a customer gets no page to pay on");
            Ok(None)
        }
    }
}

async fn start(
    payments: &Payments,
    return_url: &str,
    organization: &OrganizationId,
    request: &RechargeRequested,
) -> Result<Option<Committed>, Hindrance> {
    let Ok(package) = PackageId::try_new(request.package_id.as_str()) else { return Ok(None) };
    let package = match packages::current(&payments.pool, &package).await {
        Ok(package) => package,
        Err(CatalogueError::NoPackage(_)) => return Ok(None),
        Err(error) => return Err(Hindrance::Unclear(error.to_string())),
    };
    let id = request.recharge_id;
    let reference = ReferenceText::try_new(&format!("recharge-checkout:{id}")).expect("words and a UUID are short");
    let purchase = PurchaseId::of_reference(organization, reference.as_str());
    let quantity = u32::try_from(request.packages).unwrap_or(u32::MAX);
    let validity_days = package.terms.validity_days;
    let command = checkout::start(&package, reference, quantity, |stripe_price_id| CheckoutTerms {
        stripe_price_id,
        quantity,
        validity_days,
        success_url: return_url.to_owned(),
        cancel_url: return_url.to_owned(),
        save_card: true,
    });
    let Ok(command) = command else { return Ok(None) };
    // Before the purchase, so that a purchase without a page is always found, and ended.
    checkout::note(&payments.pool, organization, purchase, payments.clock.now()).await?;
    let key = format!("recharge:{id}:checkout");
    let request = internal("recharge", organization, &key, Command::StartPurchase(command));
    Ok(Some(payments.ledger.execute(request).await?))
}

fn purchase(fact: &Fact) -> Option<&PurchaseStarted> {
    match fact {
        Fact::PurchaseStarted(started) => Some(started),
        _ => None,
    }
}
