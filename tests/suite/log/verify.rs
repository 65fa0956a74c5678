//! The chain: what `verify` finds, and what only an anchor does.

use store::anchor::{self, Anchor, Deviation};
use store::chain::{self, GENESIS};
use store::log::Log;
use store::verify::{Fault, verify};

use super::fixture::*;

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
