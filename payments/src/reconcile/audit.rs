//! Compares each payment at Stripe with the log, and each that was booked with Stripe.

use std::collections::HashSet;

use domain::Timestamp;

use super::report::{Phase, Progress, Report, Unsettled};
use super::rows::{self, Name, Ran};
use super::{ReconcileError, meters};
use crate::Payments;
use crate::gateway::{GatewayError, IntentId, IntentSeen, IntentStatus};
use crate::settle::{Hindrance, Settled, settle};

/// Looks at all payments since a time. What is missing in the log is booked; the rest is reported.
///
/// # Errors
/// [`ReconcileError`]; what was put right so far stays.
pub async fn audit(
    payments: &Payments,
    since: Timestamp,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, ReconcileError> {
    let started = payments.clock.now();
    let mut report = Report::default();
    let mut listed = HashSet::new();
    let mut after: Option<String> = None;
    loop {
        let page = payments.gateway.intents(since, after.as_deref()).await?;
        for seen in &page.items {
            one(payments, seen, &mut report).await?;
            listed.insert(seen.id.clone());
            progress(Progress { phase: Phase::Payments, seen: report.seen, missed: report.missed });
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    backwards(payments, since, &listed, &mut report).await?;
    for unsettled in &report.unsettled {
        let Unsettled { intent, why, .. } = unsettled;
        tracing::error!(%intent, why, "a payment and the log do not agree");
    }
    meters::drift(&report);
    let unsettled = u64::try_from(report.unsettled.len()).unwrap_or(u64::MAX);
    let ran = Ran { covered_to: started, at: started, seen: report.seen, missed: report.missed, unsettled };
    rows::done(&payments.pool, Name::Payments, &ran).await?;
    Ok(report)
}

/// A payment at Stripe. What has not been paid says nothing about credits.
async fn one(payments: &Payments, seen: &IntentSeen, report: &mut Report) -> Result<(), ReconcileError> {
    let Some(labels) = seen.labels() else {
        report.foreign += 1;
        return Ok(());
    };
    if seen.status != IntentStatus::Succeeded {
        return Ok(());
    }
    report.seen += 1;
    let (organization, purchase) = (labels.organization_id, labels.purchase_id);
    let before = payments.ledger.entity(&organization, purchase.entity()).await?.len();
    match settle(payments, &seen.id).await {
        Ok(Settled::Done | Settled::Unpaid | Settled::Foreign) => {
            let after = payments.ledger.entity(&organization, purchase.entity()).await?.len();
            report.missed += u64::from(after > before);
            Ok(())
        }
        Err(hindrance) => {
            let why = for_a_person(hindrance)?;
            let (organization, purchase) = (Some(organization), Some(purchase));
            report.unsettled.push(Unsettled { intent: seen.id.clone(), organization, purchase, why });
            Ok(())
        }
    }
}

/// What keeps the audit from going on is an error, what is wrong with one payment is part of its report.
fn for_a_person(hindrance: Hindrance) -> Result<String, ReconcileError> {
    match hindrance {
        Hindrance::Gateway(error @ GatewayError::Unknown { .. }) => Err(error.into()),
        Hindrance::Ledger(error) => Err(error.into()),
        Hindrance::Database(error) => Err(error.into()),
        Hindrance::Gateway(error @ GatewayError::Refused { .. }) => Ok(error.to_string()),
        other @ (Hindrance::Review(_) | Hindrance::PaidTwice { .. } | Hindrance::NoEnd) => Ok(other.to_string()),
    }
}

/// Payments that were booked, and that Stripe did not list: each is asked for.
async fn backwards(
    payments: &Payments,
    since: Timestamp,
    listed: &HashSet<IntentId>,
    report: &mut Report,
) -> Result<(), ReconcileError> {
    for (intent, organization, purchase) in rows::booked(&payments.pool, since).await? {
        if listed.contains(&intent) {
            continue;
        }
        let why = match payments.gateway.intent(&intent).await {
            Ok(seen) if seen.status == IntentStatus::Succeeded => continue,
            Ok(seen) => format!("credits were booked, and the payment is {:?}", seen.status),
            Err(GatewayError::Refused { status: 404, .. }) => {
                "credits were booked, and Stripe has no such payment".to_owned()
            }
            Err(error) => return Err(error.into()),
        };
        report.unsettled.push(Unsettled { intent, organization: Some(organization), purchase: Some(purchase), why });
    }
    Ok(())
}
