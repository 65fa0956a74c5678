//! No read or append costs more as the log grows: at 10^5 rows none of them scans the table.

use std::time::Duration;

use store::log::{FeedLimit, FeedSearch, Log};

use super::fixture::*;

/// Rows of other organizations around the one that is worked on.
const OTHERS: i64 = 100_000;

/// Fills the only partition behind what is there with streams of ten events each.
async fn fill(f: &Fixture) {
    f.run(&format!(
        "INSERT INTO store.events
         SELECT 0, (SELECT max(position) FROM store.events) + n, 'organization', 'fill-' || (n / 10), n % 10 + 1,
                gen_random_uuid(), 'CommandNoted', '1.0.0', gen_random_uuid(), 0, 1, gen_random_uuid(), now(), now(),
                'c:' || n, decode(repeat('00', 32), 'hex'), '{{}}', '{{}}', decode(repeat('00', 32), 'hex')
         FROM generate_series(1, {OTHERS}) n"
    ))
    .await;
}

/// Scans of the whole log, and by its indexes, so far; a session tells the server of its own when it ends.
async fn scans(f: &Fixture) -> (i64, i64) {
    let counter = |name| format!("SELECT {name} FROM pg_stat_user_tables WHERE relid = 'store.events'::regclass");
    (f.count(&counter("seq_scan")).await, f.count(&counter("idx_scan")).await)
}

#[tokio::test]
async fn c08_nothing_on_the_write_side_scans_a_hundred_thousand_rows() {
    let f = Fixture::new(1).await;
    let mut writer = Writer::new("acme", 1);
    f.append(&[writer.next(&grant(1_000), Some("g"))]).await;
    fill(&f).await;
    // Statistics are what a planner goes astray by: once without them, once with them.
    for round in 0..2 {
        if round == 1 {
            f.run("ANALYZE store.events").await;
        }
        let before = scans(&f).await;
        let log = store::postgres::PostgresLog::connect(f.options.clone(), 2).await.expect("it runs");
        for n in 0..20 {
            let batch = [writer.next(&consume(1), Some(&format!("k{round}-{n}")))];
            let entity = batch[0].events[0].entity_id.expect("a consumption has an id");
            let outcomes = log.append(0, &batch).await.expect("it appends");
            assert!(matches!(outcomes[..], [store::log::Outcome::Appended { .. }]), "{outcomes:?}");
            let organization = &writer.organization;
            assert_eq!(log.load(organization).await.expect("it loads").sequence, writer.sequence);
            assert_eq!(log.entity(organization, entity, writer.sequence).await.expect("it reads").len(), 1);
            let asked = [(organization.clone(), Some(key("g")))];
            let answers = log.heads_and_keys(0, &asked).await.expect("it reads");
            assert!(answers[0].as_ref().expect("it is readable").command.is_some());
            assert!(log.read_back(0, &batch).await.expect("it reads")[0].is_some());
            assert!(!log.stream(organization, 0, 10).await.expect("it reads").is_empty());
            let end = log.ends().await.expect("it reads")[0];
            let limit = FeedLimit { events: 10, bytes: 1 << 20 };
            assert_eq!(log.feed(0, end - 1, limit).await.expect("it reads").len(), 1);
            let types = vec!["CreditsConsumed"].into();
            let search = FeedSearch { partition: 0, after: end - 5, up_to: end, types, organization: None };
            assert!(!log.search(&search, limit).await.expect("it reads").events.is_empty());
            let search = FeedSearch { organization: Some(organization.clone()), types: vec![].into(), ..search };
            assert!(!log.search(&search, limit).await.expect("it reads").events.is_empty());
            let mut turn = log.turn(0).await.expect("it locks");
            assert_eq!(turn.load(organization).await.expect("it loads").sequence, writer.sequence);
        }
        log.pool().close().await;
        drop(log);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let after = scans(&f).await;
        assert!(after.1 > before.1 + 100, "the sessions have not been counted: {before:?}, {after:?}");
        assert_eq!(after.0, before.0, "round {round}: something scans the log");
    }
}
