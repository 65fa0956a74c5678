//! Pages: all events, once, in the order of partitions, whatever the size of a page and the form of the answer.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::follower::Follower;
use super::writer::{fund, organizations, spend};
use crate::support;
use crate::support::http::{Answer, Client};
use crate::support::node::{self, Node};

/// The log as the database has it: partition, position, id.
async fn log(pool: &PgPool, condition: &str) -> Vec<(u64, u64, String)> {
    let sql =
        format!("SELECT partition::bigint, position, event_id::text FROM store.events WHERE {condition} ORDER BY 1, 2");
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(&sql).fetch_all(pool).await.unwrap();
    rows.into_iter().map(|(partition, position, id)| (partition as u64, position as u64, id)).collect()
}

fn place(event: &Value) -> (u64, u64, String) {
    let number = |name: &str| event[name].as_u64().unwrap();
    (number("partition"), number("position"), event["id"].as_str().unwrap().to_owned())
}

/// Follows `next_cursor` until it stays the same.
async fn all_pages(client: &Client, query: &str) -> Vec<Value> {
    pages_behind(client, query, "").await
}

async fn pages_behind(client: &Client, query: &str, cursor: &str) -> Vec<Value> {
    let mut events = Vec::new();
    let mut after = if cursor.is_empty() { String::new() } else { format!("&after={cursor}") };
    loop {
        let answer = client.get(&format!("/v1/events?{query}{after}")).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        let data = answer.body["data"].as_array().unwrap();
        let next = format!("&after={}", answer.body["next_cursor"].as_str().unwrap());
        if next == after {
            assert!(data.is_empty());
            return events;
        }
        events.extend(data.iter().cloned());
        after = next;
    }
}

fn sorted(events: &[Value]) -> Vec<(u64, u64, String)> {
    let mut places: Vec<_> = events.iter().map(place).collect();
    places.sort();
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_cover_all_events_once_in_the_order_of_their_partitions() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    spend(&client, "s", 300).await;
    let expected = log(&database.pool, "true").await;
    for limit in [7, 64, 1000] {
        let events = all_pages(&client, &format!("limit={limit}")).await;
        assert_eq!(sorted(&events), expected, "limit {limit}");
        let mut last = [0; 4];
        for (partition, position, _) in events.iter().map(place) {
            assert_eq!(position, last[partition as usize] + 1, "partition {partition}, limit {limit}");
            last[partition as usize] = position;
        }
    }

    let end = client.get("/v1/events?after=end").await.unwrap().body["next_cursor"].as_str().unwrap().to_owned();
    spend(&client, "t", 20).await;
    assert_eq!(pages_behind(&client, "limit=7", &end).await.len(), 20, "what came after a cursor that was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_choose_types_and_organizations() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    spend(&client, "s", 90).await;
    let table = [
        ("type=CreditsGranted", "event_type = 'CreditsGranted'", 9),
        ("organization_id=org-3", "aggregate_id = 'org-3'", 11),
        (
            "organization_id=org-3&type=CreditsConsumed,GrantExpired",
            "aggregate_id = 'org-3' AND event_type = 'CreditsConsumed'",
            10,
        ),
        ("type=GrantExpired", "false", 0),
    ];
    for (query, condition, count) in table {
        let expected = log(&database.pool, condition).await;
        assert_eq!(expected.len(), count, "{query}");
        assert_eq!(sorted(&all_pages(&client, &format!("limit=4&{query}")).await), expected, "{query}");
    }
    let stream = client.get("/v1/organizations/org-3/events?type=CreditsGranted&limit=5").await.unwrap();
    assert_eq!(stream.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(stream.body["next_after_sequence"], 5, "what was looked at counts, not what was found");
    let unknown = client.get("/v1/events?type=CreditsGranted,Nonsense").await.unwrap();
    assert_eq!((unknown.status, unknown.body["code"].as_str()), (422, Some("unknown_event_type")));
}

#[tokio::test(flavor = "multi_thread")]
async fn places_that_are_none_are_refused_with_their_own_codes() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    let of = |query: &str| format!("/v1/events?{query}");
    let stream = |query: &str| format!("/v1/organizations/org-1/events?{query}");
    // Of eight partitions, and of four that are all far ahead.
    let (foreign, ahead) = ("AQgAAAAAAAAAAG_IxjY", "AQTAhD3AhD3AhD3AhD1DbVS8");
    let table = [
        (of("after=nonsense"), 400, "cursor_malformed"),
        (of("after=7"), 400, "cursor_malformed"),
        (of(&format!("after={foreign}")), 400, "cursor_foreign"),
        (of(&format!("after={ahead}")), 409, "cursor_ahead"),
        (of("limit=0"), 422, "invalid_limit"),
        (of("limit=1001"), 422, "invalid_limit"),
        (of("colour=red"), 400, "malformed_query"),
        (of("organization_id=a%20b"), 422, "invalid_organization_id"),
        (stream("after_sequence=999999"), 409, "cursor_ahead"),
        (stream("after_sequence=x"), 400, "malformed_query"),
        ("/v1/organizations/nobody/events".to_owned(), 404, "organization_not_found"),
        ("/v1/organizations/nobody/events?after_sequence=5".to_owned(), 404, "organization_not_found"),
    ];
    for (path, status, code) in table {
        for accept in ["application/json", "application/x-ndjson", "text/event-stream"] {
            let answer = client.send(client.request("GET", &path).header("Accept", accept)).await.unwrap();
            assert_eq!((answer.status, answer.body["code"].as_str()), (status, Some(code)), "{path}: {}", answer.body);
        }
    }
    let header = client.request("GET", &stream("")).header("Last-Event-ID", "not a number");
    assert_eq!(client.send(header).await.unwrap().body["code"], "cursor_malformed");
}

async fn lines(client: &Client, path: &str) -> (Vec<Value>, Answer) {
    let request = client.request("GET", path).header("Accept", "application/x-ndjson");
    let answer = client.send(request).await.unwrap();
    assert_eq!((answer.status, &answer.headers["content-type"]), (200, &"application/x-ndjson".parse().unwrap()));
    let text = match &answer.body {
        Value::String(text) => text.clone(),
        one => one.to_string(),
    };
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_and_streams_say_what_pages_say() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    spend(&client, "s", 700).await;

    let page = client.get("/v1/events?limit=100").await.unwrap().body;
    let (of_page, answer) = lines(&client, "/v1/events?limit=100").await;
    assert_eq!(json!(of_page), page["data"]);
    assert_eq!(answer.headers["next-cursor"], page["next_cursor"].as_str().unwrap());

    let mut pages = all_pages(&client, "limit=1000").await;
    let (mut exported, answer) = lines(&client, "/v1/events").await;
    assert_eq!(exported.len(), 709);
    let end = client.get("/v1/events?after=end").await.unwrap().body;
    assert_eq!(answer.headers["next-cursor"], end["next_cursor"].as_str().unwrap());
    let mut streamed = Follower::open(&client, "/v1/events", None).await.unwrap().take_many(709).await;
    for events in [&mut pages, &mut exported, &mut streamed] {
        events.sort_by_key(place);
    }
    assert_eq!(exported, pages);
    assert_eq!(streamed, pages);

    let organization = &organizations()[2];
    let path = format!("/v1/organizations/{organization}/events");
    let page = client.get(&format!("{path}?limit=1000")).await.unwrap().body["data"].clone();
    let count = page.as_array().unwrap().len();
    assert_eq!(json!(lines(&client, &path).await.0), page);
    assert_eq!(json!(Follower::open(&client, &path, None).await.unwrap().take_many(count).await), page);

    let printed = node::command(&database.url, &["events", "--all"]).await;
    let mut printed: Vec<Value> =
        printed.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    printed.sort_by_key(place);
    assert_eq!(printed, pages);
}
