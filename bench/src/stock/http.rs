//! The routes: the ledger's paths, bodies and answers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cqrs_es::EventEnvelope;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::account::{Account, AccountCommand, AccountError};
use super::events::{AccountEvent, Allocation};
use super::service::{StockError, StockService};

/// What stock needs of the ledger's bodies; the other fields are read over.
#[derive(Deserialize)]
struct Amount {
    amount: i64,
}

type Service = State<Arc<StockService>>;

/// The stock service's routes.
pub fn router(service: Arc<StockService>) -> Router {
    Router::new()
        .route("/v1/organizations/{organization}/grants", post(grant))
        .route("/v1/organizations/{organization}/consumptions", post(consume))
        .route("/v1/organizations/{organization}/reservations", post(reserve))
        .route("/v1/organizations/{organization}/reservations/{reservation}/confirm", post(confirm))
        .route("/v1/organizations/{organization}/balance", get(balance))
        .route("/readyz", get(|| async { "ready" }))
        .with_state(service)
}

async fn grant(State(service): Service, Path(organization): Path<String>, Json(body): Json<Amount>) -> Response {
    let command = AccountCommand::Grant { grant_id: new_id(), amount: body.amount };
    answer(StatusCode::CREATED, service.execute(&organization, command).await)
}

async fn consume(State(service): Service, Path(organization): Path<String>, Json(body): Json<Amount>) -> Response {
    let command = AccountCommand::Consume { consumption_id: new_id(), amount: body.amount };
    answer(StatusCode::CREATED, service.execute(&organization, command).await)
}

async fn reserve(State(service): Service, Path(organization): Path<String>, Json(body): Json<Amount>) -> Response {
    let command = AccountCommand::Reserve { reservation_id: new_id(), amount: body.amount };
    answer(StatusCode::CREATED, service.execute(&organization, command).await)
}

async fn confirm(
    State(service): Service,
    Path((organization, reservation_id)): Path<(String, String)>,
    Json(body): Json<Amount>,
) -> Response {
    let command = AccountCommand::Confirm { reservation_id, amount: body.amount };
    answer(StatusCode::OK, service.execute(&organization, command).await)
}

async fn balance(State(service): Service, Path(organization): Path<String>) -> Response {
    match service.balance(&organization).await {
        Some(view) => Json(view).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn new_id() -> String {
    Uuid::now_v7().to_string()
}

fn answer(status: StatusCode, outcome: Result<EventEnvelope<Account>, StockError>) -> Response {
    match outcome {
        Ok(event) => (status, Json(describe(event))).into_response(),
        Err(error) => refuse(&error),
    }
}

fn describe(event: EventEnvelope<Account>) -> serde_json::Value {
    let sequence = event.sequence;
    match event.payload {
        AccountEvent::CreditsGranted { grant_id, amount, balance_after } => {
            json!({ "id": grant_id, "amount": amount, "balance_after": balance_after, "sequence": sequence })
        }
        AccountEvent::CreditsConsumed { consumption_id, amount, allocations, balance_after } => {
            consumption(&consumption_id, amount, &allocations, balance_after, sequence)
        }
        AccountEvent::CreditsReserved { reservation_id, amount } => {
            json!({ "id": reservation_id, "amount": amount, "status": "pending", "sequence": sequence })
        }
        AccountEvent::ReservationConfirmed { reservation_id, amount, allocations, balance_after } => {
            consumption(&reservation_id, amount, &allocations, balance_after, sequence)
        }
    }
}

fn consumption(
    id: &str,
    amount: i64,
    allocations: &[Allocation],
    balance_after: i64,
    sequence: usize,
) -> serde_json::Value {
    json!({
        "id": id,
        "amount": amount,
        "balance_after": balance_after,
        "allocations": allocations,
        "sequence": sequence,
    })
}

fn refuse(error: &StockError) -> Response {
    let (status, code) = match error {
        StockError::Refused(AccountError::Insufficient { .. }) => {
            (StatusCode::PAYMENT_REQUIRED, "insufficient_credits")
        }
        StockError::Refused(AccountError::NotReserved) => (StatusCode::CONFLICT, "not_reserved"),
        StockError::Refused(AccountError::InvalidAmount) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_amount"),
        StockError::Conflicts => (StatusCode::SERVICE_UNAVAILABLE, "too_many_conflicts"),
        StockError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store_failed"),
    };
    let mut body = json!({ "status": status.as_u16(), "code": code, "error": error.to_string() });
    if let StockError::Refused(AccountError::Insufficient { required, balance, available }) = error {
        body["required"] = json!(required);
        body["balance"] = json!(balance);
        body["available"] = json!(available);
    }
    (status, Json(body)).into_response()
}
