//! `credit-ledger openapi`.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use super::output::say;

/// Prints the API's description (OpenAPI 3.1), or checks that a file still holds it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  credit-ledger openapi > docs/openapi.json\n  \
    credit-ledger openapi --check docs/openapi.json")]
pub struct Openapi {
    /// Exit with 1 unless this file holds the description.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

impl Openapi {
    pub fn run(self) -> Result<(), Failure> {
        let document = crate::openapi::document();
        let Some(file) = self.check else {
            say(document.trim_end());
            return Ok(());
        };
        let checked_in = std::fs::read_to_string(&file)
            .map_err(|error| Failure::usage(format!("--check: {} cannot be read: {error}", file.display())))?;
        if checked_in == document {
            return Ok(());
        }
        let file = file.display();
        Err(Failure::finding(format!("{file} is out of date; write it with `credit-ledger openapi > {file}`")))
    }
}
