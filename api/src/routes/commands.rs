//! The command endpoints, one each.

use axum::extract::State;
use axum::response::Response;

use super::call::{Call, Ids};
use super::run::single;
use crate::answers::{
    AdjustmentAnswer, ConsumptionAnswer, ConsumptionRefundAnswer, GrantAnswer, GrantVoidAnswer, PurchaseAnswer,
    RecurringGrantAnswer, ReservationAnswer, ReservationEndAnswer, SettingsAnswer,
};
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::problem::Problem;
use crate::request::Kind;
use crate::request::adjustments::AdjustBody;
use crate::request::consumptions::{ConsumeBody, RefundBody};
use crate::request::grants::{GrantBody, VoidBody};
use crate::request::purchases::PurchaseBody;
use crate::request::recurring::RecurringGrantBody;
use crate::request::reservations::{CancelBody, ConfirmBody, ReserveBody};
use crate::request::settings::SettingsBody;

/// Gives an organization credits.
#[utoipa::path(post, path = "/v1/organizations/{org}/grants", tag = "grants", request_body = GrantBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = GrantAnswer<'static>),
        (status = "default", body = ProblemDetails)))]
pub async fn grant(State(app): State<App>, Ids(org): Ids<String>, call: Call) -> Result<Response, Problem> {
    single(&app, Kind::Grant, &org, None, call).await
}

/// Ends a grant: what is left and not held is gone.
#[utoipa::path(post, path = "/v1/organizations/{org}/grants/{id}/void", tag = "grants", request_body = VoidBody,
    params(("org" = String, Path), ("id" = uuid::Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = GrantVoidAnswer<'static>),
        (status = 409, body = ProblemDetails, description = "Its state forbids it"),
        (status = "default", body = ProblemDetails)))]
pub async fn void_grant(
    State(app): State<App>,
    Ids((org, id)): Ids<(String, String)>,
    call: Call,
) -> Result<Response, Problem> {
    single(&app, Kind::VoidGrant, &org, Some(&id), call).await
}

/// Records a purchase that was paid elsewhere, such as by invoice.
#[utoipa::path(post, path = "/v1/organizations/{org}/purchases", tag = "purchases", request_body = PurchaseBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = PurchaseAnswer<'static>),
        (status = "default", body = ProblemDetails)))]
pub async fn record_purchase(State(app): State<App>, Ids(org): Ids<String>, call: Call) -> Result<Response, Problem> {
    single(&app, Kind::RecordPurchase, &org, None, call).await
}

/// Spends credits now.
#[utoipa::path(post, path = "/v1/organizations/{org}/consumptions", tag = "consumptions", request_body = ConsumeBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = ConsumptionAnswer<'static>),
        (status = 402, body = ProblemDetails, description = "Too few credits"),
        (status = "default", body = ProblemDetails)))]
pub async fn consume(State(app): State<App>, Ids(org): Ids<String>, call: Call) -> Result<Response, Problem> {
    single(&app, Kind::Consume, &org, None, call).await
}

/// Gives credits back to the grants that they came from.
#[utoipa::path(post, path = "/v1/organizations/{org}/consumptions/{id}/refund", tag = "consumptions", request_body = RefundBody,
    params(("org" = String, Path), ("id" = uuid::Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = ConsumptionRefundAnswer<'static>),
        (status = 409, body = ProblemDetails, description = "Its state forbids it"),
        (status = "default", body = ProblemDetails)))]
pub async fn refund_consumption(
    State(app): State<App>,
    Ids((org, id)): Ids<(String, String)>,
    call: Call,
) -> Result<Response, Problem> {
    single(&app, Kind::RefundConsumption, &org, Some(&id), call).await
}

/// Holds credits for work in progress.
#[utoipa::path(post, path = "/v1/organizations/{org}/reservations", tag = "reservations", request_body = ReserveBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = ReservationAnswer<'static>),
        (status = 402, body = ProblemDetails, description = "Too few credits"),
        (status = "default", body = ProblemDetails)))]
pub async fn reserve(State(app): State<App>, Ids(org): Ids<String>, call: Call) -> Result<Response, Problem> {
    single(&app, Kind::Reserve, &org, None, call).await
}

/// Spends what the work cost, and gives the rest of the hold back.
#[utoipa::path(post, path = "/v1/organizations/{org}/reservations/{id}/confirm", tag = "reservations", request_body = ConfirmBody,
    params(("org" = String, Path), ("id" = uuid::Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = ConsumptionAnswer<'static>),
        (status = 409, body = ProblemDetails, description = "Its state forbids it"),
        (status = "default", body = ProblemDetails)))]
pub async fn confirm_reservation(
    State(app): State<App>,
    Ids((org, id)): Ids<(String, String)>,
    call: Call,
) -> Result<Response, Problem> {
    single(&app, Kind::ConfirmReservation, &org, Some(&id), call).await
}

/// Gives the hold back.
#[utoipa::path(post, path = "/v1/organizations/{org}/reservations/{id}/cancel", tag = "reservations", request_body = CancelBody,
    params(("org" = String, Path), ("id" = uuid::Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = ReservationEndAnswer<'static>),
        (status = 409, body = ProblemDetails, description = "Its state forbids it"),
        (status = "default", body = ProblemDetails)))]
pub async fn cancel_reservation(
    State(app): State<App>,
    Ids((org, id)): Ids<(String, String)>,
    call: Call,
) -> Result<Response, Problem> {
    single(&app, Kind::CancelReservation, &org, Some(&id), call).await
}

/// Corrects a balance, with the reason why.
#[utoipa::path(post, path = "/v1/organizations/{org}/adjustments", tag = "adjustments", request_body = AdjustBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = AdjustmentAnswer<'static>),
        (status = 402, body = ProblemDetails, description = "Too few credits"),
        (status = "default", body = ProblemDetails)))]
pub async fn adjust(State(app): State<App>, Ids(org): Ids<String>, call: Call) -> Result<Response, Problem> {
    single(&app, Kind::Adjust, &org, None, call).await
}

/// Sets all settings of an organization.
#[utoipa::path(put, path = "/v1/organizations/{org}/settings", tag = "settings", request_body = SettingsBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = SettingsAnswer<'static>),
        (status = "default", body = ProblemDetails)))]
pub async fn change_settings(State(app): State<App>, Ids(org): Ids<String>, call: Call) -> Result<Response, Problem> {
    single(&app, Kind::ChangeSettings, &org, None, call).await
}

/// Sets what an organization is granted every month, or that nothing more is.
///
/// A change keeps the schedule and holds from the next period on; `starts_at` begins a schedule anew. Months that pass
/// without any command are granted all the same.
#[utoipa::path(put, path = "/v1/organizations/{org}/recurring-grant", tag = "grants", request_body = RecurringGrantBody,
    params(("org" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = RecurringGrantAnswer<'static>),
        (status = "default", body = ProblemDetails)))]
pub async fn configure_recurring_grant(
    State(app): State<App>,
    Ids(org): Ids<String>,
    call: Call,
) -> Result<Response, Problem> {
    single(&app, Kind::ConfigureRecurringGrant, &org, None, call).await
}
