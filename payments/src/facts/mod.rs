//! Facts, target, difference: what is known of a payment, what the ledger should hold for it, and the next command that
//! brings the log there. Pure.
//!
//! Invariant: a fact only moves ahead ([`Standing`]), so facts may be merged in any order, any number of times.
//! Invariant: what the ledger should hold follows from the facts alone, and the difference from them and the log; when
//! there is none, the same facts in any other order have led to the same credits.
//! Invariant: credits come from our own `PurchaseStarted`, never from what the processor carries for us.
//! Absent: reading Stripe, SQL, giving commands.

mod booked;
mod difference;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::commands::RevokeCause;
use domain::grant::Money;

use crate::gateway::{DisputeSeen, DisputeStatus, IntentSeen, IntentStatus, RefundSeen, RefundStatus};

pub use booked::Booked;
pub use difference::{Review, Step, difference};

/// What is known of one payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What has arrived; `None`: nothing yet.
    pub received: Option<Money>,
    /// Refunds and disputes, by their id.
    pub reversals: BTreeMap<String, Reversal>,
}

/// A refund or a dispute: money of a payment that goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reversal {
    pub cause: RevokeCause,
    pub amount: Money,
    pub created: Timestamp,
    pub standing: Standing,
}

/// How far a reversal has come; it only ever moves ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// An inquiry, or a status that we do not know: no money has moved.
    Announced,
    /// The money is gone, or will be: so are the credits.
    Taken,
    /// The money came back: a refund that failed, a dispute that was won.
    Returned,
}

impl Standing {
    /// As it is stored.
    #[must_use]
    pub const fn rank(self) -> i16 {
        match self {
            Self::Announced => 0,
            Self::Taken => 1,
            Self::Returned => 2,
        }
    }

    #[must_use]
    pub const fn of_rank(rank: i16) -> Option<Self> {
        match rank {
            0 => Some(Self::Announced),
            1 => Some(Self::Taken),
            2 => Some(Self::Returned),
            _ => None,
        }
    }
}

impl Facts {
    /// What the processor says now.
    #[must_use]
    pub fn of(intent: &IntentSeen, refunds: &[RefundSeen], disputes: &[DisputeSeen]) -> Self {
        let arrived = intent.status == IntentStatus::Succeeded;
        let received = arrived.then_some(Money { amount_minor: intent.received_minor, ..intent.amount });
        let refunds = refunds.iter().map(|refund| (refund.id.to_string(), Reversal::of_refund(refund)));
        let disputes = disputes.iter().map(|dispute| (dispute.id.to_string(), Reversal::of_dispute(dispute)));
        Self { received, reversals: refunds.chain(disputes).collect() }
    }

    /// Whether all that has arrived is gone again.
    #[must_use]
    pub fn went_back(&self) -> bool {
        let Some(received) = self.received else { return false };
        let taken = self.reversals.values().filter(|reversal| reversal.standing == Standing::Taken);
        let same = taken.filter(|reversal| reversal.amount.currency == received.currency);
        sum(same.map(|reversal| reversal.amount.amount_minor)) >= received.amount_minor
    }

    /// Adds what else is known.
    pub fn merge(&mut self, other: Self) {
        self.received = self.received.or(other.received);
        for (id, reversal) in other.reversals {
            let known = self.reversals.entry(id).or_insert(reversal);
            if reversal.standing > known.standing {
                *known = reversal;
            }
        }
    }
}

/// Of money that went back. More than can be counted is more than any price, too, and must not wrap to less.
fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}

impl Reversal {
    fn of_refund(refund: &RefundSeen) -> Self {
        let standing = match &refund.status {
            // Asked for is enough: the customer is not to spend what is on its way back.
            RefundStatus::Pending | RefundStatus::RequiresAction | RefundStatus::Succeeded => Standing::Taken,
            RefundStatus::Failed | RefundStatus::Canceled => Standing::Returned,
            RefundStatus::Other(_) => Standing::Announced,
        };
        Self { cause: RevokeCause::Refund, amount: refund.amount, created: refund.created, standing }
    }

    fn of_dispute(dispute: &DisputeSeen) -> Self {
        let standing = match &dispute.status {
            DisputeStatus::WarningNeedsResponse
            | DisputeStatus::WarningUnderReview
            | DisputeStatus::WarningClosed
            | DisputeStatus::Prevented
            | DisputeStatus::Other(_) => Standing::Announced,
            DisputeStatus::NeedsResponse | DisputeStatus::UnderReview | DisputeStatus::Lost => Standing::Taken,
            DisputeStatus::Won => Standing::Returned,
        };
        Self { cause: RevokeCause::Dispute, amount: dispute.amount, created: dispute.created, standing }
    }
}
