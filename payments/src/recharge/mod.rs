//! Charges saved cards for the recharges that the ledger asks for.
//!
//! The ledger asks by an event, in the transaction of the command that took the balance below the threshold. This process
//! finds the event by its place in the log, writes down what it will send, sends it, and tells the outcome by a command.
//!
//! Invariant: a request is charged at most once: every try carries the same key and bytes (`next.rs`), and a new request
//! is asked for only when the one before has ended in the log.
//! Invariant: what is decided is decided from the log and the attempt's row; a process that dies anywhere loses nothing,
//! and any number of nodes may work at it.
//! Invariant: an unknown answer is never a failure.
//! Absent: rules of when to recharge (they are in `domain`), webhooks (whoever hears of a payment first tells the ledger).

mod attempt;
mod cards;
mod commands;
mod limits;
mod link;
mod meters;
mod new_card;
mod next;
mod outcome;
mod process;
mod rows;
mod worker;

pub use attempt::{Attempt, Standing};
pub use commands::paid;
pub use new_card::card_saved;
pub use next::{Next, NotFound, Outcome, next};
pub use process::start;
pub use rows::Attempts;
pub use worker::Hindrance;
