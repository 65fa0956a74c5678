//! Reconciliation: what was lost on the way from Stripe is found, by asking.
//!
//! Three questions: which events did we never hear of (`sweep.rs`, into the inbox), what became of pages and refunds that
//! are still open here (`open.rs`), and does the log hold what each payment says (`audit.rs`).
//!
//! Invariant: nothing is booked here that a webhook would not have booked: events go through the inbox, payments through
//! `settle`.
//! Invariant: how far a sweep has come is written down at its end, so one that is cut off is done again.
//! Invariant: what cannot be put right by itself is counted, logged and reported, not hidden.
//! Absent: rules of what should be booked (`facts`).

mod audit;
mod limits;
mod meters;
mod open;
mod process;
mod report;
mod rows;
mod sweep;

pub use audit::audit;
pub use open::look;
pub use process::start;
pub use report::{Phase, Progress, Report, Unsettled};
pub use sweep::sweep;

/// Why a reconciliation did not come to its end; the next one begins again where this one did.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error(transparent)]
    Gateway(#[from] crate::gateway::GatewayError),
    #[error("the database")]
    Database(#[from] sqlx::Error),
    #[error("the ledger: {0}")]
    Ledger(#[from] store::ExecuteError),
}
