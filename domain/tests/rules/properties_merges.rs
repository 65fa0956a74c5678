//! Random commands against the naive model, where every purchase meets the limit of open grants: equal ones merge.

use std::collections::BTreeMap;

use domain::*;
use proptest::prelude::*;

use crate::properties::{Op, cases};
use crate::walk::Walk;

/// Each step looks at 900 grants.
const CASES: u32 = 100;
/// Of the checks that look at everything, one in so many steps.
const CHECKED_EACH: usize = 8;

fn merging_ops() -> impl Strategy<Value = Op> {
    let credits = |most: i64| proptest::option::of(1..most);
    let buy = (1..3i64, 0..60usize, 0..2i64).prop_map(|(tens, payment, minutes)| {
        let amount = tens * 10;
        if payment % 4 == 0 {
            Op::Buy { amount, payment, life: 0 }
        } else {
            Op::BuyForTheMinute { amount, payment, minutes }
        }
    });
    prop_oneof![
        10 => buy,
        4 => (any::<usize>(), credits(15)).prop_map(|(which, credits)| Op::Revoke { which, credits, reference: 0 }),
        3 => any::<usize>().prop_map(|which| Op::Reinstate { which, reference: 0 }),
        4 => (1..25i64).prop_map(|amount| Op::Consume { amount, operation: 0 }),
        3 => (any::<usize>(), credits(25)).prop_map(|(which, amount)| Op::Refund { which, amount }),
        3 => (1..25i64, 1..80u32)
            .prop_map(|(amount, seconds)| Op::Reserve { amount, seconds, over: 0, more: None, operation: 0 }),
        2 => (any::<usize>(), credits(25)).prop_map(|(which, amount)| Op::Confirm { which, amount }),
        2 => any::<usize>().prop_map(Op::Cancel),
        1 => any::<usize>().prop_map(Op::Void),
        1 => (0..30i64).prop_map(Op::Limit),
        3 => (1..40i64).prop_map(Op::Tick),
    ]
}

fn walk(ops: &[Op]) -> Result<Walk, TestCaseError> {
    let mut walk = Walk::crowded();
    for (n, op) in ops.iter().enumerate() {
        walk.world.is_checked = n % CHECKED_EACH == 0;
        walk.step(op)?;
    }
    Ok(walk)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(CASES).min(CASES * 20), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn c20_merging_purchases_agree_with_the_naive_model(ops in proptest::collection::vec(merging_ops(), 1..60)) {
        walk(&ops)?;
    }
}

/// What came of a merged purchase that was taken back.
fn came_to(fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::GrantMerged(f) if f.grant.amount.is_positive() => Some("merged"),
        Fact::PurchaseRevoked(f) if f.not_owed.is_positive() => Some("not owed"),
        Fact::PurchaseRevoked(f) if f.allocations.iter().any(|a| a.lineage() != f.purchase_id.entity()) => {
            Some("taken from another purchase's lot")
        }
        Fact::PurchaseRevoked(f) if f.held.iter().any(|a| a.lineage() != f.purchase_id.entity()) => {
            Some("held in another purchase's lot")
        }
        Fact::PurchaseReinstated(f) if f.returned.iter().any(|a| a.lineage() != f.purchase_id.entity()) => {
            Some("returned to another purchase's lot")
        }
        _ => None,
    }
}

#[test]
fn c20_the_merging_walk_reaches_what_merges_make_hard() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::<&str, usize>::new();
    for _ in 0..30 {
        let ops = proptest::collection::vec(merging_ops(), 60).new_tree(&mut runner).unwrap().current();
        let walk = walk(&ops).unwrap();
        walk.world
            .log
            .iter()
            .filter_map(|event| came_to(&event.fact))
            .for_each(|what| *seen.entry(what).or_default() += 1);
    }
    println!("{seen:?}");
    assert_eq!(seen.len(), 5, "{seen:?}");
}
