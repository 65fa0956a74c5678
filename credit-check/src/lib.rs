//! Charges credits for any tower handler, with a running Credit Ledger: reserves before the handler, confirms after its
//! success, gives back after anything else.
//!
//! ```no_run
//! use credit_check::{Cost, CreditCheck, Ledger, Settings};
//!
//! # fn main() -> Result<(), credit_check::InvalidLedger> {
//! let ledger = Ledger::new("http://127.0.0.1:8080", "clk_...")?;
//! let organization = |request: &http::request::Parts| {
//!     // What your own authentication has found out; never a header that a caller may write.
//!     request.extensions.get::<String>().cloned()
//! };
//! let credits = CreditCheck::new(ledger, organization, Settings::default());
//! let by_route = credits.costing(Cost::credits(50).for_operation("image"));
//! let by_request = credits.costing_by(|request| match request.uri.query() {
//!     Some("size=large") => Cost::operation("image").quantity("images", 4),
//!     _ => Cost::operation("image").quantity("images", 1),
//! });
//! // axum: Router::new().route("/images", post(images).layer(by_route))
//! # let _ = (by_route, by_request);
//! # Ok(())
//! # }
//! ```
//!
//! Invariant: a response that is charged for leaves only once its charge is durable; until then its caller waits, or is
//! told with an error of this layer that it did not arrive.
//! Invariant: a run of the handler is charged once or not at all: once where it answered with success, not at all where it
//! failed, panicked, took too long or was dropped while it worked.
//! Invariant: an idempotency key that has been charged for runs no handler again.
//! Absent: stored responses (a repeated key is told 409, not the first answer), and anything that spends without asking the
//! ledger first.

mod charge;
mod check;
mod cost;
mod hold;
mod key;
mod layer;
mod ledger;
mod problem;
mod reserve;
mod retry;
mod settings;
mod tasks;

pub use charge::{ActualCost, Charged};
pub use check::CreditCheck;
pub use cost::Cost;
pub use hold::Held;
pub use layer::{CreditLayer, CreditService};
pub use ledger::{InvalidLedger, Ledger, RefundError};
pub use rate_limit::Rate;
pub use settings::{Over, Settings, Unreachable};
