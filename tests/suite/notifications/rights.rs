//! Who may manage endpoints, and where they may be.

use serde_json::{Value, json};

use super::world::{World, send};
use crate::support::http::Client;

const LIST: &str = "/v1/notification-endpoints";

async fn key(world: &World, scope: &str, organization: Option<&str>) -> Client {
    let body = json!({"scope": scope, "organization_id": organization});
    let made = world.ok("POST", "/v1/keys", body).await;
    world.client().with_key(made["key"].as_str().expect("shown once"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_an_organization_sees_its_own_endpoints_only() {
    let world = World::new().await;
    let (everybodys, _) = world.endpoint("/all", json!({})).await;
    let (globex, _) = world.endpoint("/globex", json!({"organization_id": "globex"})).await;
    let acme = key(&world, "admin", Some("acme")).await;
    let made = send(&acme, "POST", LIST, json!({"url": world.receiver.url("/acme")})).await;
    assert_eq!((made.status, &made.body["organization_id"]), (201, &json!("acme")), "bound without being asked");
    let foreign = json!({"url": world.receiver.url("/x"), "organization_id": "globex"});
    assert_eq!(send(&acme, "POST", LIST, foreign).await.status, 404);
    let own = made.body["id"].as_str().expect("an id").to_owned();
    let listed = send(&acme, "GET", LIST, Value::Null).await.body;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["data"][0]["id"], json!(own));

    let test = send(&world.client(), "POST", &format!("{LIST}/{globex}/test"), Value::Null).await.body;
    let resend = json!({"delivery_id": test["id"]});
    world.receiver.settled("/globex", 1).await;
    let requests = |id: &str| {
        [
            ("GET", format!("{LIST}/{id}"), Value::Null),
            ("PATCH", format!("{LIST}/{id}"), json!({"enabled": false})),
            ("POST", format!("{LIST}/{id}/rotate-secret"), json!({})),
            ("POST", format!("{LIST}/{id}/test"), Value::Null),
            ("GET", format!("{LIST}/{id}/deliveries"), Value::Null),
            ("POST", format!("{LIST}/{id}/resend"), resend.clone()),
            ("DELETE", format!("{LIST}/{id}"), Value::Null),
        ]
    };
    for foreign in [everybodys.as_str(), globex.as_str(), "0198c1f8-0000-7000-8000-000000000000"] {
        for (method, path, body) in requests(foreign) {
            let answer = send(&acme, method, &path, body).await;
            let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
            assert_eq!((answer.status, code.as_str()), (404, "notification_endpoint_not_found"), "{method} {path}");
        }
    }
    // Another endpoint's delivery is none of its own.
    let crossed = send(&acme, "POST", &format!("{LIST}/{own}/resend"), resend.clone()).await;
    assert_eq!((crossed.status, &crossed.body["code"]), (404, &json!("delivery_not_found")));
    for scope in ["read", "command"] {
        let small = key(&world, scope, None).await;
        for (method, path, body) in requests(&own) {
            assert_eq!(send(&small, method, &path, body).await.status, 403, "{scope}: {method} {path}");
        }
        assert_eq!(send(&small, "GET", LIST, Value::Null).await.status, 403);
        assert_eq!(send(&small, "POST", LIST, json!({"url": "https://example.com/"})).await.status, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_refused_when_given_and_when_connected_to() {
    let mut world = World::new().await;
    // Made while it was allowed: the setting of the server that sends holds.
    let (id, _) = world.endpoint("/hooks", json!({})).await;
    world.nodes.clear();
    world.add_node_with(&[("CREDIT_LEDGER_NOTIFICATION_KEY", super::world::SEAL)]).await;
    let refused = [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.1.2.3/",
        "https://192.168.0.1:8443/",
        "https://[fd00:ec2::254]/",
        "https://0x7f.0.0.1/",
    ];
    for url in refused {
        let answer = world.send("POST", LIST, json!({"url": url})).await;
        assert_eq!((answer.status, &answer.body["code"]), (422, &json!("url_not_allowed")), "{url}");
        let answer = world.send("PATCH", &format!("{LIST}/{id}"), json!({"url": url})).await;
        assert_eq!((answer.status, &answer.body["code"]), (422, &json!("url_not_allowed")), "{url}");
    }
    // A name may lead anywhere, and is judged at each connection.
    let port = world.receiver.url("").rsplit(':').next().expect("a port").to_owned();
    let named = world.ok("POST", LIST, json!({"url": format!("https://localhost:{port}/hooks")})).await;
    let named = named["id"].as_str().expect("an id");
    for endpoint in [id.as_str(), named] {
        world.ok("POST", &format!("{LIST}/{endpoint}/test"), Value::Null).await;
    }
    for (endpoint, why) in [(id.as_str(), "https://"), (named, "private network")] {
        let error = loop {
            let deliveries = world.deliveries(endpoint, "").await;
            match deliveries[0]["error"].as_str() {
                Some(error) => break error.to_owned(),
                None => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
            }
        };
        assert!(error.contains(why), "{error}");
    }
    assert!(world.receiver.tries("/hooks").is_empty(), "nothing has come");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_named() {
    let world = World::new().await;
    let (id, _) = world.endpoint("/hooks", json!({})).await;
    let good = world.receiver.url("/x");
    let one = format!("{LIST}/{id}");
    let mistakes = [
        ("POST", LIST, json!({}), 422, "missing_field"),
        ("POST", LIST, json!({"url": "nowhere"}), 422, "invalid_url"),
        ("POST", LIST, json!({"url": "https://user:pass@example.com/"}), 422, "invalid_url"),
        ("POST", LIST, json!({"url": good, "types": ["credits.balance"]}), 422, "unknown_notification_type"),
        ("POST", LIST, json!({"url": good, "types": ["credits.test"]}), 422, "unknown_notification_type"),
        ("POST", LIST, json!({"url": good, "organization_id": "-"}), 422, "invalid_organization_id"),
        ("POST", LIST, json!({"url": good, "description": "x".repeat(1_001)}), 422, "text_too_long"),
        ("POST", LIST, json!({"url": good, "secret": "mine"}), 422, "unknown_field"),
        ("PATCH", &one, json!({"enabled": "yes"}), 422, "wrong_type"),
        ("POST", &format!("{one}/rotate-secret"), json!({"overlap_seconds": 9_999_999}), 422, "invalid_value"),
        ("POST", &format!("{one}/resend"), json!({"delivery_id": "x"}), 422, "wrong_type"),
        ("GET", &format!("{one}/deliveries?state=lost"), Value::Null, 422, "invalid_value"),
        ("GET", &format!("{one}/deliveries?cursor=x"), Value::Null, 400, "cursor_malformed"),
        ("GET", &format!("{LIST}/x"), Value::Null, 422, "invalid_id"),
    ];
    for (method, path, body, status, code) in mistakes {
        let answer = world.send(method, path, body.clone()).await;
        assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{method} {path} {body}");
    }
    let waiting = json!({"delivery_id": world.ok("POST", &format!("{one}/test"), Value::Null).await["id"]});
    let answer = world.send("POST", &format!("{one}/resend"), waiting).await;
    assert!(answer.status == 202 || answer.body["code"] == "delivery_waiting", "{}", answer.body);
    for n in 0..16 {
        world.endpoint("/n", json!({"organization_id": "acme", "description": n.to_string()})).await;
    }
    let body = json!({"url": good, "organization_id": "acme"});
    let answer = world.send("POST", LIST, body).await;
    assert_eq!((answer.status, &answer.body["code"]), (422, &json!("too_many_notification_endpoints")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_the_rights_of_the_app_role_tells_all_that_there_is() {
    let mut world = World::without_servers().await;
    let mark = if world.database.url.contains('?') { '&' } else { '?' };
    world.database.url = format!("{}{mark}options=-c%20role%3Dledger_app", world.database.url);
    let allow = ("CREDIT_LEDGER_ALLOW_PRIVATE_NOTIFICATIONS", "true");
    world.add_node_with(&[allow, ("CREDIT_LEDGER_NO_MIGRATE", "true")]).await;
    let (id, _) = world.endpoint("/hooks", json!({})).await;
    let grant = json!({"amount": 100, "reason": "trial", "expires_in_seconds": 3600});
    world.command("acme", "grants", "g", grant).await;
    world.purchase("acme", "order").await;
    world.at(std::time::Duration::from_secs(600));
    let taken = world.receiver.settled("/hooks", 2).await;
    let mut kinds = [taken[0].kind(), taken[1].kind()];
    kinds.sort_unstable();
    assert_eq!(kinds, ["credits.grant.expiring", "credits.purchase.completed"]);
    world.ok("POST", &format!("{LIST}/{id}/resend"), json!({"delivery_id": taken[0].id})).await;
    assert_eq!(world.send("DELETE", &format!("{LIST}/{id}"), Value::Null).await.status, 204);
}
