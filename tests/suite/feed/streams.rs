//! Streams and those around them: readers that stop, come back, are too many, or wait for long.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::follower::Follower;
use super::writer::{fund, spend};
use crate::support;
use crate::support::http::Client;
use crate::support::node::{ADMIN_KEY, Node};

/// Streams that one key may have on a node.
const STREAMS_PER_KEY: usize = 32;

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_brings_what_is_committed_within_moments() {
    let database = support::database().await;
    let (node, other) = (Node::start(&database.url).await, Node::start(&database.url).await);
    fund(&node.client()).await;
    let mut follower = Follower::open(&node.client(), "/v1/events?after=end", None).await.unwrap();
    for (n, writer) in [&node, &other].into_iter().enumerate() {
        let asked = Instant::now();
        spend(&writer.client(), &format!("s{n}"), 20).await;
        let events = follower.take_many(20).await;
        assert!(events.iter().all(|event| event["type"] == "CreditsConsumed" && event["specversion"] == "1.0"));
        assert!(asked.elapsed() < Duration::from_secs(5), "it took {:?}", asked.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_comes_back_has_missed_nothing_and_sees_nothing_twice() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    for path in ["/v1/events", "/v1/organizations/org-4/events", "/v1/events?organization_id=org-5"] {
        let (mut last_id, mut seen) = (None, Vec::new());
        for (visit, reads) in [3, 1, 40, 7].into_iter().enumerate() {
            spend(&client, &format!("{path}-{visit}"), 700).await;
            let mut follower = Follower::open(&client, path, last_id.as_deref()).await.unwrap();
            seen.extend(follower.take_many(reads).await);
            last_id = follower.last_id.take();
        }
        let place = |event: &Value| (event["partition"].as_u64().unwrap(), event["position"].as_u64().unwrap());
        let seen: Vec<_> = seen.iter().map(place).collect();
        assert_eq!(seen.len(), [3, 1, 40, 7].iter().sum::<usize>());
        let mut reached = BTreeMap::new();
        for (partition, position) in &seen {
            let before = reached.insert(*partition, *position);
            assert!(before.is_none_or(|before| before < *position), "{path}: {position} came after {before:?}");
        }
        // One who reads on from the start sees just these, up to where the visits came in each partition.
        let mut follower = Follower::open(&client, path, None).await.unwrap();
        let (mut all, mut behind) = (Vec::new(), reached.len());
        while behind > 0 {
            let (partition, position) = place(&follower.next().await.expect("the stream goes on"));
            let end = reached.get(&partition).copied().unwrap_or_default();
            behind -= usize::from(position == end);
            all.extend((position <= end).then_some((partition, position)));
        }
        let in_order = |mut places: Vec<_>| {
            places.sort_unstable();
            places
        };
        assert_eq!(in_order(seen), in_order(all), "{path}");
    }
}

/// Asks for everything, and reads nothing of it.
async fn silent_reader(node: &Node) -> TcpStream {
    let address = node.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /v1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: Bearer {ADMIN_KEY}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Nobody waits for his own command longer than this, whatever stands beside him: far more than a slow machine takes.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// What others on the machine may take of a command's time.
const SLACK: Duration = Duration::from_millis(50);
/// Quick rounds of commands in a row, beside readers that have stopped.
const ROUNDS: usize = 5;
/// How long a slow machine may take to fill the buffers of all of them, tens of megabytes.
const FILLED_WITHIN: Duration = Duration::from_secs(180);

/// The middle one of the times that some commands took.
async fn usual_time(client: &Client, name: &str) -> Duration {
    let mut times = Vec::new();
    for n in 0..31 {
        let asked = Instant::now();
        let path = "/v1/organizations/org-1/consumptions";
        let answer = client.post(path, &format!("{name}-{n}"), &json!({"amount": 1})).await.unwrap();
        assert_eq!(answer.status, 201);
        let took = asked.elapsed();
        assert!(took < ANSWERED_WITHIN, "{name}: a command took {took:?}");
        times.push(took);
    }
    times.sort();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_stop_reading_slow_nobody_and_hold_nothing() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    // More than the buffers of a connection take.
    spend(&client, "s", 12_000).await;
    let before = usual_time(&client, "before").await;
    let mut silent = Vec::new();
    for _ in 0..STREAMS_PER_KEY - 1 {
        silent.push(silent_reader(&node).await);
    }
    // Their buffers are filled first, which takes a busy machine a while and the writer a share of it; nobody is held
    // back by it (`usual_time`). From then on they cost nothing, for good: one quick round may be luck.
    let opened = Instant::now();
    let (mut rounds, mut in_a_row) = (Vec::new(), 0);
    while in_a_row < ROUNDS {
        let meanwhile = usual_time(&client, &format!("meanwhile-{}", rounds.len())).await;
        rounds.push(meanwhile);
        in_a_row = if meanwhile < before * 4 + SLACK { in_a_row + 1 } else { 0 };
        assert!(opened.elapsed() < FILLED_WITHIN, "{before:?} before, {rounds:?} meanwhile");
    }
    let held: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < now() - interval '1 second'",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!(held, 0, "a transaction is held for a reader");
    // Others follow as if they were alone.
    let mut follower = Follower::open(&client, "/v1/events?after=end", None).await.unwrap();
    spend(&client, "t", 100).await;
    follower.take_many(100).await;
    // Nor do they hold up the end of the server.
    let asked = Instant::now();
    assert!(node.terminate().await.success());
    assert!(asked.elapsed() < Duration::from_secs(10), "the drain took {:?}", asked.elapsed());
    assert!(follower.next().await.is_none());
    assert_eq!(follower.retry, Some(1000), "nobody said when to come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_too_slow_for_what_is_live_misses_nothing() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    let mut follower = Follower::open(&client, "/v1/events?after=end", None).await.unwrap();
    // More than the live batches and the buffers of a connection hold, while it does not read.
    spend(&client, "s", 20_000).await;
    let events = follower.take_many(20_000).await;
    let mut last = std::collections::HashMap::new();
    for event in &events {
        let position = event["position"].as_u64().unwrap();
        let before = last.insert(event["partition"].as_u64(), position);
        assert!(before.is_none_or(|before| before + 1 == position), "{before:?}, then {position}");
    }
    assert!(tokio::time::timeout(Duration::from_millis(300), follower.next()).await.is_err(), "something came twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_a_key_are_bounded_and_come_free_when_they_end() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    let mut open = Vec::new();
    for _ in 0..STREAMS_PER_KEY {
        open.push(Follower::open(&client, "/v1/organizations/org-0/events", None).await.unwrap());
    }
    let request = client.request("GET", "/v1/events").header("Accept", "text/event-stream");
    let refused = client.send(request).await.unwrap();
    assert_eq!((refused.status, refused.body["code"].as_str()), (429, Some("too_many_streams")));
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(client.get("/v1/events").await.unwrap().status, 200, "a page is no stream");
    open.pop();
    for _ in 0..100 {
        if Follower::open(&client, "/v1/events", None).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a stream that has ended still counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_outlives_requests_and_tells_its_place() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    let opened = Instant::now();
    let mut follower = Follower::open(&client, "/v1/events?type=GrantExpired,GrantVoided", None).await.unwrap();
    // Longer than a request may take.
    let silence = tokio::time::timeout(Duration::from_secs(33), follower.next()).await;
    assert!(silence.is_err(), "something came after {:?}: {silence:?}", opened.elapsed());
    let end = client.get("/v1/events?after=end").await.unwrap().body;
    assert_eq!(follower.last_id.as_deref(), end["next_cursor"].as_str(), "no comment has told the place");
    let grants = client.get("/v1/organizations/org-0/events?limit=1").await.unwrap().body;
    let id = grants["data"][0]["data"]["terms"]["grant_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/organizations/org-0/grants/{id}/void");
    assert_eq!(client.post(&path, "v", &json!({"reason": "test"})).await.unwrap().status, 200);
    assert_eq!(follower.next().await.unwrap()["type"], "GrantVoided");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_of_a_log_that_lost_its_newest_events_is_told_so() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    let client = node.client();
    fund(&client).await;
    let mut follower = Follower::open(&client, "/v1/events", None).await.unwrap();
    follower.take_many(9).await;
    let cut = "DELETE FROM store.events e
        WHERE e.position = (SELECT max(l.position) FROM store.events l WHERE l.partition = e.partition)";
    sqlx::raw_sql(cut).execute(&database.pool).await.unwrap();
    assert_eq!(follower.next().await, None, "what takes their places is not what was seen there");
    assert_eq!(Follower::open(&client, "/v1/events", follower.last_id.as_deref()).await.err(), Some(409));
}
