//! Where and when a run was measured.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

/// How long the disk is asked.
const FSYNC_TIME: Duration = Duration::from_secs(1);

/// A page of PostgreSQL's log.
const PAGE_BYTES: usize = 8192;

#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    pub measured_at: String,
    pub processor: String,
    pub processors: usize,
    pub memory_bytes: u64,
    pub kernel: String,
    pub postgres: String,
    /// Pages of 8 KiB written and flushed a second, one after the other, beside the data.
    pub fsyncs_per_s: u64,
}

impl Machine {
    /// # Errors
    /// The folder cannot be written.
    pub fn describe_this(postgres: String, data: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            measured_at: now(),
            processor: proc_field("/proc/cpuinfo", "model name").unwrap_or_default(),
            processors: std::thread::available_parallelism()?.get(),
            memory_bytes: memory_bytes(),
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            postgres,
            fsyncs_per_s: fsyncs_per_second(data)?,
        })
    }

    pub(crate) fn describe(&self, text: &mut String) -> std::fmt::Result {
        let gibibytes = self.memory_bytes >> 30;
        writeln!(text, "- date: {}", self.measured_at)?;
        writeln!(text, "- machine: {} x {}, {gibibytes} GiB, Linux {}", self.processors, self.processor, self.kernel)?;
        writeln!(text, "- PostgreSQL {}, fsync on, {} fsyncs/s", self.postgres, self.fsyncs_per_s)?;
        writeln!(text, "- load generator, server and PostgreSQL share the machine")
    }
}

#[expect(clippy::disallowed_methods, reason = "the date of a measurement; nothing is decided by it")]
fn now() -> String {
    DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn proc_field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn memory_bytes() -> u64 {
    let kibibytes = proc_field("/proc/meminfo", "MemTotal");
    kibibytes.and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok()).map_or(0, |count| count * 1024)
}

fn fsyncs_per_second(folder: &Path) -> anyhow::Result<u64> {
    let mut file: File = tempfile::tempfile_in(folder)?;
    let page = [7_u8; PAGE_BYTES];
    let start = Instant::now();
    let mut flushed = 0;
    while start.elapsed() < FSYNC_TIME {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&page)?;
        file.sync_data()?;
        flushed += 1;
    }
    Ok(flushed)
}
