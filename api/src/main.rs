//! The one binary of Credit Ledger.

use std::process::ExitCode;

/// A request makes hundreds of small allocations on two or three threads; the system allocator took a tenth of the
/// time of a command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    api::cli::main()
}
