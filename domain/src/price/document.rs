//! A price book as people write it, in TOML or JSON. Reading checks the form only; `PriceBook::try_new` checks the rest.
//!
//! ```toml
//! rounding = "up"
//!
//! [[prices]]
//! operation = "chat.*"
//! dimensions = { model = "gpt-4*" }
//! minimum = 1
//! components = [
//!   { unit = "input_tokens", per_unit = "0.03" },
//!   { unit = "output_tokens", graduated = [{ up_to = 1_000_000, rate = "0.06" }, { rate = "0.05" }] },
//! ]
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::free_credits::Welcome;
use crate::price::exact::{ExactCredits, Rounding};
use crate::price::rate_tiers::RateTiers;
use crate::time::Timestamp;

/// The whole book.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    #[serde(default)]
    pub rounding: Rounding,
    /// How many decimals amounts have where people read them; none where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u8>,
    /// From when on the book holds; at once where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Units of the product's own, beside the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// Dimensions of the product's own, beside the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<String>,
    /// What a new organization is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome: Option<Welcome>,
    /// Requests a second, by tier.
    #[serde(default, skip_serializing_if = "RateTiers::is_empty")]
    pub rate_tiers: RateTiers,
    /// An estimate above so many percent of the balance warns; 50 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_percent: Option<u8>,
    #[serde(default)]
    pub prices: Vec<PriceEntry>,
}

/// What matching usage costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceEntry {
    /// A name, or a prefix ending in `*`.
    pub operation: String,
    /// What each dimension must be: a value, or a prefix ending in `*`. A dimension that is left out may be anything.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    pub components: Vec<ComponentEntry>,
    /// Units that may be reported and cost nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncharged: Vec<String>,
    /// The least that a command costs, unless it costs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Credits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Credits>,
}

/// What the quantity of one unit costs, in exactly one of five ways.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentEntry {
    pub unit: String,
    /// How much of the unit is free in a calendar month (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
    /// Once a command, whatever the quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flat: Option<ExactCredits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_unit: Option<ExactCredits>,
    /// For each package that a command starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageEntry>,
    /// Each part of the month's use at the rate of its tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graduated: Option<Vec<TierEntry>>,
    /// All of a command at the rate of the tier that the month's use reaches with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<Vec<TierEntry>>,
    /// The name of the counter of the month's use, where components of several prices share one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageEntry {
    pub size: u64,
    pub price: ExactCredits,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierEntry {
    /// The last unit of the month in this tier, free ones counted; left out in the last tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u64>,
    pub rate: ExactCredits,
}
