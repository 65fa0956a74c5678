//! The server's own `main`, built with the tests so that what they start is never stale.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::main()
}
