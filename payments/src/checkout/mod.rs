//! Checkouts: a purchase is started in the log, then a page is opened where the customer pays for it.
//!
//! The order is: a row (`rows.rs`), the `StartPurchase` with all that is asked (`terms.rs`), the customer, the page
//! (`open.rs`). A retry with the same key goes on wherever the try before ended; a crash between any two steps is the same
//! as a retry.
//!
//! Invariant: a key opens one page, for ever, and a purchase is in the log before there is one.
//! Invariant: what is charged is what the log says; a page with another amount is closed again.
//! Absent: credits. Only a payment that has arrived brings them, never a return to the success URL.

mod abandoned;
mod open;
mod rows;
mod terms;

pub use abandoned::{end_abandoned, end_abandoned_ones};
pub use open::{OpenError, Opened, open};
pub use rows::{note, of_session};
pub use terms::{CheckoutTerms, NotForSale, payment_reference, start};
