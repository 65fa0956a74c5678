//! What an event does to lots: the only place that reads allocations.
//!
//! Invariant: each effect keeps `amount = remaining + used + expired + voided + revoked + merged`.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::events::{Fact, RestoreCause};
use domain::grant::{Allocation, GrantTerms, total};
use domain::ids::GrantId;
use domain::text::Metadata;
use domain::{Credits, Timestamp};

/// By how much the figures of one lot change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    pub remaining: Credits,
    pub held: Credits,
    pub used: Credits,
    pub expired: Credits,
    pub voided: Credits,
    pub revoked: Credits,
    pub merged: Credits,
    pub closes: Option<Closed>,
}

/// Why a lot gives out no more, although something may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    Expired,
    Voided,
    Merged,
}

/// A lot that an event makes, or that it gives credits back to.
#[derive(Clone, Debug, PartialEq)]
pub struct Birth {
    pub terms: Arc<GrantTerms>,
    pub amount: Credits,
    pub cause: &'static str,
    /// Into which figure credits come back where the lot is known: a refund's or a reinstatement's.
    pub back: Option<RestoreCause>,
    pub starts: bool,
    pub reason: Option<String>,
    pub metadata: Metadata,
}

/// What an event does to one lot.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Begins(Box<Birth>),
    Starts,
    Moves(Delta),
}

/// What an event does to lots, each once.
#[must_use]
pub fn effects(fact: &Fact, at: Timestamp) -> Vec<(GrantId, Effect)> {
    match fact {
        Fact::CreditsGranted(f) => {
            let birth = Birth {
                starts: f.terms.effective_at <= at,
                reason: Some(f.reason.as_str().to_owned()),
                metadata: f.metadata.clone(),
                ..begins(&f.terms, "grant")
            };
            vec![born(birth)]
        }
        Fact::PurchaseCompleted(f) => {
            vec![born(Birth { metadata: f.metadata.clone(), ..begins(&f.terms, "purchase") })]
        }
        Fact::CreditsAdjustedUp(f) => {
            vec![born(Birth { reason: Some(f.reason.as_str().to_owned()), ..begins(&f.terms, "adjustment") })]
        }
        Fact::GrantRestored(f) => {
            let cause = match f.cause {
                RestoreCause::Refund => "refund",
                RestoreCause::Reinstatement => "reinstatement",
            };
            let reason = Some(f.reason.as_str().to_owned());
            vec![born(Birth { amount: f.amount, back: Some(f.cause), reason, ..begins(&f.terms, cause) })]
        }
        Fact::GrantBecameEffective(f) => vec![(f.grant.grant_id, Effect::Starts)],
        Fact::GrantExpired(f) => {
            let (amount, closes) = (f.grant.amount, Some(Closed::Expired));
            moves([(f.grant.grant_id, Delta { remaining: -amount, expired: amount, closes, ..Delta::default() })])
        }
        Fact::GrantVoided(f) => {
            let (amount, closes) = (f.grant.amount, Some(Closed::Voided));
            moves([(f.grant.grant_id, Delta { remaining: -amount, voided: amount, closes, ..Delta::default() })])
        }
        Fact::GrantMerged(f) => {
            let (amount, closes) = (f.grant.amount, Some(Closed::Merged));
            let from = Delta { remaining: -amount, merged: amount, closes, ..Delta::default() };
            let into = Delta { remaining: amount, merged: -amount, ..Delta::default() };
            moves([(f.grant.grant_id, from), (f.into, into)])
        }
        Fact::PurchaseRevoked(f) => {
            let taken =
                each(&f.allocations, |amount| Delta { remaining: -amount, revoked: amount, ..Delta::default() });
            // Spent credits that are owed from here on: no longer used, because what repays them is.
            let owed = Delta { used: -f.debt, revoked: f.debt, ..Delta::default() };
            moves(taken.chain([(f.purchase_id.grant(), owed)]))
        }
        Fact::PurchaseReinstated(f) => {
            let back = each(&f.returned, |amount| Delta { remaining: amount, revoked: -amount, ..Delta::default() });
            // No longer owed, because it is held as before.
            let held = total(&f.held);
            let held = Delta { used: held, revoked: -held, ..Delta::default() };
            moves(back.chain([(f.purchase_id.grant(), held)]))
        }
        Fact::ConsumptionRefunded(f) => {
            moves(each(&f.returned, |amount| Delta { remaining: amount, used: -amount, ..Delta::default() }))
        }
        Fact::CreditsConsumed(f) => moves(each(&f.allocations, spent)),
        Fact::DebtRepaid(f) => moves(each(&f.allocations, spent)),
        // In the place of those that have repaid, which count as spent.
        Fact::RepaymentReturned(f) => {
            let mut effects = moves([(f.from.grant_id, spent(f.from.amount))]);
            effects.push(born(begins(&f.terms, "refund")));
            effects
        }
        Fact::CreditsAdjustedDown(f) => moves(each(&f.allocations, spent)),
        Fact::CreditsReserved(f) => moves(each(&f.allocations, |held| Delta { held, ..Delta::default() })),
        Fact::ReservationCancelled(f) => moves(each(&f.released, released)),
        Fact::ReservationExpired(f) => moves(each(&f.released, released)),
        Fact::ReservationConfirmed(f) => {
            let from_hold = each(&f.allocations, |amount| Delta { held: -amount, ..spent(amount) });
            let from_free = each(&f.from_free, |amount| Delta { held: amount, ..Delta::default() });
            moves(from_hold.chain(from_free).chain(each(&f.released, released)))
        }
        Fact::PurchaseStarted(_)
        | Fact::PurchaseFailed(_)
        | Fact::PurchaseExpired(_)
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
        | Fact::RechargeResumed(_)
        | Fact::CommandNoted(_) => Vec::new(),
    }
}

fn begins(terms: &Arc<GrantTerms>, cause: &'static str) -> Birth {
    let (terms, metadata) = (Arc::clone(terms), Metadata::default());
    Birth { amount: terms.amount, terms, cause, back: None, starts: true, reason: None, metadata }
}

fn born(birth: Birth) -> (GrantId, Effect) {
    (birth.terms.grant_id, Effect::Begins(Box::new(birth)))
}

fn spent(amount: Credits) -> Delta {
    Delta { remaining: -amount, used: amount, ..Delta::default() }
}

fn released(amount: Credits) -> Delta {
    Delta { held: -amount, ..Delta::default() }
}

fn each<'a>(
    allocations: &'a [Allocation],
    delta: impl Fn(Credits) -> Delta + 'a,
) -> impl Iterator<Item = (GrantId, Delta)> + 'a {
    allocations.iter().map(move |allocation| (allocation.grant_id, delta(allocation.amount)))
}

/// Sums the changes of each lot, so that an event changes it once.
fn moves(deltas: impl IntoIterator<Item = (GrantId, Delta)>) -> Vec<(GrantId, Effect)> {
    let mut sums = BTreeMap::<GrantId, Delta>::new();
    for (lot, delta) in deltas {
        sums.entry(lot).or_default().add(&delta);
    }
    sums.retain(|_, delta| *delta != Delta::default());
    sums.into_iter().map(|(lot, delta)| (lot, Effect::Moves(delta))).collect()
}

impl Delta {
    fn add(&mut self, other: &Self) {
        self.remaining = self.remaining + other.remaining;
        self.held = self.held + other.held;
        self.used = self.used + other.used;
        self.expired = self.expired + other.expired;
        self.voided = self.voided + other.voided;
        self.revoked = self.revoked + other.revoked;
        self.merged = self.merged + other.merged;
        self.closes = self.closes.or(other.closes);
    }
}
