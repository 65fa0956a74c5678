//! The catalogue at the command line: packages, price books, recipes and their guides, receipts, imports.

mod guides;
mod import;
mod packages;
mod prices;
mod silence;

use std::process::Output;

use crate::support::node::command;

/// Runs a command that succeeds; what it prints.
async fn run(database_url: &str, arguments: &[&str]) -> String {
    let output = command(database_url, arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
