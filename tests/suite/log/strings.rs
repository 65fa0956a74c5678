//! Every text that validation lets through is stored, hashed, and projected into every read table.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};

use domain::Command;
use domain::commands::{Adjust, Consume, Expiry, Grant, Over, Reserve};
use domain::grant::{Category, OperationPattern};
use domain::text::{Label, Metadata, Note, ReferenceText, Unit};
use domain::usage::{Reference, Usage};
use domain::{Credits, OrganizationId};
use projections::projectors;

use super::fixture::*;
use crate::support::cases;
use crate::support::projected::project;

/// The texts of `make soak`: they are appended in one go and projected 500 at a time, so that many cost little.
const CASES_MAX: u32 = 20_000;

/// Texts of every kind of character, the troublesome ones often.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x1f\\x7f-\\xa0\"\\\\/]{1,40}",
        "[\\u{d7ff}\\u{e000}\\u{fffd}-\\u{10ffff}]{1,20}",
        "\\\\u[0-9a-f]{4}",
    ]
}

fn metadata() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(7, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    prop::collection::btree_map(text(), value, 0..4).prop_map(|map| map.into_iter().collect())
}

fn sample<S: Strategy>(runner: &mut TestRunner, strategy: S) -> S::Value {
    strategy.new_tree(runner).expect("the strategies reject nothing").current()
}

/// The labels of a consumption, each a text that validation let through.
fn usage(runner: &mut TestRunner) -> Option<Usage> {
    let label = |runner: &mut TestRunner| Label::try_new(&sample(runner, text())).ok();
    let unit = |runner: &mut TestRunner| Unit::try_new(&sample(runner, text())).ok();
    Some(Usage {
        operation: label(runner),
        subject: label(runner),
        description: Note::try_new(&sample(runner, text())).ok(),
        reference: unit(runner)
            .zip(ReferenceText::try_new(&sample(runner, text())).ok())
            .map(|(kind, id)| Reference { kind, id }),
        quantities: unit(runner).map(|unit| (unit, sample(runner, 0..=Usage::MAX_QUANTITY))).into_iter().collect(),
        dimensions: unit(runner).zip(label(runner)).into_iter().collect(),
        metadata: Metadata::try_new(sample(runner, metadata())).ok()?,
        used_at: None,
    })
}

/// A command with texts as validation left them: `None` where it refused one.
fn command(runner: &mut TestRunner) -> Option<Command> {
    let reason = Note::try_new(&sample(runner, text())).ok()?;
    let metadata = Metadata::try_new(sample(runner, metadata())).ok()?;
    let amount = Credits::new(1);
    Some(match sample(runner, 0..5_u8) {
        0 | 1 => Command::Consume(Consume { amount: amount.into(), usage: usage(runner)?.into() }),
        2 => Command::Reserve(Reserve {
            amount: amount.into(),
            price_version: None,
            expires_in_seconds: 900,
            over: Over::default(),
            usage: usage(runner)?.into(),
        }),
        3 => Command::Adjust(Adjust { amount, reason }),
        _ => Command::Grant(Grant {
            amount: Credits::new(10),
            category: Category::Promotional,
            priority: 100,
            effective_at: None,
            expiry: Expiry::Never,
            applies_to: OperationPattern::try_new(&sample(runner, text())).into_iter().collect(),
            reason,
            metadata,
        }),
    })
}

#[tokio::test]
async fn c23_whatever_validation_lets_through_is_stored_and_projected() {
    let f = Fixture::new(1).await;
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut tried) = (0, 0);
    let wanted = cases(256, CASES_MAX);
    let mut writer = Writer::new("acme-0", 1);
    let mut batch = vec![writer.next(&grant(1_000_000), None)];
    while accepted < wanted {
        tried += 1;
        assert!(tried < wanted * 50, "validation lets too little through");
        let Some(command) = command(&mut runner) else { continue };
        // A new organization every few hundred commands: grants that stay open are limited.
        if accepted % 400 == 399 {
            f.append(&batch).await;
            batch.clear();
            writer = Writer::new(&format!("acme-{accepted}"), 1);
            batch.push(writer.next(&grant(1_000_000), None));
        }
        batch.push(writer.next(&command, None));
        accepted += 1;
    }
    f.append(&batch).await;
    project(&f.options, &f.admin, 500).await;
    let report = projections::verify::verify(f.options.clone(), projectors::all(), |_| ()).await;
    assert_eq!(report.expect("the log can be read").findings, []);
    assert!(f.count("SELECT count(*) FROM ledger.credit_transactions").await > i64::from(wanted) / 2);
    let readable =
        f.count("SELECT count(*) FROM store.events WHERE payload::jsonb IS NOT NULL AND metadata::jsonb IS NOT NULL");
    assert!(readable.await >= i64::from(wanted));
    let report = store::verify::verify(&f.admin, |_| {}).await.expect("the log can be read");
    assert!(report.findings.is_empty(), "{report:?}");
    let organization = OrganizationId::try_new("acme-0").expect("valid");
    let loaded = store::log::Log::load(&f.log, &organization).await.expect("it loads");
    assert!(loaded.state.check_books().is_ok());
}
