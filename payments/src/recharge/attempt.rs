//! An attempt to charge a recharge, as its row and the log tell it.

use domain::events::RechargeRequested;
use domain::ids::RechargeId;
use domain::recharge::RechargeFailure;
use domain::{Fact, Organization, OrganizationId, Timestamp};
use store::RecordedEvent;

use crate::gateway::{IntentId, OffSessionCharge};

/// A row of `payments.recharge_attempts` that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub recharge_id: RechargeId,
    pub organization: OrganizationId,
    pub requested_at: Timestamp,
    /// What is sent, once that is fixed.
    pub charge: Option<OffSessionCharge>,
    pub sends: u32,
    pub last_sent_at: Option<Timestamp>,
    pub doubts: u32,
    pub intent: Option<IntentId>,
}

/// What the log says of a recharge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Open,
    /// Open, and whoever asked does not want it any more.
    Withdrawn,
    Paid,
    Failed(RechargeFailure),
}

impl Standing {
    /// From the recharge's own events; a payment outweighs every failure.
    #[must_use]
    pub fn of(history: &[RecordedEvent]) -> Self {
        history.iter().fold(Self::Open, |standing, recorded| match &recorded.event.fact {
            Fact::RechargeCompleted(_) => Self::Paid,
            Fact::RechargeFailed(f) if standing != Self::Paid => Self::Failed(f.failure),
            _ => standing,
        })
    }

    /// Nothing that was sent can be taken back, so this is asked before the first time only.
    #[must_use]
    pub fn wanted_by(self, organization: &Organization) -> Self {
        let recharge = organization.recharge();
        let is_wanted = recharge.suspended.is_none() && recharge.policy.as_ref().is_some_and(|policy| policy.enabled);
        if self == Self::Open && !is_wanted { Self::Withdrawn } else { self }
    }
}

/// What was asked for.
#[must_use]
pub fn request(history: &[RecordedEvent]) -> Option<&RechargeRequested> {
    history.iter().find_map(|recorded| match &recorded.event.fact {
        Fact::RechargeRequested(request) => Some(request),
        _ => None,
    })
}
