//! Every rule of money. `decide` is pure: the same state, command, context and history give the same events.
//!
//! Invariant: a refusal has no events. Time is settled first: the caller sends `Command::Settle` until
//! [`Organization::next_due`] lies after `now`.

mod adjust;
mod burn;
mod consume;
mod draft;
mod due;
mod estimate;
mod follow;
mod free_credits;
mod grant;
mod history;
mod lineage;
mod pool;
mod pricing;
mod purchase;
mod recharge;
mod refund;
mod reservation;
mod revoke;
mod settings;
mod standing;
mod validate;

use crate::commands::Command;
use crate::error::CommandError;
use crate::events::Event;
use crate::free_credits::Welcome;
use crate::ids::{CommandId, EntityId, OrganizationId};
use crate::state::Organization;
use crate::time::Timestamp;

use draft::{Draft, Stop};

pub use estimate::{Estimate, estimate};
pub use history::{History, PastEvents};

/// What a decision knows beside the state and the command.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub organization: &'a OrganizationId,
    pub command_id: CommandId,
    /// To the microsecond, and not before the stream's last event.
    pub now: Timestamp,
    pub history: &'a History,
    /// What a new organization is given.
    pub welcome: Option<&'a Welcome>,
}

/// The answer to a command that is not refused.
#[expect(clippy::large_enum_variant, reason = "the large variant is the answer to nearly every command")]
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The command's events, and the state after them.
    Accepted { events: Vec<Event>, after: Organization },
    /// Nothing is decided: look up this entity's events as of the state's sequence, add them to
    /// [`Context::history`] (an empty list where there are none), and ask again.
    NeedsHistory(EntityId),
}

/// Decides a command on a state in which nothing is due at `context.now`.
///
/// # Errors
/// [`CommandError`], the reason why the command is refused.
pub fn decide(state: &Organization, command: &Command, context: &Context<'_>) -> Result<Decision, CommandError> {
    validate::command(command, context.now)?;
    let mut draft = Draft::new(state, context);
    match run(&mut draft, command) {
        Ok(()) => Ok(draft.into_decision()),
        Err(Stop::Refused(error)) => Err(error),
        Err(Stop::Lookup(entity)) => Ok(Decision::NeedsHistory(entity)),
    }
}

fn run(draft: &mut Draft<'_>, command: &Command) -> Result<(), Stop> {
    if !matches!(command, Command::Settle) {
        free_credits::welcome(draft);
    }
    match command {
        Command::Settle => {
            due::settle(draft);
            return Ok(());
        }
        Command::Grant(c) => grant::grant(draft, c)?,
        Command::VoidGrant(c) => grant::void(draft, c)?,
        Command::StartPurchase(c) => purchase::start(draft, c)?,
        Command::RecordPurchase(c) => purchase::record(draft, c)?,
        Command::FailPurchase(c) => purchase::fail(draft, c)?,
        Command::ExpirePurchase(c) => purchase::expire(draft, c)?,
        Command::RevokePurchase(c) => revoke::revoke(draft, c)?,
        Command::ReinstatePurchase(c) => revoke::reinstate(draft, c)?,
        Command::Consume(c) => consume::consume(draft, c)?,
        Command::RefundConsumption(c) => refund::refund(draft, c)?,
        Command::Reserve(c) => reservation::reserve(draft, c)?,
        Command::ConfirmReservation(c) => reservation::confirm(draft, c)?,
        Command::CancelReservation(c) => reservation::cancel(draft, c)?,
        Command::Adjust(c) => adjust::adjust(draft, c)?,
        Command::ChangeSettings(c) => settings::change(draft, c),
        Command::ConfigureAutoRecharge(c) => recharge::configure(draft, c.as_ref())?,
        Command::ConfigureRecurringGrant(c) => free_credits::configure(draft, c)?,
        Command::RequestRecharge => recharge::request(draft)?,
        Command::CompleteRecharge(c) => recharge::complete(draft, c)?,
        Command::FailRecharge(c) => recharge::fail(draft, c)?,
        Command::SuspendRecharge(c) => recharge::suspend(draft, c),
        Command::ResumeRecharge(c) => recharge::resume(draft, *c),
    }
    follow::free_credits(draft, draft.now());
    follow::judge(draft);
    Ok(())
}
