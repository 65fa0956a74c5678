//! How many requests a second an organization may make, by tier: a setting of the whole ledger, kept in the book.
//!
//! ```toml
//! [rate_tiers]
//! default = { requests_per_second = 20, burst = 50 }     # who has no tier, or one that the book does not name
//! pro     = { requests_per_second = 200 }                # a burst of a second's requests
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::price::mistake::{Misplaced, Mistake, Place};
use crate::text::Label;

/// The tier of organizations without one of their own.
pub const DEFAULT_TIER: &str = "default";
/// Tiers of one book: packages are at most 1,000, and few of them differ in their tier.
pub const MAX_RATE_TIERS: usize = 100;
/// The largest rate and burst: more than one server answers, so that a larger one is a slip.
pub const MAX_RATE: u32 = 1_000_000;

/// What a book says of one tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateTier {
    pub requests_per_second: u32,
    /// How many may come at once after a silence; a second's requests where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

/// By name.
pub type RateTiers = BTreeMap<String, RateTier>;

impl RateTier {
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst.unwrap_or(self.requests_per_second)
    }
}

/// The tier of an organization whose package names this one. `None`: no limit.
#[must_use]
pub fn tier(tiers: &RateTiers, named: Option<&str>) -> Option<RateTier> {
    named.and_then(|name| tiers.get(name)).or_else(|| tiers.get(DEFAULT_TIER)).copied()
}

pub(super) fn mistakes(tiers: &RateTiers) -> Vec<Misplaced> {
    let place = Place::default().field("rate_tiers");
    let mut found = Vec::new();
    let mut note = |place: Place, mistake| found.push(Misplaced { place, mistake });
    if tiers.len() > MAX_RATE_TIERS {
        note(place.clone(), Mistake::TooManyRateTiers { count: tiers.len() });
    }
    for (name, tier) in tiers {
        let place = place.key(name);
        if let Err(error) = Label::try_new(name) {
            note(place.clone(), error.into());
        }
        for (field, rate) in [("requests_per_second", tier.requests_per_second), ("burst", tier.burst())] {
            if !(1..=MAX_RATE).contains(&rate) {
                note(place.field(field), Mistake::RateOutOfRange);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers(rows: &[(&str, u32)]) -> RateTiers {
        let tier = |requests_per_second| RateTier { requests_per_second, burst: None };
        rows.iter().map(|(name, rate)| ((*name).to_owned(), tier(*rate))).collect()
    }

    #[test]
    fn an_organization_has_its_own_tier_or_the_default_or_no_limit() {
        let both = tiers(&[("default", 5), ("pro", 50)]);
        let rate = |tiers, named| tier(tiers, named).map(|tier| tier.requests_per_second);
        assert_eq!([None, Some("pro"), Some("gone")].map(|named| rate(&both, named)), [Some(5), Some(50), Some(5)]);
        let one = tiers(&[("pro", 50)]);
        assert_eq!([None, Some("pro"), Some("gone")].map(|named| rate(&one, named)), [None, Some(50), None]);
    }

    #[test]
    fn a_rate_that_lets_nothing_through_is_a_mistake_with_its_place() {
        let mut bad = tiers(&[("none", 0), ("huge", MAX_RATE + 1)]);
        bad.insert("stuck".to_owned(), RateTier { requests_per_second: 5, burst: Some(0) });
        let places: Vec<String> = mistakes(&bad).iter().map(|found| found.place.to_string()).collect();
        let expected =
            ["huge.requests_per_second", "huge.burst", "none.requests_per_second", "none.burst", "stuck.burst"];
        assert_eq!(places, expected.map(|rest| format!("rate_tiers.{rest}")));
    }
}
