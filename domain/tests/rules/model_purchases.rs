//! Purchases in the naive model: bought, merged, taken back and given back.

use domain::limits::MAX_OPEN_GRANTS;

use crate::model::{MLot, MPurchase, MRevocation, Model, Parts, Stage};
use crate::model_commands::{Answer, check};

impl Model {
    pub fn buy(&mut self, lot: MLot) -> Answer {
        check(self.purchases.iter().all(|p| p.id != lot.id), "PaymentReferenceUsed")?;
        self.bounded(self.inflow(), lot.remaining)?;
        self.purchases.push(MPurchase {
            id: lot.id,
            pool: lot.id,
            bought: lot.remaining,
            lapsed: 0,
            revocations: Vec::new(),
        });
        self.totals.purchased += lot.remaining;
        self.lots.push(lot);
        self.merge_at_limit(self.lots.len() - 1);
        self.tidy();
        Ok(())
    }

    /// At the limit, a lot that a fact has just made joins one that differs in nothing but its age.
    pub fn merge_at_limit(&mut self, new: usize) {
        let open = self.lots.iter().filter(|lot| lot.remaining > 0).count();
        let lot = self.lots[new].clone();
        if self.crowd + open <= MAX_OPEN_GRANTS || lot.held > 0 || lot.remaining == 0 {
            return;
        }
        let terms = |lot: &MLot| (lot.priority, lot.paid, lot.expires, lot.patterns.clone(), lot.cost);
        let is_first = |lot: &MLot| lot.id == lot.root;
        let takes = |other: &MLot| {
            let may = lot.cost.is_none() || lot.root == other.root || is_first(&lot) && is_first(other);
            other.remaining > 0 && other.stage == Stage::Open && terms(other) == terms(&lot) && may
        };
        let Some(into) = self.sorted().into_iter().find(|i| *i != new && takes(&self.lots[*i])) else { return };
        self.lots[into].remaining += lot.remaining;
        self.lots[into].is_own_alone &= lot.is_own_alone;
        self.lots[new].remaining = 0;
        self.lots[new].merged_into = Some(into);
        let pool_of = |root: u128| self.purchases.iter().find(|p| p.id == root).map(|p| p.pool);
        if let (Some(one), Some(other)) = (pool_of(lot.root), pool_of(self.lots[into].root)) {
            self.purchases.iter_mut().filter(|p| p.pool == other).for_each(|p| p.pool = one);
        }
    }

    /// Lots that may hold credits of a purchase: its own, then those of others that merges have joined to it.
    fn lots_of(&self, purchase: &MPurchase) -> Vec<usize> {
        let is_joined = |root: u128| self.purchases.iter().any(|p| p.id == root && p.pool == purchase.pool);
        let (own, others): (Vec<_>, Vec<_>) =
            self.sorted().into_iter().partition(|i| self.lots[*i].root == purchase.id);
        own.into_iter().chain(others.into_iter().filter(|i| is_joined(self.lots[*i].root))).collect()
    }

    pub fn revoke(&mut self, now: i64, id: u128, wanted: Option<i128>, reference: &str) -> Answer {
        let Some(p) = self.purchases.iter().position(|p| p.id == id) else { return Err("PurchaseNotFound") };
        let purchase = self.purchases[p].clone();
        let left = purchase.bought - purchase.revoked();
        check(left > 0, "PurchaseAlreadyRevoked")?;
        let lots = self.lots_of(&purchase);
        let mut rest = wanted.unwrap_or(left).min(left).min(purchase.standing());
        let mut parts = Parts::new();
        for i in &lots {
            let part = (self.lots[*i].remaining - self.lots[*i].held).min(rest);
            if part > 0 {
                parts.push((*i, part));
                rest -= part;
            }
        }
        let debt = rest;
        let (mut uncounted, mut counted) = (debt, Parts::new());
        for i in lots {
            let lot = &mut self.lots[i];
            let part = (lot.held - lot.owed()).min(uncounted);
            if part > 0 {
                *lot.owed.entry(id).or_default() += part;
                uncounted -= part;
                counted.push((i, part));
            }
        }
        self.totals.clawed_back += debt + parts.iter().map(|(_, amount)| amount).sum::<i128>();
        self.debt += debt;
        self.take(&parts);
        let revocation =
            MRevocation { reference: reference.to_owned(), parts, debt, counted, at: now, is_undone: false };
        self.purchases[p].revocations.push(revocation);
        self.tidy();
        Ok(())
    }

    pub fn reinstate(&mut self, id: u128, reference: &str) -> Answer {
        let Some(p) = self.purchases.iter().position(|p| p.id == id) else { return Err("PurchaseNotFound") };
        let mut open = self.purchases[p].revocations.iter_mut().filter(|r| r.reference == reference && !r.is_undone);
        let Some(revocation) = open.next() else { return Err("RevocationNotFound") };
        revocation.is_undone = true;
        let revocation = revocation.clone();
        self.totals.reinstated += revocation.amount();
        let root = self.lots.iter().position(|lot| lot.id == id).unwrap();
        let mut counted = 0;
        for (i, amount) in &revocation.counted {
            let owed = self.lots[*i].owed.entry(id).or_default();
            let part = (*owed).min(*amount);
            *owed -= part;
            counted += part;
        }
        let back: Vec<_> = revocation.parts.iter().copied().chain([(root, revocation.debt - counted)]).collect();
        let before = self.lots.clone();
        let is_there = |i: usize| before[i].remaining > 0;
        let mut restored = Parts::new();
        for (i, amount) in back.into_iter().filter(|(_, amount)| *amount > 0) {
            if is_there(i) && before[i].stage == Stage::Open {
                self.lots[i].remaining += amount;
                continue;
            }
            // What was taken from another purchase's lot comes back as this one's.
            let like = if before[i].root == id { i } else { root };
            let is_closed = is_there(like) && before[like].stage != Stage::Open;
            if is_closed || before[like].expires.is_some_and(|end| end <= self.now) {
                let renewed = before[like].renewed(self.next_id(), 0, revocation.at, self.now);
                self.lots.push(renewed);
                restored.push((self.lots.len() - 1, amount));
            } else {
                restored.push((like, amount));
            }
        }
        if counted > 0 {
            let new = self.next_id();
            self.lots.push(MLot::unrestricted(new, 0, true, self.now));
            restored.push((self.lots.len() - 1, counted));
        }
        for (i, amount) in restored {
            self.lots[i].remaining += amount;
            self.lots[i].stage = Stage::Open;
            self.lots[i].was_voided = false;
            self.merge_at_limit(i);
        }
        self.tidy();
        Ok(())
    }
}
