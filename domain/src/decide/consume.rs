//! Spending now.

use std::sync::Arc;

use crate::commands::Consume;
use crate::credits::Credits;
use crate::decide::burn::burn;
use crate::decide::draft::{Draft, Stop};
use crate::decide::pricing::{Cost, consumption};
use crate::error::CommandError;
use crate::events::CreditsConsumed;
use crate::ids::ConsumptionId;
use crate::state::Organization;

pub(super) fn consume(draft: &mut Draft<'_>, command: &Consume) -> Result<(), Stop> {
    let operation = command.usage.operation();
    let Cost { amount, receipt } = consumption(draft, command)?;
    affordable(&draft.state, operation, amount)?;
    draft.bound_outflow(amount)?;
    let (allocations, overdraft) = burn(&draft.state, operation, amount);
    let consumption_id = ConsumptionId::new(draft.make_entity());
    let usage = Arc::clone(&command.usage);
    draft.emit(CreditsConsumed { consumption_id, amount, allocations, overdraft, usage, receipt });
    Ok(())
}

/// Refuses an amount that is more than what the operation may take.
pub(super) fn affordable(state: &Organization, operation: Option<&str>, required: Credits) -> Result<(), CommandError> {
    let available = state.available(operation);
    if required <= available {
        return Ok(());
    }
    Err(CommandError::InsufficientCredits { required, balance: state.balance(), available })
}
