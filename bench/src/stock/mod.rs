//! The stock set-up that the ledger is measured against: axum, cqrs-es and postgres-es as their documentation shows
//! them, one `GenericQuery` view, and a retry on conflict.
//!
//! Invariant: every line of cqrs-es and postgres-es is the published one; nothing here works around its defects.
//! Absent: authorization, idempotency and the rules of `domain`: each would only make stock slower.

pub mod account;
pub mod database;
pub mod events;
pub mod http;
pub mod service;
pub mod view;

pub use service::{Form, StockService};
