//! How much of a month's use has been counted: where an organization stands in its tiers and free allowances.
//!
//! Invariant: within a calendar month (UTC) a counter only grows, by the quantities of receipts; each receipt says where
//! it found the counter, so that the chain of receipts can be checked. A refund gives credits back, not use.

use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

use crate::price::limits::MAX_METERS;
use crate::price::receipt::Receipt;
use crate::text::Text;
use crate::time::{Timestamp, month_of};

/// The name of a counter: the scope and unit of its component, or the name that the book gives it. It outlives versions
/// of the book, so that a new version in mid-month finds the use so far.
pub type Meter = Text<255>;

/// The counters of one calendar month.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MonthlyUse {
    /// As `month_of` numbers it.
    month: i32,
    counters: RedBlackTreeMapSync<Meter, u64>,
}

impl MonthlyUse {
    /// The use counted so far in the month of `at`: none in any month but the last counted one.
    #[must_use]
    pub fn used(&self, meter: &Meter, at: Timestamp) -> u64 {
        if self.month == month_of(at) { self.counters.get(meter).copied().unwrap_or(0) } else { 0 }
    }

    /// Every counter of the month of `at`.
    pub fn counters(&self, at: Timestamp) -> impl Iterator<Item = (&Meter, u64)> {
        let is_current = self.month == month_of(at);
        self.counters.iter().filter(move |_| is_current).map(|(meter, used)| (meter, *used))
    }

    /// Whether the receipt's counters fit the limit.
    #[must_use]
    pub(crate) fn has_room_for(&self, receipt: &Receipt, at: Timestamp) -> bool {
        let is_new = |meter: &&Meter| self.month != month_of(at) || !self.counters.contains_key(*meter);
        let new = receipt.positions().map(|position| &position.meter).filter(is_new).count();
        let kept = if self.month == month_of(at) { self.counters.size() } else { 0 };
        kept + new <= MAX_METERS
    }

    /// The counters of a receipt as they would stand after the reserved use, too; `None` where none is reserved of them.
    #[must_use]
    pub(crate) fn after_reserved(&self, receipt: &Receipt, reserved: &ReservedUse, at: Timestamp) -> Option<Self> {
        let mut ahead = self.clone();
        let mut differs = false;
        for position in receipt.positions() {
            if let Some(quantity) = reserved.0.get(&position.meter) {
                ahead.set(&position.meter, position.used_before.saturating_add(*quantity), at);
                differs = true;
            }
        }
        differs.then_some(ahead)
    }

    /// Counts a receipt of the instant `at`; the first of a month begins at nothing.
    pub fn count(&mut self, receipt: &Receipt, at: Timestamp) {
        for position in receipt.positions() {
            self.set(&position.meter, position.used_after, at);
        }
    }

    fn set(&mut self, meter: &Meter, used: u64, at: Timestamp) {
        if self.month != month_of(at) {
            *self = Self { month: month_of(at), counters: RedBlackTreeMapSync::default() };
        }
        self.counters.insert_mut(meter.clone(), used);
    }

    /// Roughly the bytes that the counters occupy in memory.
    #[must_use]
    pub(crate) fn approximate_bytes(&self) -> usize {
        /// A name of ordinary length and the tree's node.
        const COUNTER_BYTES: usize = 128;
        self.counters.size() * COUNTER_BYTES
    }
}

/// What open reservations may still use, by counter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ReservedUse(RedBlackTreeMapSync<Meter, u64>);

impl ReservedUse {
    pub(crate) fn add(&mut self, metered: &[(Meter, u64)]) {
        for (meter, quantity) in metered {
            let sum = self.0.get(meter).copied().unwrap_or(0).saturating_add(*quantity);
            self.0.insert_mut(meter.clone(), sum);
        }
    }

    pub(crate) fn remove(&mut self, metered: &[(Meter, u64)]) {
        for (meter, quantity) in metered {
            let rest = self.0.get(meter).copied().unwrap_or(0).saturating_sub(*quantity);
            if rest == 0 {
                self.0.remove_mut(meter);
            } else {
                self.0.insert_mut(meter.clone(), rest);
            }
        }
    }
}
