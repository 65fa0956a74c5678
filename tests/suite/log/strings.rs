//! What a log may hold is projected into every read table: every text that validation lets through, and merged lots.

use std::collections::BTreeMap;

use proptest::test_runner::TestRunner;

use domain::commands::*;
use domain::grant::{Currency, Money};
use domain::ids::PurchaseId;
use domain::limits::MAX_OPEN_GRANTS;
use domain::text::{Metadata, Note, ReferenceText};
use domain::{Command, Credits, OrganizationId};
use projections::projectors;

use super::fixture::*;
use super::texts::{self, Made, SAYING, says};
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
        let Some(command) = texts::command(&mut runner, &writer, &mut made) else { continue };
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

#[tokio::test]
async fn c20_merged_purchases_are_projected_as_the_domain_has_them() {
    let f = Fixture::new(1).await;
    let mut writer = Writer::new("acme", 1);
    let mut batch: Vec<_> = (0..MAX_OPEN_GRANTS).map(|_| writer.next(&grant(1), None)).collect();
    let price = Money { amount_minor: 100, currency: Currency::try_new("USD").unwrap() };
    let text = |text: &str| ReferenceText::try_new(text).unwrap();
    let mut bought = Vec::new();
    for name in ["a", "b", "c"] {
        let offer =
            Offer { credits: Credits::new(10), price, package_id: None, package_version: None, bonus_credits: None };
        let (payment_reference, metadata) = (text(name), Metadata::default());
        let purchase = RecordPurchase { offer, payment_reference, expiry: Expiry::Never, metadata };
        let purchase = writer.next(&Command::RecordPurchase(purchase), None);
        bought.push(PurchaseId::new(purchase.events[0].entity_id.unwrap()));
        batch.push(purchase);
    }
    batch.push(writer.next(&consume(905), None));
    let reason = || Note::try_new("test").unwrap();
    batch.push(writer.next(&Command::VoidGrant(VoidGrant { grant_id: bought[0].grant(), reason: reason() }), None));
    for purchase_id in [bought[2], bought[0], bought[1]] {
        let (extent, cause) = (RevokeExtent::Rest, RevokeCause::Refund);
        let revoke = RevokePurchase { purchase_id, extent, cause, reference: text("r"), reason: reason() };
        batch.push(writer.next(&Command::RevokePurchase(revoke), None));
    }
    assert_eq!((writer.state.balance(), writer.state.debt()), (Credits::new(-5), Credits::new(5)));
    f.append(&batch).await;
    project(&f.options, &f.admin, 500).await;
    let report = projections::verify::verify(f.options.clone(), projectors::all(), |_| ()).await;
    assert_eq!(report.expect("the log can be read").findings, []);
    let merges = "SELECT count(*) FROM store.events WHERE event_type = 'GrantMerged'";
    assert_eq!(f.count(merges).await, 4, "two merges, each filed under both purchases");
    assert_eq!(f.count("SELECT count(*) FROM ledger.credit_grants WHERE status = 'merged'").await, 2);
}
