//! What events make of an organization's row.

use domain::commands::Settings;
use domain::events::{Fact, RestoreCause};
use domain::grant::total;
use domain::{Credits, Timestamp};
use store::RecordedEvent;

use crate::projectors::fold::{Unprojectable, add, long, small, take};
use crate::projectors::rows::columns;

columns! {
    /// A row of `organization_credits`.
    #[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
    pub struct BalanceRow {
        partition: i16 = "smallint",
        organization_id: String = "text",
        balance: i64 = "bigint",
        reserved: i64 = "bigint",
        available: i64 = "bigint",
        restricted: i64 = "bigint",
        debt: i64 = "bigint",
        overdraft_limit: i64 = "bigint",
        lifetime_purchased: i64 = "bigint",
        lifetime_granted: i64 = "bigint",
        lifetime_refunded: i64 = "bigint",
        lifetime_reinstated: i64 = "bigint",
        lifetime_adjusted_up: i64 = "bigint",
        lifetime_used: i64 = "bigint",
        lifetime_expired: i64 = "bigint",
        lifetime_voided: i64 = "bigint",
        lifetime_clawed_back: i64 = "bigint",
        lifetime_adjusted_down: i64 = "bigint",
        last_top_up: Option<i64> = "bigint",
        own_threshold: Option<i64> = "bigint",
        low_balance_threshold: i64 = "bigint",
        low_balance: bool = "boolean",
        auto_recharge_enabled: bool = "boolean",
        auto_recharge_suspended: bool = "boolean",
        auto_recharge_threshold: Option<i64> = "bigint",
        auto_recharge_amount: Option<i64> = "bigint",
        last_sequence: i64 = "bigint",
        created_at: Timestamp = "timestamptz",
        updated_at: Timestamp = "timestamptz",
    }
}

impl BalanceRow {
    /// The row of an organization right before its first event.
    #[must_use]
    pub fn before(first: &RecordedEvent) -> Self {
        Self {
            partition: small(first.partition),
            organization_id: first.organization.as_str().to_owned(),
            balance: 0,
            reserved: 0,
            available: 0,
            restricted: 0,
            debt: 0,
            overdraft_limit: 0,
            lifetime_purchased: 0,
            lifetime_granted: 0,
            lifetime_refunded: 0,
            lifetime_reinstated: 0,
            lifetime_adjusted_up: 0,
            lifetime_used: 0,
            lifetime_expired: 0,
            lifetime_voided: 0,
            lifetime_clawed_back: 0,
            lifetime_adjusted_down: 0,
            last_top_up: None,
            own_threshold: None,
            low_balance_threshold: 0,
            low_balance: false,
            auto_recharge_enabled: false,
            auto_recharge_suspended: false,
            auto_recharge_threshold: None,
            auto_recharge_amount: None,
            last_sequence: 0,
            created_at: first.event.occurred_at,
            updated_at: first.event.occurred_at,
        }
    }

    /// Folds an event into the row. One that has been folded already changes nothing; one that does not follow is
    /// refused, because counters would begin anew without a word.
    ///
    /// # Errors
    /// [`Unprojectable`] where events are missing, or a figure would not fit.
    pub fn fold(&mut self, recorded: &RecordedEvent) -> Result<(), Unprojectable> {
        let (sequence, last) = (long(recorded.sequence), self.last_sequence);
        if sequence <= last {
            return Ok(());
        }
        if sequence > last + 1 {
            return Err(Unprojectable::Gap { last, sequence });
        }
        let event = &recorded.event;
        self.count(&event.fact, event.occurred_at)?;
        self.balance = event.balance_after.get();
        self.restricted = event.restricted_after.get();
        self.reserved = event.reserved_after.get();
        self.available = event.available_after.get();
        self.judge();
        self.last_sequence = sequence;
        self.updated_at = event.occurred_at;
        Ok(())
    }

    fn judge(&mut self) {
        let settings = Settings {
            low_balance_threshold: self.own_threshold.map(Credits::new),
            overdraft_limit: Credits::new(self.overdraft_limit),
        };
        self.low_balance_threshold = settings.threshold_in_force(self.last_top_up.map(Credits::new)).get();
        self.low_balance = self.balance.saturating_sub(self.restricted) < self.low_balance_threshold;
    }

    fn count(&mut self, fact: &Fact, at: Timestamp) -> Result<(), Unprojectable> {
        match fact {
            Fact::CreditsGranted(f) => {
                add(&mut self.lifetime_granted, f.terms.amount)?;
                if f.terms.effective_at <= at {
                    self.last_top_up = Some(f.terms.amount.get());
                }
            }
            Fact::GrantBecameEffective(f) => self.last_top_up = Some(f.grant.amount.get()),
            Fact::GrantExpired(f) => add(&mut self.lifetime_expired, f.grant.amount)?,
            Fact::GrantVoided(f) => add(&mut self.lifetime_voided, f.grant.amount)?,
            Fact::GrantRestored(f) => match f.cause {
                RestoreCause::Refund => add(&mut self.lifetime_refunded, f.amount)?,
                RestoreCause::Reinstatement => add(&mut self.lifetime_reinstated, f.amount)?,
            },
            Fact::PurchaseCompleted(f) => {
                add(&mut self.lifetime_purchased, f.terms.amount)?;
                self.last_top_up = Some(f.terms.amount.get());
            }
            Fact::PurchaseRevoked(f) => {
                add(&mut self.lifetime_clawed_back, f.amount)?;
                add(&mut self.debt, f.debt)?;
            }
            Fact::PurchaseReinstated(f) => add(&mut self.lifetime_reinstated, total(&f.returned))?,
            Fact::CreditsConsumed(f) => {
                add(&mut self.lifetime_used, f.amount)?;
                add(&mut self.debt, f.overdraft)?;
            }
            Fact::ConsumptionRefunded(f) => {
                add(&mut self.lifetime_refunded, f.amount)?;
                // Counted with the lots that they come back as.
                take(&mut self.lifetime_refunded, f.restored)?;
                take(&mut self.debt, f.debt_reduced)?;
            }
            Fact::ReservationConfirmed(f) => {
                add(&mut self.lifetime_used, f.amount)?;
                add(&mut self.debt, f.overdraft)?;
            }
            Fact::DebtRepaid(f) => take(&mut self.debt, f.amount)?,
            Fact::CreditsAdjustedUp(f) => {
                add(&mut self.lifetime_adjusted_up, f.terms.amount)?;
                self.last_top_up = Some(f.terms.amount.get());
            }
            Fact::CreditsAdjustedDown(f) => {
                add(&mut self.lifetime_adjusted_down, f.amount)?;
                add(&mut self.debt, f.overdraft)?;
            }
            Fact::SettingsChanged(f) => {
                self.own_threshold = f.settings.low_balance_threshold.map(Credits::get);
                self.overdraft_limit = f.settings.overdraft_limit.get();
            }
            Fact::AutoRechargeConfigured(f) => {
                self.auto_recharge_enabled = f.policy.enabled;
                self.auto_recharge_threshold = Some(f.policy.threshold.get());
                self.auto_recharge_amount = Some(f.policy.amount.unwrap_or(f.policy.package.credits).get());
            }
            Fact::RechargeSuspended(_) => self.auto_recharge_suspended = true,
            Fact::RechargeResumed(_) => self.auto_recharge_suspended = false,
            Fact::GrantMerged(_)
            | Fact::RepaymentReturned(_)
            | Fact::PurchaseStarted(_)
            | Fact::PurchaseFailed(_)
            | Fact::PurchaseExpired(_)
            | Fact::CreditsReserved(_)
            | Fact::ReservationCancelled(_)
            | Fact::ReservationExpired(_)
            | Fact::LowBalanceReached(_)
            | Fact::LowBalanceCleared(_)
            | Fact::BalanceExhausted(_)
            | Fact::BalanceRecovered(_)
            | Fact::RecurringGrantConfigured(_)
            | Fact::RecurringGrantSkipped(_)
            | Fact::RechargeRequested(_)
            | Fact::RechargeCompleted(_)
            | Fact::RechargeFailed(_)
            | Fact::CommandNoted(_) => {}
        }
        Ok(())
    }
}
