//! Purchases whose page was never opened, and cannot be opened any more, end.

use std::time::Duration;

use chrono::TimeDelta;
use domain::commands::EndPurchase;
use domain::ids::PurchaseId;
use domain::text::Note;
use domain::{Command, CommandError, OrganizationId};
use store::ExecuteError;
use uuid::Uuid;

use crate::Payments;
use crate::command::internal;
use crate::process::Process;

/// A page lives for a day, and its key for less: after two days neither can come any more.
const ABANDONED_HOURS: i64 = 48;
/// How often they are looked for: they have been so for two days.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// Purchases that are ended at once; the next look takes the next.
const AT_ONCE: i64 = 100;

const FIND: &str = "SELECT organization_id, purchase_id FROM payments.checkouts \
                    WHERE session_id IS NULL AND NOT ended AND created_at < $1 ORDER BY created_at LIMIT $2";
const END: &str = "UPDATE payments.checkouts SET ended = true WHERE purchase_id = $1";

/// Inside a Tokio runtime.
#[must_use]
pub fn end_abandoned_ones(payments: Payments) -> Process {
    Process::every(Duration::ZERO, LOOK_EVERY, move || {
        let payments = payments.clone();
        async move {
            if let Err(error) = end_abandoned(&payments).await {
                tracing::warn!(%error, "abandoned checkouts cannot be ended; the next look tries again");
            }
        }
    })
}

/// Ends what was abandoned; answers how many purchases that were. Any number of nodes may do it at once.
///
/// # Errors
/// The ledger or the database is unavailable.
pub async fn end_abandoned(payments: &Payments) -> Result<usize, ExecuteError> {
    let before = payments.clock.now() - TimeDelta::hours(ABANDONED_HOURS);
    let found: Vec<(String, Uuid)> =
        sqlx::query_as(FIND).bind(before).bind(AT_ONCE).fetch_all(&payments.pool).await.map_err(unavailable)?;
    let count = found.len();
    for (organization, purchase) in found {
        if let Ok(organization) = OrganizationId::try_new(&organization) {
            end(payments, &organization, PurchaseId::new(purchase)).await?;
        }
        sqlx::query(END).bind(purchase).execute(&payments.pool).await.map_err(unavailable)?;
    }
    Ok(count)
}

async fn end(payments: &Payments, organization: &OrganizationId, purchase: PurchaseId) -> Result<(), ExecuteError> {
    let reason = Note::try_new("the checkout was never opened").expect("a short sentence");
    let command = Command::ExpirePurchase(EndPurchase { purchase_id: purchase, reason });
    let key = format!("checkout:{purchase}:abandoned");
    match payments.ledger.execute(internal("checkout", organization, &key, command)).await {
        // It was never started, or somebody paid all the same: neither is for us to end.
        Ok(_)
        | Err(ExecuteError::Refused(CommandError::PurchaseNotFound(_) | CommandError::PurchaseAlreadyPaid(_))) => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn unavailable(error: sqlx::Error) -> ExecuteError {
    ExecuteError::Log(store::log::LogError::Unavailable(Box::new(error)))
}
