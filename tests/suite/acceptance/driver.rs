//! Clients that spend, die with their server, and retry with the same key until they know.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::http::Client;

/// What one key came to: the sequence that its consumption has in its organization's stream.
pub type Acknowledged = BTreeMap<(String, String), u64>;

/// How long a client asks again for one key before the test fails: far longer than any recovery.
const PATIENCE: Duration = Duration::from_secs(120);

/// Spends one credit a request on the organizations until told to stop; answers every key with its sequence.
pub async fn spend_until(
    stop: Arc<AtomicBool>,
    servers: watch::Receiver<Vec<Client>>,
    organizations: Vec<String>,
    tasks: usize,
) -> Acknowledged {
    let mut clients = JoinSet::new();
    for task in 0..tasks {
        let (stop, servers, organizations) = (Arc::clone(&stop), servers.clone(), organizations.clone());
        clients.spawn(async move {
            let mut acknowledged = Acknowledged::new();
            for n in 0_u32.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let organization = organizations[(task + n as usize) % organizations.len()].clone();
                let key = format!("spend-{task}-{n}");
                let sequence = spend_one(&servers, task, &organization, &key).await;
                acknowledged.insert((organization, key), sequence);
            }
            acknowledged
        });
    }
    let mut all = Acknowledged::new();
    while let Some(result) = clients.join_next().await {
        all.extend(result.expect("a client does not panic"));
    }
    all
}

/// Asks with the same key until the answer is known, whatever happens to the server.
async fn spend_one(servers: &watch::Receiver<Vec<Client>>, task: usize, organization: &str, key: &str) -> u64 {
    let path = format!("/v1/organizations/{organization}/consumptions");
    let asking = async {
        loop {
            let client = {
                let servers = servers.borrow();
                servers[task % servers.len()].clone()
            };
            match client.post(&path, key, &json!({"amount": 1})).await {
                Ok(answer) if answer.status == 201 => return sequence_of(&answer.body),
                Ok(answer) if answer.status == 503 => {}
                Ok(answer) => panic!("{key}: {} {}", answer.status, answer.body),
                Err(_connection_lost) => {}
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("no answer for {key}"))
}

fn sequence_of(body: &Value) -> u64 {
    body["sequence"].as_u64().unwrap_or_else(|| panic!("no sequence in {body}"))
}

/// Every acknowledged key stands in the log exactly once, where the answer said, and nothing else was spent.
pub async fn assert_exactly_once(pool: &sqlx::PgPool, acknowledged: &Acknowledged) {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT aggregate_id, idempotency_key, sequence FROM store.events
         WHERE event_type = 'CreditsConsumed' ORDER BY 1, 2",
    )
    .fetch_all(pool)
    .await
    .expect("the log can be read");
    let logged: Vec<((String, String), u64)> = rows
        .into_iter()
        .map(|(organization, key, sequence)| {
            let text = key.strip_prefix("c:").expect("a client's key").to_owned();
            ((organization, text), u64::try_from(sequence).expect("positive"))
        })
        .collect();
    let expected: Vec<_> = acknowledged.iter().map(|(key, sequence)| (key.clone(), *sequence)).collect();
    assert_eq!(logged.len(), expected.len(), "consumptions in the log and acknowledged keys");
    assert_eq!(logged, expected);
    assert_no_gaps(pool).await;
}

/// Sequences run from 1 without gaps in every stream, positions in every partition.
pub async fn assert_no_gaps(pool: &sqlx::PgPool) {
    let gaps: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM (SELECT max(sequence) AS last, count(*) AS rows FROM store.events
                                       GROUP BY aggregate_id) s WHERE last <> rows)
              + (SELECT count(*) FROM (SELECT max(position) AS last, count(*) AS rows FROM store.events
                                       GROUP BY partition) p WHERE last <> rows)",
    )
    .fetch_one(pool)
    .await
    .expect("the log can be read");
    assert_eq!(gaps, 0, "streams or partitions with a gap");
}

/// Grants each organization its credits.
pub async fn fund(client: &Client, organizations: &[String], amount: i64) {
    for organization in organizations {
        let path = format!("/v1/organizations/{organization}/grants");
        let answer =
            client.post(&path, "fund", &json!({"amount": amount, "reason": "test"})).await.expect("the server answers");
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

/// The figures of the write side.
pub async fn balance(client: &Client, organization: &str) -> Value {
    let path = format!("/v1/organizations/{organization}/balance?consistency=strong");
    let answer = client.get(&path).await.expect("the server answers");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}
