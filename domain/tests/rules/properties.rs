//! Random commands over simulated time, against the naive model.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::commands::*;
use domain::grant::Category;
use domain::ids::{ConsumptionId, GrantId, PurchaseId, ReservationId};
use domain::price::PriceBooks;
use domain::*;
use proptest::prelude::*;
use uuid::Uuid;

use crate::model::{End, Model, Stage};
use crate::model_commands::At;
use crate::model_prices::{books, priced_usage};
use crate::model_run::model_run;
use crate::support::*;

/// A command whose ids are places in what the model knows.
#[derive(Clone, Debug)]
pub enum Op {
    Grant { amount: i64, paid: bool, priority: u16, starts: i64, ends: i64, applies: usize },
    Void(usize),
    Buy { amount: i64, payment: usize, life: u32 },
    Revoke { which: usize, credits: Option<i64>, reference: usize },
    Reinstate { which: usize, reference: usize },
    Consume { amount: i64, operation: usize },
    ConsumePriced { operation: usize, quantities: [u64; 2] },
    ReservePriced { operation: usize, quantities: [u64; 2], over: u8, more: Option<i64>, version: Option<u32> },
    ConfirmPriced { which: usize, quantities: [u64; 2] },
    Refund { which: usize, amount: Option<i64> },
    Reserve { amount: i64, seconds: u32, over: u8, more: Option<i64>, operation: usize },
    Confirm { which: usize, amount: Option<i64> },
    Cancel(usize),
    Adjust(i64),
    Limit(i64),
    Tick(i64),
}

const OPERATIONS: [Option<&str>; 4] = [None, Some("chat.a"), Some("chat.b"), Some("mail")];
const POLICIES: [OverPolicy; 3] = [OverPolicy::Reject, OverPolicy::TakeAvailable, OverPolicy::Overdraft];
const APPLIES: [&[&str]; 5] = [&[], &[], &["chat.*"], &["mail"], &["chat.a", "mail"]];

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

pub fn micros(at: Timestamp) -> i64 {
    at.timestamp_micros()
}

fn pick<T>(of: &[T], which: usize) -> Option<&T> {
    if which % 17 == 16 { None } else { of.get(which % of.len().max(1)) }
}

/// Both worlds, walked in step.
pub struct Walk {
    pub world: World,
    pub model: Model,
    books: Arc<PriceBooks>,
}

const STRANGER: u128 = 7;

impl Walk {
    pub fn new() -> Self {
        let mut world = World::new();
        // Most walks cross the end of a month, and the second version comes into force on the way.
        world.now = start() - TimeDelta::seconds(30);
        Self { world, model: Model::default(), books: Arc::new(books()) }
    }

    pub fn step(&mut self, op: &Op) -> Result<(), TestCaseError> {
        if let Op::Tick(seconds) = op {
            self.world.tick(*seconds);
            self.world.settle();
            self.model.settle(micros(self.world.now));
            return self.compare(op);
        }
        // No two commands share an instant, so that no burn order hangs on an id.
        self.world.now += TimeDelta::microseconds(1);
        let command = self.command(op);
        let real = self.world.run(&command);
        self.model.settle(micros(self.world.now));
        let id = self.world.command_id();
        let mut ordinal = 0;
        let mut ids = || {
            ordinal += 1;
            id.entity(ordinal - 1).as_u128()
        };
        let before = self.model.clone();
        let expected = model_run(&mut self.model, &mut At { now: micros(self.world.now), ids: &mut ids }, &command);
        if expected.is_err() {
            self.model = before;
        }
        let real = real.map(|_| ()).map_err(|error| kind(&error));
        prop_assert_eq!(real, expected.map_err(str::to_owned), "{:?}", command);
        self.compare(op)
    }

    pub fn command(&self, op: &Op) -> Command {
        let now = self.world.now;
        let model = &self.model;
        let seconds = TimeDelta::seconds;
        match op {
            Op::Grant { amount, paid, priority, starts, ends, applies } => Command::Grant(Grant {
                category: if *paid { Category::Paid } else { Category::Promotional },
                priority: *priority,
                effective_at: (*starts != 0).then(|| now + seconds(*starts)),
                expiry: match ends {
                    0 => Expiry::Never,
                    80.. => Expiry::In(u32::try_from(*ends - 79).unwrap()),
                    _ => Expiry::At(now + seconds(*ends)),
                },
                applies_to: patterns(APPLIES[*applies]),
                ..a_grant(*amount)
            }),
            Op::Void(which) => {
                let id = pick(&model.lots, *which).map_or(STRANGER, |lot| lot.id);
                Command::VoidGrant(VoidGrant { grant_id: GrantId::new(Uuid::from_u128(id)), reason: note("void") })
            }
            Op::Buy { amount, payment, life } => {
                let expiry = if *life == 0 { Expiry::Never } else { Expiry::In(*life) };
                purchase(*amount, &format!("pay_{payment}"), expiry)
            }
            Op::Revoke { which, credits: wanted, reference: r } => Command::RevokePurchase(RevokePurchase {
                purchase_id: self.purchase(*which),
                extent: wanted.map(credits).map_or(RevokeExtent::Rest, RevokeExtent::Credits),
                cause: RevokeCause::Dispute,
                reference: reference(&format!("d{r}")),
                reason: note("dispute"),
            }),
            Op::Reinstate { which, reference: r } => Command::ReinstatePurchase(ReinstatePurchase {
                purchase_id: self.purchase(*which),
                reference: reference(&format!("d{r}")),
                reason: note("won"),
            }),
            Op::Consume { amount, operation } => {
                Command::Consume(Consume { amount: credits(*amount).into(), usage: used_for(OPERATIONS[*operation]) })
            }
            Op::Refund { which, amount } => {
                let id = pick(&model.spent, *which).map_or(STRANGER, |spent| spent.id);
                let consumption_id = ConsumptionId::new(Uuid::from_u128(id));
                Command::RefundConsumption(RefundConsumption {
                    consumption_id,
                    amount: amount.map(credits),
                    reason: note("sorry"),
                })
            }
            Op::Reserve { amount, seconds, over, more, operation } => Command::Reserve(Reserve {
                amount: credits(*amount).into(),
                price_version: None,
                expires_in_seconds: *seconds,
                over: Over {
                    policy: POLICIES[usize::from(*over)],
                    max_amount: more.map(|more| credits(amount + more)),
                },
                usage: used_for(OPERATIONS[*operation]),
            }),
            Op::Confirm { which, amount } => Command::ConfirmReservation(ConfirmReservation {
                reservation_id: self.hold(*which),
                amount: amount.map(credits),
                quantities: Default::default(),
                books: Some(Arc::clone(&self.books)),
            }),
            Op::ConsumePriced { operation, quantities } => Command::Consume(Consume {
                amount: Amount::Priced(Arc::clone(&self.books)),
                usage: priced_usage(OPERATIONS[*operation], *quantities),
            }),
            Op::ReservePriced { operation, quantities, over, more, version } => Command::Reserve(Reserve {
                amount: Amount::Priced(Arc::clone(&self.books)),
                price_version: *version,
                expires_in_seconds: 60,
                over: Over { policy: POLICIES[usize::from(*over)], max_amount: more.map(credits) },
                usage: priced_usage(OPERATIONS[*operation], *quantities),
            }),
            Op::ConfirmPriced { which, quantities } => Command::ConfirmReservation(ConfirmReservation {
                reservation_id: self.hold(*which),
                amount: None,
                quantities: priced_usage(None, *quantities).quantities.clone(),
                books: Some(Arc::clone(&self.books)),
            }),
            Op::Cancel(which) => Command::CancelReservation(CancelReservation { reservation_id: self.hold(*which) }),
            Op::Adjust(amount) => Command::Adjust(Adjust { amount: credits(*amount), reason: note("fix") }),
            Op::Limit(limit) => Command::ChangeSettings(Settings {
                low_balance_threshold: Some(credits(limit.abs() / 2)),
                overdraft_limit: credits(*limit),
            }),
            Op::Tick(_) => Command::Settle,
        }
    }

    fn purchase(&self, which: usize) -> PurchaseId {
        PurchaseId::new(Uuid::from_u128(pick(&self.model.purchases, which).map_or(STRANGER, |p| p.id)))
    }

    fn hold(&self, which: usize) -> ReservationId {
        // Mostly open ones, or hardly any confirmation would find one.
        let open: Vec<_> = self.model.holds.iter().filter(|h| h.end == End::Open || which.is_multiple_of(3)).collect();
        ReservationId::new(Uuid::from_u128(pick(&open, which).map_or(STRANGER, |hold| hold.id)))
    }

    fn compare(&self, op: &Op) -> Result<(), TestCaseError> {
        let (state, model) = (&self.world.state, &self.model);
        let figures = state.figures();
        let real = (i128::from(figures.balance.get()), i128::from(figures.reserved.get()));
        prop_assert_eq!(real, (model.balance(), model.reserved()), "balance, reserved after {:?}", op);
        for operation in OPERATIONS {
            let available = i128::from(state.available(operation).get());
            prop_assert_eq!(available, model.available(operation), "available({:?}) after {:?}", operation, op);
        }
        prop_assert_eq!(i128::from(state.debt().get()), model.debt);
        let lots: Vec<_> = state
            .lots()
            .iter()
            .map(|lot| {
                let stage = match (lot.effective, lot.closed) {
                    (false, _) => Stage::Future,
                    (true, None) => Stage::Open,
                    (true, Some(grant::Closed::Expired)) => Stage::Expired,
                    (true, Some(grant::Closed::Voided)) => Stage::Voided,
                };
                let (remaining, held) = (i128::from(lot.remaining.get()), i128::from(lot.held.get()));
                (lot.id().entity().as_u128(), remaining, held, stage)
            })
            .collect();
        let order = model.sorted().into_iter().map(|i| &model.lots[i]).filter(|lot| lot.remaining > 0);
        let expected: Vec<_> = order.map(|lot| (lot.id, lot.remaining, lot.held, lot.stage)).collect();
        prop_assert_eq!(lots, expected, "lots after {:?}", op);
        let t = state.totals();
        let real = [
            t.purchased,
            t.granted,
            t.refunded,
            t.reinstated,
            t.adjusted_up,
            t.consumed,
            t.expired,
            t.voided,
            t.clawed_back,
            t.adjusted_down,
        ]
        .map(|c| i128::from(c.get()));
        let m = &model.totals;
        let expected = [
            m.purchased,
            m.granted,
            m.refunded,
            m.reinstated,
            m.adjusted_up,
            m.consumed,
            m.expired,
            m.voided,
            m.clawed_back,
            m.adjusted_down,
        ];
        prop_assert_eq!(real, expected, "totals after {:?}", op);
        Ok(())
    }
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
