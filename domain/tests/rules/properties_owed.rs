//! An oracle that knows no lots: once every purchase has been taken back and no hold is open, an organization owes what it
//! has spent, whatever expired, was held, taken back and given back in between (CORRECTNESS C17).
//!
//! Refunds of consumptions have a bound instead. They give a lot the life that it had left, and what ends of that is gone.

use chrono::TimeDelta;
use domain::commands::*;
use domain::*;
use proptest::prelude::*;

use crate::properties::cases;
use crate::scenarios_merges::crowded;
use crate::support::*;

const CASES: u32 = 300;
/// Each step looks at 900 grants.
const CASES_MERGING: u32 = 100;
/// Of the checks that look at everything, one in so many steps.
const CHECKED_EACH: usize = 16;

#[derive(Clone, Debug)]
enum Step {
    /// Tens of credits, without an end or until the next full minute but so many.
    Buy {
        tens: i64,
        minutes: Option<i64>,
    },
    Revoke {
        which: usize,
        credits: Option<i64>,
    },
    Reinstate(usize),
    Consume(i64),
    Reserve {
        amount: i64,
        seconds: u32,
    },
    Confirm {
        which: usize,
        amount: i64,
    },
    Cancel(usize),
    /// A purchase's credits, or others' where they have merged.
    Void(usize),
    Refund(usize),
    /// Credits without an end, that no purchase brings.
    Give(i64),
    Limit(i64),
    /// Whether the next lots are below the limit of open grants.
    Room(bool),
    Tick(i64),
}

fn step_or_refund() -> impl Strategy<Value = Step> {
    prop_oneof![9 => step(), 1 => any::<usize>().prop_map(Step::Refund)]
}

/// Purchases that merge, and mostly what makes that hard: some is held, taken back, ends and comes back.
fn merging_steps() -> impl Strategy<Value = Vec<Step>> {
    let buy = Just(Step::Buy { tens: 1, minutes: Some(0) });
    let hard = prop_oneof![
        2 => (1..20i64).prop_map(|amount| Step::Reserve { amount, seconds: 9_000 }),
        3 => any::<usize>().prop_map(|which| Step::Revoke { which, credits: None }),
        3 => any::<usize>().prop_map(Step::Reinstate),
        1 => any::<usize>().prop_map(Step::Cancel),
        3 => (20..60i64).prop_map(Step::Tick),
    ];
    let others = prop_oneof![3 => hard, 1 => step()];
    (proptest::collection::vec(buy, 2..4), proptest::collection::vec(others, 1..30))
        .prop_map(|(buys, others)| [buys, others].concat())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (prop_oneof![3 => Just(1), 1 => Just(2i64)], prop_oneof![1 => Just(None), 4 => (0..2i64).prop_map(Some)]).prop_map(|(tens, minutes)| Step::Buy { tens, minutes }),
        4 => (any::<usize>(), proptest::option::of(6..14i64))
            .prop_map(|(which, credits)| Step::Revoke { which, credits }),
        4 => any::<usize>().prop_map(Step::Reinstate),
        2 => (1..20i64).prop_map(Step::Consume),
        4 => (1..40i64, prop_oneof![1..60u32, Just(9_000)])
            .prop_map(|(amount, seconds)| Step::Reserve { amount, seconds }),
        1 => (any::<usize>(), 1..40i64).prop_map(|(which, amount)| Step::Confirm { which, amount }),
        3 => any::<usize>().prop_map(Step::Cancel),
        1 => any::<usize>().prop_map(Step::Void),
        1 => (1..15i64).prop_map(Step::Give),
        1 => (0..20i64).prop_map(Step::Limit),
        1 => any::<bool>().prop_map(Step::Room),
        4 => (10..60i64).prop_map(Step::Tick),
    ]
}

struct Run {
    world: World,
    purchases: Vec<ids::PurchaseId>,
    holds: Vec<ids::ReservationId>,
    spent: Vec<ids::ConsumptionId>,
    revocations: usize,
    given: Credits,
    /// Grants that only take up room.
    crowd: Vec<ids::GrantId>,
}

impl Run {
    fn of(world: World) -> Self {
        let crowd = world.state.lots().iter().map(grant::Lot::id).collect();
        Self {
            world,
            purchases: Vec::new(),
            holds: Vec::new(),
            spent: Vec::new(),
            revocations: 0,
            given: Credits::ZERO,
            crowd,
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Buy { tens, minutes } => self.buy(10 * *tens, *minutes),
            Step::Revoke { which, credits } => {
                let Some(purchase_id) = pick(&self.purchases, *which) else { return };
                self.revoke(purchase_id, credits.map(Credits::new).map_or(RevokeExtent::Rest, RevokeExtent::Credits));
            }
            Step::Reinstate(which) => self.reinstate(*which),
            Step::Consume(amount) => {
                let amount = credits(*amount).into();
                if self.run(&Command::Consume(Consume { amount, usage: used_for(None) })) {
                    self.spent.push(ids::ConsumptionId::new(self.world.command_id().entity(0)));
                }
            }
            Step::Reserve { amount, seconds } => {
                let over = Over { policy: OverPolicy::Overdraft, max_amount: None };
                let reserve = Reserve {
                    amount: credits(*amount).into(),
                    price_version: None,
                    expires_in_seconds: *seconds,
                    over,
                    usage: used_for(None),
                };
                if self.run(&Command::Reserve(reserve)) {
                    let made = self.world.command_id().entity(0);
                    self.holds.push(ids::ReservationId::new(made));
                }
            }
            Step::Confirm { which, amount } => {
                let Some(reservation_id) = pick(&self.holds, *which) else { return };
                let amount = Some(credits(*amount));
                self.spent.push(ids::ConsumptionId::new(reservation_id.entity()));
                self.run(&Command::ConfirmReservation(ConfirmReservation {
                    reservation_id,
                    amount,
                    quantities: Default::default(),
                    books: None,
                }));
            }
            Step::Cancel(which) => {
                let Some(reservation_id) = pick(&self.holds, *which) else { return };
                self.run(&Command::CancelReservation(CancelReservation { reservation_id }));
            }
            Step::Void(which) => {
                let Some(purchase_id) = pick(&self.purchases, *which) else { return };
                self.void(purchase_id.grant());
            }
            Step::Refund(which) => {
                let Some(consumption_id) = pick(&self.spent, *which) else { return };
                let refund = RefundConsumption { consumption_id, amount: None, reason: note("sorry") };
                self.run(&Command::RefundConsumption(refund));
            }
            Step::Give(amount) => {
                if self.run(&Command::Grant(a_grant(*amount))) {
                    self.given = self.given + credits(*amount);
                }
            }
            Step::Limit(limit) => {
                let settings = Settings { low_balance_threshold: None, overdraft_limit: credits(*limit) };
                self.run(&Command::ChangeSettings(settings));
            }
            Step::Room(is_wanted) => self.make_room(*is_wanted),
            Step::Tick(seconds) => {
                self.world.tick(*seconds);
                self.world.settle();
            }
        }
    }

    fn void(&mut self, grant_id: ids::GrantId) {
        self.run(&Command::VoidGrant(VoidGrant { grant_id, reason: note("void") }));
    }

    fn make_room(&mut self, is_wanted: bool) {
        const LOTS: usize = 5;
        if self.crowd.is_empty() {
            return;
        }
        for _ in 0..LOTS {
            if is_wanted {
                if let Some(id) = self.crowd.pop() {
                    self.void(id);
                }
            } else {
                let effective_at = Some(self.world.now + TimeDelta::days(365));
                if self.run(&Command::Grant(Grant { effective_at, ..a_grant(1) })) {
                    self.crowd.push(ids::GrantId::new(self.world.command_id().entity(0)));
                }
            }
        }
    }

    fn buy(&mut self, amount: i64, minutes: Option<i64>) {
        let name = format!("p{}", self.purchases.len());
        let end = |minutes| start() + TimeDelta::minutes((self.world.now - start()).num_minutes() + 1 + minutes);
        assert!(self.run(&purchase(amount, &name, minutes.map_or(Expiry::Never, |minutes| Expiry::At(end(minutes))))));
        self.purchases.push(purchase_id(&name));
    }

    fn revoke(&mut self, purchase_id: ids::PurchaseId, extent: RevokeExtent) {
        self.revocations += 1;
        let reference = reference(&format!("r{}", self.revocations));
        self.run(&Command::RevokePurchase(RevokePurchase {
            purchase_id,
            extent,
            cause: RevokeCause::Dispute,
            reference,
            reason: note("dispute"),
        }));
    }

    /// Of one of the purchases, if that revocation is its own and still stands.
    fn reinstate(&mut self, which: usize) {
        let reference = reference(&format!("r{}", which % self.revocations.max(1) + 1));
        for purchase_id in self.purchases.clone() {
            let reference = reference.clone();
            self.run(&Command::ReinstatePurchase(ReinstatePurchase { purchase_id, reference, reason: note("won") }));
        }
    }

    /// Holds end and purchases are taken back in any order.
    fn end(&mut self, mut order: usize) {
        while !self.holds.is_empty() || !self.purchases.is_empty() {
            let which = order % (self.holds.len() + self.purchases.len());
            order = order.rotate_right(5);
            if which < self.holds.len() {
                let reservation_id = self.holds.swap_remove(which);
                self.run(&Command::CancelReservation(CancelReservation { reservation_id }));
            } else {
                let purchase_id = self.purchases.swap_remove(which - self.holds.len());
                self.revoke(purchase_id, RevokeExtent::Rest);
            }
        }
    }

    fn run(&mut self, command: &Command) -> bool {
        self.world.run(command).is_ok()
    }
}

fn pick<T: Copy>(of: &[T], which: usize) -> Option<T> {
    (!of.is_empty()).then(|| of[which % of.len()])
}

fn refunded(log: &[Event]) -> Credits {
    let refunded = log.iter().map(|event| match &event.fact {
        Fact::ConsumptionRefunded(f) => f.amount,
        _ => Credits::ZERO,
    });
    refunded.sum()
}

/// What is left in the end, and what was given and not spent.
fn left(mut run: Run, steps: &[Step], order: usize) -> (Credits, Credits) {
    for (n, step) in steps.iter().enumerate() {
        run.world.is_checked = n % CHECKED_EACH == 0;
        run.step(step);
    }
    run.end(order);
    let state = &run.world.state;
    (state.balance(), run.given - state.totals().consumed + refunded(&run.world.log))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(CASES), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn c17_what_is_owed_in_the_end_is_what_was_spent(
        steps in proptest::collection::vec(step(), 1..25),
        order in any::<usize>(),
    ) {
        let (left, not_spent) = left(Run::of(World::new()), &steps, order);
        prop_assert_eq!(left, not_spent);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(CASES_MERGING).min(CASES_MERGING * 20), failure_persistence: None, ..ProptestConfig::default() })]

    /// Where equal purchases have merged, too (CORRECTNESS C20).
    #[test]
    fn c20_what_is_owed_of_merged_purchases_in_the_end_is_what_was_spent(
        steps in merging_steps(),
        order in any::<usize>(),
    ) {
        let (left, not_spent) = left(Run::of(crowded()), &steps, order);
        prop_assert_eq!(left, not_spent);
    }

    /// A refund gives a lot the life that it had left, and what ends of that is gone: never more than was paid for.
    #[test]
    fn c17_nothing_is_left_in_the_end_that_was_not_given_or_refunded(
        steps in proptest::collection::vec(step_or_refund(), 1..50),
        order in any::<usize>(),
        is_crowded in any::<bool>(),
    ) {
        let world = if is_crowded { crowded() } else { World::new() };
        let (left, not_spent) = left(Run::of(world), &steps, order);
        prop_assert!(left <= not_spent, "{left} of {not_spent}");
    }
}
