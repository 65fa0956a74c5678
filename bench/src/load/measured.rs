//! What a run measured.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The histogram's range; a request is given up before its end.
const LATENCY_US_MAX: u64 = 120_000_000;

/// Three digits: p99 is exact to a thousandth.
const DIGITS: u8 = 3;

#[derive(Clone, Debug)]
pub struct Measured {
    /// Commands that were done as they should be, inside the measured time.
    pub commands: u64,
    /// Answers by status; 0 counts those that never came.
    pub statuses: BTreeMap<u16, u64>,
    /// Microseconds a request.
    pub latency: Histogram<u64>,
    /// The measured time.
    pub duration: Duration,
}

impl Measured {
    #[must_use]
    pub fn new(duration: Duration) -> Self {
        let latency = Histogram::new_with_bounds(1, LATENCY_US_MAX, DIGITS).expect("the bounds are in order");
        Self { commands: 0, statuses: BTreeMap::new(), latency, duration }
    }

    pub fn record(&mut self, status: u16, commands: u64, latency: Duration) {
        self.commands += commands;
        *self.statuses.entry(status).or_default() += 1;
        self.latency.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LATENCY_US_MAX));
    }

    pub fn add(&mut self, other: &Self) {
        self.commands += other.commands;
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.latency.add(&other.latency).expect("all histograms have the same bounds");
    }

    #[must_use]
    pub fn commands_per_second(&self) -> f64 {
        self.commands as f64 / self.duration.as_secs_f64()
    }

    /// A quantile of the latency in milliseconds.
    #[must_use]
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1_000.0
    }
}
