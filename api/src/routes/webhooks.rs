//! What Stripe tells us.

use axum::extract::{Request, State};
use http::{HeaderMap, StatusCode};
use payments::gateway::RawEvent;
use payments::inbox::{KeepError, Received};
use payments::stripe::{read_event, verify};
use std::time::Duration;

use super::read_body::HeldBody;
use crate::app::App;
use crate::openapi::ProblemDetails;
use crate::paying::off;
use crate::problem::Problem;

/// Stripe tries again by itself, later and later.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Takes an event of Stripe. No key: the signature over the raw body is what is checked.
///
/// The event is kept and answered; what it means is worked out afterwards.
#[utoipa::path(post, path = "/v1/webhooks/stripe", tag = "purchases", request_body = serde_json::Value,
    params(("Stripe-Signature" = String, Header)), security(()),
    responses(
        (status = 200, description = "Kept, or known from an earlier delivery"),
        (status = 400, body = ProblemDetails, description = "The signature is not of this body and time; nothing is kept"),
        (status = 503, body = ProblemDetails, description = "It could not be kept: deliver it again"),
        (status = "default", body = ProblemDetails)))]
pub async fn stripe(State(app): State<App>, request: Request) -> Result<StatusCode, Problem> {
    let paying = app.paying.as_ref().ok_or_else(off)?;
    let (parts, body) = request.into_parts();
    let body = HeldBody::read(&app.bodies, &parts.headers, body).await?;
    let now = paying.payments.clock.now();
    verify(&paying.webhook_secrets, signature(&parts.headers), &body.bytes, now)
        .map_err(|error| Problem::malformed("invalid_signature", "Not a signature of Stripe's", error.to_string()))?;
    let event = event(&body.bytes)?;
    let id = event.id.clone();
    match paying.keeper.receive(event, paying.live, now).await {
        Ok(Received::New | Received::Again) => Ok(StatusCode::OK),
        Err(error @ KeepError::Refused(_)) => Err(unreadable(&error)),
        Err(error @ (KeepError::Database(_) | KeepError::Closed)) => {
            tracing::error!(%error, event = %id, "an event of Stripe cannot be kept; Stripe will deliver it again");
            Err(Problem::unavailable("unavailable", "the event could not be kept; deliver it again", RETRY_AFTER))
        }
    }
}

fn signature(headers: &HeaderMap) -> Option<&str> {
    headers.get("stripe-signature").and_then(|value| value.to_str().ok())
}

/// Authentic, so only its head has to be readable; whoever works at it reads the rest.
fn event(body: &[u8]) -> Result<RawEvent, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| unreadable(&error))?;
    let seen = read_event(text).map_err(|error| unreadable(&error))?;
    Ok(RawEvent {
        id: seen.id,
        kind: seen.kind,
        created: seen.created,
        api_version: seen.api_version,
        livemode: seen.livemode,
        payload: text.to_owned(),
    })
}

fn unreadable(error: &dyn std::fmt::Display) -> Problem {
    Problem::malformed("unreadable_event", "Not an event", format!("the body is signed, but no event: {error}"))
}
