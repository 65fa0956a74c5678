//! What a decision needs to know of an organization: open lots and reservations, totals, settings. Bounded; history is
//! in the log.
//!
//! Invariant: lots stand in burn order, and none is empty.
//! Invariant: the books balance (`totals.rs`), and debt implies that no unrestricted credits are free.

use std::collections::BTreeMap;
use std::sync::Arc;

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

use crate::commands::{Over, Settings};
use crate::credits::Credits;
use crate::free_credits::Recurring;
use crate::grant::{Allocation, GrantTerms, Lot};
use crate::ids::{GrantId, ReservationId};
use crate::price::meter::ReservedUse;
use crate::price::{Meter, MonthlyUse, Receipt};
use crate::recharge::Recharge;
use crate::time::Timestamp;
use crate::totals::Totals;
use crate::usage::Usage;

/// Credits held for work in progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reservation {
    pub amount: Credits,
    /// In burn order.
    pub allocations: Vec<Allocation>,
    pub overdraft_held: Credits,
    pub reserved_at: Timestamp,
    /// Exclusive: from this instant on it has expired.
    pub expires_at: Timestamp,
    pub over: Over,
    pub usage: Arc<Usage>,
    /// Where the price book priced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<ReservedPrice>,
}

/// What is remembered of a reservation's price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReservedPrice {
    /// Of the price book: its confirmation is priced by the same one.
    pub version: u32,
    /// The use that it may add to counters of the month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metered: Vec<(Meter, u64)>,
}

impl ReservedPrice {
    #[must_use]
    pub fn of(receipt: &Receipt) -> Self {
        let metered = receipt.positions().map(|p| (p.meter.clone(), p.used_after - p.used_before));
        Self { version: receipt.version, metered: metered.collect() }
    }
}

impl Reservation {
    fn metered(&self) -> &[(Meter, u64)] {
        self.price.as_ref().map_or(&[], |price| &price.metered)
    }

    /// Roughly the bytes that its labels occupy.
    fn label_bytes(&self) -> usize {
        self.usage.bytes() + self.metered().iter().map(|(meter, _)| meter.as_str().len() + 8).sum::<usize>()
    }
}

/// Which alerts may fire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alerts {
    pub low_armed: bool,
    pub exhausted_armed: bool,
}

/// The aggregate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Snapshot", into = "Snapshot")]
pub struct Organization {
    pub(crate) lots: Vec<Lot>,
    pub(crate) reservations: RedBlackTreeMapSync<ReservationId, Arc<Reservation>>,
    /// Derived from `reservations`: what falls due first.
    pub(crate) deadlines: RedBlackTreeSetSync<(Timestamp, ReservationId)>,
    pub(crate) held_allocations: usize,
    pub(crate) held_usage_bytes: usize,
    pub(crate) debt: Credits,
    pub(crate) overdraft_held: Credits,
    /// Derived from `reservations`.
    pub(crate) reserved_use: ReservedUse,
    pub(crate) totals: Totals,
    pub(crate) settings: Settings,
    pub(crate) last_top_up: Option<Credits>,
    pub(crate) alerts: Alerts,
    pub(crate) recharge: Recharge,
    pub(crate) monthly_use: MonthlyUse,
    pub(crate) recurring: Option<Recurring>,
    pub(crate) last_event_at: Option<Timestamp>,
}

/// The stored form: what cannot be derived.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    lots: Vec<Lot>,
    reservations: RedBlackTreeMapSync<ReservationId, Arc<Reservation>>,
    debt: Credits,
    totals: Totals,
    settings: Settings,
    last_top_up: Option<Credits>,
    alerts: Alerts,
    recharge: Recharge,
    monthly_use: MonthlyUse,
    recurring: Option<Recurring>,
    last_event_at: Option<Timestamp>,
}

impl From<Organization> for Snapshot {
    fn from(state: Organization) -> Self {
        Self {
            lots: state.lots,
            reservations: state.reservations,
            debt: state.debt,
            totals: state.totals,
            settings: state.settings,
            last_top_up: state.last_top_up,
            alerts: state.alerts,
            recharge: state.recharge,
            monthly_use: state.monthly_use,
            recurring: state.recurring,
            last_event_at: state.last_event_at,
        }
    }
}

impl From<Snapshot> for Organization {
    fn from(snapshot: Snapshot) -> Self {
        let mut state = Self {
            lots: snapshot.lots,
            debt: snapshot.debt,
            totals: snapshot.totals,
            settings: snapshot.settings,
            last_top_up: snapshot.last_top_up,
            alerts: snapshot.alerts,
            recharge: snapshot.recharge,
            monthly_use: snapshot.monthly_use,
            recurring: snapshot.recurring,
            last_event_at: snapshot.last_event_at,
            ..Self::default()
        };
        for (id, reservation) in &snapshot.reservations {
            state.open_reservation(*id, Arc::clone(reservation));
        }
        state
    }
}

/// The figures of DESIGN section 2 at one instant, settled up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    pub balance: Credits,
    /// The part of the balance that pays only for some operations.
    pub restricted: Credits,
    pub reserved: Credits,
    pub available: Credits,
    pub debt: Credits,
}

impl Organization {
    /// What remains in effective grants, held parts included, minus the debt (CORRECTNESS C15).
    #[must_use]
    pub fn balance(&self) -> Credits {
        self.lots.iter().map(Lot::in_balance).sum::<Credits>() - self.debt
    }

    /// The part of [`Self::balance`] that alerts and recharges look at: unrestricted lots only.
    #[must_use]
    pub fn unrestricted_balance(&self) -> Credits {
        self.balance() - self.restricted_balance()
    }

    /// The other part: lots that pay only for some operations.
    #[must_use]
    pub fn restricted_balance(&self) -> Credits {
        self.lots.iter().filter(|lot| lot.terms.is_restricted()).map(Lot::in_balance).sum()
    }

    /// Held by open reservations, from lots and from overdraft.
    #[must_use]
    pub fn reserved(&self) -> Credits {
        self.lots.iter().map(|lot| lot.held).sum::<Credits>() + self.overdraft_held
    }

    /// What a new consumption of the operation may take, overdraft included (CORRECTNESS C15).
    #[must_use]
    pub fn available(&self, operation: Option<&str>) -> Credits {
        self.free(operation) + self.overdraft_room()
    }

    /// Free credits in lots that may pay for the operation.
    #[must_use]
    pub fn free(&self, operation: Option<&str>) -> Credits {
        self.lots.iter().filter(|lot| lot.terms.pays_for(operation)).map(Lot::free).sum()
    }

    /// How far a new command may still go below zero.
    #[must_use]
    pub fn overdraft_room(&self) -> Credits {
        (self.settings.overdraft_limit - self.debt - self.overdraft_held).or_zero()
    }

    #[must_use]
    pub fn figures(&self) -> Balance {
        Balance {
            balance: self.balance(),
            restricted: self.restricted_balance(),
            reserved: self.reserved(),
            available: self.available(None),
            debt: self.debt,
        }
    }

    #[must_use]
    pub fn debt(&self) -> Credits {
        self.debt
    }

    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    #[must_use]
    pub fn recharge(&self) -> &Recharge {
        &self.recharge
    }

    /// How far the organization's use has come in tiers and free allowances; what prices an estimate.
    #[must_use]
    pub fn monthly_use(&self) -> &MonthlyUse {
        &self.monthly_use
    }

    /// The monthly grant, with its schedule.
    #[must_use]
    pub fn recurring(&self) -> Option<&Recurring> {
        self.recurring.as_ref()
    }

    /// In burn order, with scheduled ones and closed ones that still hold credits.
    #[must_use]
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    pub fn reservations(&self) -> impl Iterator<Item = (&ReservationId, &Arc<Reservation>)> {
        self.reservations.iter()
    }

    #[must_use]
    pub fn reservation(&self, id: ReservationId) -> Option<&Arc<Reservation>> {
        self.reservations.get(&id)
    }

    /// Below this the balance is low.
    #[must_use]
    pub fn low_balance_threshold(&self) -> Credits {
        self.settings.threshold_in_force(self.last_top_up)
    }

    /// Credits of the last purchase, grant or adjustment upwards.
    #[must_use]
    pub fn last_top_up(&self) -> Option<Credits> {
        self.last_top_up
    }

    /// The time of the stream's last event; no command is decided earlier (CORRECTNESS C12).
    #[must_use]
    pub fn last_event_at(&self) -> Option<Timestamp> {
        self.last_event_at
    }

    /// Whether the organization exists: it does from its first event (CORRECTNESS C25).
    #[must_use]
    pub fn exists(&self) -> bool {
        self.last_event_at.is_some()
    }

    /// Roughly the bytes that the state occupies in memory, for caches.
    #[must_use]
    pub fn approximate_bytes(&self) -> usize {
        /// The terms of a lot, shared with events, with labels of ordinary length.
        const TERMS_BYTES: usize = 400;
        let lots = self.lots.len() * (size_of::<Lot>() + TERMS_BYTES);
        // Two trees hold each reservation; a node costs about as much as its entry.
        let reservations = self.reservations.size() * 2 * size_of::<Reservation>();
        let allocations = self.held_allocations * size_of::<Allocation>();
        size_of::<Self>()
            + lots
            + reservations
            + allocations
            + self.held_usage_bytes
            + self.monthly_use.approximate_bytes()
    }

    pub(crate) fn lot(&self, id: GrantId) -> Option<&Lot> {
        self.lots.iter().find(|lot| lot.id() == id)
    }

    pub(crate) fn lot_mut(&mut self, id: GrantId) -> Option<&mut Lot> {
        self.lots.iter_mut().find(|lot| lot.id() == id)
    }

    /// Adds a lot in burn order, or its amount where it is open already.
    pub(crate) fn add_lot(&mut self, terms: &Arc<GrantTerms>, amount: Credits, effective: bool) {
        if amount.is_zero() {
            return;
        }
        if let Some(lot) = self.lot_mut(terms.grant_id) {
            lot.remaining = lot.remaining + amount;
            return;
        }
        let place = self.lots.partition_point(|lot| lot.terms.burn_order() < terms.burn_order());
        let lot = Lot {
            terms: Arc::clone(terms),
            remaining: amount,
            held: Credits::ZERO,
            owed: BTreeMap::new(),
            repays: Credits::ZERO,
            effective,
            closed: None,
        };
        self.lots.insert(place, lot);
    }

    pub(crate) fn drop_empty_lots(&mut self) {
        self.lots.retain(|lot| !lot.remaining.is_zero());
    }

    pub(crate) fn open_reservation(&mut self, id: ReservationId, reservation: Arc<Reservation>) {
        self.held_allocations += reservation.allocations.len();
        self.held_usage_bytes += reservation.label_bytes();
        self.reserved_use.add(reservation.metered());
        self.overdraft_held = self.overdraft_held + reservation.overdraft_held;
        self.deadlines.insert_mut((reservation.expires_at, id));
        self.reservations.insert_mut(id, reservation);
    }

    pub(crate) fn close_reservation(&mut self, id: ReservationId) -> Option<Arc<Reservation>> {
        let reservation = Arc::clone(self.reservations.get(&id)?);
        self.held_allocations -= reservation.allocations.len();
        self.held_usage_bytes -= reservation.label_bytes();
        self.reserved_use.remove(reservation.metered());
        self.overdraft_held = self.overdraft_held - reservation.overdraft_held;
        self.deadlines.remove_mut(&(reservation.expires_at, id));
        self.reservations.remove_mut(&id);
        Some(reservation)
    }
}
