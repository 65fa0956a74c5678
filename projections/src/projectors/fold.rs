//! What the projectors that fold rows share.
//!
//! Invariant: arithmetic is checked: a log that was changed may stop a projector, and never wraps a figure.

use domain::Credits;
use store::RecordedEvent;

use crate::projector::ApplyError;

/// Why no row can be made of an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unprojectable {
    #[error("a figure would not fit 64 bits")]
    TooLarge,
    #[error("the {0} that it changes is unknown")]
    Unknown(&'static str),
    /// The row was removed or is of an older log; only a rebuild knows what it would be.
    #[error("the row has its organization's events up to {last}, and sequence {sequence} follows")]
    Gap { last: i64, sequence: i64 },
}

impl Unprojectable {
    pub(crate) fn at(self, event: &RecordedEvent) -> ApplyError {
        ApplyError::Poisoned { position: event.position, reason: self.to_string() }
    }
}

/// Adds to a figure.
pub(crate) fn add(figure: &mut i64, amount: Credits) -> Result<(), Unprojectable> {
    *figure = figure.checked_add(amount.get()).ok_or(Unprojectable::TooLarge)?;
    Ok(())
}

/// Takes from a figure.
pub(crate) fn take(figure: &mut i64, amount: Credits) -> Result<(), Unprojectable> {
    *figure = figure.checked_sub(amount.get()).ok_or(Unprojectable::TooLarge)?;
    Ok(())
}

/// A sequence or position as PostgreSQL holds it.
pub(crate) fn long(value: u64) -> i64 {
    i64::try_from(value).expect("it came out of a bigint")
}

/// A partition as PostgreSQL holds it.
pub(crate) fn small(partition: u16) -> i16 {
    i16::try_from(partition).expect("it came out of a smallint")
}

/// JSON of a value that is made of strings and numbers.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("maps with keys of text become JSON")
}
