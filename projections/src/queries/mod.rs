//! What HTTP and reports ask of the read tables: one file a query.
//!
//! Invariant: every query is bound to one organization and walks an index that leads there; the list of organizations
//! alone walks the index of their ids.
//! Invariant: a statement is a function of its question, so that a test can ask PostgreSQL for its plan.
//! Absent: the write side's figures (`store`), rights (`api`).

pub mod cursor;
mod error;
pub mod forecast;
pub mod grants;
pub mod organizations;
mod page;
pub mod purchases;
pub mod rate_tier;
mod reader;
pub mod reservations;
pub mod statement;
pub mod transactions;
pub mod usage;

pub use cursor::CursorError;
pub use error::QueryError;
pub use forecast::Outlook;
pub use grants::{Grant, GrantFilter, GrantOrder};
pub use organizations::{OrganizationCredits, OrganizationFilter, RestrictedCredits};
pub use page::{Limit, Page, PageRequest};
pub use purchases::{Purchase, PurchaseFilter};
pub use reader::Reader;
pub use reservations::{Reservation, ReservationFilter};
pub use transactions::{Transaction, TransactionFilter};
pub use usage::{Bucket, Group, Usage, UsageFilter};
