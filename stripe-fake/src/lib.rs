//! A simulation of the part of Stripe that the ledger uses, over HTTP, with state: customers, products, prices, saved
//! cards, checkout sessions with a page to click through, payment intents, refunds, disputes, events, signed webhooks.
//!
//! Invariant: its objects decode with async-stripe's strict types (`payments/tests`), so that it cannot drift from the API.
//! Invariant: a request has one effect under its idempotency key; ids, shuffles and losses follow from the seed.
//! Invariant: no money moves and nothing leaves the machine but webhooks to the addresses that it was given; it takes test
//! keys only.
//! Absent: subscriptions, invoices, Connect, taxes, storage.

// Objects have more fields than the JSON macro takes by default.
#![recursion_limit = "256"]

mod api;
mod chance;
mod clock;
mod control;
mod delivery;
mod error;
pub mod faults;
mod form;
mod idempotency;
pub mod objects;
mod pages;
mod request;
mod server;
mod signature;
mod world;

pub use clock::API_VERSION;
pub use delivery::{Delivery, Endpoint, Order};
pub use faults::{Fault, Kind};
pub use objects::card::TestCard;
pub use server::{Fake, Settings};
pub use signature::header as signature_header;
pub use world::{Next, RefundOrder, World};
