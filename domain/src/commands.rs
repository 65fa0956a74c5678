//! What may be asked of an organization. Imperative twins of the facts in `events`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::free_credits::RecurringGrant;
use crate::grant::{Category, Money, OperationPattern};
use crate::ids::{ConsumptionId, GrantId, PurchaseId, RechargeId, ReservationId};
use crate::price::PriceBooks;
use crate::recharge::{AutoRechargePolicy, RechargeFailure, ResumeCause, SuspensionCause};
use crate::text::{Link, Metadata, Note, ReferenceText};
use crate::time::Timestamp;
use crate::usage::Usage;

/// One command; `decide` answers it with events or a refusal.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Grant(Grant),
    VoidGrant(VoidGrant),
    StartPurchase(StartPurchase),
    /// A payment that has been made: credits the organization.
    RecordPurchase(RecordPurchase),
    FailPurchase(EndPurchase),
    ExpirePurchase(EndPurchase),
    RevokePurchase(RevokePurchase),
    ReinstatePurchase(ReinstatePurchase),
    Consume(Consume),
    RefundConsumption(RefundConsumption),
    Reserve(Reserve),
    ConfirmReservation(ConfirmReservation),
    CancelReservation(CancelReservation),
    Adjust(Adjust),
    ChangeSettings(Settings),
    /// `None`: switches off what there is.
    ConfigureAutoRecharge(Option<AutoRechargePolicy>),
    ConfigureRecurringGrant(ConfigureRecurringGrant),
    RequestRecharge,
    CompleteRecharge(CompleteRecharge),
    FailRecharge(FailRecharge),
    SuspendRecharge(SuspendRecharge),
    ResumeRecharge(ResumeRecharge),
    /// Emit what time alone has caused; the store issues it before every other command.
    Settle,
}

impl Command {
    /// The stable name: part of the request hash and of a noted command.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Grant(_) => "grant",
            Self::VoidGrant(_) => "void_grant",
            Self::StartPurchase(_) => "start_purchase",
            Self::RecordPurchase(_) => "record_purchase",
            Self::FailPurchase(_) => "fail_purchase",
            Self::ExpirePurchase(_) => "expire_purchase",
            Self::RevokePurchase(_) => "revoke_purchase",
            Self::ReinstatePurchase(_) => "reinstate_purchase",
            Self::Consume(_) => "consume",
            Self::RefundConsumption(_) => "refund_consumption",
            Self::Reserve(_) => "reserve",
            Self::ConfirmReservation(_) => "confirm_reservation",
            Self::CancelReservation(_) => "cancel_reservation",
            Self::Adjust(_) => "adjust",
            Self::ChangeSettings(_) => "change_settings",
            Self::ConfigureAutoRecharge(_) => "configure_auto_recharge",
            Self::ConfigureRecurringGrant(_) => "configure_recurring_grant",
            Self::RequestRecharge => "request_recharge",
            Self::CompleteRecharge(_) => "complete_recharge",
            Self::FailRecharge(_) => "fail_recharge",
            Self::SuspendRecharge(_) => "suspend_recharge",
            Self::ResumeRecharge(_) => "resume_recharge",
            Self::Settle => "settle",
        }
    }
}

/// When a grant ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expiry {
    #[default]
    Never,
    At(Timestamp),
    /// Seconds after it becomes effective.
    In(u32),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub amount: Credits,
    pub category: Category,
    pub priority: u16,
    /// `None`: at once.
    pub effective_at: Option<Timestamp>,
    pub expiry: Expiry,
    pub applies_to: Vec<OperationPattern>,
    pub reason: Note,
    pub metadata: Metadata,
}

#[derive(Clone, Debug, PartialEq)]
pub struct VoidGrant {
    pub grant_id: GrantId,
    pub reason: Note,
}

/// What a purchase buys, and at what price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    pub credits: Credits,
    pub price: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_id: Option<ReferenceText>,
    /// Of the package, as it was sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_version: Option<u32>,
    /// How many of the credits came on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bonus_credits: Option<Credits>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StartPurchase {
    pub offer: Offer,
    pub payment_reference: ReferenceText,
    pub metadata: Metadata,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RecordPurchase {
    pub offer: Offer,
    pub payment_reference: ReferenceText,
    pub expiry: Expiry,
    pub metadata: Metadata,
}

#[derive(Clone, Debug, PartialEq)]
pub struct EndPurchase {
    pub purchase_id: PurchaseId,
    pub reason: Note,
}

/// Why the credits of a purchase are taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeCause {
    Refund,
    Dispute,
}

/// How much of a purchase is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeExtent {
    /// All that has not been taken back yet.
    Rest,
    Credits(Credits),
    /// What this much of the price bought, in minor units of its currency.
    PriceMinor(i64),
}

#[derive(Clone, Debug, PartialEq)]
pub struct RevokePurchase {
    pub purchase_id: PurchaseId,
    pub extent: RevokeExtent,
    pub cause: RevokeCause,
    /// The refund's or dispute's id; a reinstatement names it.
    pub reference: ReferenceText,
    pub reason: Note,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ReinstatePurchase {
    pub purchase_id: PurchaseId,
    /// The reference of the revocation to undo.
    pub reference: ReferenceText,
    pub reason: Note,
}

/// What a consumption or reservation asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Amount {
    Given(Credits),
    /// What the usage costs by the price book in force.
    Priced(Arc<PriceBooks>),
}

impl From<Credits> for Amount {
    fn from(amount: Credits) -> Self {
        Self::Given(amount)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Consume {
    pub amount: Amount,
    pub usage: Arc<Usage>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RefundConsumption {
    pub consumption_id: ConsumptionId,
    /// `None`: all that has not been refunded yet.
    pub amount: Option<Credits>,
    pub reason: Note,
}

/// What a confirmation for more than was reserved does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverPolicy {
    /// Refuse it.
    #[default]
    Reject,
    /// Take what is available beyond the hold, and no more.
    TakeAvailable,
    /// Take what is available, and the rest below zero: the work is done.
    Overdraft,
}

/// The policy, with an optional cap on the confirmed amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    pub policy: OverPolicy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_amount: Option<Credits>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Reserve {
    pub amount: Amount,
    /// The version of an earlier estimate to price by; `None`: the one in force.
    pub price_version: Option<u32>,
    /// Seconds from now to the deadline.
    pub expires_in_seconds: u32,
    pub over: Over,
    pub usage: Arc<Usage>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ConfirmReservation {
    pub reservation_id: ReservationId,
    /// `None`: the price of the quantities, or the reserved amount where it was given and there are none.
    pub amount: Option<Credits>,
    /// What was really used, where it differs from what was reserved for.
    pub quantities: std::collections::BTreeMap<crate::text::Unit, u64>,
    /// What to price by: must have the version that priced the reservation.
    pub books: Option<Arc<PriceBooks>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CancelReservation {
    pub reservation_id: ReservationId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Adjust {
    /// Up when positive, down when negative, never zero.
    pub amount: Credits,
    pub reason: Note,
}

/// The organization's settings, as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// `None`: the smaller of 1,000 and a tenth of the last top-up.
    pub low_balance_threshold: Option<Credits>,
    /// How far below zero a new command may go.
    pub overdraft_limit: Credits,
}

impl Settings {
    /// Below this the balance is low: the organization's own threshold, else the smaller of 1,000 and a tenth of the
    /// last top-up.
    #[must_use]
    pub fn threshold_in_force(&self, last_top_up: Option<Credits>) -> Credits {
        const DEFAULT: Credits = Credits::new(1_000);
        let tenth = last_top_up.and_then(|top_up| top_up.share(1, 10));
        self.low_balance_threshold.unwrap_or_else(|| tenth.map_or(DEFAULT, |tenth| tenth.min(DEFAULT)))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ConfigureRecurringGrant {
    /// `None`: no more grants.
    pub grant: Option<RecurringGrant>,
    /// The start of the first period; `None`: the schedule that there is, or now.
    pub starts_at: Option<Timestamp>,
}

/// The charge was made; its payment reference is the recharge's own.
#[derive(Clone, Debug, PartialEq)]
pub struct CompleteRecharge {
    pub recharge_id: RechargeId,
    /// What the processor calls it.
    pub metadata: Metadata,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FailRecharge {
    pub recharge_id: RechargeId,
    pub failure: RechargeFailure,
    /// The processor's own code, for people.
    pub detail: Option<Note>,
    /// Where the customer can pay, if there is such a page.
    pub link: Option<Link>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SuspendRecharge {
    pub cause: SuspensionCause,
    pub reason: Note,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumeRecharge {
    pub cause: ResumeCause,
}
