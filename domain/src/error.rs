//! Why a command was refused. Each reason has its numbers, so that the sentence can be acted on.

use crate::credits::Credits;
use crate::ids::{ConsumptionId, GrantId, PurchaseId, RechargeId, ReservationId};
use crate::price::PriceError;
use crate::recharge::NoRecharge;
use crate::time::Timestamp;

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationEnd {
    Confirmed,
    Cancelled,
    Expired,
}

/// A refusal: nothing was appended for the command.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// A value that no organization could accept.
    #[error("`{field}` {problem}")]
    Invalid { field: &'static str, problem: String },
    #[error("the operation needs {required} credits and {available} are available")]
    InsufficientCredits { required: Credits, balance: Credits, available: Credits },
    #[error("there is no open grant {0}")]
    GrantNotFound(GrantId),
    #[error("grant {0} has been spent, has expired or was merged; nothing is left to void")]
    GrantClosed(GrantId),
    #[error("there is no purchase {0}")]
    PurchaseNotFound(PurchaseId),
    #[error("purchase {0} has not been paid")]
    PurchaseNotPaid(PurchaseId),
    #[error("purchase {0} has been paid already")]
    PurchaseAlreadyPaid(PurchaseId),
    #[error("the payment reference has been used by purchase {0}")]
    PaymentReferenceUsed(PurchaseId),
    #[error("the whole of purchase {0} has been taken back already")]
    PurchaseAlreadyRevoked(PurchaseId),
    #[error("{refundable_minor} of the price of purchase {purchase_id} are left to refund, not {requested_minor}")]
    RefundExceedsPurchase { purchase_id: PurchaseId, refundable_minor: i64, requested_minor: i64 },
    #[error("purchase {0} has no revocation with this reference that could be undone")]
    RevocationNotFound(PurchaseId),
    #[error("there is no consumption {0}")]
    ConsumptionNotFound(ConsumptionId),
    #[error("consumption {consumption_id} has {refundable} credits left to refund, not {requested}")]
    RefundExceedsConsumption { consumption_id: ConsumptionId, refundable: Credits, requested: Credits },
    #[error("there is no reservation {0}")]
    ReservationNotFound(ReservationId),
    #[error("reservation {reservation_id} expired at {expired_at}")]
    ReservationExpired { reservation_id: ReservationId, expired_at: Timestamp },
    #[error("reservation {reservation_id} was already {} with {amount} credits", match end { ReservationEnd::Confirmed => "confirmed", ReservationEnd::Cancelled => "cancelled", ReservationEnd::Expired => "expired" })]
    ReservationClosed { reservation_id: ReservationId, end: ReservationEnd, amount: Credits },
    #[error("{requested} credits are more than the {allowed} that reservation {reservation_id} allows")]
    ConfirmExceedsReservation { reservation_id: ReservationId, allowed: Credits, requested: Credits },
    #[error("the organization has too many open {what}: at most {limit}")]
    TooManyOpen { what: &'static str, limit: usize },
    #[error("the organization's total would pass {}", Credits::MAX_TOTAL)]
    TotalTooLarge,
    #[error(transparent)]
    Unpriced(#[from] PriceError),
    #[error("{amount} credits cannot lift the balance above the threshold of {threshold}: the recharge would repeat")]
    RechargeCannotLift { amount: Credits, threshold: Credits },
    #[error("no recharge is due: {0}")]
    RechargeNotDue(NoRecharge),
    #[error("there is no recharge {0}")]
    RechargeNotFound(RechargeId),
    #[error("recharge {0} has ended already")]
    RechargeEnded(RechargeId),
}
