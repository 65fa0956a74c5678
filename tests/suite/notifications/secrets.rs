//! Secrets are in no table in clear, in no log, and not for analysts.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::world::{SEAL, World};
use crate::support::http::Client;
use crate::support::node::{ADMIN_KEY, binary};

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_sealed_in_the_database_and_opens_with_a_rotated_key_only() {
    let mut world = World::new().await;
    let (id, _) = world.endpoint("/hooks", json!({})).await;
    let stored: Vec<u8> = sqlx::query_scalar("SELECT secret FROM payments.notification_endpoints")
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    assert_eq!((stored[0], stored.len()), (1, 1 + 12 + 32 + 16), "sealed, with a nonce and a tag");

    world.nodes.clear();
    let allow = ("CREDIT_LEDGER_ALLOW_PRIVATE_NOTIFICATIONS", "true");
    world.add_node_with(&[allow]).await;
    let path = format!("/v1/notification-endpoints/{id}/test");
    world.ok("POST", &path, Value::Null).await;
    let failed = world.deliveries_in(&id, "waiting", 1).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    let error = world.deliveries(&id, "").await[0]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error.contains("sealed"), "{error} {failed:?}");
    assert!(world.receiver.tries("/hooks").is_empty(), "nothing goes out unsigned");

    world.nodes.clear();
    let rotated = format!("another key that is long enough to be one, {SEAL}");
    world.add_node_with(&[allow, ("CREDIT_LEDGER_NOTIFICATION_KEY", &rotated)]).await;
    world.at(Duration::from_secs(120));
    world.receiver.settled("/hooks", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_and_an_address_with_a_token_are_in_no_log() {
    let mut world = World::without_servers().await;
    let log = tempfile::NamedTempFile::new().expect("a file");
    let mut command = binary();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "trace,hyper=info,hyper_util=info,sqlx=info"])
        .env("DATABASE_URL", &world.database.url)
        .env("CREDIT_LEDGER_ADMIN_KEY", ADMIN_KEY)
        .env("CREDIT_LEDGER_ALLOW_PRIVATE_NOTIFICATIONS", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.reopen().expect("it opens"));
    let mut server = Killed(command.spawn().expect("it starts"));
    let url = first_line(server.0.stdout.take().expect("it is piped")).await;
    let client = Client::new(&url, ADMIN_KEY);
    world.receiver.answers(500);
    let body = json!({"url": format!("{}?token=t0ken-of-theirs", world.receiver.url("/hooks"))});
    let made = super::world::send(&client, "POST", "/v1/notification-endpoints", body).await.body;
    let (id, secret) = (made["id"].as_str().expect("an id"), made["secret"].as_str().expect("shown once"));
    super::world::send(&client, "POST", &format!("/v1/notification-endpoints/{id}/test"), Value::Null).await;
    world.receiver.tried("/hooks").await;
    let read = || std::fs::read_to_string(log.path()).expect("UTF-8");
    for _ in 0..300 {
        if read().contains("a delivery failed") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(server);
    world.nodes.clear();
    let text = read();
    assert!(text.contains("a delivery failed"), "it is logged that it failed");
    for hidden in [secret, secret.trim_start_matches("whsec_"), "t0ken-of-theirs"] {
        assert!(!text.contains(hidden), "the log shows {hidden}");
    }
}

/// Ends with the test, however that ends: a server that stayed would work for the next run's databases.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn first_line(stdout: std::process::ChildStdout) -> String {
    use std::io::{BufRead, BufReader};
    let read = move || {
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("it can be read");
        line.trim().strip_prefix("listening on ").expect("it listens").to_owned()
    };
    tokio::task::spawn_blocking(read).await.expect("no panic")
}
