//! Limits of a price book: each bounds the work of one command or the size of what is stored for ever.

/// Prices of one book: models times regions of a large product; checking all pairs for ties stays well below a second.
pub const MAX_PRICES: usize = 1_000;
/// Components of one price: a usage has at most as many quantities.
pub const MAX_COMPONENTS: usize = crate::usage::Usage::MAX_ENTRIES;
/// Tiers of one component: each may be a part of a receipt.
pub const MAX_TIERS: usize = 20;
/// Dimensions of one price: with more, nobody knows which price wins.
pub const MAX_DIMENSIONS: usize = 8;
/// Units, and dimensions, that a book declares of its own.
pub const MAX_DECLARED: usize = 64;
/// Mistakes that one validation reports: more are not read.
pub const MAX_MISTAKES: usize = 50;
/// Counters of monthly use that an organization keeps: the state stays bounded whatever books were in force in a month.
pub const MAX_METERS: usize = 1_000;
/// The largest use of a month that one counter holds: 1,000 times the largest quantity.
pub const MAX_METERED: u64 = 1_000 * crate::usage::Usage::MAX_QUANTITY;
