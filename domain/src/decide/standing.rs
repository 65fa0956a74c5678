//! What stands of purchases whose credits may lie in one lot: neither lapsed nor taken back, told event by event.

use std::collections::{BTreeMap, BTreeSet};

use crate::credits::Credits;
use crate::events::{Event, Fact, GrantMerged};
use crate::grant::Allocation;
use crate::ids::GrantId;

/// Lots and purchases by the first lot of their lineage.
#[derive(Default)]
pub(super) struct Standings {
    /// In the order in which they were bought.
    purchases: Vec<(GrantId, Credits)>,
    /// Whose credits a lot holds, where they are not its own alone.
    sharers: BTreeMap<GrantId, BTreeSet<GrantId>>,
}

impl Standings {
    /// The next event in the order of the stream, of the lineage of `root`.
    pub(super) fn follow(&mut self, root: GrantId, event: &Event) {
        match &event.fact {
            Fact::PurchaseCompleted(f) => self.purchases.push((root, f.terms.amount)),
            Fact::PurchaseRevoked(f) => self.change(root, |standing| standing - f.amount),
            Fact::PurchaseReinstated(f) => self.change(root, |standing| standing + f.amount),
            Fact::GrantMerged(f) => self.merge(f),
            Fact::GrantExpired(f) => self.lapse(&f.grant),
            Fact::GrantVoided(f) => self.lapse(&f.grant),
            _ => {}
        }
    }

    pub(super) fn of(&self, root: GrantId) -> Credits {
        self.purchases.iter().find(|(lot, _)| *lot == root).map_or(Credits::ZERO, |(_, standing)| standing.or_zero())
    }

    fn change(&mut self, root: GrantId, change: impl Fn(Credits) -> Credits) {
        if let Some((_, standing)) = self.purchases.iter_mut().find(|(lot, _)| *lot == root) {
            *standing = change(*standing);
        }
    }

    fn merge(&mut self, merged: &GrantMerged) {
        let from = self.sharers(merged.grant.grant_id, merged.grant.origin_grant_id);
        let into = self.sharers(merged.into, None);
        self.sharers.insert(merged.into, from.union(&into).copied().collect());
    }

    /// A lot that is not the first of its lineage and shares with nobody holds its lineage's credits.
    fn sharers(&self, lot: GrantId, origin: Option<GrantId>) -> BTreeSet<GrantId> {
        self.sharers.get(&lot).cloned().unwrap_or_else(|| BTreeSet::from([lot, origin.unwrap_or(lot)]))
    }

    /// Credits of a shared lot bear no name. They are spent in the order in which they were bought, as they would be in
    /// lots of their own: so what lapses was bought last, of what stands at that moment.
    fn lapse(&mut self, lapsed: &Allocation) {
        let sharers = self.sharers(lapsed.grant_id, lapsed.origin_grant_id);
        let mut left = lapsed.amount;
        for (_, standing) in self.purchases.iter_mut().rev().filter(|(lot, _)| sharers.contains(lot)) {
            let part = left.min(standing.or_zero());
            *standing = *standing - part;
            left = left - part;
        }
    }
}
