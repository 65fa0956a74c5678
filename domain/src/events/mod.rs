//! The facts of an organization's stream.
//!
//! Invariant: an event carries all that `evolve` and a projector need; neither chooses anything again. The stored name
//! and version of each fact are fixed: a change of shape is a new version with a golden file and an upcaster.

mod facts;

use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::ids::EntityId;
use crate::time::Timestamp;

pub use facts::*;

/// One fact, with when it took effect and the figures right after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub occurred_at: Timestamp,
    pub balance_after: Credits,
    /// The part of the balance that pays only for some operations.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub restricted_after: Credits,
    pub reserved_after: Credits,
    /// What a consumption without an operation could take, overdraft included.
    pub available_after: Credits,
    #[serde(flatten)]
    pub fact: Fact,
}

pub(crate) fn is_zero(credits: &Credits) -> bool {
    credits.is_zero()
}

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident $version:literal $entity:expr),* $(,)?) => {
        /// What happened.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type")]
        pub enum Fact {
            $($(#[$doc])* $name($name),)*
        }

        impl Fact {
            /// Every stored name with its current version.
            pub const ALL: &'static [(&'static str, &'static str)] = &[$((stringify!($name), $version)),*];

            /// The stored name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// The version (`x.y.z`) of the newest shape.
            fn newest_version(&self) -> &'static str {
                match self { $(Self::$name(_) => $version,)* }
            }

            /// The entity that the fact is looked up by.
            #[must_use]
            pub fn entity_id(&self) -> Option<EntityId> {
                match self { $(Self::$name(fact) => { let lookup: fn(&$name) -> Option<EntityId> = $entity; lookup(fact) })* }
            }
        }

        $(impl From<$name> for Fact {
            fn from(fact: $name) -> Self {
                Self::$name(fact)
            }
        })*
    };
}

facts! {
    CreditsGranted "1.0.0" |f| Some(f.terms.lineage()),
    /// A lot whose start lay in the future starts.
    GrantBecameEffective "1.0.0" |f| Some(f.grant.lineage()),
    /// What was left, and not held, ends with its lot.
    GrantExpired "1.0.0" |f| Some(f.grant.lineage()),
    GrantVoided "1.0.0" |f| Some(f.grant.lineage()),
    /// Credits came back as a lot: a new one, or a drained one opened again.
    GrantRestored "1.0.0" |f| Some(f.terms.lineage()),
    /// A lot joined another one that differs only in id and grant time.
    GrantMerged "1.0.0" |f| Some(f.grant.lineage()),
    PurchaseStarted "1.0.0" |f| Some(f.purchase_id.entity()),
    PurchaseCompleted "1.0.0" |f| Some(f.purchase_id.entity()),
    PurchaseFailed "1.0.0" |f| Some(f.purchase_id.entity()),
    PurchaseExpired "1.0.0" |f| Some(f.purchase_id.entity()),
    PurchaseRevoked "1.0.0" |f| Some(f.purchase_id.entity()),
    PurchaseReinstated "1.0.0" |f| Some(f.purchase_id.entity()),
    CreditsConsumed "1.0.0" |f| Some(f.consumption_id.entity()),
    ConsumptionRefunded "1.0.0" |f| Some(f.consumption_id.entity()),
    CreditsReserved "1.0.0" |f| Some(f.reservation_id.entity()),
    ReservationConfirmed "1.1.0" |f| Some(f.reservation_id.entity()),
    ReservationCancelled "1.1.0" |f| Some(f.reservation_id.entity()),
    ReservationExpired "1.1.0" |f| Some(f.reservation_id.entity()),
    DebtRepaid "1.0.0" |_| None,
    /// Held credits come back that a claw-back had counted as spent, after others have repaid that: as many of those come
    /// back instead.
    RepaymentReturned "1.0.0" |f| Some(f.terms.lineage()),
    CreditsAdjustedUp "1.0.0" |f| Some(f.terms.lineage()),
    CreditsAdjustedDown "1.0.0" |_| None,
    SettingsChanged "1.0.0" |_| None,
    LowBalanceReached "1.0.0" |_| None,
    LowBalanceCleared "1.0.0" |_| None,
    BalanceExhausted "1.0.0" |_| None,
    BalanceRecovered "1.0.0" |_| None,
    AutoRechargeConfigured "1.0.0" |_| None,
    RecurringGrantConfigured "1.0.0" |_| None,
    /// A period has begun without a grant.
    RecurringGrantSkipped "1.0.0" |_| None,
    RechargeRequested "1.0.0" |f| Some(f.recharge_id.entity()),
    RechargeCompleted "1.0.0" |f| Some(f.recharge_id.entity()),
    RechargeFailed "1.0.0" |f| Some(f.recharge_id.entity()),
    RechargeSuspended "1.0.0" |_| None,
    RechargeResumed "1.0.0" |_| None,
    /// A command was accepted and changed nothing, such as ending a reservation a second time in the same way.
    CommandNoted "1.0.0" |f| f.entity_id,
}

/// The shape of a reservation's end that says nothing of what repays.
const END_WITHOUT_REPAYS: &str = "1.0.0";

impl Fact {
    /// The version (`x.y.z`) of the shape in which it is written: the oldest that says all of it, so that a server of
    /// before, which runs until an upgrade is over, reads whatever has nothing new in it.
    #[must_use]
    pub fn version(&self) -> &'static str {
        let repays = match self {
            Self::ReservationConfirmed(f) => &f.repays,
            Self::ReservationCancelled(f) => &f.repays,
            Self::ReservationExpired(f) => &f.repays,
            _ => return self.newest_version(),
        };
        if repays.is_empty() { END_WITHOUT_REPAYS } else { self.newest_version() }
    }
}
