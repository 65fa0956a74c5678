//! The guides of the recipes, as somebody would follow them: every block is run.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support;
use crate::support::node::{ADMIN_KEY, Node};

/// The blocks of a guide that are to be run, in order.
fn blocks(guide: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = guide;
    while let Some((_, after)) = rest.split_once("```sh\n") {
        let (block, behind) = after.split_once("```").expect("a block ends");
        blocks.push(block.to_owned());
        rest = behind;
    }
    blocks
}

/// Runs a guide in an empty folder; what it prints.
async fn follow(name: &str) -> String {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let guide = std::fs::read_to_string(root.join("docs/recipes").join(name)).expect("the guide");
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ledger-under-test"), bin.join("credit-ledger")).unwrap();
    let script = format!("set -eu -o pipefail\n{}", blocks(&guide).join("\n"));
    let mut command = Command::new("bash");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    command.args(["-c", &script]).current_dir(folder.path()).env("PATH", path).stdin(Stdio::null());
    command.env("DATABASE_URL", &database.url).env("URL", node.url()).env("KEY", ADMIN_KEY);
    let output = tokio::task::spawn_blocking(move || command.output().expect("bash runs")).await.expect("no panic");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!printed.contains("urn:credit-ledger:problem"), "{name}: {printed}");
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standard_guide_can_be_followed() {
    let printed = follow("standard.md").await;
    let shelf = "standard v1: 5500 credits for 50.00 USD, 0.00909091 USD a credit, 9.0 % cheaper than starter";
    for part in [shelf, r#""amount":10,"#, r#""amount":150,"#, "computed 1 priced consumptions of 10 credits"] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_for_tokens_can_be_followed() {
    let printed = follow("ai-tokens.md").await;
    // 120 x 16.6667 + 45 x 66.6667 = 5000.0055
    for part in ["45 x 66.6667", "5001 credits", "price book version 1"] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    assert!(!printed.contains("price book version 2"), "what has not changed makes no version: {printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_for_api_calls_can_be_followed() {
    let printed = follow("api-calls.md").await;
    for part in [r#""amount":5,"#, r#""amount":1,"#, "are sound", "~ api.call[endpoint=/search]"] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_in_the_guide_to_prices_is_sound() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let guide = std::fs::read_to_string(root.join("docs/prices.md")).expect("the guide");
    let (_, after) = guide.split_once("```toml\n").expect("an example");
    let (example, _) = after.split_once("```").expect("a block ends");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.toml");
    std::fs::write(&file, example).unwrap();
    let output =
        crate::support::node::command("", &["price-book", "publish", file.to_str().unwrap(), "--dry-run"]).await;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("1 packages and 2 prices are sound"), "{printed}{}", super::stderr(&output));
}
