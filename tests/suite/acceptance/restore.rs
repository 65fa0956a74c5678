//! A backup by PostgreSQL's own programs, restored and verified, as docs/operators.md tells it.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::fund;
use crate::support::http::Client;
use crate::support::node::{Node, command};
use crate::support::{self, empty_database};

async fn run(program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let output = output.expect("PostgreSQL's client programs are installed");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn spend(client: &Client, name: &str, count: usize) {
    for n in 0..count {
        let path = format!("/v1/organizations/org-{}/consumptions", n % 5);
        let answer = client.post(&path, &format!("{name}-{n}"), &json!({"amount": 1})).await.expect("answered");
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

async fn verify(url: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(url, &[&["verify", "--projections"], arguments].concat()).await;
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_dump_is_verified_and_goes_on() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let organizations: Vec<String> = (0..5).map(|n| format!("org-{n}")).collect();
    fund(&node.client(), &organizations, 1_000).await;
    spend(&node.client(), "before", 60).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (dump, anchor) = (folder.path().join("ledger.dump"), folder.path().join("ledger.anchor"));
    // While the server works.
    run("pg_dump", &["-Fc", "-f", text(&dump), &database.url]).await;
    spend(&node.client(), "lost", 20).await;
    assert_eq!(verify(&database.url, &["--anchor", text(&anchor)]).await.0, Some(0));
    drop(node);

    let name = empty_database().await.get_database().expect("it was named").to_owned();
    let own = database.pool.connect_options().get_database().expect("it was named").to_owned();
    let restored = database.url.replace(&own, &name);
    run("pg_restore", &["--exit-on-error", "-d", &restored, text(&dump)]).await;
    let (code, said) = verify(&restored, &[]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = verify(&restored, &["--anchor", text(&anchor)]).await;
    assert!(code == Some(1) && said.contains("removed"), "what the dump does not have: {said}");

    let node = Node::start(&restored).await;
    let client = node.client();
    let lost = client.get("/v1/organizations/org-0/commands/lost-0").await.expect("answered");
    assert_eq!(lost.status, 404, "{}", lost.body);
    spend(&client, "lost", 20).await;
    let balance = client.get("/v1/organizations/org-0/balance?min_sequence=17").await.expect("answered");
    assert_eq!((balance.status, &balance.body["balance"]), (200, &json!(984)), "{}", balance.body);
    let (code, said) = verify(&restored, &[]).await;
    assert_eq!(code, Some(0), "{said}");
}
