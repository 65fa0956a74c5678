//! The table's format against its oracle: stock postgres-es replays every stream that we write, and appends to a copy of
//! the table.

use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore, SerializedEvent};
use cqrs_es::{AggregateContext, EventStore};
use domain::{Organization, OrganizationId};
use postgres_es::PostgresEventRepository;
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use store::log::Log;
use store::postgres::PostgresLog;

use crate::support;
use crate::support::node::Node;

async fn write_streams(node: &Node) {
    let client = node.client();
    for organization in ["acme", "globex"] {
        let of = |path: &str| format!("/v1/organizations/{organization}/{path}");
        let grant = json!({"amount": 100, "reason": "r", "metadata": {"n": 1.5}});
        assert_eq!(client.post(&of("grants"), "g", &grant).await.unwrap().status, 201);
        for n in 0..5 {
            let consume = json!({"amount": 10, "operation": "chat", "subject": "ü"});
            assert_eq!(client.post(&of("consumptions"), &format!("c{n}"), &consume).await.unwrap().status, 201);
        }
        assert_eq!(client.post(&of("reservations"), "r", &json!({"amount": 7})).await.unwrap().status, 201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_postgres_es_replays_what_we_write() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    write_streams(&node).await;
    let options: PgConnectOptions = database.url.parse().expect("a URL");
    let ours = PostgresLog::connect(options, 2).await.expect("it was made");
    for name in ["acme", "globex"] {
        let repository = PostgresEventRepository::new(database.pool.clone()).with_tables("store.events", "unused");
        let events = repository.get_events::<Organization>(name).await.expect("stock reads the table");
        let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
        assert_eq!(sequences, (1..=events.len()).collect::<Vec<_>>());
        let stock = PersistedEventStore::<_, Organization>::new_event_store(repository);
        let mut replayed = stock.load_aggregate(name).await.expect("stock replays the stream");
        let loaded = ours.load(&OrganizationId::try_new(name).unwrap()).await.expect("it loads");
        assert_eq!(*replayed.aggregate(), loaded.state);
        assert_eq!(loaded.sequence, events.len() as u64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_postgres_es_appends_to_a_copy_of_the_table() {
    let database = support::database().await;
    let node = Node::start(&database.url).await;
    write_streams(&node).await;
    // Stock names only its own columns: in the copy ours have defaults or may be empty.
    sqlx::raw_sql(
        "CREATE SCHEMA copy;
         CREATE TABLE copy.events (LIKE store.events INCLUDING INDEXES);
         ALTER TABLE copy.events ALTER event_id DROP NOT NULL, ALTER command_id DROP NOT NULL,
             ALTER command_index DROP NOT NULL, ALTER command_count DROP NOT NULL, ALTER occurred_at DROP NOT NULL,
             ALTER recorded_at DROP NOT NULL, ALTER chain_hash DROP NOT NULL, ALTER partition SET DEFAULT 0;
         CREATE SEQUENCE copy.positions START 1000000;
         ALTER TABLE copy.events ALTER position SET DEFAULT nextval('copy.positions');
         INSERT INTO copy.events SELECT * FROM store.events;
         UPDATE copy.events SET partition = 0, position = nextval('copy.positions');",
    )
    .execute(&database.pool)
    .await
    .expect("the copy is made");
    let options: PgConnectOptions = database.url.parse().expect("a URL");
    let pool = PgPoolOptions::new().connect_with(options.options([("search_path", "copy")])).await.expect("it runs");
    let repository = PostgresEventRepository::new(pool);
    let events = repository.get_events::<Organization>("acme").await.expect("stock reads the copy");
    let last = events.last().expect("there are some");
    let next = SerializedEvent { sequence: last.sequence + 1, ..last.clone() };
    repository.persist::<Organization>(&[next], None).await.expect("stock appends");
    let taken = SerializedEvent { sequence: last.sequence + 1, ..last.clone() };
    assert!(repository.persist::<Organization>(&[taken], None).await.is_err(), "a sequence has one event");
    let after = repository.get_events::<Organization>("acme").await.expect("stock reads the copy");
    assert_eq!(after.len(), events.len() + 1);
    assert_eq!(after.last().expect("there are some").payload, last.payload);
}
