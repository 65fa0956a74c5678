//! What recharging counts, for Prometheus.

#![expect(clippy::cast_precision_loss, reason = "metrics are floats; no money is counted here")]

use domain::Timestamp;
use metrics::{counter, gauge};

pub(super) fn finished(outcome: &str) {
    counter!("credit_ledger_recharges_total", "outcome" => outcome.to_owned()).increment(1);
}

pub(super) fn sent(is_again: bool) {
    counter!("credit_ledger_recharge_sends_total", "again" => is_again.to_string()).increment(1);
}

pub(super) fn doubt() {
    counter!("credit_ledger_recharge_doubts_total").increment(1);
}

pub(super) fn standing(open: i64, oldest: Option<Timestamp>, now: Timestamp) {
    gauge!("credit_ledger_recharges_open").set(open as f64);
    let seconds = oldest.map_or(0, |since| (now - since).num_seconds().max(0));
    gauge!("credit_ledger_recharges_open_seconds").set(seconds as f64);
}
