//! The one place where refusals and failures become problems.
//!
//! Invariant: the matches have no `_` arm, so a new reason cannot go unmapped.

mod notifications;

use std::time::Duration;

use domain::error::ReservationEnd;
use domain::price::{Misplaced, PriceError};
use domain::{CommandError, Credits};
use http::StatusCode;
use projections::WaitError;
use projections::queries::{self, QueryError};
use store::ExecuteError;
use store::catalogue::CatalogueError;
use store::log::LogError;

use crate::feed::PlaceError;
use crate::problem::Problem;

pub use notifications::{of_kind, of_notification, of_target};

/// When to try again after a failure that names no time: the database is back by then, or not for a while.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What a caller is told when a command has no outcome.
#[must_use]
pub fn of_execute(error: ExecuteError) -> Problem {
    match error {
        ExecuteError::Refused(refusal) => of_refusal(&refusal),
        ExecuteError::KeyReused => Problem::invalid(
            "idempotency_key_reused",
            "Key used before",
            "the idempotency key was used for another request of this organization; use a new key for a new request",
        ),
        ExecuteError::Overloaded { retry_after } => {
            Problem::unavailable("overloaded", "the ledger is busy; nothing was done", retry_after)
        }
        ExecuteError::Unavailable { reason, retry_after } => {
            let detail = format!("{reason}; try again with the same idempotency key");
            Problem::unavailable("unavailable", detail, retry_after)
        }
        ExecuteError::ShuttingDown => Problem::unavailable(
            "shutting_down",
            "this server is shutting down; try again with the same idempotency key",
            RETRY_AFTER_FAILURE,
        ),
        ExecuteError::Log(failure) => of_log(&failure),
    }
}

/// What a caller is told when the log fails.
#[must_use]
pub fn of_log(failure: &LogError) -> Problem {
    match failure {
        LogError::OutcomeUnknown(source) => {
            tracing::warn!(error = %source, "the database's answer was lost");
            Problem::unavailable(
                "outcome_unknown",
                "the database's answer was lost; a retry with the same idempotency key tells the outcome",
                RETRY_AFTER_FAILURE,
            )
        }
        LogError::Rejected(source) => {
            tracing::error!(error = %source, "the database refused a value that validation let through");
            Problem::invalid("value_refused", "Not accepted", "the database refused a value of this command")
        }
        LogError::Unavailable(source) => {
            tracing::warn!(error = %source, "the database is unavailable");
            Problem::unavailable("unavailable", "the database is unavailable; nothing was done", RETRY_AFTER_FAILURE)
        }
        LogError::Corrupt(what) => {
            tracing::error!(what, "the log cannot be read");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "log_unreadable",
                "The log cannot be read",
                "this organization's log cannot be read; run `credit-ledger verify`",
            )
        }
    }
}

/// What a caller is told when a query has no answer.
#[must_use]
pub fn of_query(failure: &QueryError) -> Problem {
    /// What PostgreSQL answers when a statement has used up its time.
    const QUERY_CANCELED: &str = "57014";
    /// The class of values that PostgreSQL has no room for. Whatever else a query is given was checked before.
    const NOT_A_VALUE: &str = "22";
    let forged = || {
        let detail = "this is not a cursor that the ledger has given out";
        Problem::malformed("cursor_malformed", "Not a valid cursor", detail)
    };
    match failure {
        QueryError::Cursor(error @ queries::CursorError::Unreadable) => {
            Problem::malformed("cursor_malformed", "Not a valid cursor", error.to_string())
        }
        QueryError::Cursor(error @ queries::CursorError::OfAnotherQuery) => {
            Problem::malformed("cursor_of_another_query", "Cursor of another query", error.to_string())
        }
        QueryError::Database(sqlx::Error::Database(error)) if error.code().as_deref() == Some(QUERY_CANCELED) => {
            let detail = "the query took too long; ask for a shorter span of time or a smaller page";
            Problem::unavailable("query_too_slow", detail, RETRY_AFTER_FAILURE)
        }
        QueryError::Database(sqlx::Error::Database(error))
            if error.code().is_some_and(|code| code.starts_with(NOT_A_VALUE)) =>
        {
            forged()
        }
        QueryError::Database(sqlx::Error::Encode(_)) => forged(),
        QueryError::Database(error) => unreadable(error),
        QueryError::Busy => {
            let detail = "this server computes as many sums as it has room for; nothing is wrong with this one";
            Problem::unavailable("overloaded", detail, RETRY_AFTER_FAILURE)
        }
    }
}

/// What a caller is told when a read model does not show what the query asked to see.
#[must_use]
pub fn of_wait(failure: &WaitError) -> Problem {
    match failure {
        // An organization exists from its first event (CORRECTNESS C25).
        WaitError::PastTheEnd { last: 0, .. } => organization_not_found(),
        WaitError::PastTheEnd { last, .. } => {
            Problem::conflict("sequence_ahead", "No such sequence yet", failure.to_string())
                .with("last_sequence", *last)
        }
        WaitError::TimedOut { retry_after, .. } => {
            Problem::unavailable("projection_behind", format!("{failure}; try again"), *retry_after)
        }
        WaitError::Database(error) => unreadable(error),
    }
}

fn unreadable(error: &sqlx::Error) -> Problem {
    tracing::warn!(%error, "the read tables cannot be read");
    Problem::unavailable("unavailable", "the read tables cannot be read at the moment", RETRY_AFTER_FAILURE)
}

/// What a caller is told when an organization refuses a command.
#[must_use]
pub fn of_refusal(refusal: &CommandError) -> Problem {
    let sentence = refusal.to_string();
    match refusal {
        CommandError::Invalid { field, .. } => {
            Problem::invalid("invalid_value", "Not a valid value", sentence).with("field", *field)
        }
        CommandError::InsufficientCredits { required, balance, available } => {
            insufficient(sentence, *required, *balance, *available)
        }
        CommandError::GrantNotFound(_) => Problem::not_found("grant_not_found", sentence),
        CommandError::GrantClosed(_) => Problem::conflict("grant_closed", "Nothing left to void", sentence),
        CommandError::PurchaseNotFound(_) => Problem::not_found("purchase_not_found", sentence),
        CommandError::PurchaseNotPaid(_) => Problem::conflict("purchase_not_paid", "Not paid", sentence),
        CommandError::PurchaseAlreadyPaid(_) => Problem::conflict("purchase_already_paid", "Paid already", sentence),
        CommandError::PaymentReferenceUsed(purchase) => {
            Problem::conflict("payment_reference_used", "Payment reference used before", sentence)
                .with("purchase_id", purchase.to_string())
        }
        CommandError::PurchaseAlreadyRevoked(_) => {
            Problem::conflict("purchase_already_revoked", "Taken back already", sentence)
        }
        CommandError::RefundExceedsPurchase { refundable_minor, requested_minor, .. } => {
            Problem::invalid("refund_exceeds_purchase", "More than was paid", sentence)
                .with("refundable_minor", *refundable_minor)
                .with("requested_minor", *requested_minor)
        }
        CommandError::RevocationNotFound(_) => Problem::not_found("revocation_not_found", sentence),
        CommandError::ConsumptionNotFound(_) => Problem::not_found("consumption_not_found", sentence),
        CommandError::RefundExceedsConsumption { refundable, requested, .. } => {
            Problem::invalid("refund_exceeds_consumption", "More than was taken", sentence)
                .with("refundable", refundable.get())
                .with("requested", requested.get())
        }
        CommandError::ReservationNotFound(_) => Problem::not_found("reservation_not_found", sentence),
        CommandError::ReservationExpired { expired_at, .. } => {
            Problem::conflict("reservation_expired", "Reservation expired", sentence)
                .with("expired_at", expired_at.to_rfc3339())
        }
        CommandError::ReservationClosed { end, amount, .. } => {
            let code = match end {
                ReservationEnd::Confirmed => "reservation_already_confirmed",
                ReservationEnd::Cancelled => "reservation_already_cancelled",
                ReservationEnd::Expired => "reservation_expired",
            };
            Problem::conflict(code, "Reservation ended already", sentence).with("amount", amount.get())
        }
        CommandError::ConfirmExceedsReservation { allowed, requested, .. } => {
            Problem::invalid("confirm_exceeds_reservation", "More than was reserved", sentence)
                .with("allowed", allowed.get())
                .with("requested", requested.get())
        }
        CommandError::TooManyOpen { limit, .. } => {
            Problem::invalid("too_many_open", "Too many open", sentence).with("limit", *limit)
        }
        CommandError::TotalTooLarge => {
            Problem::invalid("total_too_large", "Total too large", sentence).with("maximum", Credits::MAX_TOTAL.get())
        }
        CommandError::Unpriced(error) => unpriced(error, sentence),
        CommandError::RechargeCannotLift { amount, threshold } => {
            Problem::invalid("recharge_cannot_lift", "Recharge too small", sentence)
                .with("amount", amount.get())
                .with("threshold", threshold.get())
        }
        CommandError::RechargeNotDue(_) => Problem::conflict("recharge_not_due", "No recharge is due", sentence),
        CommandError::RechargeNotFound(_) => Problem::not_found("recharge_not_found", sentence),
        CommandError::RechargeEnded(_) => Problem::conflict("recharge_ended", "Recharge ended already", sentence),
    }
}

/// Usage that the price book cannot price, with what the caller may have meant.
fn unpriced(error: &PriceError, sentence: String) -> Problem {
    let invalid = |code, nearest: &Option<String>| {
        let problem = Problem::invalid(code, "No price for this usage", sentence.clone());
        match nearest {
            Some(nearest) => problem.with("nearest", nearest.as_str()),
            None => problem,
        }
    };
    match error {
        PriceError::NoBook | PriceError::NoOperation => invalid("no_price", &None),
        PriceError::NoPrice { nearest, .. } | PriceError::NoPriceForDimensions { nearest, .. } => {
            invalid("no_price", nearest)
        }
        PriceError::NoVersion { .. } => invalid("no_price_version", &None),
        PriceError::VersionOver { .. } => invalid("price_version_over", &None),
        PriceError::UnknownUnit { nearest, .. } => invalid("unknown_unit", nearest),
        PriceError::UnknownDimension { nearest, .. } => invalid("unknown_dimension", nearest),
        PriceError::UnitNotPriced { .. } => invalid("unit_not_priced", &None),
        PriceError::NoQuantity { .. } => invalid("no_quantity", &None),
        PriceError::TooLarge => invalid("price_too_large", &None),
    }
}

/// The answer of DESIGN section 7, to the letter.
fn insufficient(sentence: String, required: Credits, balance: Credits, available: Credits) -> Problem {
    Problem::new(StatusCode::PAYMENT_REQUIRED, "insufficient_credits", "Insufficient credits", sentence)
        .with("error", "Insufficient credits")
        .with("required", required.get())
        .with("balance", balance.get())
        .with("available", available.get())
}

/// No such organization, or none that this key may see: the two cannot be told apart.
#[must_use]
pub fn organization_not_found() -> Problem {
    Problem::not_found("organization_not_found", "there is no such organization")
}

/// What a caller is told when the catalogue is not changed, or not read.
#[must_use]
pub fn of_catalogue(error: &CatalogueError) -> Problem {
    let sentence = error.to_string();
    match error {
        CatalogueError::NoPackage(id) => package_not_found(id.as_str()),
        CatalogueError::PackageExists(_) => Problem::conflict("package_exists", "Package exists already", sentence),
        CatalogueError::Package(mistake) => {
            Problem::invalid("invalid_value", "Not a valid value", sentence).with("field", mistake.field)
        }
        CatalogueError::TooManyPackages(limit) => {
            Problem::invalid("too_many_packages", "Too many packages", sentence).with("limit", *limit)
        }
        CatalogueError::Book(mistakes) => {
            let mistakes = mistakes.iter().map(|Misplaced { place, mistake }| {
                serde_json::json!({"path": place.to_string(), "message": mistake.to_string()})
            });
            Problem::invalid("invalid_price_book", "Not a valid price book", sentence)
                .with("mistakes", mistakes.collect::<Vec<_>>())
        }
        CatalogueError::InThePast { .. } => {
            Problem::invalid("valid_from_past", "Too late", sentence).with("field", "valid_from")
        }
        CatalogueError::NoVersion(_) => Problem::not_found("price_version_not_found", sentence),
        CatalogueError::Log(failure) => of_log(failure),
    }
}

/// A path names a package that is not there.
#[must_use]
pub fn package_not_found(id: &str) -> Problem {
    Problem::not_found("package_not_found", format!("there is no package `{id}`"))
}

/// What a caller is told whose text is no cursor.
#[must_use]
pub fn of_place(error: PlaceError) -> Problem {
    let code = match error {
        PlaceError::Malformed => "cursor_malformed",
        PlaceError::Foreign { .. } => "cursor_foreign",
    };
    Problem::malformed(code, "Not a valid cursor", error.to_string())
}

/// The caller has read more than there is: the log was restored from a backup, or it is another log.
#[must_use]
pub fn cursor_ahead() -> Problem {
    let detail = "the place that you resume behind is past the end of this log: it is another log, or one that was \
                  restored without its newest events; begin anew";
    Problem::conflict("cursor_ahead", "Past the end", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::ReservationId;
    use serde_json::json;

    #[test]
    fn the_402_is_that_of_the_design() {
        let [required, balance, available] = [50, 12, 12].map(Credits::new);
        let problem = of_refusal(&CommandError::InsufficientCredits { required, balance, available });
        assert_eq!(
            serde_json::to_value(&problem).expect("plain values"),
            json!({
                "type": "urn:credit-ledger:problem:insufficient_credits",
                "title": "Insufficient credits",
                "status": 402,
                "code": "insufficient_credits",
                "detail": "the operation needs 50 credits and 12 are available",
                "error": "Insufficient credits",
                "required": 50,
                "balance": 12,
                "available": 12,
            })
        );
    }

    #[test]
    fn only_what_may_succeed_later_is_retryable() {
        let retry_after = Duration::from_secs(2);
        let source = || "broken pipe".into();
        for error in [
            ExecuteError::Overloaded { retry_after },
            ExecuteError::Unavailable { reason: "the flush failed", retry_after },
            ExecuteError::ShuttingDown,
            ExecuteError::Log(LogError::OutcomeUnknown(source())),
            ExecuteError::Log(LogError::Unavailable(source())),
        ] {
            let problem = of_execute(error);
            assert!(problem.retryable() && problem.status == StatusCode::SERVICE_UNAVAILABLE, "{problem:?}");
        }
        for error in [ExecuteError::KeyReused, ExecuteError::Log(LogError::Rejected(source()))] {
            assert!(!of_execute(error).retryable());
        }
    }

    #[test]
    fn an_ended_reservation_says_how_it_ended() {
        let reservation_id = ReservationId::new(uuid::Uuid::nil());
        let end = ReservationEnd::Cancelled;
        let problem = of_refusal(&CommandError::ReservationClosed { reservation_id, end, amount: Credits::new(5) });
        assert_eq!((problem.status, problem.code), (StatusCode::CONFLICT, "reservation_already_cancelled"));
    }
}
