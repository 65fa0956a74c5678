//! An operator's correction (CORRECTNESS C18).

use std::sync::Arc;

use crate::commands::Adjust;
use crate::credits::Credits;
use crate::decide::burn::burn;
use crate::decide::consume::affordable;
use crate::decide::draft::{Draft, Stop};
use crate::decide::grant::bound_open_grants;
use crate::events::{CreditsAdjustedDown, CreditsAdjustedUp};
use crate::grant::{Category, GrantTerms};
use crate::ids::GrantId;

pub(super) fn adjust(draft: &mut Draft<'_>, command: &Adjust) -> Result<(), Stop> {
    if command.amount.is_positive() { up(draft, command) } else { down(draft, command) }
}

/// Up makes a promotional lot without expiry.
fn up(draft: &mut Draft<'_>, command: &Adjust) -> Result<(), Stop> {
    bound_open_grants(&draft.state)?;
    draft.bound_inflow(command.amount)?;
    let id = GrantId::new(draft.make_entity());
    let terms = Arc::new(GrantTerms::unrestricted(id, Category::Promotional, command.amount, draft.now()));
    draft.emit(CreditsAdjustedUp { terms, reason: command.reason.clone() });
    Ok(())
}

fn down(draft: &mut Draft<'_>, command: &Adjust) -> Result<(), Stop> {
    let amount: Credits = -command.amount;
    affordable(&draft.state, None, amount)?;
    draft.bound_outflow(amount)?;
    let (allocations, overdraft) = burn(&draft.state, None, amount);
    draft.emit(CreditsAdjustedDown { amount, allocations, overdraft, reason: command.reason.clone() });
    Ok(())
}
