//! What a command prints.

use std::io::{ErrorKind, Write};

/// Writes a line to stdout. A reader that has seen enough closes the pipe, which is no failure.
pub fn say(line: impl std::fmt::Display) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}")
        && error.kind() != ErrorKind::BrokenPipe
    {
        eprintln!("credit-ledger: stdout cannot be written: {error}");
    }
}
