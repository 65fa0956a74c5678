//! The types of notifications.
//!
//! Invariant: a type never changes its name or the meaning of its fields; receivers compare with them.

use std::fmt;
use std::str::FromStr;

/// The type of a test, which no filter names: it is sent when somebody asks for it.
pub const TEST: &str = "credits.test";

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal),* $(,)?) => {
        /// What a notification is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    BalanceLow "credits.balance.low",
    BalanceDepleted "credits.balance.depleted",
    PurchaseCompleted "credits.purchase.completed",
    /// Also a checkout that nobody finished.
    PurchaseFailed "credits.purchase.failed",
    RefundApplied "credits.refund.applied",
    DisputeOpened "credits.dispute.opened",
    DisputeClosed "credits.dispute.closed",
    AutoRechargeSucceeded "credits.auto_recharge.succeeded",
    AutoRechargeFailed "credits.auto_recharge.failed",
    AutoRechargeActionRequired "credits.auto_recharge.action_required",
    /// Ahead of time: the log does not know it yet.
    GrantExpiring "credits.grant.expiring",
    GrantExpired "credits.grant.expired",
    ReservationExpired "credits.reservation.expired",
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a type of notification")]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().find(|kind| kind.name() == text).copied().ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_written_and_a_test_is_none() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
        assert_eq!(TEST.parse::<Kind>(), Err(UnknownKind(TEST.to_owned())));
    }
}
