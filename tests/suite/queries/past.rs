//! Balances in the past over HTTP (CORRECTNESS C29). The fold itself is compared with a naive one in `store`.

use serde_json::{Value, json};

use super::fixture::Server;

#[tokio::test(flavor = "multi_thread")]
async fn c29_a_balance_at_an_instant_is_what_it_was_then_holds_included() {
    let server = Server::start().await;
    server.busy("acme").await;
    let events = server.get("/v1/organizations/acme/events?limit=1000").await;
    for event in events["data"].as_array().expect("a list") {
        let (at, data) = (event["time"].as_str().expect("a time"), &event["data"]);
        let past = server.get(&format!("/v1/organizations/acme/balance?at={at}")).await;
        // Events of one instant are one command's, and the last of them stands for all.
        if past["last_sequence"] == event["sequence"] {
            let figures = [&past["balance"], &past["reserved"], &past["available"]];
            assert_eq!(figures, [&data["balance_after"], &data["reserved_after"], &data["available_after"]], "{event}");
        } else {
            assert!(past["last_sequence"].as_u64() > event["sequence"].as_u64(), "{past}");
        }
    }
    let now = server.get("/v1/organizations/acme/balance?consistency=strong").await;
    let last: &Value = &now["updated_at"];
    let past = server.get(&format!("/v1/organizations/acme/balance?at={}", last.as_str().expect("a time"))).await;
    assert_eq!(past, now);
    let before = "/v1/organizations/acme/balance?at=2001-01-01T00:00:00Z";
    assert_eq!(server.refused(before).await, (404, "organization_not_found".to_owned()));
    let missing = "/v1/organizations/nobody/balance?at=2001-01-01T00:00:00Z";
    assert_eq!(server.refused(missing).await, (404, "organization_not_found".to_owned()));
    assert_eq!(past["reserved"], json!(80), "the open hold");
}
