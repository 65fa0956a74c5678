//! Refusals and failures about notifications.

use std::time::Duration;

use notifications::NotificationError;
use notifications::kind::UnknownKind;
use notifications::target::InvalidTarget;

use crate::problem::Problem;

const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What a caller is told when something about notifications is not done.
#[must_use]
pub fn of_notification(error: &NotificationError) -> Problem {
    match error {
        NotificationError::NoEndpoint => Problem::not_found("notification_endpoint_not_found", error.to_string()),
        NotificationError::NoDelivery => Problem::not_found("delivery_not_found", error.to_string()),
        NotificationError::StillWaiting => {
            Problem::conflict("delivery_waiting", "Not ended yet", "this delivery is being tried; it has not ended yet")
        }
        NotificationError::TooMany(most) => {
            Problem::invalid("too_many_notification_endpoints", "Too many", error.to_string()).with("maximum", *most)
        }
        NotificationError::Sealed => {
            tracing::error!("a notification secret was sealed with a key that this server does not have");
            Problem::unavailable("secret_sealed", error.to_string(), RETRY_AFTER_FAILURE)
        }
        NotificationError::Database(source) => {
            tracing::warn!(error = %source, "notifications cannot be read or written");
            Problem::unavailable("unavailable", "the database is unavailable; nothing was done", RETRY_AFTER_FAILURE)
        }
    }
}

/// What a caller is told whose endpoint cannot be where it says. The address is not repeated: it may hold a token.
#[must_use]
pub fn of_target(error: InvalidTarget) -> Problem {
    let (code, hint) = match error {
        InvalidTarget::Private | InvalidTarget::NotHttps => {
            ("url_not_allowed", "; a server that is told to allow private notifications takes it")
        }
        InvalidTarget::NotAUrl | InvalidTarget::Credentials | InvalidTarget::Fragment => ("invalid_url", ""),
    };
    Problem::invalid(code, "Not a valid address", format!("`url`: {error}{hint}")).with("field", "url")
}

/// What a caller is told whose filter names what there is not.
#[must_use]
pub fn of_kind(error: &UnknownKind) -> Problem {
    let known: Vec<&str> = notifications::Kind::ALL.iter().map(|kind| kind.name()).collect();
    let detail = format!("`types`: {error}; there are {}", known.join(", "));
    Problem::invalid("unknown_notification_type", "Not a valid type", detail).with("field", "types")
}
