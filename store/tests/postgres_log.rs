//! The log on a real PostgreSQL: `TEST_DATABASE_URL` names a server on which databases may be made.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::str::FromStr;
use std::sync::Arc;

use chrono::{TimeDelta, TimeZone, Utc};
use domain::commands::{Consume, Expiry, Grant};
use domain::grant::Category;
use domain::text::{Metadata, Note};
use domain::usage::Usage;
use domain::{
    Command, CommandId, Context, Credits, Decision, History, IdempotencyKey, KeyNamespace, Organization,
    OrganizationId, Timestamp, decide,
};
use sqlx::postgres::{PgConnectOptions, PgPool};
use store::anchor::{self, Anchor, Deviation};
use store::chain::{self, GENESIS};
use store::keys::{self, Scope};
use store::log::{AppendCommand, Log, LogError, NewEvent, Outcome, Snapshot};
use store::postgres::{self, MigrateError, PostgresLog, StartupError, UnsafeServer};
use store::verify::{Fault, verify};
use uuid::Uuid;

struct Fixture {
    options: PgConnectOptions,
    log: PostgresLog,
    admin: PgPool,
}

impl Fixture {
    async fn new(partitions: u16) -> Self {
        let url = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL names a PostgreSQL server");
        let server = PgConnectOptions::from_str(&url).unwrap();
        let name = format!("t_{}", Uuid::now_v7().simple());
        let pool = PgPool::connect_with(server.clone()).await.unwrap();
        sqlx::query(&format!("CREATE DATABASE {name}")).execute(&pool).await.unwrap();
        let options = server.database(&name);
        let admin = PgPool::connect_with(options.clone()).await.unwrap();
        assert_eq!(postgres::migrate(&admin, Some(partitions)).await.unwrap(), partitions);
        let log = PostgresLog::connect(options.clone(), 4).await.unwrap();
        Self { options, log, admin }
    }

    async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.admin).await.unwrap()
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(sql).execute(&self.admin).await.unwrap();
    }

    async fn append(&self, batch: &[AppendCommand]) -> Vec<Outcome> {
        self.log.append(batch[0].organization.partition(self.log.partitions()), batch).await.unwrap()
    }
}

/// One organization as its writer sees it.
#[derive(Clone)]
struct Writer {
    organization: OrganizationId,
    partitions: u16,
    state: Organization,
    sequence: u64,
    chain_hash: [u8; 32],
}

fn start() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()
}

fn grant(amount: i64) -> Command {
    Command::Grant(Grant {
        amount: Credits::new(amount),
        category: Category::Paid,
        priority: 100,
        effective_at: None,
        expiry: Expiry::Never,
        applies_to: vec![],
        reason: Note::try_new("test").unwrap(),
        metadata: Metadata::default(),
    })
}

fn consume(amount: i64) -> Command {
    Command::Consume(Consume { amount: Credits::new(amount), usage: Arc::new(Usage::default()) })
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::try_new(KeyNamespace::Client, text).unwrap()
}

impl Writer {
    fn new(id: &str, partitions: u16) -> Self {
        let organization = OrganizationId::try_new(id).unwrap();
        Self { organization, partitions, state: Organization::default(), sequence: 0, chain_hash: GENESIS }
    }

    fn partition(&self) -> u16 {
        self.organization.partition(self.partitions)
    }

    fn next(&mut self, command: &Command, idempotency_key: Option<&str>) -> AppendCommand {
        let key = idempotency_key.map(key);
        let id = match &key {
            Some(key) => CommandId::of_key(&self.organization, key),
            None => CommandId::without_key(Uuid::now_v7()),
        };
        let now = start() + TimeDelta::seconds(i64::try_from(self.sequence).unwrap());
        let context = Context { organization: &self.organization, command_id: id, now, history: &History::new() };
        let Decision::Accepted { events, after } = decide(&self.state, command, &context).unwrap() else {
            panic!("no history is needed")
        };
        let count = u32::try_from(events.len()).unwrap();
        let new = |(index, event): (usize, &domain::Event)| {
            let index = u32::try_from(index).unwrap();
            NewEvent {
                sequence: self.sequence + 1 + u64::from(index),
                event_id: id.event(index),
                command_index: index,
                command_count: count,
                entity_id: event.fact.entity_id(),
                event_type: event.fact.name(),
                event_version: event.fact.version(),
                occurred_at: event.occurred_at,
                recorded_at: now,
                payload: serde_json::to_string(event).unwrap(),
                metadata: r#"{"actor":"test"}"#.to_owned(),
                chain_hash: GENESIS,
            }
        };
        let mut command = AppendCommand {
            organization: self.organization.clone(),
            expected_sequence: self.sequence,
            command_id: id,
            key: key.map(|key| (key, [7; 32])),
            events: events.iter().enumerate().map(new).collect(),
            due_at: None,
            snapshot: None,
        };
        self.chain_hash = chain::seal(self.chain_hash, self.partition(), &mut command);
        self.sequence += u64::from(count);
        self.state = after;
        command
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { sequence: self.sequence, chain_hash: self.chain_hash, state: self.state.clone() }
    }
}

fn positions(outcomes: &[Outcome]) -> Vec<Option<u64>> {
    let position = |outcome: &Outcome| match outcome {
        Outcome::Appended { position } => Some(*position),
        Outcome::Conflict | Outcome::Duplicate | Outcome::Behind => None,
    };
    outcomes.iter().map(position).collect()
}

#[tokio::test]
async fn c01_a_bad_command_fails_only_those_behind_it_in_its_stream() {
    let f = Fixture::new(1).await;
    let (mut a, mut b, mut c) = (Writer::new("a", 1), Writer::new("b", 1), Writer::new("c", 1));
    let first = [a.next(&grant(100), Some("a0")), b.next(&grant(100), Some("b0")), c.next(&grant(100), None)];
    let events: u64 = first.iter().map(|c| u64::try_from(c.events.len()).unwrap()).sum();
    assert_eq!(positions(&f.append(&first).await).len(), 3);

    let good = a.next(&consume(1), Some("a1"));
    let mut conflict = b.clone();
    conflict.sequence += 5;
    let mut lost = c.clone();
    let batch = [
        good,
        conflict.next(&consume(1), Some("b1")),
        c.next(&consume(1), Some("c1")),
        conflict.next(&consume(1), Some("b2")),
        a.next(&consume(1), Some("a0")),
        a.next(&consume(1), Some("a2")),
        c.next(&consume(2), Some("c2")),
        b.next(&consume(1), Some("b3")),
    ];
    let outcomes = f.append(&batch).await;
    assert_eq!(
        outcomes,
        [
            Outcome::Appended { position: events + 1 },
            Outcome::Conflict,
            Outcome::Appended { position: events + 2 },
            Outcome::Behind,
            Outcome::Duplicate,
            Outcome::Behind,
            Outcome::Appended { position: events + 3 },
            Outcome::Behind,
        ]
    );
    // What was written has no gap, and the next append goes on behind it.
    assert_eq!(f.count("SELECT max(position) - count(*) FROM store.events").await, 0);
    assert_eq!(f.append(&[lost.next(&consume(9), None)]).await, [Outcome::Conflict]);
    assert_eq!(f.append(&[c.next(&consume(1), None)]).await, [Outcome::Appended { position: events + 4 }]);
    let report = verify(&f.admin, |_| ()).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.streams, report.events), (3, events + 4));
}

#[tokio::test]
async fn c01_a_key_twice_in_a_batch_has_one_effect() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    f.append(&[a.next(&grant(100), None)]).await;
    let batch = [a.next(&consume(1), Some("k")), a.next(&consume(1), Some("k"))];
    let outcomes = f.append(&batch).await;
    assert!(matches!(outcomes[..], [Outcome::Appended { .. }, Outcome::Duplicate]), "{outcomes:?}");
}

#[tokio::test]
async fn c01_a_refused_value_appends_nothing() {
    let f = Fixture::new(1).await;
    let (mut a, mut b) = (Writer::new("a", 1), Writer::new("b", 1));
    let mut bad = b.next(&grant(1), None);
    bad.events[0].payload = "not json".to_owned();
    let result = f.log.append(0, &[a.next(&grant(1), None), bad]).await;
    assert!(matches!(result, Err(LogError::Rejected(_))), "{result:?}");
    assert_eq!(f.count("SELECT count(*) FROM store.events").await, 0);
    assert_eq!(f.append(&[Writer::new("a", 1).next(&grant(1), None)]).await, [Outcome::Appended { position: 1 }]);
}

#[tokio::test]
async fn c02_the_head_row_is_locked_and_never_updated() {
    let f = Fixture::new(2).await;
    let mut a = Writer::new("a", 2);
    for _ in 0..20 {
        f.append(&[a.next(&grant(10), None)]).await;
    }
    let sql = "SELECT (n_tup_upd + n_dead_tup)::bigint FROM pg_stat_user_tables WHERE relname = 'heads'";
    f.run("SELECT pg_stat_force_next_flush()").await;
    assert_eq!(f.count(sql).await, 0);
    assert_eq!(f.count("SELECT count(DISTINCT xmin::text) FROM store.heads").await, 1);
}

#[tokio::test]
async fn c03_a_key_stands_on_the_first_event_and_brings_back_its_command() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    f.append(&[a.next(&grant(1000), Some("top-up")), a.next(&consume(995), Some("spend"))]).await;
    let organization = a.organization.clone();
    let asked = [
        (organization.clone(), Some(key("spend"))),
        (organization.clone(), Some(key("other"))),
        (organization.clone(), None),
        (OrganizationId::try_new("nobody").unwrap(), Some(key("spend"))),
    ];
    let answers = f.log.heads_and_keys(0, &asked).await.unwrap();
    assert_eq!(answers.iter().map(|a| a.sequence).collect::<Vec<_>>(), [a.sequence, a.sequence, a.sequence, 0]);
    let command = answers[0].command.as_ref().unwrap();
    assert!(command.len() > 1, "the command also caused an alert");
    assert_eq!(command[0].idempotency_key.as_deref(), Some("c:spend"));
    assert_eq!(command[0].request_hash, Some([7; 32]));
    assert!(command[1..].iter().all(|event| event.idempotency_key.is_none() && event.request_hash.is_none()));
    assert!(answers[1..].iter().all(|answer| answer.command.is_none()));
    let all = f.log.stream(&organization, 0, 100).await.unwrap();
    assert_eq!(&all[all.len() - command.len()..], &command[..]);
    let entity = command[0].entity_id.unwrap();
    assert_eq!(f.log.entity(&organization, entity, a.sequence).await.unwrap(), command[..1]);
    assert_eq!(f.log.entity(&organization, entity, command[0].sequence - 1).await.unwrap(), []);
}

#[tokio::test]
async fn c04_a_lost_append_is_read_back_by_its_batch() {
    let f = Fixture::new(1).await;
    let (mut a, mut b) = (Writer::new("a", 1), Writer::new("b", 1));
    let done = [a.next(&grant(5), None), b.next(&grant(5), Some("k"))];
    let outcomes = f.append(&done).await;
    assert_eq!(f.log.read_back(0, &done).await.unwrap(), positions(&outcomes));
    let not_done = [a.next(&consume(1), None), Writer::new("b", 1).next(&grant(6), None)];
    assert_eq!(f.log.read_back(0, &not_done).await.unwrap(), [None, None]);
}

#[tokio::test]
async fn c04_a_killed_connection_is_an_unknown_outcome_and_the_next_append_works() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    f.append(&[a.next(&grant(5), None)]).await;
    let mut lock = f.admin.begin().await.unwrap();
    sqlx::query("SELECT store.lock_head(0::smallint)").execute(&mut *lock).await.unwrap();
    let batch = [a.next(&consume(1), None)];
    let kill = async {
        let waiting = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while f.count(waiting).await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let (result, ()) = tokio::join!(f.log.append(0, &batch), kill);
    assert!(matches!(result, Err(LogError::OutcomeUnknown(_))), "{result:?}");
    lock.rollback().await.unwrap();
    assert_eq!(f.log.read_back(0, &batch).await.unwrap(), [None]);
    assert!(matches!(f.append(&batch).await[..], [Outcome::Appended { .. }]));
}

#[tokio::test]
async fn c04_sessions_are_durable_and_bounded() {
    let f = Fixture::new(1).await;
    let setting = |name: &'static str| {
        let pool = f.log.pool().clone();
        async move {
            sqlx::query_scalar::<_, String>("SELECT current_setting($1)").bind(name).fetch_one(&pool).await.unwrap()
        }
    };
    assert_eq!(setting("synchronous_commit").await, "on");
    assert_eq!(setting("transaction_isolation").await, "read committed");
    for name in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
        assert_ne!(setting(name).await, "0", "{name}");
    }
    let checked = postgres::check_server(f.log.pool(), UnsafeServer::Refused).await;
    assert!(matches!(checked, Ok(()) | Err(StartupError::Unsafe(_))), "{checked:?}");
    assert_eq!(checked.is_ok(), setting("fsync").await == "on" && setting("full_page_writes").await == "on");
}

#[tokio::test]
async fn c05_a_turn_reads_decides_and_appends_with_nobody_in_between() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    f.append(&[a.next(&grant(100), Some("k"))]).await;
    let mut turn = f.log.turn(0).await.unwrap();
    let loaded = turn.load(&a.organization).await.unwrap();
    assert_eq!((loaded.sequence, loaded.chain_hash, loaded.state), (a.sequence, a.chain_hash, a.state.clone()));
    assert!(turn.command(&a.organization, &key("k")).await.unwrap().is_some());
    let mut rival = a.clone();
    let rivals = [rival.next(&consume(2), None)];
    let ours = [a.next(&consume(1), None)];
    let (rivals, ours) = tokio::join!(f.append(&rivals), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        turn.append(&ours).await.unwrap()
    });
    assert!(matches!(ours[..], [Outcome::Appended { .. }]));
    assert_eq!(rivals, [Outcome::Conflict]);
}

#[tokio::test]
async fn c06_sql_and_rust_agree_on_partitions_and_another_is_refused() {
    let f = Fixture::new(7).await;
    let ids: Vec<String> = (0..500).map(|_| Uuid::now_v7().to_string()).chain(["a".into(), "Z:9_.-".into()]).collect();
    let rows: Vec<(String, i32)> =
        sqlx::query_as("SELECT id, store.partition_of(id, 7) FROM unnest($1::text[]) AS u (id)")
            .bind(&ids)
            .fetch_all(&f.admin)
            .await
            .unwrap();
    assert_eq!(rows.len(), ids.len());
    for (id, partition) in rows {
        assert_eq!(partition, i32::from(OrganizationId::try_new(&id).unwrap().partition(7)), "{id}");
    }
    let mut a = Writer::new("acme", 7);
    let wrong = (a.partition() + 1) % 7;
    let result = f.log.append(wrong, &[a.next(&grant(1), None)]).await;
    assert!(matches!(result, Err(LogError::Rejected(_))), "{result:?}");
    assert_eq!(f.count("SELECT count(*) FROM store.events").await, 0);
}

#[tokio::test]
async fn c06_partitions_are_fixed_by_the_first_migration() {
    let f = Fixture::new(3).await;
    assert_eq!(postgres::migrate(&f.admin, None).await.unwrap(), 3);
    let other = postgres::migrate(&f.admin, Some(4)).await;
    assert!(matches!(other, Err(MigrateError::PartitionsFixed { existing: 3, requested: 4 })), "{other:?}");
    assert!(matches!(postgres::migrate(&f.admin, Some(0)).await, Err(MigrateError::PartitionsOutOfRange)));
    assert_eq!(f.log.partitions(), 3);
    assert_eq!(f.count("SELECT count(*) FROM store.heads JOIN store.sweeps USING (partition)").await, 3);
}

#[tokio::test]
async fn c06_ids_are_case_sensitive_and_key_columns_collate_c() {
    let f = Fixture::new(1).await;
    let (mut upper, mut lower) = (Writer::new("Acme", 1), Writer::new("acme", 1));
    let outcomes = f.append(&[upper.next(&grant(1), Some("k")), lower.next(&grant(1), Some("k"))]).await;
    assert_eq!(positions(&outcomes).into_iter().flatten().count(), 2);
    let foreign = "SELECT count(*) FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND a.attnum = ANY(i.indkey)
                   JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = 'store' AND a.atttypid = 'text'::regtype AND a.attcollation <> '\"C\"'::regcollation";
    assert_eq!(f.count(foreign).await, 0);
}

#[tokio::test]
async fn c11_a_load_is_a_snapshot_and_its_tail_and_a_foreign_snapshot_is_ignored() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    let mut batch = vec![a.next(&grant(100), None), a.next(&consume(1), None)];
    batch[1].snapshot = Some(a.snapshot());
    let at = a.sequence;
    batch.push(a.next(&consume(2), None));
    f.append(&batch).await;
    let loaded = f.log.load(&a.organization).await.unwrap();
    assert_eq!((loaded.snapshot_sequence, loaded.sequence), (at, a.sequence));
    assert_eq!((&loaded.state, loaded.chain_hash), (&a.state, a.chain_hash));
    assert!(loaded.snapshot_bytes > 0 && loaded.event_bytes_since == batch[2].events[0].payload.len());
    assert_eq!(verify(&f.admin, |_| ()).await.unwrap().snapshots, 2, "the latest and the day's");

    for damage in ["version = '0'", "payload = '{}'", "chain_hash = decode(repeat('00', 32), 'hex')"] {
        f.run(&format!("UPDATE store.snapshots SET {damage}")).await;
        let loaded = f.log.load(&a.organization).await.unwrap();
        assert_eq!((loaded.snapshot_sequence, &loaded.state), (0, &a.state), "{damage}");
        f.run(
            "UPDATE store.snapshots s SET version = d.version, payload = d.payload, chain_hash = d.chain_hash
               FROM store.daily_snapshots d",
        )
        .await;
    }
    let nobody = f.log.load(&OrganizationId::try_new("nobody").unwrap()).await.unwrap();
    assert_eq!((nobody.sequence, nobody.chain_hash, nobody.state), (0, GENESIS, Organization::default()));
}

#[tokio::test]
async fn c13_due_times_are_lowered_by_appends_corrected_by_one_sweeper() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    let (early, late) = (start(), start() + TimeDelta::hours(1));
    let mut append = async |due_at| {
        let mut command = a.next(&grant(1), None);
        command.due_at = due_at;
        f.append(&[command]).await;
        f.log.load(&a.organization).await.unwrap().due_at
    };
    assert_eq!(append(None).await, None);
    assert_eq!(append(Some(late)).await, Some(late));
    assert_eq!(append(Some(early)).await, Some(early));
    assert_eq!(append(Some(late)).await, Some(early));

    let rival = PostgresLog::connect(f.options.clone(), 2).await.unwrap();
    assert_eq!(f.log.due(0, early - TimeDelta::seconds(9), 10).await.unwrap(), []);
    assert_eq!(f.log.due(0, early, 10).await.unwrap(), [a.organization.clone()]);
    assert_eq!(rival.due(0, early, 10).await.unwrap(), []);
    assert_eq!(rival.due(0, early + TimeDelta::seconds(2), 10).await.unwrap(), [a.organization.clone()]);

    f.log.correct_due(&a.organization, a.sequence - 1, None).await.unwrap();
    assert_eq!(f.log.load(&a.organization).await.unwrap().due_at, Some(early), "the stream has moved on");
    f.log.correct_due(&a.organization, a.sequence, Some(late)).await.unwrap();
    assert_eq!(f.log.load(&a.organization).await.unwrap().due_at, Some(late));
    f.log.correct_due(&a.organization, a.sequence, None).await.unwrap();
    assert_eq!(f.log.load(&a.organization).await.unwrap().due_at, None);
}

/// Two streams of five commands each, and the anchor of the honest log.
async fn honest() -> (Fixture, Anchor) {
    let f = Fixture::new(1).await;
    for id in ["a", "b"] {
        let mut writer = Writer::new(id, 1);
        let batch: Vec<_> = (0..5).map(|_| writer.next(&grant(10_000), None)).collect();
        f.append(&batch).await;
    }
    let report = verify(&f.admin, |_| ()).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    (f, report.anchor)
}

#[tokio::test]
async fn c30_a_changed_byte_names_its_row() {
    let (f, _) = honest().await;
    f.run(
        "UPDATE store.events SET payload = replace(payload::text, '10000', '10001')::json
           WHERE aggregate_id = 'b' AND sequence = 3",
    )
    .await;
    let findings = verify(&f.admin, |_| ()).await.unwrap().findings;
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].organization.as_deref(), findings[0].sequence), (Some("b"), Some(3)));
    assert_eq!(findings[0].fault, Fault::HashDiffers);
    assert!(findings[0].to_string().starts_with("organization b, sequence 3, "), "{}", findings[0]);
}

#[tokio::test]
async fn c30_a_deleted_middle_row_is_named() {
    let (f, _) = honest().await;
    f.run("DELETE FROM store.events WHERE aggregate_id = 'a' AND sequence = 2").await;
    let findings = verify(&f.admin, |_| ()).await.unwrap().findings;
    let faults: Vec<_> = findings.iter().map(|finding| finding.fault.clone()).collect();
    assert_eq!(faults, [Fault::PositionMissing, Fault::SequenceMissing { expected: 2 }]);
}

#[tokio::test]
async fn c30_a_deleted_tail_is_found_by_the_anchor_alone() {
    let (f, anchor) = honest().await;
    assert_eq!(anchor::compare(&f.admin, 1, &anchor).await.unwrap(), []);
    let end = anchor.partitions[0].position;
    f.run(&format!("DELETE FROM store.events WHERE position > {}", end - 2)).await;
    assert!(verify(&f.admin, |_| ()).await.unwrap().is_clean());
    assert_eq!(
        anchor::compare(&f.admin, 1, &anchor).await.unwrap(),
        [Deviation::Shorter { partition: 0, position: end - 2, anchored: end }]
    );
    // Appended anew, with a chain that fits: only the digest tells.
    let mut b = Writer::new("b", 1);
    let loaded = f.log.load(&b.organization).await.unwrap();
    (b.state, b.sequence, b.chain_hash) = (loaded.state, loaded.sequence, loaded.chain_hash);
    let batch: Vec<_> = (0..3).map(|_| b.next(&grant(1), None)).collect();
    f.append(&batch).await;
    assert!(verify(&f.admin, |_| ()).await.unwrap().is_clean());
    let deviations = anchor::compare(&f.admin, 1, &anchor).await.unwrap();
    assert_eq!(deviations, [Deviation::Rewritten { partition: 0, anchored: end }]);
}

#[tokio::test]
async fn c30_a_ledger_at_work_is_verified_up_to_where_it_was() {
    let (f, _) = honest().await;
    let mut c = Writer::new("c", 1);
    let work = async {
        for _ in 0..100 {
            let mut batch = vec![c.next(&grant(1), None), c.next(&grant(2), None)];
            batch[1].snapshot = Some(c.snapshot());
            f.append(&batch).await;
        }
    };
    let check = async {
        for _ in 0..10 {
            let report = verify(&f.admin, |_| ()).await.unwrap();
            assert_eq!(report.findings, []);
            assert_eq!(report.anchor.partitions[0].position, report.events);
        }
    };
    tokio::join!(work, check);
}

#[tokio::test]
async fn c30_payload_and_metadata_come_back_as_written() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    let mut command = a.next(&grant(5), None);
    command.events[0].metadata = "{ \"actor\" : \"\\u0061 ü\",  \"actor\":\"b\" }".to_owned();
    chain::seal(GENESIS, 0, &mut command);
    let written = (command.events[0].payload.clone(), command.events[0].metadata.clone());
    f.append(&[command]).await;
    let read: (String, String) =
        sqlx::query_as("SELECT payload::text, metadata::text FROM store.events").fetch_one(&f.admin).await.unwrap();
    assert_eq!(read, written);
}

#[tokio::test]
async fn keys_open_until_they_are_revoked() {
    let f = Fixture::new(1).await;
    let organization = OrganizationId::try_new("acme").unwrap();
    let (admin, secret) = keys::create(&f.admin, "ops", Scope::Admin, None, start()).await.unwrap();
    let bound = Some(organization.clone());
    let (reader, _) = keys::create(&f.admin, "acme's", Scope::Read, bound, start()).await.unwrap();
    assert_eq!(keys::find(&f.admin, secret.reveal()).await.unwrap(), Some(admin.clone()));
    assert_eq!(keys::find(&f.admin, "clk_guess").await.unwrap(), None);
    assert_eq!(keys::list(&f.admin).await.unwrap(), [admin.clone(), reader]);
    assert!(keys::revoke(&f.admin, admin.id, start()).await.unwrap());
    assert!(!keys::revoke(&f.admin, admin.id, start()).await.unwrap());
    let revoked = keys::find(&f.admin, secret.reveal()).await.unwrap();
    assert!(revoked.is_some_and(|key| key.revoked_at.is_some()));
    assert_eq!(keys::list(&f.admin).await.unwrap()[0].revoked_at, Some(start()));
}

#[tokio::test]
async fn c26_the_analyst_reads_what_is_hers_and_nothing_else() {
    let f = Fixture::new(1).await;
    f.run("CREATE TABLE ledger.probe AS SELECT 1 AS n").await;
    let analyst = PgPool::connect_with(f.options.clone().username("ledger_analyst")).await.unwrap();
    let read = |sql: &'static str| sqlx::query_scalar::<_, String>(sql).fetch_one(&analyst);
    assert_eq!(read("SELECT current_setting('statement_timeout')").await.unwrap(), "5min");
    assert_ne!(read("SELECT current_setting('idle_in_transaction_session_timeout')").await.unwrap(), "0");
    assert_eq!(read("SELECT n::text FROM ledger.probe").await.unwrap(), "1");
    for denied in [
        "SELECT payload::text FROM store.events",
        "SELECT name FROM store.api_keys",
        "SELECT store.lock_head(0::smallint)::text",
        "SET default_transaction_read_only = off; INSERT INTO ledger.probe VALUES (2)",
    ] {
        assert!(sqlx::raw_sql(denied).execute(&analyst).await.is_err(), "{denied}");
    }
}

#[tokio::test]
async fn the_app_role_appends_and_cannot_change_a_row() {
    let f = Fixture::new(1).await;
    let options = f.options.clone().options([("role", "ledger_app")]);
    let log = PostgresLog::connect(options.clone(), 2).await.unwrap();
    let mut a = Writer::new("a", 1);
    let mut command = a.next(&grant(5), Some("k"));
    command.due_at = Some(start());
    command.snapshot = Some(a.snapshot());
    assert_eq!(log.append(0, &[command]).await.unwrap(), [Outcome::Appended { position: 1 }]);
    assert_eq!(log.load(&a.organization).await.unwrap().snapshot_sequence, a.sequence);
    assert_eq!(log.due(0, start(), 1).await.unwrap(), [a.organization.clone()]);
    log.correct_due(&a.organization, a.sequence, None).await.unwrap();
    let app = PgPool::connect_with(options).await.unwrap();
    for denied in [
        "UPDATE store.events SET payload = '{}'",
        "DELETE FROM store.events",
        "TRUNCATE store.events",
        "DELETE FROM store.heads",
        "DROP FUNCTION store.lock_head",
    ] {
        assert!(sqlx::raw_sql(denied).execute(&app).await.is_err(), "{denied}");
    }
}

#[tokio::test]
async fn c08_an_entity_is_found_among_many_events_without_a_scan() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    f.append(&[a.next(&grant(1_000_000), None)]).await;
    for _ in 0..10 {
        let batch: Vec<_> = (0..200).map(|_| a.next(&consume(1), None)).collect();
        f.append(&batch).await;
    }
    f.run("ANALYZE store.events").await;
    let middle = f.log.stream(&a.organization, 1_000, 1).await.unwrap().remove(0);
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT payload FROM store.events WHERE partition = 0 AND aggregate_id = 'a' AND entity_id = $1
         AND sequence <= 2000 ORDER BY sequence",
    )
    .bind(middle.entity_id)
    .fetch_all(&f.admin)
    .await
    .unwrap();
    assert!(plan.iter().any(|line| line.contains("events_entity")), "{plan:?}");
    let found = f.log.entity(&a.organization, middle.entity_id.unwrap(), u64::MAX).await.unwrap();
    assert_eq!(found, [middle]);
}
