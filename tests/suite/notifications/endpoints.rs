//! Endpoints: made, changed, tested, removed; over HTTP and at the command line.

use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::genuine;
use super::world::{SEAL, World};
use crate::support::node;

const LIST: &str = "/v1/notification-endpoints";

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_made_changed_tested_and_removed() {
    let world = World::new().await;
    let (id, secret) = world.endpoint("/hooks", json!({"types": ["credits.balance.low"], "description": "ours"})).await;
    assert!(secret.starts_with("whsec_"));
    let path = format!("{LIST}/{id}");
    let read = world.ok("GET", &path, Value::Null).await;
    assert_eq!((&read["types"], &read["enabled"]), (&json!(["credits.balance.low"]), &json!(true)));
    assert_eq!((&read["description"], read.get("secret")), (&json!("ours"), None), "the secret is shown once");
    let change = json!({"types": [], "description": "", "url": world.receiver.url("/moved")});
    let changed = world.ok("PATCH", &path, change).await;
    assert_eq!((&changed["types"], &changed["description"]), (&json!([]), &json!("")));

    let sent = world.ok("POST", &format!("{path}/test"), json!({})).await;
    assert_eq!((&sent["type"], &sent["organization_id"]), (&json!("credits.test"), &Value::Null));
    let taken = world.receiver.settled("/moved", 1).await;
    assert_eq!((taken[0].kind(), &taken[0].id), ("credits.test", &sent["id"].as_str().unwrap().to_owned()));
    assert_eq!(genuine(&secret, &taken).await, [true]);

    for n in 0..2 {
        world.endpoint("/more", json!({"description": n.to_string()})).await;
    }
    let first = world.ok("GET", &format!("{LIST}?limit=2"), Value::Null).await;
    let cursor = first["next_cursor"].as_str().expect("another page");
    let rest = world.ok("GET", &format!("{LIST}?limit=2&cursor={cursor}"), Value::Null).await;
    assert_eq!((&rest["data"][0]["description"], &rest["next_cursor"]), (&json!("1"), &Value::Null));

    assert_eq!(world.send("DELETE", &path, Value::Null).await.status, 204);
    for (method, path) in [("GET", path.clone()), ("DELETE", path.clone()), ("POST", format!("{path}/test"))] {
        let gone = world.send(method, &path, Value::Null).await;
        assert_eq!((gone.status, &gone.body["code"]), (404, &json!("notification_endpoint_not_found")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_pages_with_a_filter() {
    let world = World::new().await;
    let (id, _) = world.endpoint("/hooks", json!({})).await;
    for n in 0..3 {
        world.purchase("acme", &format!("order-{n}")).await;
    }
    world.deliveries_in(&id, "delivered", 3).await;
    assert!(world.deliveries(&id, "?state=parked").await.is_empty());
    let path = format!("{LIST}/{id}/deliveries");
    let first = world.ok("GET", &format!("{path}?limit=2&state=delivered"), Value::Null).await;
    assert_eq!(first["data"][0]["body"]["data"]["payment_reference"], "order-2", "newest first");
    let cursor = first["next_cursor"].as_str().expect("another page");
    let rest = world.ok("GET", &format!("{path}?limit=2&state=delivered&cursor={cursor}"), Value::Null).await;
    assert_eq!(rest["data"].as_array().map(Vec::len), Some(1));
    let other = world.send("GET", &format!("{path}?limit=2&cursor={cursor}"), Value::Null).await;
    assert_eq!((other.status, &other.body["code"]), (400, &json!("cursor_of_another_query")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_signs_beside_the_former_one_until_that_ends() {
    let world = World::new().await;
    let (id, old) = world.endpoint("/hooks", json!({})).await;
    let path = format!("{LIST}/{id}/rotate-secret");
    let rotated = world.ok("POST", &path, json!({"overlap_seconds": 3600})).await;
    let new = rotated["secret"].as_str().expect("shown once").to_owned();
    assert!(rotated["former_secret_until"].is_string() && new != old);
    world.purchase("acme", "both").await;
    let both = world.receiver.settled("/hooks", 1).await;
    assert_eq!((genuine(&old, &both).await, genuine(&new, &both).await), (vec![true], vec![true]));

    world.at(Duration::from_secs(3700));
    world.purchase("acme", "new").await;
    let after = world.receiver.settled("/hooks", 2).await;
    assert_eq!((genuine(&old, &after[1..]).await, genuine(&new, &after[1..]).await), (vec![false], vec![true]));

    // A secret that leaked signs nothing more at once.
    let rotated = world.ok("POST", &path, json!({"overlap_seconds": 0})).await;
    world.purchase("acme", "newest").await;
    let newest = world.receiver.settled("/hooks", 3).await;
    let last = rotated["secret"].as_str().expect("shown once");
    assert_eq!((genuine(&new, &newest[2..]).await, genuine(last, &newest[2..]).await), (vec![false], vec![true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_does_the_same() {
    let world = World::new().await;
    let run = async |arguments: &[&str]| {
        let settings = ["notifications", "--json", "--allow-private-notifications", "--notification-key", SEAL];
        let output = node::command(&world.database.url, &[&settings, arguments].concat()).await;
        let lines = String::from_utf8(output.stdout).expect("UTF-8");
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        (output.status.code().expect("it ended"), lines)
    };
    let url = world.receiver.url("/cli");
    let (code, made) = run(&["add", &url, "--type", "credits.purchase.completed", "--organization", "acme"]).await;
    assert_eq!((code, &made[0]["organization_id"]), (0, &json!("acme")));
    let (id, secret) = (made[0]["id"].as_str().expect("an id"), made[0]["secret"].as_str().expect("shown once"));
    assert!(made[0]["created_by"].as_str().is_some_and(|by| by.starts_with("cli:")));
    let (code, tested) = run(&["test", id]).await;
    assert_eq!((code, &tested[0]["state"], &tested[0]["status"]), (0, &json!("delivered"), &json!(204)));
    assert_eq!(genuine(secret, &world.receiver.settled("/cli", 1).await).await, [true]);

    world.receiver.answers(500);
    assert_eq!(run(&["test", id]).await.0, 1, "a test that fails is a finding");
    let (code, waiting) = run(&["deliveries", id, "--state", "waiting"]).await;
    assert_eq!((code, waiting.len()), (0, 1));
    world.at(Duration::from_secs(25 * 3600));
    world.deliveries_in(id, "parked", 1).await;
    world.receiver.answers(200);
    assert_eq!(run(&["resend", id]).await, (0, vec![json!({"count": 1, "has_more": false})]));
    world.receiver.settled("/cli", 2).await;
    let (code, rotated) = run(&["rotate", id, "--overlap-seconds", "60"]).await;
    assert_eq!((code, rotated[0]["secret"] == json!(secret)), (0, false));
    assert_eq!(run(&["disable", id]).await.1[0]["enabled"], false);
    assert_eq!(run(&["enable", id]).await.1[0]["enabled"], true);
    assert_eq!(run(&["list"]).await.1.len(), 1);
    assert_eq!(run(&["remove", id]).await.0, 0);
    assert_eq!(run(&["remove", id]).await.0, 1);
    let private = node::command(&world.database.url, &["notifications", "add", &url]).await;
    assert_eq!(private.status.code(), Some(2), "not without being allowed");
}
