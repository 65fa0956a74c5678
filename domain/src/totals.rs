//! The counters of an organization and the equation that they keep (CORRECTNESS C18).
//!
//! Invariant: each counter is gross and only grows; a lot counts under its cause, once; repaying debt is in no counter.

use serde::{Deserialize, Serialize};

use crate::credits::Credits;
use crate::state::Organization;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub purchased: Credits,
    pub granted: Credits,
    pub refunded: Credits,
    pub reinstated: Credits,
    pub adjusted_up: Credits,
    pub consumed: Credits,
    pub expired: Credits,
    pub voided: Credits,
    pub clawed_back: Credits,
    pub adjusted_down: Credits,
}

impl Totals {
    /// All credits that ever came in.
    #[must_use]
    pub fn inflow(&self) -> Credits {
        self.purchased + self.granted + self.refunded + self.reinstated + self.adjusted_up
    }

    /// All credits that ever went out.
    #[must_use]
    pub fn outflow(&self) -> Credits {
        self.consumed + self.expired + self.voided + self.clawed_back + self.adjusted_down
    }
}

/// The books do not balance: a defect of this code, or a log that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the books do not balance: inflow {inflow} is not open {open} - debt {debt} + outflow {outflow}")]
pub struct OutOfBalance {
    pub inflow: Credits,
    pub open: Credits,
    pub debt: Credits,
    pub outflow: Credits,
}

impl Organization {
    /// Conservation: what came in is what is open, less the debt, plus what went out.
    ///
    /// # Errors
    /// [`OutOfBalance`] with both sides.
    pub fn check_books(&self) -> Result<(), OutOfBalance> {
        let open = self.lots.iter().map(|lot| lot.remaining).sum::<Credits>();
        let (inflow, outflow, debt) = (self.totals.inflow(), self.totals.outflow(), self.debt);
        if inflow == open - debt + outflow { Ok(()) } else { Err(OutOfBalance { inflow, open, debt, outflow }) }
    }
}
