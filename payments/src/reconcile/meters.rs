//! What reconciling counts, for Prometheus.

#![expect(clippy::cast_precision_loss, reason = "metrics are floats; no money is counted here")]

use domain::Timestamp;
use metrics::{counter, gauge};

use super::report::Report;

/// Events that no webhook had told.
pub(super) fn swept(missed: u64) {
    counter!("credit_ledger_stripe_events_missed_total").increment(missed);
}

pub(super) fn covered(to: Timestamp, now: Timestamp) {
    gauge!("credit_ledger_stripe_sweep_age_seconds").set((now - to).num_seconds().max(0) as f64);
}

/// Open pages and refunds that were read back.
pub(super) fn looked(settled: bool) {
    counter!("credit_ledger_stripe_looks_total", "settled" => settled.to_string()).increment(1);
}

/// What the last audit found: put right, and left for a person.
pub(super) fn drift(report: &Report) {
    gauge!("credit_ledger_stripe_drift_put_right").set(report.missed as f64);
    gauge!("credit_ledger_stripe_drift").set(report.unsettled.len() as f64);
}
