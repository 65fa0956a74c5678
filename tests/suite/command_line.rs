//! Every subcommand works on a data directory and on `DATABASE_URL`, whether or not a server runs on it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support;
use crate::support::node::{Node, binary};

/// Where a ledger is.
enum Place {
    Folder(PathBuf),
    Url(String),
}

impl Place {
    /// The setting stands behind the first word: where a command has subcommands, each of them must take it from there.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = binary();
        command.arg(arguments[0]).env_remove("DATABASE_URL").stdin(Stdio::null());
        match self {
            Self::Folder(path) => command.arg("--data-dir").arg(path),
            Self::Url(url) => command.arg("--database-url").arg(url),
        };
        command.args(&arguments[1..]);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || command.output().expect("the binary is built")).await.expect("no panic")
    }

    /// What a command prints that succeeds.
    async fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    async fn serve(&self) -> Node {
        match self {
            Self::Folder(path) => Node::start_in(path).await,
            Self::Url(url) => Node::start(url).await,
        }
    }

    /// A node that projects alone says so and ends when it is asked to.
    async fn project(&self) {
        let mut command = self.command(&["project"]);
        let project = move || {
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary is built");
            let said = BufReader::new(child.stdout.take().expect("it is piped")).lines().next();
            let ended = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
            assert!(ended.success());
            assert_eq!(said.expect("a line").expect("text"), "projecting");
            assert!(child.wait().expect("it was running").success());
        };
        tokio::task::spawn_blocking(project).await.expect("no panic");
    }
}

/// Commands that need no database, or make one of their own; `demo` has tests of its own.
const APART: [&str; 6] = ["serve", "project", "demo-history", "demo", "openapi", "help"];

/// Each command as a person gives it, and something that it prints.
fn commands<'a>(recipe: &'a str, balances: &'a str, consumption: &'a str) -> Vec<(Vec<&'a str>, &'static str)> {
    let month = ["--organization", "acme", "--month", "2026-02"];
    vec![
        (vec!["migrate"], "partitions"),
        (vec!["keys", "list"], ""),
        (vec!["init", "standard", "--write", recipe], "price book"),
        (vec!["price-book", "list"], "1"),
        (vec!["packages", "list"], "pro"),
        (vec!["explain", consumption], "credits of acme"),
        ([&["report", "usage"][..], &month].concat(), "Usage of acme, 2026-02"),
        ([&["report", "statement"][..], &month].concat(), "closing"),
        (vec!["import", balances], "rows imported"),
        (vec!["verify", "--projections", "--prices"], "all is as the log says"),
        (vec!["rebuild", "usage"], "rebuilt usage"),
        (vec!["notifications", "list"], ""),
        (vec!["status"], "transactions"),
        (vec!["stripe", "inbox", "list"], ""),
        (vec!["events", "acme"], "CreditsConsumed"),
        (vec!["psql", "--", "-Atc", "SELECT count(*) > 1 FROM store.events"], "t"),
    ]
}

fn words_of_help() -> BTreeSet<String> {
    let help = binary().arg("--help").output().expect("the binary is built").stdout;
    let help = String::from_utf8(help).expect("text");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A remark that goes on is indented further.
    listed
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|w| !w.is_empty())
        .map(Into::into)
        .collect()
}

#[test]
fn the_readme_names_every_setting_of_the_server() {
    let help = binary().args(["serve", "--help"]).output().expect("the binary is built").stdout;
    let help = String::from_utf8(help).expect("text");
    let settings = help.split("[env: ").skip(1).map(|rest| rest.split(['=', ']']).next().expect("a name"));
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("it is there");
    let missing: Vec<&str> = settings.filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

async fn every_command_works(place: &Place, folder: &Path) {
    place.said(&["demo-history"]).await;
    let events = place.said(&["events", "acme"]).await;
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let consumption = events.into_iter().find(|event| event["type"] == "CreditsConsumed").expect("somebody spent");
    let consumption = consumption["subject"].as_str().expect("its id");
    let (recipe, balances) = (folder.join("credit-ledger.toml"), folder.join("balances.csv"));
    std::fs::write(
        &balances,
        "organization,credits,category,expires_at,price,currency,reference\numbrella,7,,,,,old-1\n",
    )
    .expect("it can be written");
    let commands = commands(recipe.to_str().expect("text"), balances.to_str().expect("text"), consumption);
    let tried: BTreeSet<String> = commands.iter().map(|(words, _)| words[0]).chain(APART).map(Into::into).collect();
    assert_eq!(tried, words_of_help(), "a command that is not tried");

    for is_served in [false, true] {
        let node = if is_served { Some(place.serve().await) } else { None };
        for (arguments, wanted) in &commands {
            let said = place.said(arguments).await;
            assert!(said.contains(wanted), "{arguments:?}, served: {is_served}: {said}");
        }
        place.project().await;
        if let Some(node) = node {
            assert!(node.terminate().await.success());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_works_on_a_data_directory_beside_a_server_and_without() {
    // Short enough for a socket, and the server's user can enter it.
    let folder = tempfile::Builder::new().prefix("clcmd-").tempdir_in("/tmp").expect("/tmp is writable");
    every_command_works(&Place::Folder(folder.path().join("data")), folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_works_on_a_database_beside_a_server_and_without() {
    let database = support::database().await;
    let folder = tempfile::tempdir().expect("there is room");
    every_command_works(&Place::Url(database.url.clone()), folder.path()).await;
}
