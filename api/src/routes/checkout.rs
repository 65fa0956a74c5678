//! Buying a package on the payment processor's page.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use domain::events::{Fact, PurchaseStarted};
use domain::ids::PurchaseId;
use domain::{Command, IdempotencyKey, OrganizationId};
use http::{HeaderValue, StatusCode};
use payments::checkout::{self, CheckoutTerms, NotForSale, OpenError};
use store::{CommandRequest, Committed, RequestHash};

use super::call::{Call, Ids, VisitorCall, organization};
use super::run::{IDEMPOTENCY_REPLAYED, json, known, no_events};
use crate::answers::CheckoutAnswer;
use crate::app::App;
use crate::auth::Scope;
use crate::openapi::ProblemDetails;
use crate::paying::{Paying, off};
use crate::problem::Problem;
use crate::problems::of_execute;
use crate::request::body::{Object, read_text};
use crate::request::checkout::{CheckoutAsked, CheckoutBody};
use crate::request::request_hash;

/// When to ask again where the payment processor did not answer: its own retries have been tried by then.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Opens a page on which the customer buys a package.
///
/// The purchase is pending until the payment has arrived: credits come with it, and not with a return to `success_url`.
/// The same key answers the same page, also after a timeout.
#[utoipa::path(post, path = "/v1/organizations/{org}/checkout-sessions", tag = "purchases", operation_id = "open_checkout", request_body = CheckoutBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = CheckoutAnswer<'static>),
        (status = 501, body = ProblemDetails, description = "Payments are off on this server"),
        (status = 502, body = ProblemDetails, description = "The payment processor refused; the purchase has failed"),
        (status = 503, body = ProblemDetails, description = "The payment processor did not answer; the same key finds out"),
        (status = "default", body = ProblemDetails)))]
pub async fn open(
    State(app): State<App>,
    Ids(org): Ids<String>,
    VisitorCall(call): VisitorCall,
) -> Result<Response, Problem> {
    call.caller.must_have_or_be_a_page(Scope::Command)?;
    let organization = organization(&org)?;
    call.caller.must_see(&organization)?;
    let paying = app.paying.as_ref().ok_or_else(off)?;
    let key = call.key()?;
    let Object(object) = read_text(call.body())?;
    let asked = read_text::<CheckoutBody>(call.body())?.asked(&app.origins)?;
    let hash = request_hash("checkout", &organization, None, &object).map_err(|error| {
        Problem::invalid("unhashable_number", "Not a valid number", format!("a number of the body: {error}"))
    })?;
    let committed = match known(&app, &organization, &key, hash).await? {
        Some(committed) => committed,
        None => start(&app, paying, &call, &organization, (key, hash), asked).await?,
    };
    let (sequence, started) = started(&committed).ok_or_else(no_events)?;
    let terms = CheckoutTerms::read(&started.metadata).ok_or_else(no_events)?;
    let opened = checkout::open(&paying.payments, &organization, started).await.map_err(of_open)?;
    let answer = CheckoutAnswer::of(organization.as_str(), sequence, started, &terms, &opened);
    let mut response = json(StatusCode::CREATED, &answer);
    if committed.replayed {
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Starts the purchase, with all that its page is asked for with.
async fn start(
    app: &App,
    paying: &Paying,
    call: &Call,
    organization: &OrganizationId,
    (key, hash): (IdempotencyKey, RequestHash),
    asked: CheckoutAsked,
) -> Result<Committed, Problem> {
    let package = app.catalogue.for_sale(&asked.package_id).await?;
    let reference = checkout::payment_reference(organization, &key);
    let purchase = PurchaseId::of_reference(organization, reference.as_str());
    let (quantity, validity_days) = (asked.quantity, package.terms.validity_days);
    let command = checkout::start(&package, reference, quantity, |price| asked.terms(price, validity_days))
        .map_err(|error| not_for_sale(error, package.id.as_str()))?;
    // Before the purchase, so that a purchase without a page is always found, and ended.
    let payments = &paying.payments;
    checkout::note(&payments.pool, organization, purchase, payments.clock.now())
        .await
        .map_err(|error| unkept(&error))?;
    let request = CommandRequest {
        organization: organization.clone(),
        key: Some((key, hash)),
        command: Command::StartPurchase(command),
        metadata: call.metadata(),
        welcome: app.catalogue.welcome().await?,
    };
    app.ledger.execute(request).await.map_err(of_execute)
}

fn started(committed: &Committed) -> Option<(u64, &PurchaseStarted)> {
    committed.events.iter().find_map(|event| match &event.event.fact {
        Fact::PurchaseStarted(started) => Some((event.sequence, started)),
        _ => None,
    })
}

fn not_for_sale(error: NotForSale, package: &str) -> Problem {
    match error {
        NotForSale::NoPrice => {
            let detail = format!("package `{package}` has no price at Stripe; `credit-ledger stripe setup` makes one");
            Problem::invalid("package_without_price", "Cannot be bought yet", detail).with("field", "package_id")
        }
        NotForSale::Quantity => {
            let detail = format!("package `{package}` {error}");
            Problem::invalid("invalid_value", "Not a valid value", detail).with("field", "quantity")
        }
    }
}

fn unkept(error: &sqlx::Error) -> Problem {
    tracing::warn!(%error, "a checkout cannot be written down");
    Problem::unavailable("unavailable", "the database is unavailable; try again with the same key", RETRY_AFTER)
}

fn of_open(error: OpenError) -> Problem {
    match error {
        OpenError::Unknown(error) => {
            tracing::warn!(%error, "a checkout's outcome is unknown");
            let detail = "the payment processor did not answer; try again with the same idempotency key";
            Problem::unavailable("payment_processor_unavailable", detail, RETRY_AFTER)
        }
        OpenError::Refused(refusal) => {
            tracing::error!(refusal, "the payment processor refused a checkout");
            let detail =
                "the payment processor refused this checkout, and the purchase has failed; the server's log says why";
            Problem::new(StatusCode::BAD_GATEWAY, "payment_processor_refused", "Refused by the processor", detail)
        }
        error @ OpenError::TooOld => {
            let detail = format!("{error}; begin a new one with a new idempotency key");
            Problem::conflict("checkout_too_old", "Too old", detail)
        }
        OpenError::NoCheckout => no_events(),
        OpenError::Database(error) => unkept(&error),
        OpenError::Ledger(error) => of_execute(error),
    }
}
