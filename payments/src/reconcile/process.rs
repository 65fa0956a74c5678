//! A node's share of reconciling: looks what is due, and does it where no other node does.

use super::limits::{AUDIT_BACK, AUDIT_CLAIM, AUDIT_EVERY, LOOK_EVERY, SWEEP_EVERY};
use super::rows::{Name, claim, postpone};
use super::{ReconcileError, audit, look, sweep};
use crate::Payments;
use crate::process::Process;

/// Inside a Tokio runtime. `live`: whether real money moves.
#[must_use]
pub fn start(payments: Payments, live: bool) -> Process {
    Process::every(LOOK_EVERY, LOOK_EVERY, move || {
        let payments = payments.clone();
        async move { round(&payments, live).await }
    })
}

async fn round(payments: &Payments, live: bool) {
    // A node whose clock is wrong would vouch for what it has not seen.
    if payments.ledger.ready().is_err() {
        return;
    }
    let rounds = [("events", events(payments, live).await), ("open", open(payments).await)];
    for (what, error) in rounds.into_iter().filter_map(|(what, done)| done.err().map(|error| (what, error))) {
        tracing::warn!(what, %error, "a reconciliation did not come to its end; the next one begins again");
    }
    if let Err(error) = payments_of_stripe(payments).await {
        tracing::warn!(what = "payments", %error, "a reconciliation did not come to its end; it is tried again in an hour");
    }
}

async fn events(payments: &Payments, live: bool) -> Result<(), ReconcileError> {
    super::sweep::watch(payments).await?;
    if !claim(&payments.pool, Name::Events, payments.clock.now(), SWEEP_EVERY).await? {
        return Ok(());
    }
    let told = sweep(payments, live, None, &|_| {}).await?;
    if told.missed > 0 {
        tracing::warn!(missed = told.missed, "events came by no webhook and were found by a sweep");
    }
    Ok(())
}

async fn open(payments: &Payments) -> Result<(), ReconcileError> {
    look(payments).await.map(drop)
}

async fn payments_of_stripe(payments: &Payments) -> Result<(), ReconcileError> {
    let now = payments.clock.now();
    if !claim(&payments.pool, Name::Payments, now, AUDIT_CLAIM).await? {
        return Ok(());
    }
    let report = audit(payments, now - AUDIT_BACK, &|_| {}).await?;
    postpone(&payments.pool, Name::Payments, now + AUDIT_EVERY).await?;
    tracing::info!(
        seen = report.seen,
        put_right = report.missed,
        unsettled = report.unsettled.len(),
        "payments at Stripe were compared with the log"
    );
    Ok(())
}
