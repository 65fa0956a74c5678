//! What operators see of the engine. Handles are taken at the start, so install the recorder before.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::ledger::{Committed, ExecuteError};

pub(crate) struct Meters {
    committed: Counter,
    replayed: Counter,
    refused: Counter,
    key_reused: Counter,
    overloaded: Counter,
    unavailable: Counter,
    failed: Counter,
    turns: Counter,
    batch_commands: Histogram,
    append_seconds: Histogram,
    queue_commands: Vec<Gauge>,
    cache_bytes: Gauge,
    cache_organizations: Gauge,
}

impl Meters {
    pub(crate) fn new(partitions: u16) -> Self {
        let commands = |outcome: &'static str| counter!("credit_ledger_commands_total", "outcome" => outcome);
        let queue = |partition: u16| gauge!("credit_ledger_queue_commands", "partition" => partition.to_string());
        Self {
            committed: commands("committed"),
            replayed: commands("replayed"),
            refused: commands("refused"),
            key_reused: commands("key_reused"),
            overloaded: commands("overloaded"),
            unavailable: commands("unavailable"),
            failed: commands("failed"),
            turns: counter!("credit_ledger_turns_total"),
            batch_commands: histogram!("credit_ledger_append_batch_commands"),
            append_seconds: histogram!("credit_ledger_append_seconds"),
            queue_commands: (0..partitions).map(queue).collect(),
            cache_bytes: gauge!("credit_ledger_cache_bytes"),
            cache_organizations: gauge!("credit_ledger_cache_organizations"),
        }
    }

    pub(crate) fn outcome(&self, outcome: &Result<Committed, ExecuteError>) {
        let counter = match outcome {
            Ok(Committed { replayed: false, .. }) => &self.committed,
            Ok(Committed { replayed: true, .. }) => &self.replayed,
            Err(ExecuteError::Refused(_)) => &self.refused,
            Err(ExecuteError::KeyReused) => &self.key_reused,
            Err(ExecuteError::Overloaded { .. }) => &self.overloaded,
            Err(ExecuteError::Unavailable { .. } | ExecuteError::ShuttingDown) => &self.unavailable,
            Err(ExecuteError::Log(_)) => &self.failed,
        };
        counter.increment(1);
    }

    pub(crate) fn turn(&self) {
        self.turns.increment(1);
    }

    pub(crate) fn append(&self, commands: usize, took: Duration) {
        self.batch_commands.record(commands as f64);
        self.append_seconds.record(took);
    }

    pub(crate) fn queue(&self, partition: u16, commands: usize) {
        self.queue_commands[usize::from(partition)].set(commands as f64);
    }

    pub(crate) fn cache(&self, bytes: usize, organizations: usize) {
        self.cache_bytes.set(bytes as f64);
        self.cache_organizations.set(organizations as f64);
    }
}
