//! The naive model: one vector of lots that is never shortened, plain `i128` arithmetic, everything recomputed from
//! scratch and sorted when it is needed. It shares ids and command types with the domain, and no rule.

use std::collections::BTreeMap;

use domain::CommandId;

use crate::model_prices::{Asked, Quantities};

pub const MAX_TOTAL: i128 = 1 << 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Future,
    Open,
    Expired,
    Voided,
}

#[derive(Clone, Debug)]
pub struct MLot {
    pub id: u128,
    pub root: u128,
    pub remaining: i128,
    pub held: i128,
    /// Of what is held, how much a claw-back of each purchase has counted as spent.
    pub owed: BTreeMap<u128, i128>,
    /// Of what was released to it, what a claw-back had counted.
    pub repays: i128,
    pub stage: Stage,
    /// And not opened again.
    pub was_voided: bool,
    pub priority: u16,
    pub paid: bool,
    pub granted: i64,
    pub effective: i64,
    pub expires: Option<i64>,
    pub patterns: Vec<String>,
    /// Of the purchase that it began with, in credits: all of them cost the same.
    pub cost: Option<i128>,
    /// Which lot took it last, by its place.
    pub merged_into: Option<usize>,
    /// Made for a refund to a purchase that had been taken back: it holds no other purchase's credits.
    pub is_own_alone: bool,
}

impl MLot {
    pub fn free(&self) -> i128 {
        if self.stage == Stage::Open { self.remaining - self.held } else { 0 }
    }

    pub fn pays(&self, operation: Option<&str>) -> bool {
        self.patterns.is_empty()
            || self.patterns.iter().any(|pattern| match (operation, pattern.strip_suffix('*')) {
                (None, _) => false,
                (Some(o), Some(prefix)) => o.starts_with(prefix),
                (Some(o), None) => o == pattern,
            })
    }

    pub fn owed(&self) -> i128 {
        self.owed.values().sum()
    }

    pub fn settle_owed(&mut self, released: i128) -> i128 {
        let before = self.owed();
        let mut left = released;
        for owed in self.owed.values_mut() {
            let part = left.min(*owed);
            *owed -= part;
            left -= part;
        }
        before - self.owed()
    }

    pub fn bound_owed(&mut self, most: i128) {
        let mut room = most;
        for owed in self.owed.values_mut() {
            *owed = room.min(*owed);
            room -= *owed;
        }
    }

    fn key(&self) -> (u16, i64, bool, i64, i64, u128) {
        (self.priority, self.expires.unwrap_or(i64::MAX), self.paid, self.effective, self.granted, self.id)
    }
}

/// Parts of lots, by their place in the vector.
pub type Parts = Vec<(usize, i128)>;

#[derive(Clone, Debug)]
pub struct MSpent {
    pub id: u128,
    pub parts: Parts,
    pub overdraft: i128,
    pub taken_at: i64,
    pub refunded: i128,
}

#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Open,
    /// What was asked for, and the quantities where it was priced.
    Confirmed(i128, Option<Quantities>),
    Cancelled,
    Expired,
}

#[derive(Clone, Debug)]
pub struct MHold {
    pub id: u128,
    pub amount: i128,
    pub parts: Parts,
    pub overdraft: i128,
    pub asked: Asked,
    /// Of the price book, where it priced the reservation.
    pub version: Option<u32>,
    /// 0 reject, 1 take what is available, 2 overdraft.
    pub over: u8,
    pub max: Option<i128>,
    pub reserved_at: i64,
    pub deadline: i64,
    pub end: End,
}

#[derive(Clone, Debug)]
pub struct MRevocation {
    pub reference: String,
    pub parts: Parts,
    pub debt: i128,
    /// Held credits that the debt counts as spent.
    pub counted: Parts,
    pub at: i64,
    pub is_undone: bool,
}

#[derive(Clone, Debug)]
pub struct MPurchase {
    pub id: u128,
    /// The same for all purchases that merges have joined.
    pub pool: u128,
    pub bought: i128,
    /// Expired or voided.
    pub lapsed: i128,
    pub revocations: Vec<MRevocation>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct MTotals {
    pub purchased: i128,
    pub granted: i128,
    pub refunded: i128,
    pub reinstated: i128,
    pub adjusted_up: i128,
    pub consumed: i128,
    pub expired: i128,
    pub voided: i128,
    pub clawed_back: i128,
    pub adjusted_down: i128,
}

#[derive(Clone, Debug, Default)]
pub struct Ids {
    command: Option<CommandId>,
    made: u32,
}

impl Ids {
    pub fn of(command: CommandId) -> Self {
        Self { command: Some(command), made: 0 }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub lots: Vec<MLot>,
    pub spent: Vec<MSpent>,
    pub holds: Vec<MHold>,
    pub purchases: Vec<MPurchase>,
    pub debt: i128,
    /// Of the command or the fact that is under way.
    pub now: i64,
    /// The ids that the command gives away, in order.
    pub ids: Ids,
    pub limit: i128,
    pub totals: MTotals,
    /// Open grants beside the lots: they are in no figure, and past the limit with them lots merge.
    pub crowd: usize,
    /// The use of each counter in the calendar month that began then.
    pub used: BTreeMap<&'static str, i128>,
    pub used_month: i64,
}

impl Model {
    pub fn next_id(&mut self) -> u128 {
        self.ids.made += 1;
        self.ids.command.expect("a command is under way").entity(self.ids.made - 1).as_u128()
    }

    pub fn balance(&self) -> i128 {
        let in_lot = |lot: &MLot| match lot.stage {
            Stage::Future => 0,
            Stage::Open => lot.remaining,
            Stage::Expired | Stage::Voided => lot.held,
        };
        self.lots.iter().map(in_lot).sum::<i128>() - self.debt
    }

    pub fn overdraft_held(&self) -> i128 {
        self.holds.iter().filter(|h| h.end == End::Open).map(|h| h.overdraft).sum()
    }

    pub fn reserved(&self) -> i128 {
        self.lots.iter().map(|lot| lot.held).sum::<i128>() + self.overdraft_held()
    }

    pub fn available(&self, operation: Option<&str>) -> i128 {
        let free: i128 = self.lots.iter().filter(|lot| lot.pays(operation)).map(MLot::free).sum();
        free + (self.limit - self.debt - self.overdraft_held()).max(0)
    }

    pub fn inflow(&self) -> i128 {
        let t = &self.totals;
        t.purchased + t.granted + t.refunded + t.reinstated + t.adjusted_up
    }

    pub fn outflow(&self) -> i128 {
        let t = &self.totals;
        t.consumed + t.expired + t.voided + t.clawed_back + t.adjusted_down
    }

    /// All lots in burn order.
    pub fn sorted(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.lots.len()).collect();
        order.sort_by_key(|i| self.lots[*i].key());
        order
    }

    /// Up to `amount` of free credits for the operation, in burn order, and what is missing.
    pub fn pick(&self, operation: Option<&str>, amount: i128) -> (Parts, i128) {
        let mut missing = amount;
        let mut parts = Parts::new();
        for i in self.sorted() {
            let part = self.lots[i].free().min(missing);
            if self.lots[i].pays(operation) && part > 0 {
                parts.push((i, part));
                missing -= part;
            }
        }
        (parts, missing)
    }

    pub fn take(&mut self, parts: &Parts) {
        for (i, amount) in parts {
            let lot = &mut self.lots[*i];
            lot.remaining -= amount;
        }
    }

    /// `spent`: of the parts, what does not come back.
    pub fn unhold(&mut self, parts: &Parts, spent: &Parts) {
        for (i, amount) in parts {
            let spent: i128 = spent.iter().filter(|(j, _)| j == i).map(|(_, amount)| amount).sum();
            let lot = &mut self.lots[*i];
            lot.held -= amount;
            let counted = lot.settle_owed((amount - spent).max(0));
            lot.bound_owed(lot.held);
            lot.repays += counted;
        }
    }

    pub fn repay(&mut self) {
        let (parts, missing) = self.pick(None, self.debt);
        self.debt = missing;
        self.take(&parts);
    }

    /// What was released repays the debt that it was counted in, or comes back for those credits that have; what else is
    /// loose in closed lots lapses; then free credits repay.
    pub fn tidy(&mut self) {
        for i in self.sorted() {
            let repays = std::mem::take(&mut self.lots[i].repays);
            let repaid = repays.min(self.debt);
            self.debt -= repaid;
            self.take(&vec![(i, repays)]);
            self.come_back(repays - repaid);
            let lot = &self.lots[i];
            if matches!(lot.stage, Stage::Expired | Stage::Voided) && lot.remaining > lot.held {
                self.lapse(i, lot.stage);
            }
        }
        self.repay();
    }

    fn come_back(&mut self, amount: i128) {
        if amount > 0 {
            let id = self.next_id();
            self.lots.push(MLot::unrestricted(id, amount, true, self.now));
            self.merge_at_limit(self.lots.len() - 1);
        }
    }

    /// Ends the unheld part of a lot.
    pub fn lapse(&mut self, i: usize, stage: Stage) {
        let lot = &mut self.lots[i];
        let amount = lot.remaining - lot.held;
        lot.remaining -= amount;
        lot.stage = stage;
        match stage {
            Stage::Voided => {
                lot.was_voided = true;
                self.totals.voided += amount;
            }
            _ => self.totals.expired += amount,
        }
        self.lay_on_purchases(i, amount);
    }

    /// Purchases that merges have joined spend what they share in the order in which they were bought: what lapses is the
    /// last one's.
    fn lay_on_purchases(&mut self, i: usize, lapsed: i128) {
        let lot = &self.lots[i];
        let pool = self.purchases.iter().find(|p| p.id == lot.root).map(|p| p.pool);
        let bears = |p: &MPurchase| if lot.is_own_alone { p.id == lot.root } else { Some(p.pool) == pool };
        let mut left = lapsed;
        for p in self.purchases.iter_mut().rev().filter(|p| bears(p)) {
            let part = p.standing().min(left);
            p.lapsed += part;
            left -= part;
        }
    }

    pub fn settle(&mut self, now: i64) {
        while let Some((at, kind, id)) = self.due().filter(|(at, _, _)| *at <= now) {
            self.now = at;
            match kind {
                0 => {
                    let h = self.holds.iter().position(|h| h.id == id && h.end == End::Open).unwrap();
                    self.holds[h].end = End::Expired;
                    let parts = self.holds[h].parts.clone();
                    self.unhold(&parts, &Parts::new());
                }
                1 => {
                    let lot = self.lots.iter_mut().find(|l| l.id == id && l.effective == at).unwrap();
                    lot.stage = Stage::Open;
                }
                _ => {
                    let i = self.lots.iter().position(|l| l.id == id).unwrap();
                    self.lapse(i, Stage::Expired);
                }
            }
            self.tidy();
        }
    }

    fn due(&self) -> Option<(i64, u8, u128)> {
        let holds = self.holds.iter().filter(|h| h.end == End::Open).map(|h| (h.deadline, 0, h.id));
        let lots = self.lots.iter().filter(|lot| lot.remaining > 0).filter_map(|lot| match lot.stage {
            Stage::Future => Some((lot.effective, 1, lot.id)),
            Stage::Open => lot.expires.map(|at| (at, 2, lot.id)),
            Stage::Expired | Stage::Voided => None,
        });
        holds.chain(lots).min()
    }
}
