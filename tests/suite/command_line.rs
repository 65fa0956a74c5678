//! Every subcommand works on a data directory and on `DATABASE_URL`, whether or not a server runs on it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use stripe_fake::{Fake, Settings};

use crate::support;
use crate::support::node::{Node, binary};
use crate::support::stripe::SECRET_KEY;

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
const APART: [&str; 5] = ["serve", "project", "demo-history", "demo", "openapi"];

/// Every command that does something, by its words: what has commands below it is tried by each of these.
fn leaves(above: &[&str]) -> BTreeSet<String> {
    let help = binary().args(above).arg("--help").output().expect("the binary is built").stdout;
    let help = String::from_utf8(help).expect("text");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A remark that goes on is indented further.
    let words = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|word| !word.is_empty());
    let below = words.filter(|word| *word != "help").flat_map(|word| leaves(&[above, &[word]].concat()));
    let found: BTreeSet<String> = below.collect();
    if found.is_empty() { BTreeSet::from([above.join(" ")]) } else { found }
}

/// Tries commands on a ledger, and remembers which.
struct Trial<'a> {
    place: &'a Place,
    tried: BTreeSet<String>,
}

impl Trial<'_> {
    async fn run(&mut self, words: &str, arguments: &[&str]) -> Output {
        self.tried.insert(words.to_owned());
        let words: Vec<&str> = words.split(' ').collect();
        self.place.run(&[&words, arguments].concat()).await
    }

    /// What a command prints that succeeds.
    async fn says(&mut self, words: &str, arguments: &[&str], wanted: &str) -> String {
        let output = self.run(words, arguments).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains(wanted), "{words} {arguments:?}: {said}{complained}");
        said
    }

    /// A command that has found the ledger, and there that it cannot do what it is asked.
    async fn refuses(&mut self, words: &str, arguments: &[&str], wanted: &str) {
        let output = self.run(words, arguments).await;
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && complained.contains(wanted), "{words} {arguments:?}: {complained}");
    }
}

fn id_of(json: &str) -> String {
    let made: Value = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    made["id"].as_str().unwrap_or_else(|| panic!("no id in {made}")).to_owned()
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
    let all = leaves(&[]);
    for is_served in [false, true] {
        let node = if is_served { Some(place.serve().await) } else { None };
        let mut trial = Trial { place, tried: APART.map(Into::into).into() };
        try_the_books(&mut trial, folder).await;
        try_what_is_sold(&mut trial, folder, is_served).await;
        try_who_is_told(&mut trial, is_served).await;
        assert_eq!(trial.tried, all, "a command that is not tried, served: {is_served}");
        place.project().await;
        if let Some(node) = node {
            assert!(node.terminate().await.success());
        }
    }
}

/// The log and what is made of it.
async fn try_the_books(trial: &mut Trial<'_>, folder: &Path) {
    trial.says("migrate", &[], "partitions").await;
    let events = trial.says("events", &["acme"], "CreditsConsumed").await;
    let mut events = events.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let consumption = events.find(|event| event["type"] == "CreditsConsumed").expect("somebody spent");
    trial.says("explain", &[consumption["subject"].as_str().expect("its id")], "credits of acme").await;
    let month = ["--organization", "acme", "--month", "2026-02"];
    trial.says("report usage", &month, "Usage of acme, 2026-02").await;
    trial.says("report statement", &month, "closing").await;
    let balances = folder.join("balances.csv");
    let rows = "organization,credits,category,expires_at,price,currency,reference\numbrella,7,,,,,old-1\n";
    std::fs::write(&balances, rows).expect("it can be written");
    trial.says("import", &[path(&balances)], "rows imported").await;
    trial.says("verify", &["--projections", "--prices"], "all is as the log says").await;
    // The first time it is written, from then on it is compared.
    let anchor = folder.join("ledger.anchor");
    for _ in 0..2 {
        trial.says("verify", &["--anchor", path(&anchor)], "").await;
        assert!(anchor.exists());
    }
    trial.says("rebuild", &["usage"], "rebuilt usage").await;
    trial.says("status", &[], "transactions").await;
    trial.says("psql", &["--", "-Atc", "SELECT count(*) > 1 FROM store.events"], "t").await;
}

fn path(path: &Path) -> &str {
    path.to_str().expect("text")
}

async fn try_what_is_sold(trial: &mut Trial<'_>, folder: &Path, is_served: bool) {
    let in_folder = |name: &str| {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).expect("it can be made");
        folder.join("credit-ledger.toml")
    };
    for (recipe, name) in [("init ai-tokens", "ai"), ("init api-calls", "api"), ("init standard", "standard")] {
        trial.says(recipe, &["--write", path(&in_folder(name))], "price book").await;
    }
    trial.says("price-book publish", &[path(&in_folder("api"))], "price book version").await;
    trial.says("price-book list", &[], "price book version 1").await;
    trial.says("price-book show", &["--version", "1"], "\"version\": 1").await;
    trial.says("price-book diff", &["1", "2"], "").await;
    // An id is used once.
    let id = if is_served { "extra-served" } else { "extra" };
    trial.says("packages add", &[id, "1000", "9.50"], id).await;
    trial.says("packages change", &[id, "--bonus", "5"], id).await;
    trial.says("packages list", &[], id).await;
    trial.says("packages retire", &[id], id).await;
    trial.says("packages history", &[id], id).await;
    let fake = Fake::start(Settings::default()).await.expect("a free port");
    let account = ["--stripe-secret-key", SECRET_KEY, "--stripe-api-base", &fake.url()];
    trial.says("stripe setup", &[&account[..], &["--dry-run"]].concat(), "").await;
    trial.says("stripe reconcile", &account, "").await;
    trial.says("stripe inbox list", &[], "").await;
    trial.refuses("stripe inbox show", &["evt_none"], "there is no event evt_none").await;
    trial.refuses("stripe inbox retry", &["evt_none"], "there is no event evt_none").await;
}

/// Keys, and endpoints of notifications.
async fn try_who_is_told(trial: &mut Trial<'_>, is_served: bool) {
    let key = id_of(&trial.says("keys create", &["--scope", "read", "--name", "tried", "--json"], "tried").await);
    trial.says("keys list", &[], &key).await;
    trial.says("keys revoke", &[&key], "").await;
    let revoked = trial.says("keys list", &["--json"], &key).await;
    let revoked = revoked.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    assert!(revoked.into_iter().any(|row| row["id"] == key.as_str() && row["revoked_at"].is_string()));

    let nowhere = ["https://127.0.0.1:9/hook", "--allow-private-notifications", "--json"];
    let endpoint = id_of(&trial.says("notifications add", &nowhere, "secret").await);
    let endpoint = endpoint.as_str();
    trial.says("notifications list", &[], endpoint).await;
    trial.says("notifications disable", &[endpoint], "disabled").await;
    trial.says("notifications enable", &[endpoint], "enabled").await;
    trial.says("notifications rotate", &[endpoint], "whsec_").await;
    // A server does not send to private addresses unless it is told to.
    let untold = if is_served { "it was not delivered" } else { "nobody has sent it yet" };
    trial.refuses("notifications test", &[endpoint], untold).await;
    trial.says("notifications deliveries", &[endpoint], "tries").await;
    trial.says("notifications resend", &[endpoint], "are sent again").await;
    trial.says("notifications remove", &[endpoint], "").await;
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
