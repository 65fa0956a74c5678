//! What a consumption would cost and whether it could be paid: a consumption that is priced and not made.
//!
//! Invariant: it is priced by the function that prices a charge, on the same state; equal input at an equal time gives
//! an equal receipt.

use std::sync::Arc;

use crate::commands::Consume;
use crate::credits::Credits;
use crate::decide::draft::Draft;
use crate::decide::pricing::{Cost, consumption};
use crate::decide::{Context, free_credits, validate};
use crate::error::CommandError;
use crate::price::Receipt;
use crate::state::Organization;

/// A consumption as it would be.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    pub amount: Credits,
    /// Where the price book said so.
    pub receipt: Option<Arc<Receipt>>,
    /// Before it, with the bonus that the first command of a new organization brings.
    pub balance: Credits,
    /// What it could take, overdraft included.
    pub available: Credits,
}

impl Estimate {
    #[must_use]
    pub fn can_afford(&self) -> bool {
        self.amount <= self.available
    }
}

/// On a state in which nothing is due at `context.now`.
///
/// # Errors
/// [`CommandError`], the reason why the consumption has no price.
pub fn estimate(state: Organization, command: &Consume, context: &Context<'_>) -> Result<Estimate, CommandError> {
    validate::consume(command, context.now)?;
    let mut draft = Draft::of(state, context);
    free_credits::welcome(&mut draft);
    let Cost { amount, receipt } = consumption(&draft, command)?;
    let available = draft.state.available(command.usage.operation());
    Ok(Estimate { amount, receipt, balance: draft.state.balance(), available })
}
