//! What usage costs: the price book, its validation, and the one function that prices an estimate and a charge alike.
//!
//! Invariant: [`price()`] is pure: the same version, usage and use of the month give the same receipt, for ever.
//! Invariant: no floats and no rounding but one; what does not fit is refused.
//! Absent: reading TOML, publishing, packages in money.

pub mod book;
mod calculate;
mod charge;
pub mod document;
pub mod error;
pub mod exact;
pub mod limits;
pub mod meter;
pub mod mistake;
pub mod rate_tiers;
pub mod receipt;
pub mod scope;
mod ties;
mod validate;
pub mod words;

pub use book::{PriceBook, PriceBooks, PublishedBook};
pub use calculate::price;
pub use document::Document;
pub use error::PriceError;
pub use exact::{ExactCredits, Rounding};
pub use meter::{Meter, MonthlyUse};
pub use mistake::{Misplaced, Mistake, Place};
pub use receipt::Receipt;
pub use scope::Scope;
