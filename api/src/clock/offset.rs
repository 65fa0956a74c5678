//! The test clock's offset: whole seconds, perhaps negative, in the file that `CREDIT_LEDGER_TEST_CLOCK_FILE` names.
//! Never in a release build.

use std::path::PathBuf;

use chrono::TimeDelta;

const FILE: &str = "CREDIT_LEDGER_TEST_CLOCK_FILE";

#[derive(Debug)]
pub(super) struct Offset {
    file: Option<PathBuf>,
}

impl Default for Offset {
    fn default() -> Self {
        Self { file: std::env::var_os(FILE).map(PathBuf::from) }
    }
}

impl Offset {
    /// Reads the file anew: a test that moved the clock sees it moved at once. A file that is missing or holds no
    /// number moves nothing.
    pub(super) fn read(&self) -> TimeDelta {
        let text = self.file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        let seconds = text.and_then(|text| text.trim().parse().ok());
        seconds.and_then(TimeDelta::try_seconds).unwrap_or_default()
    }
}
