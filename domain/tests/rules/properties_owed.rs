//! An oracle that knows no lots: once every purchase has been taken back and no hold is open, an organization owes what it
//! has spent, whatever expired, was held, taken back and given back in between (CORRECTNESS C17).
//!
//! Absent: refunds of consumptions. They give a lot the life that it had left, and what ends of that is gone.

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
const CHECKED_EACH: usize = 4;

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
    Reserve(i64),
    Confirm {
        which: usize,
        amount: i64,
    },
    Cancel(usize),
    Tick(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..3i64, proptest::option::of(0..2i64)).prop_map(|(tens, minutes)| Step::Buy { tens, minutes }),
        4 => (any::<usize>(), proptest::option::of(1..20i64))
            .prop_map(|(which, credits)| Step::Revoke { which, credits }),
        2 => any::<usize>().prop_map(Step::Reinstate),
        2 => (1..20i64).prop_map(Step::Consume),
        4 => (1..40i64).prop_map(Step::Reserve),
        1 => (any::<usize>(), 1..40i64).prop_map(|(which, amount)| Step::Confirm { which, amount }),
        3 => any::<usize>().prop_map(Step::Cancel),
        3 => (1..50i64).prop_map(Step::Tick),
    ]
}

struct Run {
    world: World,
    purchases: Vec<ids::PurchaseId>,
    holds: Vec<ids::ReservationId>,
    revocations: usize,
}

impl Run {
    fn of(world: World) -> Self {
        Self { world, purchases: Vec::new(), holds: Vec::new(), revocations: 0 }
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
                self.run(&Command::Consume(Consume { amount, usage: used_for(None) }));
            }
            Step::Reserve(amount) => {
                if self.run(&a_reservation(*amount, Over::default(), used_for(None))) {
                    let made = self.world.command_id().entity(0);
                    self.holds.push(ids::ReservationId::new(made));
                }
            }
            Step::Confirm { which, amount } => {
                let Some(reservation_id) = pick(&self.holds, *which) else { return };
                let amount = Some(credits(*amount));
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
            Step::Tick(seconds) => {
                self.world.tick(*seconds);
                self.world.settle();
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

    fn end(&mut self) {
        for reservation_id in std::mem::take(&mut self.holds) {
            self.run(&Command::CancelReservation(CancelReservation { reservation_id }));
        }
        for purchase_id in self.purchases.clone() {
            self.revoke(purchase_id, RevokeExtent::Rest);
        }
    }

    fn run(&mut self, command: &Command) -> bool {
        self.world.run(command).is_ok()
    }
}

fn pick<T: Copy>(of: &[T], which: usize) -> Option<T> {
    (!of.is_empty()).then(|| of[which % of.len()])
}

/// What is owed in the end, and what was spent.
fn owed(mut run: Run, steps: &[Step]) -> ((Credits, Credits), Credits) {
    for (n, step) in steps.iter().enumerate() {
        run.world.is_checked = n % CHECKED_EACH == 0;
        run.step(step);
    }
    run.end();
    let state = &run.world.state;
    ((state.balance(), state.debt()), state.totals().consumed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(CASES), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn c17_what_is_owed_in_the_end_is_what_was_spent(steps in proptest::collection::vec(step(), 1..25)) {
        let (owed, spent) = owed(Run::of(World::new()), &steps);
        prop_assert_eq!(owed, (-spent, spent));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(CASES_MERGING).min(CASES_MERGING * 20), failure_persistence: None, ..ProptestConfig::default() })]

    /// Where equal purchases have merged, too (CORRECTNESS C20).
    #[test]
    fn c20_what_is_owed_of_merged_purchases_in_the_end_is_what_was_spent(
        steps in proptest::collection::vec(step(), 1..25),
    ) {
        let (owed, spent) = owed(Run::of(crowded()), &steps);
        prop_assert_eq!(owed, (-spent, spent));
    }
}
