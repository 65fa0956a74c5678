//! The one binary of Credit Ledger.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::cli::main()
}
