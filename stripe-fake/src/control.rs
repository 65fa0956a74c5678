//! What tests ask of the simulation, as JSON: what goes wrong, how events are delivered, and what customers, banks and
//! card holders do.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery::{self, Delivery, Endpoint};
use crate::error::ApiError;
use crate::faults::Fault;
use crate::objects::card::TestCard;
use crate::objects::{Labels, dispute, refund};
use crate::server::Shared;
use crate::world::{Next, RefundOrder, World};

type Wanted = Result<Json<Value>, Refused>;

struct Refused(ApiError);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0.status, Json(self.0.body())).into_response()
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_control/state", get(state))
        .route("/_control/faults", post(add_fault).delete(clear_faults))
        .route("/_control/delivery", put(set_delivery))
        .route("/_control/deliver", post(deliver))
        .route("/_control/endpoints", put(set_endpoints))
        .route("/_control/clock", put(set_clock))
        .route("/_control/sessions/{id}/pay", post(pay))
        .route("/_control/sessions/{id}/expire", post(expire))
        .route("/_control/intents/{id}/settle", post(settle))
        .route("/_control/refunds", post(add_refund))
        .route("/_control/refunds/{id}", post(settle_refund))
        .route("/_control/disputes", post(add_dispute))
        .route("/_control/disputes/{id}", post(move_dispute))
}

/// Works on the account and wakes the deliveries.
fn work<T>(shared: &Arc<Shared>, work: impl FnOnce(&mut World) -> T) -> T {
    let result = shared.with(work);
    shared.wake.notify_one();
    result
}

/// How much there is of everything, and the sum that was charged.
async fn state(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.with(|world| {
        let paid: Vec<i64> = world.charges.iter().filter(|c| c.paid()).map(|c| c.amount - c.amount_refunded).collect();
        json!({
            "customers": world.customers.len(), "sessions": world.sessions.len(), "intents": world.intents.len(),
            "charges_paid": paid.len(), "charged_minor": paid.iter().sum::<i64>(), "refunds": world.refunds.len(),
            "disputes": world.disputes.len(), "events": world.events.len(), "events_waiting": world.outbox.len(),
            "requests": world.seen.len(),
            "posts_without_key": world.seen.iter().filter(|seen| seen.method == "POST" && seen.key.is_none()).count()
        })
    }))
}

async fn add_fault(State(shared): State<Arc<Shared>>, Json(fault): Json<Fault>) -> StatusCode {
    shared.with(|world| world.faults.add(fault));
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.with(|world| world.faults.clear());
    StatusCode::NO_CONTENT
}

async fn set_delivery(State(shared): State<Arc<Shared>>, Json(delivery): Json<Delivery>) -> StatusCode {
    work(&shared, |world| world.delivery = delivery);
    StatusCode::NO_CONTENT
}

async fn deliver(State(shared): State<Arc<Shared>>, Json(policy): Json<Delivery>) -> Json<Value> {
    Json(json!({"sent": delivery::deliver(&shared, &policy).await}))
}

async fn set_endpoints(State(shared): State<Arc<Shared>>, Json(endpoints): Json<Vec<Endpoint>>) -> StatusCode {
    work(&shared, |world| world.endpoints = endpoints);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moved {
    offset_seconds: i64,
}

async fn set_clock(State(shared): State<Arc<Shared>>, Json(moved): Json<Moved>) -> StatusCode {
    work(&shared, |world| {
        world.clock.offset_seconds = moved.offset_seconds;
        world.expire_due_sessions();
    });
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pays {
    /// As the API names test cards, such as `pm_card_visa`.
    card: Option<String>,
}

async fn pay(State(shared): State<Arc<Shared>>, Path(id): Path<String>, Json(pays): Json<Pays>) -> Wanted {
    let card = pays.card.as_deref().map_or(Some(TestCard::Succeeds), TestCard::of_token);
    let card = card.ok_or_else(|| ApiError::invalid("There is no such test card."))?;
    let next = work(&shared, |world| world.pay_session(&id, card))?;
    Ok(Json(match next {
        Next::Page => json!({"outcome": "declined"}),
        Next::Confirm(url) => json!({"outcome": "requires_action", "url": url}),
        Next::Return(url) => json!({"outcome": "complete", "url": url}),
    }))
}

async fn expire(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Wanted {
    work(&shared, |world| world.expire_session(&id))?;
    Ok(Json(json!({"outcome": "expired"})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settles {
    succeeds: bool,
}

async fn settle(State(shared): State<Arc<Shared>>, Path(id): Path<String>, Json(settles): Json<Settles>) -> Wanted {
    Ok(Json(work(&shared, |world| {
        world.settle(&id, settles.succeeds)?;
        world.intents.get(&id).map(crate::objects::intent::Intent::show)
    })?))
}

/// A refund or a dispute that did not come from the ledger.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfPayment {
    payment_intent: String,
    amount: Option<i64>,
    status: Option<String>,
}

fn status<T>(name: Option<&str>, default: T, of_name: impl Fn(&str) -> Option<T>) -> Result<T, ApiError> {
    name.map_or(Some(default), of_name).ok_or_else(|| ApiError::invalid("There is no such status."))
}

async fn add_refund(State(shared): State<Arc<Shared>>, Json(order): Json<OfPayment>) -> Wanted {
    let status = status(order.status.as_deref(), refund::Status::Succeeded, refund::Status::of_name)?;
    let refunded = work(&shared, |world| {
        let charge = world.paid_charge(&order.payment_intent)?;
        world.refund(RefundOrder { charge, amount: order.amount, reason: None, metadata: Labels::new(), status })
    });
    Ok(Json(refunded?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Becomes {
    status: String,
}

async fn settle_refund(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Json(becomes): Json<Becomes>,
) -> Wanted {
    let status = status(Some(&becomes.status), refund::Status::Pending, refund::Status::of_name)?;
    Ok(Json(work(&shared, |world| world.settle_refund(&id, status))?))
}

async fn add_dispute(State(shared): State<Arc<Shared>>, Json(order): Json<OfPayment>) -> Wanted {
    let status = status(order.status.as_deref(), dispute::Status::NeedsResponse, dispute::Status::of_name)?;
    Ok(Json(work(&shared, |world| world.dispute(&order.payment_intent, order.amount, status))?))
}

async fn move_dispute(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Json(becomes): Json<Becomes>,
) -> Wanted {
    let status = status(Some(&becomes.status), dispute::Status::UnderReview, dispute::Status::of_name)?;
    Ok(Json(work(&shared, |world| world.move_dispute(&id, status))?))
}
