//! What usage cost, rate by rate: enough to compute it again with paper and pencil, without the book.
//!
//! `sum` = the sum over `lines` of the sum over `parts` of `times` * `rate`; `amount` = `sum` rounded by `rounding`, and
//! then, unless the sum is nothing, at least `minimum` and at most `maximum`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::price::exact::{ExactCredits, Rounding};
use crate::price::meter::Meter;
use crate::price::scope::Scope;
use crate::scale::Scale;
use crate::text::Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Of the price book.
    pub version: u32,
    /// Of the price in it.
    pub price: Scope,
    pub lines: Vec<Line>,
    pub sum: ExactCredits,
    pub rounding: Rounding,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Credits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Credits>,
    pub amount: Credits,
}

/// The quantity of one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub unit: Unit,
    pub quantity: u64,
    pub kind: LineKind,
    pub parts: Vec<Part>,
    pub amount: ExactCredits,
    /// Where the month's use stood, if the charge depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    Flat,
    PerUnit,
    Package,
    Graduated,
    Volume,
}

/// `times` * `rate`: units, started packages, or once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub times: u64,
    pub rate: ExactCredits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<PartOf>,
}

/// What a part is of, where it is not plainly units at the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartOf {
    /// The month's free allowance.
    Free,
    /// Packages of so many units.
    Packages(u64),
    /// The tier up to this unit of the month.
    TierUpTo(u64),
    LastTier,
}

/// A counter of the month's use, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub meter: Meter,
    pub used_before: u64,
    pub used_after: u64,
}

impl Receipt {
    /// The counters that the usage moved.
    pub fn positions(&self) -> impl Iterator<Item = &Position> {
        self.lines.iter().filter_map(|line| line.position.as_ref())
    }

    /// For people.
    pub fn shown(&self, scale: Scale) -> impl fmt::Display {
        Shown { receipt: self, scale }
    }
}

/// In whole credits.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown(Scale::default()).fmt(f)
    }
}

/// A receipt for people: one line a part, then the sum and what became of it.
struct Shown<'a> {
    receipt: &'a Receipt,
    scale: Scale,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { receipt, scale } = self;
        writeln!(f, "{} by version {} of the price book", receipt.price, receipt.version)?;
        for line in &receipt.lines {
            write!(f, "  {} {}", line.quantity, line.unit)?;
            if let Some(Position { meter, used_before, .. }) = &line.position {
                write!(f, ", after {used_before} this month on {meter}")?;
            }
            writeln!(f)?;
            for Part { times, rate, of } in &line.parts {
                writeln!(f, "    {times} x {}{}", scale.shown_exact(*rate), of_what(*of))?;
            }
        }
        write!(f, "  sum {}", scale.shown_exact(receipt.sum))?;
        for (name, bound) in [("minimum", receipt.minimum), ("maximum", receipt.maximum)] {
            if let Some(bound) = bound {
                write!(f, ", {name} {}", scale.shown(bound.get()))?;
            }
        }
        write!(f, ": {} credits", scale.shown(receipt.amount.get()))
    }
}

fn of_what(of: Option<PartOf>) -> String {
    match of {
        None => String::new(),
        Some(PartOf::Free) => " (free)".to_owned(),
        Some(PartOf::Packages(size)) => format!(" (packages of {size})"),
        Some(PartOf::TierUpTo(up_to)) => format!(" (tier up to {up_to})"),
        Some(PartOf::LastTier) => " (last tier)".to_owned(),
    }
}
