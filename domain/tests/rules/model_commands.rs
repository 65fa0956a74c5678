//! What each command does to the naive model. Refusals are the names of the domain's errors.

use std::collections::BTreeMap;

use crate::model::{End, MAX_TOTAL, MHold, MLot, MPurchase, MRevocation, MSpent, Model, Parts, Stage};
use crate::model_prices::{Asked, Quantities};

pub type Answer = Result<(), &'static str>;

pub fn check(holds: bool, refusal: &'static str) -> Answer {
    if holds { Ok(()) } else { Err(refusal) }
}

impl Model {
    pub fn bounded(&self, total: i128, amount: i128) -> Answer {
        check(total + amount <= MAX_TOTAL, "TotalTooLarge")
    }

    pub fn add(&mut self, lot: MLot) -> Answer {
        self.bounded(self.inflow(), lot.remaining)?;
        self.lots.push(lot);
        self.tidy();
        Ok(())
    }

    pub fn void(&mut self, id: u128) -> Answer {
        let Some(i) = self.lots.iter().position(|lot| lot.id == id) else { return Err("GrantNotFound") };
        let lot = &self.lots[i];
        match (lot.remaining > 0, lot.stage) {
            (true, Stage::Future | Stage::Open) => self.lapse(i, Stage::Voided),
            (true, Stage::Voided) => {}
            (true, Stage::Expired) => return Err("GrantClosed"),
            // A lot that is gone is found by its own id only where it began its lineage.
            (false, _) if lot.id != lot.root => return Err("GrantNotFound"),
            (false, _) => check(lot.was_voided, "GrantClosed")?,
        }
        self.tidy();
        Ok(())
    }

    pub fn consume(&mut self, amount: i128, operation: Option<&str>) -> Answer {
        check(amount <= self.available(operation), "InsufficientCredits")?;
        self.bounded(self.outflow(), amount)?;
        let (parts, overdraft) = self.pick(operation, amount);
        self.spend(&parts, overdraft);
        let id = self.next_id();
        self.spent.push(MSpent { id, parts, overdraft, taken_at: self.now, refunded: 0 });
        self.tidy();
        Ok(())
    }

    fn spend(&mut self, parts: &Parts, overdraft: i128) {
        self.totals.consumed += parts.iter().map(|(_, amount)| amount).sum::<i128>() + overdraft;
        self.debt += overdraft;
        self.take(parts);
    }

    pub fn reserve(&mut self, mut hold: MHold) -> Answer {
        let operation = hold.asked.operation.clone();
        check(hold.amount <= self.available(operation.as_deref()), "InsufficientCredits")?;
        (hold.parts, hold.overdraft) = self.pick(operation.as_deref(), hold.amount);
        for (i, amount) in &hold.parts {
            self.lots[*i].held += amount;
        }
        hold.id = self.next_id();
        self.holds.push(hold);
        Ok(())
    }

    pub fn confirm(&mut self, now: i64, id: u128, amount: Option<i128>, quantities: Quantities) -> Answer {
        let Some(h) = self.holds.iter().position(|hold| hold.id == id) else { return Err("ReservationNotFound") };
        let hold = self.holds[h].clone();
        match &hold.end {
            End::Open => {}
            End::Confirmed(first, priced_for) => {
                let same = match (amount, priced_for) {
                    (Some(amount), _) => amount == *first,
                    (None, None) => quantities.is_empty() && *first == hold.amount,
                    (None, Some(_)) if quantities.is_empty() && hold.version.is_none() => false,
                    (None, Some(priced_for)) if quantities.is_empty() => *priced_for == hold.asked.quantities,
                    (None, Some(priced_for)) => *priced_for == quantities,
                };
                return check(same, "ReservationClosed");
            }
            End::Cancelled => return Err("ReservationClosed"),
            End::Expired => return Err("ReservationExpired"),
        }
        let (requested, priced_for) = self.confirmed_price(now, &hold, amount, quantities)?;
        let cap = if hold.over == 0 { Some(hold.amount) } else { hold.max };
        check(cap.is_none_or(|cap| requested <= cap), "ConfirmExceedsReservation")?;
        self.bounded(self.outflow(), requested)?;
        let mut missing = requested;
        let mut parts = Parts::new();
        for (i, held) in &hold.parts {
            parts.push((*i, missing.min(*held)));
            missing -= missing.min(*held);
        }
        let (free, mut below) = self.pick(hold.asked.operation.as_deref(), missing);
        for (i, amount) in free {
            match parts.iter_mut().find(|(j, _)| *j == i) {
                Some(part) => part.1 += amount,
                None => parts.push((i, amount)),
            }
        }
        parts.retain(|(_, amount)| *amount > 0);
        if hold.over == 1 {
            let room = self.limit - self.debt - (self.overdraft_held() - hold.overdraft);
            below = below.min(room.max(hold.overdraft));
        }
        self.holds[h].end = End::Confirmed(requested, priced_for.clone());
        if let Some(quantities) = priced_for {
            self.count(now, &Asked { quantities, ..hold.asked.clone() });
        }
        self.unhold(&hold.parts, &parts);
        self.spend(&parts, below);
        self.spent.push(MSpent { id, parts, overdraft: below, taken_at: hold.reserved_at, refunded: 0 });
        self.tidy();
        Ok(())
    }

    pub fn cancel(&mut self, id: u128) -> Answer {
        let Some(h) = self.holds.iter().position(|hold| hold.id == id) else { return Err("ReservationNotFound") };
        match self.holds[h].end {
            End::Open => {}
            End::Cancelled => return Ok(()),
            End::Confirmed(..) => return Err("ReservationClosed"),
            End::Expired => return Err("ReservationExpired"),
        }
        self.holds[h].end = End::Cancelled;
        let parts = self.holds[h].parts.clone();
        self.unhold(&parts, &Parts::new());
        self.tidy();
        Ok(())
    }

    pub fn adjust_down(&mut self, amount: i128) -> Answer {
        check(amount <= self.available(None), "InsufficientCredits")?;
        self.bounded(self.outflow(), amount)?;
        let (parts, overdraft) = self.pick(None, amount);
        self.totals.adjusted_down += amount;
        self.debt += overdraft;
        self.take(&parts);
        self.tidy();
        Ok(())
    }

    fn is_revoked(&self, root: u128) -> bool {
        let purchase = self.purchases.iter().find(|p| p.id == root);
        purchase.is_some_and(|p| p.revoked() > 0)
    }

    pub fn refund(&mut self, id: u128, amount: Option<i128>) -> Answer {
        let Some(s) = self.spent.iter().position(|spent| spent.id == id) else { return Err("ConsumptionNotFound") };
        let spent = self.spent[s].clone();
        let all = spent.overdraft + spent.parts.iter().map(|(_, amount)| amount).sum::<i128>();
        let left = all - spent.refunded;
        let amount = amount.unwrap_or(left);
        check(amount > 0 && amount <= left, "RefundExceedsConsumption")?;
        self.bounded(self.inflow(), amount)?;
        // Credit by credit, newest first, in runs.
        let newest_first = std::iter::once((None, spent.overdraft))
            .chain(spent.parts.iter().rev().map(|(i, amount)| (Some(*i), *amount)));
        let (mut skip, mut rest) = (spent.refunded, amount);
        let (mut voided, mut restored) = (Vec::new(), Parts::new());
        for (from, taken) in newest_first {
            let part = (taken - skip).clamp(0, rest);
            skip = (skip - taken).max(0);
            rest -= part;
            match from {
                _ if part == 0 => {}
                None => {
                    let repaid = part.min(self.debt);
                    self.debt -= repaid;
                    if part > repaid {
                        let id = self.next_id();
                        self.lots.push(MLot::unrestricted(id, 0, true, self.now));
                        restored.push((self.lots.len() - 1, part - repaid));
                    }
                }
                Some(i) => restored.extend(self.return_to(i, part, spent.taken_at, &mut voided)),
            }
        }
        self.totals.refunded += amount;
        for (i, amount) in restored {
            self.lots[i].remaining += amount;
            if !voided.contains(&i) {
                self.lots[i].stage = Stage::Open;
                self.lots[i].was_voided = false;
                self.merge_at_limit(i);
            }
        }
        for i in voided {
            self.lapse(i, Stage::Voided);
        }
        self.spent[s].refunded += amount;
        self.tidy();
        Ok(())
    }

    /// Gives credits back to the lot that they came from; answers the lot that has to begin, or begin again, for it.
    fn return_to(&mut self, i: usize, amount: i128, taken_at: i64, voided: &mut Vec<usize>) -> Option<(usize, i128)> {
        let is_open = |lot: &MLot| lot.remaining > 0 && lot.stage == Stage::Open;
        let revoked = self.is_revoked(self.lots[i].root);
        let merged_into = self.lots[i].merged_into.filter(|into| is_open(&self.lots[*into]));
        let lot = &mut self.lots[i];
        if is_open(lot) && !revoked {
            lot.remaining += amount;
            return None;
        }
        if lot.was_voided {
            voided.push(i);
            return Some((i, amount));
        }
        if let Some(into) = merged_into.filter(|_| !revoked) {
            self.lots[into].remaining += amount;
            return None;
        }
        if revoked || lot.expires.is_some_and(|end| end <= self.now) {
            let id = self.next_id();
            let renewed = self.lots[i].renewed(id, 0, taken_at, self.now);
            self.lots.push(MLot { is_own_alone: revoked, ..renewed });
            return Some((self.lots.len() - 1, amount));
        }
        Some((i, amount))
    }
}

impl MRevocation {
    pub fn amount(&self) -> i128 {
        self.debt + self.parts.iter().map(|(_, amount)| amount).sum::<i128>()
    }
}

impl MPurchase {
    pub fn revoked(&self) -> i128 {
        self.revocations.iter().filter(|r| !r.is_undone).map(MRevocation::amount).sum()
    }

    /// Neither taken back nor lapsed.
    pub fn standing(&self) -> i128 {
        self.bought - self.revoked() - self.lapsed
    }
}

impl MLot {
    pub fn unrestricted(id: u128, amount: i128, paid: bool, now: i64) -> Self {
        Self {
            id,
            root: id,
            remaining: amount,
            held: 0,
            owed: BTreeMap::new(),
            repays: 0,
            stage: Stage::Open,
            was_voided: false,
            priority: 100,
            paid,
            granted: now,
            effective: now,
            expires: None,
            patterns: Vec::new(),
            cost: None,
            merged_into: None,
            is_own_alone: false,
        }
    }

    pub fn renewed(&self, id: u128, amount: i128, taken_at: i64, now: i64) -> Self {
        let life = self.expires.map(|end| end - taken_at).filter(|life| *life > 0);
        Self {
            root: self.root,
            priority: self.priority,
            patterns: self.patterns.clone(),
            expires: life.map(|life| now + life),
            cost: self.cost,
            ..Self::unrestricted(id, amount, self.paid, now)
        }
    }
}
