//! A small service that sells the work of a model: pictures at a fixed price, and chats at the price that they turn out to
//! have. The work itself is handed in, so that tests can let it fail.
//!
//! Absent: anything about credits in the handlers but what a chat has cost.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use credit_check::{ActualCost, Cost, CreditCheck, Held};
use futures::future::BoxFuture;
use http::StatusCode;
use http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_http::catch_panic::CatchPanicLayer;

/// What a picture costs.
pub const PICTURE: u64 = 50;
/// The most that a chat may cost: what is held while it is written.
pub const CHAT_MAX: u64 = 100;

/// Who pays: put into the request by [`authenticate`].
#[derive(Clone, Debug)]
pub struct Customer(pub String);

/// What a model is asked to do, and the credits that are held for it, where any are.
#[derive(Clone, Debug)]
pub struct Work {
    pub prompt: String,
    pub held: Option<Held>,
}

/// What it made.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    pub text: String,
    /// A chat costs a credit each.
    pub tokens: u64,
}

/// It could not.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

/// Something that works.
pub type Model = Arc<dyn Fn(Work) -> BoxFuture<'static, Result<Made, Failed>> + Send + Sync>;

#[derive(Deserialize)]
struct Prompt {
    prompt: String,
}

/// The service's routes.
pub fn router(credits: &CreditCheck, model: Model) -> Router {
    let picture = credits.costing(Cost::credits(PICTURE).for_operation("image-generation"));
    let chat = credits.costing(Cost::credits(CHAT_MAX).for_operation("chat"));
    Router::new()
        .route("/images", post(make_picture).layer(picture))
        .route("/chat", post(make_chat).layer(chat))
        .route("/", get(about))
        .layer(from_fn(authenticate))
        // Outside of the credit check, which has to see the panic: a 500 in its place is given back, too, but a web server
        // that is left with a panic closes the connection.
        .layer(CatchPanicLayer::new())
        .with_state(model)
}

/// Whose request it is. A service has customers' keys in its database; here the key `customer-acme` is acme's.
async fn authenticate(mut request: Request, next: Next) -> Response {
    let key = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(customer) = key.and_then(|key| key.strip_prefix("Bearer customer-")) {
        let customer = Customer(customer.to_owned());
        request.extensions_mut().insert(customer);
    }
    next.run(request).await
}

/// Who pays for a request, for the credit check.
#[must_use]
pub fn organization(request: &http::request::Parts) -> Option<String> {
    request.extensions.get::<Customer>().map(|customer| customer.0.clone())
}

async fn make_picture(
    State(model): State<Model>,
    held: Option<Extension<Held>>,
    Json(Prompt { prompt }): Json<Prompt>,
) -> Result<Json<Made>, Failed> {
    model(Work { prompt, held: held.map(|Extension(held)| held) }).await.map(Json)
}

async fn make_chat(
    State(model): State<Model>,
    held: Option<Extension<Held>>,
    Json(Prompt { prompt }): Json<Prompt>,
) -> Result<(Extension<ActualCost>, Json<Made>), Failed> {
    let made = model(Work { prompt, held: held.map(|Extension(held)| held) }).await?;
    Ok((Extension(ActualCost::credits(made.tokens)), Json(made)))
}

async fn about() -> Json<Value> {
    Json(json!({"POST /images": PICTURE, "POST /chat": "a credit a token"}))
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::BAD_GATEWAY, "the model failed\n").into_response()
    }
}
