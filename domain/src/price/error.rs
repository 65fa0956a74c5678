//! Why usage has no price.

use crate::price::mistake::did_you_mean;
use crate::text::{Label, Unit};
use crate::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    #[error("no price book is in force: give an `amount`, or publish one")]
    NoBook,
    #[error("there is no version {version} of the price book that is or was in force")]
    NoVersion { version: u32 },
    #[error("version {version} of the price book has been over since {until}: estimate again")]
    VersionOver { version: u32, until: Timestamp },
    #[error("a price needs an `operation`")]
    NoOperation,
    #[error("the price book has no price for `{operation}`{}", did_you_mean(.nearest))]
    NoPrice { operation: Label, nearest: Option<String> },
    #[error("the price book has no price for `{operation}` with {given}{}", did_you_mean(.nearest))]
    NoPriceForDimensions { operation: Label, given: String, nearest: Option<String> },
    #[error("there is no unit `{unit}`{}", did_you_mean(.nearest))]
    UnknownUnit { unit: Unit, nearest: Option<String> },
    #[error("there is no dimension `{dimension}`{}", did_you_mean(.nearest))]
    UnknownDimension { dimension: Unit, nearest: Option<String> },
    #[error("`{operation}` has no price for `{unit}`: it is priced by {}", .priced.join(", "))]
    UnitNotPriced { operation: Label, unit: Unit, priced: Vec<String> },
    #[error("`{operation}` is priced by {}: give at least one of these quantities", .priced.join(", "))]
    NoQuantity { operation: Label, priced: Vec<String> },
    #[error("the quantities are so large that the price passes 10^15 credits, or the month's use 10^18")]
    TooLarge,
}
