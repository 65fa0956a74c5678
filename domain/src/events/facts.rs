//! What each fact carries.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::commands::{Offer, Over, RevokeCause, Settings};
use crate::credits::Credits;
use crate::free_credits::{Recurring, SkipReason};
use crate::grant::{Allocation, GrantTerms, Money};
use crate::ids::{ConsumptionId, EntityId, GrantId, PurchaseId, RechargeId, ReservationId};
use crate::price::Receipt;
use crate::recharge::{AutoRechargePolicy, RechargeFailure, ResumeCause, SuspensionCause};
use crate::text::{Link, Metadata, Note, ReferenceText};
use crate::time::Timestamp;
use crate::usage::Usage;

macro_rules! fact_structs {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* })*
    };
}

fact_structs! {
    CreditsGranted {
        terms: Arc<GrantTerms>,
        reason: Note,
        #[serde(default, skip_serializing_if = "Metadata::is_empty")]
        metadata: Metadata,
    }
    GrantBecameEffective {
        #[serde(flatten)]
        grant: Allocation,
    }
    GrantExpired {
        #[serde(flatten)]
        grant: Allocation,
        /// Whether held credits keep the lot.
        held: Credits,
    }
    GrantVoided {
        #[serde(flatten)]
        grant: Allocation,
        held: Credits,
        /// The lot had not started: its credits were never in the balance.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        scheduled: bool,
        reason: Note,
    }
    GrantRestored {
        terms: Arc<GrantTerms>,
        /// What comes back; `terms.amount` is what the lot began with.
        amount: Credits,
        cause: RestoreCause,
        /// Of the refund or reinstatement.
        reason: Note,
    }
    GrantMerged {
        #[serde(flatten)]
        grant: Allocation,
        into: GrantId,
    }
    PurchaseStarted {
        purchase_id: PurchaseId,
        #[serde(flatten)]
        offer: Offer,
        payment_reference: ReferenceText,
        #[serde(default, skip_serializing_if = "Metadata::is_empty")]
        metadata: Metadata,
    }
    PurchaseCompleted {
        purchase_id: PurchaseId,
        payment_reference: ReferenceText,
        price: Money,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        package_id: Option<ReferenceText>,
        /// Of the package, as it was sold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        package_version: Option<u32>,
        /// How many of the credits came on top.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bonus_credits: Option<Credits>,
        terms: Arc<GrantTerms>,
        #[serde(default, skip_serializing_if = "Metadata::is_empty")]
        metadata: Metadata,
    }
    PurchaseFailed { purchase_id: PurchaseId, reason: Note }
    PurchaseExpired { purchase_id: PurchaseId, reason: Note }
    /// `amount` = the sum of `allocations` + `debt`; `not_owed` had expired or been voided before and is in no figure.
    PurchaseRevoked {
        purchase_id: PurchaseId,
        amount: Credits,
        allocations: Vec<Allocation>,
        debt: Credits,
        /// Held credits that `debt` counts as spent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        held: Vec<Allocation>,
        not_owed: Credits,
        /// How much of the price went back with them, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price_minor: Option<i64>,
        cause: RevokeCause,
        reference: ReferenceText,
        reason: Note,
    }
    /// The credits themselves come back in the `GrantRestored` events that follow; `returned` go into open lots.
    PurchaseReinstated {
        purchase_id: PurchaseId,
        amount: Credits,
        returned: Vec<Allocation>,
        /// Held credits that the revocation had counted as spent, and that nothing counts any more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        held: Vec<Allocation>,
        /// As the revocation that it undoes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price_minor: Option<i64>,
        /// Of the revocation that it undoes.
        cause: RevokeCause,
        reference: ReferenceText,
        reason: Note,
    }
    /// `amount` = the sum of `allocations` + `overdraft`.
    CreditsConsumed {
        consumption_id: ConsumptionId,
        amount: Credits,
        allocations: Vec<Allocation>,
        /// Spent below zero.
        overdraft: Credits,
        #[serde(flatten)]
        usage: Arc<Usage>,
        /// What the usage cost, rate by rate; absent where the caller gave the amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Arc<Receipt>>,
    }
    /// `amount` = `returned` + `debt_reduced` + `restored` (the `GrantRestored` events that follow). `voided` is the part
    /// of `restored` that went to voided lots, and that `GrantVoided` events end at once.
    ConsumptionRefunded {
        consumption_id: ConsumptionId,
        amount: Credits,
        refunded_in_all: Credits,
        returned: Vec<Allocation>,
        voided: Vec<Allocation>,
        debt_reduced: Credits,
        restored: Credits,
        reason: Note,
    }
    /// `amount` = the sum of `allocations` + `overdraft_held`.
    CreditsReserved {
        reservation_id: ReservationId,
        amount: Credits,
        allocations: Vec<Allocation>,
        overdraft_held: Credits,
        expires_at: Timestamp,
        over: Over,
        #[serde(flatten)]
        usage: Arc<Usage>,
        /// What the usage would cost by the version that its confirmation is priced by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Arc<Receipt>>,
    }
    /// `amount` = the sum of `allocations` + `overdraft`; `requested` = `amount` + `shortfall`.
    ReservationConfirmed {
        reservation_id: ReservationId,
        requested: Credits,
        amount: Credits,
        /// What was reserved.
        reserved: Credits,
        reserved_at: Timestamp,
        /// Spent: first from the hold, then from free credits.
        allocations: Vec<Allocation>,
        /// How much of `allocations` was held.
        from_hold: Credits,
        /// The rest of `allocations`, which was free.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        from_free: Vec<Allocation>,
        /// Held credits that went back.
        released: Vec<Allocation>,
        /// Of `released`, what a claw-back had counted as spent: it repays that, or what has repaid it comes back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        repays: Vec<Allocation>,
        overdraft: Credits,
        /// Work that nothing paid for (`take_available`).
        shortfall: Credits,
        #[serde(flatten)]
        usage: Arc<Usage>,
        /// What the usage cost. `requested` is less where it cost more than was held for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Arc<Receipt>>,
    }
    ReservationCancelled {
        reservation_id: ReservationId,
        amount: Credits,
        released: Vec<Allocation>,
        /// As in a confirmation.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        repays: Vec<Allocation>,
    }
    ReservationExpired {
        reservation_id: ReservationId,
        amount: Credits,
        released: Vec<Allocation>,
        /// As in a confirmation.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        repays: Vec<Allocation>,
    }
    DebtRepaid { amount: Credits, allocations: Vec<Allocation> }
    /// What came back goes from its lot into a new one.
    RepaymentReturned { from: Allocation, terms: Arc<GrantTerms> }
    CreditsAdjustedUp { terms: Arc<GrantTerms>, reason: Note }
    /// `amount` = the sum of `allocations` + `overdraft`.
    CreditsAdjustedDown { amount: Credits, allocations: Vec<Allocation>, overdraft: Credits, reason: Note }
    SettingsChanged {
        #[serde(flatten)]
        settings: Settings,
    }
    LowBalanceReached { unrestricted_balance: Credits, threshold: Credits }
    LowBalanceCleared { unrestricted_balance: Credits, threshold: Credits }
    BalanceExhausted { unrestricted_balance: Credits }
    BalanceRecovered { unrestricted_balance: Credits }
    AutoRechargeConfigured {
        #[serde(flatten)]
        policy: AutoRechargePolicy,
    }
    RecurringGrantConfigured {
        /// With its schedule; absent where there are to be no more grants.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recurring: Option<Recurring>,
    }
    RecurringGrantSkipped { reason: SkipReason }
    RechargeRequested {
        recharge_id: RechargeId,
        packages: i64,
        credits: Credits,
        /// How many of the credits come on top.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bonus_credits: Option<Credits>,
        price: Money,
        package_id: ReferenceText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        package_version: Option<u32>,
        /// Days until the credits expire; copied, because the policy may change while the charge is in flight.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        validity_days: Option<u32>,
        unrestricted_balance: Credits,
    }
    RechargeCompleted {
        recharge_id: RechargeId,
        purchase_id: PurchaseId,
        price: Money,
        /// Whether the month counts the price anew: a failure had taken the request out of it.
        counted_again: bool,
    }
    RechargeFailed {
        recharge_id: RechargeId,
        failure: RechargeFailure,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<Note>,
        /// Where the customer can pay, if there is such a page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<Link>,
    }
    RechargeSuspended {
        #[serde(default)]
        cause: SuspensionCause,
        reason: Note,
    }
    RechargeResumed {
        #[serde(default)]
        cause: ResumeCause,
    }
    CommandNoted {
        command: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entity_id: Option<EntityId>,
    }
}

/// Which counter a restored lot belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreCause {
    Refund,
    Reinstatement,
}

impl RechargeRequested {
    /// What its purchase buys.
    #[must_use]
    pub fn offer(&self) -> Offer {
        Offer {
            credits: self.credits,
            price: self.price,
            package_id: Some(self.package_id.clone()),
            package_version: self.package_version,
            bonus_credits: self.bonus_credits,
        }
    }
}
