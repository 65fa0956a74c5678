//! Random commands over simulated time, against the naive model.

use domain::*;
use proptest::prelude::*;

use crate::support::*;
use crate::walk::Walk;

/// A command whose ids are places in what the model knows.
#[derive(Clone, Debug)]
pub enum Op {
    Grant {
        amount: i64,
        paid: bool,
        priority: u16,
        starts: i64,
        ends: i64,
        applies: usize,
    },
    Void(usize),
    Buy {
        amount: i64,
        payment: usize,
        life: u32,
    },
    /// To the end of the minute, so that the credits of several end together.
    BuyForTheMinute {
        amount: i64,
        payment: usize,
        minutes: i64,
    },
    Revoke {
        which: usize,
        credits: Option<i64>,
        reference: usize,
    },
    Reinstate {
        which: usize,
        reference: usize,
    },
    Consume {
        amount: i64,
        operation: usize,
    },
    ConsumePriced {
        operation: usize,
        quantities: [u64; 2],
    },
    ReservePriced {
        operation: usize,
        quantities: [u64; 2],
        over: u8,
        more: Option<i64>,
        version: Option<u32>,
    },
    ConfirmPriced {
        which: usize,
        quantities: [u64; 2],
    },
    Refund {
        which: usize,
        amount: Option<i64>,
    },
    Reserve {
        amount: i64,
        seconds: u32,
        over: u8,
        more: Option<i64>,
        operation: usize,
    },
    Confirm {
        which: usize,
        amount: Option<i64>,
    },
    Cancel(usize),
    Adjust(i64),
    Limit(i64),
    Tick(i64),
}

pub fn ops() -> impl Strategy<Value = Op> {
    let priority = prop_oneof![4 => Just(100u16), 1 => Just(0), 1 => 0..=1001u16];
    let grant = (0..300i64, any::<bool>(), priority, -20..40i64, -5..90i64, 0..5usize).prop_map(
        |(amount, paid, priority, starts, ends, applies)| Op::Grant { amount, paid, priority, starts, ends, applies },
    );
    let some = |range: std::ops::Range<i64>| proptest::option::of(range);
    prop_oneof![
        3 => grant,
        1 => any::<usize>().prop_map(Op::Void),
        2 => (0..200i64, 0..40usize, 0..90u32).prop_map(|(amount, payment, life)| Op::Buy { amount, payment, life }),
        2 => (any::<usize>(), some(0..150), 0..3usize)
            .prop_map(|(which, credits, reference)| Op::Revoke { which, credits, reference }),
        1 => (any::<usize>(), 0..3usize).prop_map(|(which, reference)| Op::Reinstate { which, reference }),
        4 => (0..250i64, 0..4usize).prop_map(|(amount, operation)| Op::Consume { amount, operation }),
        3 => (any::<usize>(), some(0..200)).prop_map(|(which, amount)| Op::Refund { which, amount }),
        3 => (0..200i64, 0..80u32, 0..3u8, some(-1..100), 0..4usize)
            .prop_map(|(amount, seconds, over, more, operation)| Op::Reserve { amount, seconds, over, more, operation }),
        3 => (any::<usize>(), some(0..300)).prop_map(|(which, amount)| Op::Confirm { which, amount }),
        5 => (1..4usize, some_quantities())
            .prop_map(|(operation, quantities)| Op::ConsumePriced { operation, quantities }),
        2 => (0..4usize, some_quantities(), 0..3u8, some(0..60), proptest::option::of(1..4u32)).prop_map(
            |(operation, quantities, over, more, version)| Op::ReservePriced { operation, quantities, over, more, version }),
        2 => (any::<usize>(), some_quantities()).prop_map(|(which, quantities)| Op::ConfirmPriced { which, quantities }),
        1 => any::<usize>().prop_map(Op::Cancel),
        1 => (-200..100i64).prop_map(Op::Adjust),
        1 => (-1..200i64).prop_map(Op::Limit),
        4 => (0..40i64).prop_map(Op::Tick),
    ]
}

fn some_quantities() -> impl Strategy<Value = [u64; 2]> {
    prop_oneof![8 => [0..60u64, 0..60u64], 1 => Just([0, 0])]
}

/// `TEST_CASES`, at least `cheap`: these walks have no IO.
pub fn cases(cheap: u32) -> u32 {
    std::env::var("TEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(256).max(cheap)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(2_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn c18_random_commands_agree_with_the_naive_model(ops in proptest::collection::vec(ops(), 1..60)) {
        let mut walk = Walk::new();
        for op in &ops {
            walk.step(op)?;
        }
    }
}

fn counts_in_january(event: &Event) -> bool {
    let receipt = match &event.fact {
        Fact::CreditsConsumed(f) => f.receipt.as_ref(),
        Fact::ReservationConfirmed(f) => f.receipt.as_ref(),
        _ => None,
    };
    let position = receipt.and_then(|receipt| receipt.positions().next());
    event.occurred_at >= start() && position.is_some_and(|position| position.used_before > 0)
}

/// The random walk is worth its name only while it gets everywhere.
#[test]
fn c18_the_random_walk_reaches_every_fact_that_moves_credits() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    for _ in 0..400 {
        let ops = proptest::collection::vec(ops(), 60).new_tree(&mut runner).unwrap().current();
        let mut walk = Walk::new();
        ops.iter().for_each(|op| walk.step(op).unwrap());
        walk.world.log.iter().for_each(|event| *seen.entry(event.fact.name()).or_default() += 1);
        *seen.entry("later month").or_default() +=
            walk.world.log.iter().filter(|event| counts_in_january(event)).count();
    }
    println!("{seen:?}");
    let elsewhere = |name: &str| {
        name.contains("Recharge")
            || name.contains("RecurringGrant")
            || matches!(name, "GrantMerged" | "PurchaseStarted" | "PurchaseFailed" | "PurchaseExpired")
    };
    let missed: Vec<_> =
        Fact::ALL.iter().map(|(name, _)| *name).filter(|n| !elsewhere(n) && !seen.contains_key(n)).collect();
    assert_eq!(missed, Vec::<&str>::new());
    assert!(seen["later month"] > 100);
}
