//! Purchases whose credits may lie in one lot, because their lots have merged (CORRECTNESS C20).
//!
//! Credits of a merged lot bear no name. So what can be taken back of a purchase is asked of all purchases that merges have
//! joined. However they are taken back, in parts, in any order, before or after the lot's end, each gives what it would
//! have given alone: what was spent is owed once, by who spent it, and what lapsed is not.
//!
//! Invariant: lots of two purchases merge only where each is the first of its lineage, and the merge is filed under both:
//! each history names the other purchase, so all of them are found from any.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::credits::Credits;
use crate::decide::PastEvents;
use crate::decide::draft::{Draft, Stop};
use crate::decide::lineage::terms_of;
use crate::decide::standing::Standings;
use crate::events::{Event, Fact};
use crate::grant::{GrantTerms, Lot};
use crate::ids::{GrantId, PurchaseId};

/// Whether two interchangeable lots may merge.
pub(super) fn may_share_a_lot(one: &GrantTerms, other: &GrantTerms) -> bool {
    let is_first = |terms: &GrantTerms| terms.origin_grant_id.is_none();
    one.purchase_id.is_none() || one.root() == other.root() || is_first(one) && is_first(other)
}

pub(super) struct Pool<'a> {
    /// Of the purchase that was asked for.
    own: GrantId,
    /// By the first lot of each lineage.
    histories: BTreeMap<GrantId, &'a PastEvents>,
}

impl<'a> Pool<'a> {
    /// Looks up one history after the other: a single one unless lots have merged.
    pub(super) fn of(draft: &Draft<'a>, purchase: PurchaseId) -> Result<Self, Stop> {
        let own = purchase.grant();
        let mut histories = BTreeMap::from([(own, draft.past(purchase.entity())?)]);
        let mut unread = vec![own];
        while let Some(lot) = unread.pop() {
            for other in merged_with(histories[&lot].events()) {
                if let Entry::Vacant(place) = histories.entry(other) {
                    place.insert(draft.past(other.entity())?);
                    unread.push(other);
                }
            }
        }
        Ok(Self { own, histories })
    }

    /// All lots that may hold the purchase's credits, its own before those of others.
    pub(super) fn lots<'s>(&self, draft: &'s Draft<'_>) -> Vec<&'s Lot> {
        let is_in = |lot: &&Lot| self.histories.contains_key(&lot.terms.root());
        let (mut lots, others): (Vec<_>, Vec<_>) =
            draft.state.lots.iter().filter(is_in).partition(|lot| lot.terms.root() == self.own);
        lots.extend(others);
        lots
    }

    /// What was bought, neither lapsed nor was taken back.
    pub(super) fn standing(&self) -> Credits {
        let placed = self.histories.iter().flat_map(|(root, past)| past.placed().map(|(at, event)| (at, *root, event)));
        let mut events: Vec<_> = placed.collect();
        events.sort_by_key(|(sequence, ..)| *sequence);
        let mut standings = Standings::default();
        for (_, root, event) in events {
            standings.follow(root, event);
        }
        standings.of(self.own)
    }
}

/// Lots of other lineages that a lineage's events name.
fn merged_with(history: &[Event]) -> BTreeSet<GrantId> {
    let own: BTreeSet<GrantId> = history.iter().filter_map(terms_of).map(|terms| terms.grant_id).collect();
    let merges = history.iter().filter_map(|event| match &event.fact {
        Fact::GrantMerged(f) => Some([f.grant.grant_id, f.into]),
        _ => None,
    });
    merges.flatten().filter(|id| !own.contains(id)).collect()
}
