//! Rows of the read tables as callers see them, in JSON and as CSV.
//!
//! Invariant: an answer shows its row and computes nothing.

mod forecast;
mod grant;
mod organization;
mod purchase;
mod reservation;
mod transaction;
mod usage;

use projections::queries::Page;
use serde::Serialize;
use utoipa::ToSchema;

pub use forecast::ForecastAnswer;
pub use grant::{GrantRow, NextToExpire};
pub use organization::{OrganizationRow, of_read_model};
pub use purchase::PurchaseRow;
pub use reservation::ReservationRow;
pub use transaction::TransactionRow;
pub use usage::UsageRow;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Listed<T> {
    pub data: Vec<T>,
    /// Pass it as `cursor`, with the same filters, for the rows that follow; `null` on the last page.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    #[must_use]
    pub fn of<R>(page: Page<R>, view: impl FnMut(R) -> T) -> Self {
        Self { data: page.rows.into_iter().map(view).collect(), next_cursor: page.next }
    }
}

/// The caller's own record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReferenceRow {
    pub r#type: Option<String>,
    pub id: String,
}

impl ReferenceRow {
    fn of(kind: Option<String>, id: Option<String>) -> Option<Self> {
        id.map(|id| Self { r#type: kind, id })
    }

    fn kind(reference: Option<&Self>) -> Option<&str> {
        reference.and_then(|reference| reference.r#type.as_deref())
    }

    fn id(reference: Option<&Self>) -> Option<&str> {
        reference.map(|reference| reference.id.as_str())
    }
}
