//! What the inbox counts, for Prometheus.

#![expect(clippy::cast_precision_loss, reason = "metrics are floats; no money is counted here")]

use domain::Timestamp;
use metrics::{counter, gauge};

/// `again`: the event was known.
pub(super) fn received(source: &'static str, again: bool) {
    counter!("credit_ledger_stripe_events_total", "source" => source, "again" => again.to_string()).increment(1);
}

/// It is written in another version of the API than the one that is asked for.
pub(super) fn other_version() {
    counter!("credit_ledger_stripe_events_other_version_total").increment(1);
}

/// It is about test money on a live ledger, or the other way round.
pub(super) fn other_mode() {
    counter!("credit_ledger_stripe_events_other_mode_total").increment(1);
}

pub(super) fn finished(status: &'static str) {
    counter!("credit_ledger_stripe_events_finished_total", "status" => status).increment(1);
}

pub(super) fn standing(pending: i64, oldest: Option<Timestamp>, parked: i64, now: Timestamp) {
    gauge!("credit_ledger_stripe_events_pending").set(pending as f64);
    let seconds = oldest.map_or(0, |since| (now - since).num_seconds().max(0));
    gauge!("credit_ledger_stripe_events_pending_seconds").set(seconds as f64);
    gauge!("credit_ledger_stripe_events_parked").set(parked as f64);
}
