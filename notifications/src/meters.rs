//! What notifications count, for Prometheus.

#![expect(clippy::cast_precision_loss, reason = "metrics are floats; no credit is counted here")]

use std::time::Duration;

use metrics::{counter, gauge};

use crate::lanes::Outcome;
use crate::standing::Standing;

/// Deliveries that were written.
pub(crate) fn accepted(deliveries: u64) {
    counter!("credit_ledger_notifications_accepted_total").increment(deliveries);
}

pub(crate) fn tried(outcome: &Outcome) {
    let outcome = match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Parked => "parked",
        Outcome::Again(_) => "failed",
    };
    counter!("credit_ledger_notification_tries_total", "outcome" => outcome).increment(1);
}

pub(crate) fn standing(standing: &Standing) {
    gauge!("credit_ledger_notification_lag_events").set(standing.lag_events as f64);
    gauge!("credit_ledger_notification_stopped").set(if standing.stopped.is_some() { 1.0 } else { 0.0 });
    gauge!("credit_ledger_notification_lanes_waiting").set(standing.waiting as f64);
    gauge!("credit_ledger_notification_overdue_seconds").set(Duration::from_millis(standing.overdue_ms).as_secs_f64());
    gauge!("credit_ledger_notifications_parked").set(standing.parked as f64);
}
