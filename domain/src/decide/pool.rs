//! Purchases whose credits may lie in one lot, because their lots have merged (CORRECTNESS C20).
//!
//! Credits of a merged lot bear no name. So what a purchase still owes is asked of all purchases that merges have joined:
//! of what they bought, that is what is neither taken back, nor left, nor lapsed. However they are taken back, in parts,
//! in any order, before or after the lot's end, what was spent is owed once and what lapsed is not.
//!
//! Invariant: lots of two purchases merge only where each is the first of its lineage, and the merge is filed under both:
//! each history names the other purchase, so all of them are found from any.

use crate::credits::Credits;
use crate::decide::draft::{Draft, Stop};
use crate::decide::lineage::{lapsed, revoked, terms_of};
use crate::decide::purchase::completed;
use crate::events::{Event, Fact};
use crate::grant::{GrantTerms, Lot};
use crate::ids::{GrantId, PurchaseId};

/// Whether two interchangeable lots may merge.
pub(super) fn may_share_a_lot(one: &GrantTerms, other: &GrantTerms) -> bool {
    let is_first = |terms: &GrantTerms| terms.origin_grant_id.is_none();
    one.purchase_id.is_none() || one.root() == other.root() || is_first(one) && is_first(other)
}

pub(super) struct Pool<'a> {
    /// By the first lot of each lineage; the purchase that was asked for comes first.
    histories: Vec<(GrantId, &'a [Event])>,
}

impl<'a> Pool<'a> {
    /// Looks up one history after the other: a single one unless lots have merged.
    pub(super) fn of(draft: &Draft<'a>, purchase: PurchaseId) -> Result<Self, Stop> {
        let mut histories = vec![(purchase.grant(), draft.history(purchase.entity())?)];
        let mut next = 0;
        while let Some((_, history)) = histories.get(next).copied() {
            for lot in merged_with(history) {
                if histories.iter().all(|(known, _)| *known != lot) {
                    histories.push((lot, draft.history(lot.entity())?));
                }
            }
            next += 1;
        }
        Ok(Self { histories })
    }

    /// All lots that may hold the purchase's credits, its own before those of others.
    pub(super) fn lots<'s>(&self, draft: &'s Draft<'_>) -> Vec<&'s Lot> {
        let own = self.histories[0].0;
        let is_in = |lot: &&Lot| self.histories.iter().any(|(first, _)| *first == lot.terms.root());
        let (mut lots, others): (Vec<_>, Vec<_>) =
            draft.state.lots.iter().filter(is_in).partition(|lot| lot.terms.root() == own);
        lots.extend(others);
        lots
    }

    /// What was spent, or is held in `lots`, and that no revocation has counted.
    pub(super) fn owed(&self, lots: &[&Lot]) -> Credits {
        let accounted = self.histories.iter().fold(Credits::ZERO, |sum, (_, history)| {
            let bought = completed(history).map_or(Credits::ZERO, |purchase| purchase.terms.amount);
            sum + bought - revoked(history) - lapsed(history)
        });
        (accounted - lots.iter().map(|lot| lot.unheld()).sum()).or_zero()
    }
}

/// Lots of other lineages that a lineage's events name.
fn merged_with(history: &[Event]) -> impl Iterator<Item = GrantId> {
    let is_own = |id: GrantId| history.iter().filter_map(terms_of).any(|terms| terms.grant_id == id);
    let merges = history.iter().filter_map(|event| match &event.fact {
        Fact::GrantMerged(f) => Some([f.grant.grant_id, f.into]),
        _ => None,
    });
    merges.flatten().filter(move |id| !is_own(*id))
}
