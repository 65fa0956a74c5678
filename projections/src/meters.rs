//! What the read side counts, for Prometheus.

#![expect(clippy::cast_precision_loss, reason = "metrics are floats; no credit is counted here")]

use std::time::Duration;

use domain::Timestamp;
use metrics::{counter, gauge, histogram};

use crate::standing::Standing;

/// Lag and stops of every live checkpoint, as of `now`: figures that are not renewed show by that they are old.
pub(crate) fn standings(standings: &[Standing], now: Timestamp) {
    gauge!("credit_ledger_projection_polled_timestamp_seconds").set(now.timestamp() as f64);
    for standing in standings.iter().filter(|standing| standing.is_live) {
        let labels = [("projector", standing.projector.clone()), ("partition", standing.partition.to_string())];
        gauge!("credit_ledger_projection_lag_events", &labels).set(standing.lag_events() as f64);
        gauge!("credit_ledger_projection_lag_seconds", &labels).set(standing.lag.as_secs_f64());
        let stopped_at = standing.stop.as_ref().map_or(0, |stop| stop.position);
        gauge!("credit_ledger_projection_stopped_position", &labels).set(stopped_at as f64);
    }
}

pub(crate) fn batch(events: u64, took: Duration) {
    counter!("credit_ledger_projection_events_total").increment(events);
    histogram!("credit_ledger_projection_batch_events").record(events as f64);
    histogram!("credit_ledger_projection_batch_seconds").record(took);
}

pub(crate) fn failure() {
    counter!("credit_ledger_projection_failures_total").increment(1);
}
