//! What is wrong with a price book, and where.

use std::fmt;

use crate::grant::MAX_PRIORITY;
use crate::limits::MAX_PATTERNS;
use crate::price::exact::InvalidExactCredits;
use crate::price::limits::{MAX_COMPONENTS, MAX_DECLARED, MAX_DIMENSIONS, MAX_METERS, MAX_PRICES, MAX_TIERS};
use crate::price::rate_tiers::{MAX_RATE, MAX_RATE_TIERS};
use crate::recharge::MAX_VALIDITY_DAYS;
use crate::scale::Scale;
use crate::text::TextError;

/// A place in the document, from the outside in: `prices[2].components[0].graduated[1].up_to`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(Vec<Step>);

/// One step into the document; whoever knows the text finds the line with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Field(&'static str),
    /// Counted from 0, as in JSON.
    Item(usize),
    Key(String),
}

impl Place {
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    #[must_use]
    pub(super) fn field(&self, name: &'static str) -> Self {
        self.with(Step::Field(name))
    }

    #[must_use]
    pub(super) fn item(&self, index: usize) -> Self {
        self.with(Step::Item(index))
    }

    #[must_use]
    pub(super) fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            let dot = if number == 0 { "" } else { "." };
            match step {
                Step::Field(name) => write!(f, "{dot}{name}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "{dot}{key}")?,
            }
        }
        Ok(())
    }
}

/// One mistake at one place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {mistake}")]
pub struct Misplaced {
    pub place: Place,
    pub mistake: Mistake,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    #[error("a book has at least one price")]
    NoPrices,
    #[error("{count} prices are too many: at most {MAX_PRICES}")]
    TooManyPrices { count: usize },
    #[error("{count} components are too many: at most {MAX_COMPONENTS}")]
    TooManyComponents { count: usize },
    #[error("{count} tiers are too many: at most {MAX_TIERS}")]
    TooManyTiers { count: usize },
    #[error("{count} dimensions are too many: at most {MAX_DIMENSIONS}")]
    TooManyDimensions { count: usize },
    #[error("{count} counters of monthly use are too many: at most {MAX_METERS}; let prices share them by `meter`")]
    TooManyMeters { count: usize },
    #[error("{count} names are too many: at most {MAX_DECLARED}")]
    TooManyDeclared { count: usize },
    #[error("{0}")]
    Text(#[from] TextError),
    #[error("`*` may stand at the end only")]
    StarInside,
    #[error("there is no unit `{unit}`{}; units of your own are declared in `units`", did_you_mean(.nearest))]
    UnknownUnit { unit: String, nearest: Option<String> },
    #[error("there is no dimension `{dimension}`{}; dimensions of your own are declared in `dimensions`", did_you_mean(.nearest))]
    UnknownDimension { dimension: String, nearest: Option<String> },
    #[error("`{0}` is known already")]
    DeclaredTwice(String),
    #[error("a price has at least one component")]
    NoComponents,
    #[error("the price says twice what `{0}` costs")]
    UnitTwice(String),
    #[error("say what the unit costs, in one of `flat`, `per_unit`, `package`, `graduated`, `volume`")]
    NoCharge,
    #[error("say it in one way only, not as {}", .0.join(" and "))]
    SeveralCharges(Vec<&'static str>),
    #[error("costs nothing: a unit that is free is listed in `uncharged`")]
    CostsNothing,
    #[error("rounds to nothing: the sum is rounded to whole credits, and no other component adds to it")]
    RoundsToNothing,
    #[error(transparent)]
    Rate(#[from] InvalidExactCredits),
    #[error("a package has at least one unit")]
    EmptyPackage,
    #[error("there are no tiers")]
    NoTiers,
    #[error("the tier ends at {up_to}, and the one before it at {before}: tiers overlap")]
    TiersOverlap { up_to: u64, before: u64 },
    #[error("the tier has no end, and others follow: tiers overlap")]
    EndlessTierInside,
    #[error("use above {up_to} has no price: the last tier has no `up_to`")]
    GapAtTheEnd { up_to: u64 },
    #[error("the first {free} units are free, so that the tier up to {up_to} is never reached")]
    TierNeverReached { free: u64, up_to: u64 },
    #[error("`free` goes with a rate, not with `flat`")]
    FreeOfFlat,
    #[error("must be at least 1: leave it out where nothing is free")]
    NothingFree,
    #[error("a `meter` counts for `free`, `graduated` and `volume`, and the component has none of them")]
    NothingToMeter,
    #[error("meter `{meter}` counts {unit} elsewhere: a counter counts one unit")]
    MeterOfTwoUnits { meter: String, unit: String },
    #[error("the name of its counter, `{0}`, is longer than 255 bytes: give it one by `meter`")]
    MeterTooLong(String),
    #[error("the minimum is above the maximum")]
    MinimumAboveMaximum,
    #[error("must be from 1 to 10^15")]
    BoundOutOfRange,
    #[error("must be from 1 to {MAX_VALIDITY_DAYS} days")]
    ValidityOutOfRange,
    #[error("{count} tiers of rates are too many: at most {MAX_RATE_TIERS}")]
    TooManyRateTiers { count: usize },
    #[error("must be from 1 to {MAX_RATE} requests")]
    RateOutOfRange,
    #[error("must be from 0 to {MAX_PRIORITY}")]
    PriorityOutOfRange,
    #[error("{count} patterns are too many: at most {MAX_PATTERNS}")]
    TooManyPatterns { count: usize },
    #[error("must be from 1 to 100 percent")]
    WarningOutOfRange,
    #[error("must be from 0 to {} decimals", Scale::MAX_DECIMALS)]
    ScaleOutOfRange,
    #[error("is the same usage as prices[{other}], and neither is more specific: both could be meant")]
    Ambiguous { other: usize },
}

/// `: did you mean `x`?`, where there is something near.
pub(super) fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |nearest| format!(" (did you mean `{nearest}`?)"))
}
