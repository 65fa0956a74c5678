//! Partitions, loads, due times and lookups.

use chrono::TimeDelta;
use domain::{Organization, OrganizationId};
use store::chain::GENESIS;
use store::log::{DueCorrection, FeedLimit, FeedSearch, Log, LogError};
use store::postgres::{self, MigrateError, PostgresLog};
use store::verify::verify;
use uuid::Uuid;

use super::fixture::*;

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
async fn c29_a_state_of_the_past_begins_at_the_nearest_snapshot_that_fits() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    let mut batch = vec![a.next(&grant(100), None), a.next(&consume(1), None)];
    batch[1].snapshot = Some(a.snapshot());
    let kept = (a.sequence, a.state.clone());
    batch.push(a.next(&consume(2), None));
    f.append(&batch).await;
    let at = |sequence: u64| start() + TimeDelta::seconds(i64::try_from(sequence).unwrap() - 1);
    let balance = async |at| f.log.state_at(&a.organization, at).await.unwrap().state.balance().get();
    let past = f.log.state_at(&a.organization, at(kept.0)).await.unwrap();
    assert_eq!((past.sequence, past.state), kept);
    assert_eq!([balance(at(1)).await, balance(at(2)).await, balance(at(3)).await], [100, 99, 97]);

    // A snapshot that says something else shows when it is used.
    f.run("DELETE FROM store.snapshots").await;
    f.run(
        r#"UPDATE store.daily_snapshots
           SET payload = replace(replace(payload, '"remaining":99', '"remaining":50'), '"consumed":1,', '"consumed":50,')"#,
    )
    .await;
    assert_eq!([balance(at(1)).await, balance(at(2)).await, balance(at(3)).await], [100, 50, 48]);
    assert_eq!(balance(at(2) - TimeDelta::microseconds(1)).await, 100, "not from behind the instant");
    f.run("CREATE TABLE changed AS SELECT * FROM store.daily_snapshots").await;
    for damage in ["version = '0'", "payload = '{}'", "chain_hash = decode(repeat('00', 32), 'hex')"] {
        f.run("DELETE FROM store.daily_snapshots; INSERT INTO store.daily_snapshots SELECT * FROM changed").await;
        f.run(&format!("UPDATE store.daily_snapshots SET {damage}")).await;
        assert_eq!(balance(at(3)).await, 97, "{damage}: folded from the first event");
    }
    assert_eq!(f.log.state_at(&a.organization, at(0)).await.unwrap(), store::log::StateAt::default());
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
    let due_at = async |log: &PostgresLog, at| log.due(0, at, at, 10).await.unwrap();
    assert_eq!(due_at(&f.log, early - TimeDelta::seconds(9)).await, []);
    assert_eq!(due_at(&f.log, early).await, [a.organization.clone()]);
    assert_eq!(due_at(&rival, early).await, []);
    assert_eq!(due_at(&rival, early + TimeDelta::seconds(2)).await, [a.organization.clone()]);

    let mut b = Writer::new("b", 1);
    let mut command = b.next(&grant(1), None);
    command.due_at = Some(early);
    f.append(&[command]).await;
    let at = |writer: &Writer, sequence: u64, due_at| {
        let organization = writer.organization.clone();
        DueCorrection { organization, sequence, due_at }
    };
    let due = async || {
        let (a, b) = (f.log.load(&a.organization).await.unwrap(), f.log.load(&b.organization).await.unwrap());
        (a.due_at, b.due_at)
    };
    f.log.correct_due(0, &[at(&a, a.sequence - 1, None), at(&b, b.sequence, Some(late))]).await.unwrap();
    assert_eq!(due().await, (Some(early), Some(late)), "the stream has moved on");
    f.log.correct_due(0, &[at(&a, a.sequence, Some(late)), at(&b, b.sequence, None)]).await.unwrap();
    assert_eq!(due().await, (Some(late), None));
    f.log.correct_due(0, &[at(&a, a.sequence, None), at(&b, b.sequence, Some(early))]).await.unwrap();
    assert_eq!(due().await, (None, Some(early)));
}

#[tokio::test]
async fn c12_a_sweeper_whose_clock_is_ahead_of_the_databases_takes_nothing() {
    let f = Fixture::new(1).await;
    let mut a = Writer::new("a", 1);
    let mut command = a.next(&grant(1), None);
    command.due_at = Some(start());
    f.append(&[command]).await;
    let database = f.log.now().await.unwrap();
    let wrong = database + TimeDelta::hours(2);
    assert_eq!(f.log.due(0, wrong, wrong, 10).await.unwrap(), []);
    let right = PostgresLog::connect(f.options.clone(), 2).await.unwrap();
    assert_eq!(right.due(0, database, database, 10).await.unwrap(), [a.organization.clone()], "no lease was taken");
}

/// Two streams of five commands each, and the anchor of the honest log.
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

#[tokio::test]
async fn a_search_says_how_far_it_has_come() {
    let f = Fixture::new(1).await;
    let (mut a, mut b) = (Writer::new("a", 1), Writer::new("b", 1));
    for writer in [&mut a, &mut b] {
        f.append(&[writer.next(&grant(100), None)]).await;
        f.append(&[writer.next(&consume(1), None), writer.next(&consume(1), None)]).await;
    }
    let found = async |up_to: u64, types: &[&'static str], organization: Option<&str>, events: u32, bytes: usize| {
        let organization = organization.map(|id| OrganizationId::try_new(id).unwrap());
        let search = FeedSearch { partition: 0, after: 1, up_to, types: types.into(), organization };
        let found = f.log.search(&search, FeedLimit { events, bytes }).await.unwrap();
        (found.events.iter().map(|event| event.position).collect::<Vec<_>>(), found.up_to)
    };
    let much = 1 << 20;
    let end = f.log.ends().await.unwrap()[0];
    assert_eq!(end, 6);
    assert_eq!(found(end, &["CreditsConsumed"], None, 10, much).await, (vec![2, 3, 5, 6], 6));
    assert_eq!(found(end, &["CreditsConsumed"], None, 3, much).await, (vec![2, 3, 5], 5), "cut by its number");
    assert_eq!(found(end, &["CreditsConsumed"], None, 10, 1).await, (vec![2], 2), "cut by its bytes");
    assert_eq!(found(end, &[], Some("b"), 10, much).await, (vec![4, 5, 6], 6));
    assert_eq!(found(5, &["CreditsGranted"], Some("b"), 10, much).await, (vec![4], 5), "no further than asked");
    assert_eq!(found(end, &["GrantExpired"], None, 10, much).await, (vec![], 6), "nothing found is far, too");
}
