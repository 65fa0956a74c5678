//! Every text that validation lets through is stored, hashed, and projected into every read table.

use std::collections::BTreeMap;

use proptest::test_runner::TestRunner;

use domain::OrganizationId;
use projections::projectors;

use super::fixture::*;
use super::texts::{Made, SAYING, command, says};
use crate::support::cases;
use crate::support::projected::project;

/// The texts of `make soak`: they are appended in one go and projected 500 at a time, so that many cost little.
const CASES_MAX: u32 = 20_000;
/// Commands of one organization, whose open grants are limited.
const COMMANDS_EACH: u32 = 400;

#[tokio::test]
async fn c23_whatever_validation_lets_through_is_stored_and_projected() {
    let f = Fixture::new(1).await;
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut tried) = (0, 0);
    let mut said = BTreeMap::<&str, u32>::new();
    let wanted = cases(1_024, CASES_MAX);
    let mut writer = Writer::new("acme-0", 1);
    let mut made = Made::default();
    let mut batch = vec![writer.next(&grant(1_000_000), None)];
    while accepted < wanted {
        tried += 1;
        assert!(tried < wanted * 50, "validation lets too little through");
        let Some(command) = command(&mut runner, &writer, &mut made) else { continue };
        // A refusal by what has happened before, such as a payment reference that was used, says nothing of texts.
        let Ok(append) = writer.try_next(&command, None) else { continue };
        made.note(&command, append.events[0].entity_id);
        if says(&command) {
            *said.entry(command.name()).or_default() += 1;
        }
        batch.push(append);
        accepted += 1;
        if accepted % COMMANDS_EACH == 0 {
            f.append(&batch).await;
            (writer, made) = (Writer::new(&format!("acme-{accepted}"), 1), Made::default());
            batch = vec![writer.next(&grant(1_000_000), None)];
        }
    }
    f.append(&batch).await;
    assert_eq!(said.keys().copied().collect::<Vec<_>>(), SAYING, "commands that were not tried: {said:?}");
    project(&f.options, &f.admin, 500).await;
    let report = projections::verify::verify(f.options.clone(), projectors::all(), |_| ()).await;
    assert_eq!(report.expect("the log can be read").findings, []);
    assert!(f.count("SELECT count(*) FROM ledger.credit_transactions").await > i64::from(wanted) / 4);
    let readable =
        f.count("SELECT count(*) FROM store.events WHERE payload::jsonb IS NOT NULL AND metadata::jsonb IS NOT NULL");
    assert!(readable.await >= i64::from(wanted));
    let report = store::verify::verify(&f.admin, |_| {}).await.expect("the log can be read");
    assert!(report.findings.is_empty(), "{report:?}");
    let organization = OrganizationId::try_new("acme-0").expect("valid");
    let loaded = store::log::Log::load(&f.log, &organization).await.expect("it loads");
    assert!(loaded.state.check_books().is_ok());
}
