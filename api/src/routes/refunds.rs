//! Giving the price of a purchase back.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use domain::OrganizationId;
use domain::events::Fact;
use domain::ids::PurchaseId;
use http::{HeaderValue, StatusCode};
use payments::gateway::RefundId;
use payments::refunds::{RefundAsked, RefundError, Source, refund, source};
use store::{Committed, ExecuteError, RecordedEvent};
use uuid::Uuid;

use super::call::{Call, Ids, organization};
use super::run::{IDEMPOTENCY_REPLAYED, answer, known, single};
use crate::answers::PurchaseRevocationAnswer;
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::paying::off;
use crate::problem::Problem;
use crate::problems::of_execute;
use crate::request::body::{Object, read_text};
use crate::request::purchases::PurchaseRefundBody;
use crate::request::{Kind, id, request_hash};

/// When to ask again where the payment processor did not answer: its own retries have been tried by then.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Gives the price of a purchase back, or a part of it, and takes its credits.
///
/// What was paid by a checkout or a recharge is paid back by the payment processor; the same key sends it once, also after
/// a timeout. Of a purchase that was paid elsewhere only the credits are taken. What was spent already becomes a debt, even
/// past the overdraft limit.
#[utoipa::path(post, path = "/v1/organizations/{org}/purchases/{id}/refund", tag = "purchases", request_body = PurchaseRefundBody,
    params(("org" = String, Path), ("id" = uuid::Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = PurchaseRevocationAnswer<'static>),
        (status = 409, body = ProblemDetails, description = "Its state forbids it, or the payment processor refused"),
        (status = 501, body = ProblemDetails, description = "It was paid at the payment processor, and payments are off on this server"),
        (status = 503, body = ProblemDetails, description = "The payment processor did not answer; the same key finds out"),
        (status = "default", body = ProblemDetails)))]
pub async fn refund_purchase(
    State(app): State<App>,
    Ids((org, purchase)): Ids<(String, String)>,
    call: Call,
) -> Result<Response, Problem> {
    let kind = Kind::RevokePurchase;
    call.caller.must_have(kind.scope())?;
    let organization = organization(&org)?;
    call.caller.must_see(&organization)?;
    let target = id("purchase_id", &purchase)?;
    match source_of(&app, &organization, target).await? {
        Some(source) => at_the_processor(&app, &call, (org, target), source).await,
        None => single(&app, kind, &org, Some(&purchase), call).await,
    }
}

async fn source_of(app: &App, organization: &OrganizationId, target: Uuid) -> Result<Option<Source>, Problem> {
    let purchase = PurchaseId::new(target);
    let history = app.ledger.entity(organization, purchase.entity()).await.map_err(of_execute)?;
    source(app.catalogue.pool(), organization, purchase, &history).await.map_err(|error| unread(&error))
}

/// The command alone takes credits and gives no money: it is not for what the payment processor could pay back.
///
/// # Errors
/// The purchase was paid at the processor, or that cannot be found out.
pub(super) async fn must_be_paid_elsewhere(
    app: &App,
    organization: &OrganizationId,
    target: Uuid,
) -> Result<(), Problem> {
    if source_of(app, organization, target).await?.is_none() {
        return Ok(());
    }
    let detail = "the purchase was paid at the payment processor: refund it by `POST .../purchases/{id}/refund`, which gives \
                  the money back, too";
    Err(Problem::conflict("paid_at_the_processor", "Paid at the processor", detail))
}

async fn at_the_processor(
    app: &App,
    call: &Call,
    (org, target): (String, Uuid),
    source: Source,
) -> Result<Response, Problem> {
    let paying = app.paying.as_ref().ok_or_else(off)?;
    let (organization, key) = (&organization(&org)?, &call.key()?);
    let Object(object) = read_text(call.body())?;
    let (amount_minor, reason) = read_text::<PurchaseRefundBody>(call.body())?.asked()?;
    let hash = request_hash(Kind::RevokePurchase.name(), organization, Some(target), &object).map_err(|error| {
        Problem::invalid("unhashable_number", "Not a valid number", format!("a number of the body: {error}"))
    })?;
    // A key of another command is not a refund's, although nothing of a refund itself stands under it in the log.
    if let Some(first) = known(app, organization, key, hash).await? {
        return answer(app, &first).await;
    }
    let purchase = PurchaseId::new(target);
    let actor = call.metadata().actor;
    let asked = RefundAsked { organization, purchase, source, key, hash, amount_minor, reason, actor: &actor };
    let done = refund(&paying.payments, &asked).await.map_err(of_refund)?;
    let history = app.ledger.entity(organization, purchase.entity()).await.map_err(of_execute)?;
    let first = history.iter().find(|recorded| is_of(recorded, &done.id)).ok_or_else(|| took_nothing(&done.id))?;
    let before = first.sequence - u64::from(first.command_index) - 1;
    let events = app.ledger.events(organization, before, first.command_count).await.map_err(of_execute)?;
    let mut response = answer(app, &Committed { events, replayed: false }).await?;
    if done.replayed {
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn is_of(recorded: &RecordedEvent, refund: &RefundId) -> bool {
    match &recorded.event.fact {
        Fact::PurchaseRevoked(f) => f.reference.as_str() == refund.as_str(),
        _ => false,
    }
}

/// The refund failed at once, or all credits had been taken before.
fn took_nothing(refund: &RefundId) -> Problem {
    let detail =
        format!("refund `{refund}` took no credits: it failed at the payment processor, or none were left to take");
    Problem::conflict("refund_took_nothing", "No credits taken", detail)
}

fn unread(error: &sqlx::Error) -> Problem {
    tracing::warn!(%error, "a refund cannot be looked up or written down");
    Problem::unavailable("unavailable", "the database is unavailable; try again with the same key", RETRY_AFTER)
}

fn of_refund(error: RefundError) -> Problem {
    match error {
        RefundError::KeyReused => of_execute(ExecuteError::KeyReused),
        RefundError::Unknown(error) => {
            tracing::warn!(%error, "a refund's outcome is unknown");
            let detail = "the payment processor did not answer; try again with the same idempotency key";
            Problem::unavailable("payment_processor_unavailable", detail, RETRY_AFTER)
        }
        RefundError::Refused(refusal) => {
            tracing::error!(refusal, "the payment processor refused a refund");
            let detail =
                "the payment processor refused this refund; the server's log says why. Ask again with a new key";
            Problem::conflict("refund_refused", "Refused by the processor", detail)
        }
        error @ RefundError::TooOld => {
            let detail = format!("{error}; what it did is seen in the purchase. To refund more, use a new key");
            Problem::conflict("refund_too_old", "Too old", detail)
        }
        error @ RefundError::NoPayment => Problem::conflict("payment_unknown", "Payment not known", error.to_string()),
        RefundError::Settle(hindrance) => {
            tracing::error!(%hindrance, "the credits of a refund cannot be taken");
            let detail = "the money goes back, and its credits need a person; the server's log says why";
            Problem::new(StatusCode::CONFLICT, "refund_needs_review", "Needs a person", detail)
        }
        RefundError::Database(error) => unread(&error),
        RefundError::Ledger(error) => of_execute(error),
    }
}
