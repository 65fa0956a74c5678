//! How recharges end, and why recharging stops until somebody has looked.

use serde::{Deserialize, Serialize};

use crate::ids::{PurchaseId, RechargeId};
use crate::text::Note;
use crate::time::Timestamp;

/// Declines in a row after which a person has to look at the card.
pub const MAX_DECLINES: u32 = 3;

/// Why a recharge ended without credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RechargeFailure {
    /// There is no saved card; nothing was sent.
    NoCard,
    /// The card was declined; it may work later.
    Declined,
    /// The card cannot be used again; suspends at once.
    CardUnusable,
    /// The customer has to confirm; suspends until they have.
    ActionRequired,
    /// The payment processor refused the request: a mistake of configuration; suspends.
    Refused,
    /// The charge was looked up and does not exist.
    Abandoned,
    /// Recharging was switched off or suspended before anything was sent.
    Withdrawn,
    /// Nothing was heard for [`PENDING_HOURS_MAX`](super::PENDING_HOURS_MAX); suspends.
    TimedOut,
}

impl RechargeFailure {
    /// Why recharging stops after this failure until a person has looked, if it does.
    #[must_use]
    pub fn suspends(self, declines_in_a_row: u32) -> Option<SuspensionCause> {
        match self {
            Self::Declined if declines_in_a_row >= MAX_DECLINES => Some(SuspensionCause::Declined),
            Self::Declined | Self::Abandoned | Self::Withdrawn => None,
            Self::NoCard => Some(SuspensionCause::NoCard),
            Self::CardUnusable => Some(SuspensionCause::CardUnusable),
            Self::ActionRequired => Some(SuspensionCause::ActionRequired),
            Self::Refused => Some(SuspensionCause::Refused),
            Self::TimedOut => Some(SuspensionCause::TimedOut),
        }
    }

    /// Whether the next request waits longer than the policy's cool-down.
    #[must_use]
    pub fn backs_off(self) -> bool {
        match self {
            Self::Declined | Self::Abandoned => true,
            Self::NoCard
            | Self::CardUnusable
            | Self::ActionRequired
            | Self::Refused
            | Self::Withdrawn
            | Self::TimedOut => false,
        }
    }
}

/// Why recharging is suspended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspensionCause {
    /// A person asked for it.
    #[default]
    Asked,
    NoCard,
    Declined,
    CardUnusable,
    ActionRequired,
    Refused,
    TimedOut,
    /// A customer disputed a payment.
    Dispute,
    /// A recharge was refunded: the credits that went back would ask for the next one.
    Refund,
}

impl SuspensionCause {
    /// Whether another card is what recharging waits for.
    #[must_use]
    pub fn ends_with_a_new_card(self) -> bool {
        match self {
            Self::NoCard | Self::Declined | Self::CardUnusable | Self::ActionRequired => true,
            Self::Asked | Self::Refused | Self::TimedOut | Self::Dispute | Self::Refund => false,
        }
    }

    /// In a sentence.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Asked => "somebody asked for it",
            Self::NoCard => "there is no saved card",
            Self::Declined => "the card was declined three times in a row",
            Self::CardUnusable => "the card cannot be used again",
            Self::ActionRequired => "the customer has to confirm the payment",
            Self::Refused => "the payment processor refused the request",
            Self::TimedOut => "the payment processor never answered",
            Self::Dispute => "a payment is disputed",
            Self::Refund => "a recharge was refunded",
        }
    }
}

/// Why recharging goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResumeCause {
    #[default]
    Person,
    /// Ends only what another card can mend.
    NewCard,
}

/// Recharging has stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspension {
    pub cause: SuspensionCause,
    pub reason: Note,
    pub since: Timestamp,
}

/// The latest recharge that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    pub recharge_id: RechargeId,
    pub at: Timestamp,
    /// `None`: it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<RechargeFailure>,
    /// The processor's own code, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Note>,
    /// What was bought, where it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_id: Option<PurchaseId>,
}
