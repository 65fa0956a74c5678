//! What stands of purchases whose credits may lie in one lot: neither lapsed nor taken back, told event by event.
//!
//! Invariant: what lapses of purchases that merges have joined is laid on those of them that stand, wherever it lay. What
//! none of them bore, the last to be taken back would owe, although nobody had spent it.

use std::collections::BTreeSet;

use crate::credits::Credits;
use crate::events::{Event, Fact, GrantMerged, GrantRestored, RestoreCause};
use crate::grant::Allocation;
use crate::ids::GrantId;
use crate::time::Timestamp;

#[derive(Default)]
pub(super) struct Standings {
    /// In the order in which they were bought.
    purchases: Vec<Standing>,
    /// Lots that began with a refund to a purchase that had been taken back: they hold no other purchase's credits.
    refunded: BTreeSet<GrantId>,
}

struct Standing {
    /// The purchase's first lot.
    root: GrantId,
    /// The same for all purchases that merges have joined.
    joined: GrantId,
    bought: Credits,
    /// And not given back.
    taken_back: Credits,
    lapsed: Credits,
}

impl Standing {
    fn credits(&self) -> Credits {
        (self.bought - self.taken_back - self.lapsed).or_zero()
    }
}

impl Standings {
    /// The next event in the order of the stream, of the lineage of `root`.
    pub(super) fn follow(&mut self, root: GrantId, event: &Event) {
        match &event.fact {
            Fact::PurchaseCompleted(f) => self.buy(root, f.terms.amount),
            Fact::PurchaseRevoked(f) => self.take_back(root, f.amount),
            Fact::PurchaseReinstated(f) => self.take_back(root, -f.amount),
            Fact::GrantRestored(f) => self.restore(root, f, event.occurred_at),
            Fact::GrantMerged(f) => self.merge(root, f),
            Fact::GrantExpired(f) => self.lapse(root, &f.grant),
            Fact::GrantVoided(f) => self.lapse(root, &f.grant),
            _ => {}
        }
    }

    pub(super) fn of(&self, root: GrantId) -> Credits {
        self.find(root).map_or(Credits::ZERO, Standing::credits)
    }

    fn find(&self, root: GrantId) -> Option<&Standing> {
        self.purchases.iter().find(|purchase| purchase.root == root)
    }

    fn buy(&mut self, root: GrantId, bought: Credits) {
        let (taken_back, lapsed) = (Credits::ZERO, Credits::ZERO);
        self.purchases.push(Standing { root, joined: root, bought, taken_back, lapsed });
    }

    fn take_back(&mut self, root: GrantId, amount: Credits) {
        if let Some(purchase) = self.purchases.iter_mut().find(|purchase| purchase.root == root) {
            purchase.taken_back = purchase.taken_back + amount;
        }
    }

    fn restore(&mut self, root: GrantId, restored: &GrantRestored, at: Timestamp) {
        let begins = restored.terms.origin_grant_id.is_some() && restored.terms.granted_at == at;
        let is_taken_back = self.find(root).is_some_and(|purchase| purchase.taken_back.is_positive());
        if begins && is_taken_back && restored.cause == RestoreCause::Refund {
            self.refunded.insert(restored.terms.grant_id);
        }
    }

    fn merge(&mut self, root: GrantId, merged: &GrantMerged) {
        if !self.refunded.contains(&merged.grant.grant_id) {
            self.refunded.remove(&merged.into);
        }
        let joined = |lot| self.find(lot).map(|purchase| purchase.joined);
        let (Some(one), Some(other)) = (joined(root), joined(merged.into)) else { return };
        self.purchases.iter_mut().filter(|purchase| purchase.joined == other).for_each(|p| p.joined = one);
    }

    /// Credits of a shared lot bear no name. They are spent in the order in which they were bought, as they would be in
    /// lots of their own: so what lapses was bought last, of what stands at that moment.
    fn lapse(&mut self, root: GrantId, lapsed: &Allocation) {
        let is_own_alone = self.refunded.contains(&lapsed.grant_id);
        let joined = self.find(root).map(|purchase| purchase.joined);
        let bears = |p: &Standing| if is_own_alone { p.root == root } else { Some(p.joined) == joined };
        let mut left = lapsed.amount;
        for purchase in self.purchases.iter_mut().rev().filter(|purchase| bears(purchase)) {
            let part = left.min(purchase.credits());
            purchase.lapsed = purchase.lapsed + part;
            left = left - part;
        }
    }
}
