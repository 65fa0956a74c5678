//! What the domain's own state says of an organization, in the words of the read tables: an independent opinion on
//! balances, open grants and open reservations.

use std::collections::BTreeMap;

use domain::grant::{Closed, Lot};
use domain::{OrganizationId, Timestamp};
use store::RecordedEvent;
use uuid::Uuid;

use crate::projectors::balances::BalanceRow;
use crate::projectors::{long, small};

/// A stream's state, folded by the domain.
#[derive(Clone, Debug)]
pub struct Folded {
    pub organization: OrganizationId,
    pub partition: u16,
    pub state: domain::Organization,
    pub sequence: u64,
    pub created_at: Timestamp,
}

/// `remaining`, `held` and `status` of a lot.
pub type OpenLot = (i64, i64, String);
/// `amount`, `overdraft_held`, `created_at` and `expires_at` of a reservation.
pub type OpenReservation = (i64, i64, Timestamp, Timestamp);

impl Folded {
    /// A stream right before its first event.
    #[must_use]
    pub fn before(first: &RecordedEvent) -> Self {
        Self {
            organization: first.organization.clone(),
            partition: first.partition,
            state: domain::Organization::default(),
            sequence: 0,
            created_at: first.event.occurred_at,
        }
    }

    pub fn fold(&mut self, recorded: &RecordedEvent) {
        domain::evolve(&mut self.state, &recorded.event);
        self.sequence = recorded.sequence;
    }

    /// The row of `organization_credits`.
    #[must_use]
    pub fn balance(&self) -> BalanceRow {
        let (figures, totals) = (self.state.figures(), self.state.totals());
        let (settings, recharge) = (self.state.settings(), self.state.recharge());
        let policy = recharge.policy.as_ref();
        let threshold = self.state.low_balance_threshold();
        BalanceRow {
            partition: small(self.partition),
            organization_id: self.organization.as_str().to_owned(),
            balance: figures.balance.get(),
            reserved: figures.reserved.get(),
            available: figures.available.get(),
            restricted: figures.restricted.get(),
            debt: figures.debt.get(),
            overdraft_limit: settings.overdraft_limit.get(),
            lifetime_purchased: totals.purchased.get(),
            lifetime_granted: totals.granted.get(),
            lifetime_refunded: totals.refunded.get(),
            lifetime_reinstated: totals.reinstated.get(),
            lifetime_adjusted_up: totals.adjusted_up.get(),
            lifetime_used: totals.consumed.get(),
            lifetime_expired: totals.expired.get(),
            lifetime_voided: totals.voided.get(),
            lifetime_clawed_back: totals.clawed_back.get(),
            lifetime_adjusted_down: totals.adjusted_down.get(),
            last_top_up: self.state.last_top_up().map(|credits| credits.get()),
            own_threshold: settings.low_balance_threshold.map(|credits| credits.get()),
            low_balance_threshold: threshold.get(),
            low_balance: self.state.unrestricted_balance() < threshold,
            auto_recharge_enabled: policy.is_some_and(|policy| policy.enabled),
            auto_recharge_suspended: recharge.suspended.is_some(),
            auto_recharge_threshold: policy.map(|policy| policy.threshold.get()),
            auto_recharge_amount: policy.map(|policy| policy.amount.unwrap_or(policy.package.credits).get()),
            last_sequence: long(self.sequence),
            created_at: self.created_at,
            updated_at: self.state.last_event_at().unwrap_or(self.created_at),
        }
    }

    /// Lots with something left.
    #[must_use]
    pub fn lots(&self) -> BTreeMap<Uuid, OpenLot> {
        let lot = |lot: &Lot| (lot.id().entity(), (lot.remaining.get(), lot.held.get(), status(lot).to_owned()));
        self.state.lots().iter().map(lot).collect()
    }

    /// Open reservations.
    #[must_use]
    pub fn reservations(&self) -> BTreeMap<Uuid, OpenReservation> {
        let open = self.state.reservations().map(|(id, open)| {
            (id.entity(), (open.amount.get(), open.overdraft_held.get(), open.reserved_at, open.expires_at))
        });
        open.collect()
    }
}

fn status(lot: &Lot) -> &'static str {
    match (lot.closed, lot.effective) {
        (Some(Closed::Expired), _) => "expired",
        (Some(Closed::Voided), _) => "voided",
        (None, true) => "active",
        (None, false) => "scheduled",
    }
}
