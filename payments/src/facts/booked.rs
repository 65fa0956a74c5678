//! What the log holds of a payment.

use std::collections::BTreeMap;

use domain::events::{Event, Fact, PurchaseStarted};
use domain::grant::Money;
use domain::text::ReferenceText;

use super::sum;

/// A purchase, as its own events tell it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Booked {
    pub started: Option<PurchaseStarted>,
    /// The price that was credited.
    pub completed: Option<Money>,
    /// Revocations that stand, in the order of the log.
    pub taken: Vec<Taken>,
    /// Revocations and reinstatements there have ever been of a reference: they tell one from the next.
    counts: BTreeMap<ReferenceText, (u32, u32)>,
}

/// A revocation that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub reference: ReferenceText,
    /// How much of the price went back with it; none where somebody took credits by number.
    pub amount_minor: i64,
}

impl Booked {
    /// From a purchase's own events.
    pub fn of<'a>(history: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut booked = Self::default();
        for event in history {
            booked.add(&event.fact);
        }
        booked
    }

    fn add(&mut self, fact: &Fact) {
        match fact {
            Fact::PurchaseStarted(f) => self.started = Some(f.clone()),
            Fact::PurchaseCompleted(f) => self.completed = Some(f.price),
            Fact::PurchaseRevoked(f) => {
                self.counts.entry(f.reference.clone()).or_default().0 += 1;
                let amount_minor = f.price_minor.unwrap_or(0);
                self.taken.push(Taken { reference: f.reference.clone(), amount_minor });
            }
            Fact::PurchaseReinstated(f) => {
                self.counts.entry(f.reference.clone()).or_default().1 += 1;
                // The ledger undoes the oldest of a reference first.
                if let Some(at) = self.taken.iter().position(|taken| taken.reference == f.reference) {
                    self.taken.remove(at);
                }
            }
            // An end that money which arrives all the same undoes.
            Fact::PurchaseFailed(_) | Fact::PurchaseExpired(_) => {}
            // Without a meaning for what is owed.
            Fact::CommandNoted(_) => {}
            // Of other entities.
            Fact::CreditsGranted(_)
            | Fact::GrantBecameEffective(_)
            | Fact::GrantExpired(_)
            | Fact::GrantVoided(_)
            | Fact::GrantRestored(_)
            | Fact::GrantMerged(_)
            | Fact::CreditsConsumed(_)
            | Fact::ConsumptionRefunded(_)
            | Fact::CreditsReserved(_)
            | Fact::ReservationConfirmed(_)
            | Fact::ReservationCancelled(_)
            | Fact::ReservationExpired(_)
            | Fact::DebtRepaid(_)
            | Fact::RepaymentReturned(_)
            | Fact::CreditsAdjustedUp(_)
            | Fact::CreditsAdjustedDown(_)
            | Fact::SettingsChanged(_)
            | Fact::LowBalanceReached(_)
            | Fact::LowBalanceCleared(_)
            | Fact::BalanceExhausted(_)
            | Fact::BalanceRecovered(_)
            | Fact::AutoRechargeConfigured(_)
            | Fact::RecurringGrantConfigured(_)
            | Fact::RecurringGrantSkipped(_)
            | Fact::RechargeRequested(_)
            | Fact::RechargeCompleted(_)
            | Fact::RechargeFailed(_)
            | Fact::RechargeSuspended(_)
            | Fact::RechargeResumed(_) => {}
        }
    }

    /// How often a reference was revoked, and how often reinstated.
    #[must_use]
    pub fn counts(&self, reference: &str) -> (u32, u32) {
        let known = self.counts.iter().find(|(known, _)| known.as_str() == reference);
        known.map_or((0, 0), |(_, counts)| *counts)
    }

    /// How much of the price has gone back under a reference; the ledger lets no more go back than the price.
    #[must_use]
    pub fn taken_minor(&self, reference: &str) -> i64 {
        sum(self.taken.iter().filter(|taken| taken.reference.as_str() == reference).map(|taken| taken.amount_minor))
    }

    /// How much of the price has gone back in all: at most all of it.
    #[must_use]
    pub fn taken_minor_in_all(&self) -> i64 {
        sum(self.taken.iter().map(|taken| taken.amount_minor))
    }
}
