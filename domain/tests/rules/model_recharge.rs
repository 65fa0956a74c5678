//! Auto-recharge against a naive model: random spending and time, and a processor whose answers are lost, late or
//! repeated. Whatever happens, what was charged is credited once, no two requests overlap, no month passes its
//! limit, and where there is no recharge there is a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Datelike, TimeDelta};
use domain::commands::{
    CompleteRecharge, Consume, Expiry, FailRecharge, RecordPurchase, ResumeRecharge, RevokeCause, RevokeExtent,
    RevokePurchase,
};
use domain::events::RechargeRequested;
use domain::ids::RechargeId;
use domain::recharge::{
    AutoRechargePolicy, BACK_OFF_SECONDS_MIN, NoRecharge, PENDING_HOURS_MAX, RechargeFailure, RechargePackage,
    ResumeCause,
};
use domain::text::Metadata;
use domain::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::support::*;

const THRESHOLD: i64 = 100;
const PACKAGE: i64 = 300;
const PRICE: i64 = 1_000;

#[derive(Clone, Copy, Debug)]
enum Op {
    Spend(i64),
    Pass(i64),
    /// The processor works at the n-th request, whether or not its answer arrives.
    Charge {
        request: usize,
        succeeds: bool,
    },
    /// The answer about the n-th request arrives, perhaps again, by whichever way.
    Answer {
        request: usize,
        by_purchase: bool,
    },
    /// The request was looked up, and the processor knows nothing of it: only said where that is so.
    Abandon {
        request: usize,
    },
    Resume,
    Revoke {
        request: usize,
        dispute: bool,
    },
    Switch(bool),
}

fn ops() -> impl Strategy<Value = Op> {
    let request = prop_oneof![8 => Just(0_usize), 2 => 1..6_usize];
    let pass = prop_oneof![12 => 1..300_i64, 3 => Just(3_600), 1 => Just(86_400), 1 => Just(15 * 86_400)];
    let charge = (request.clone(), prop::bool::weighted(0.6));
    prop_oneof![
        8 => (1..400_i64).prop_map(Op::Spend),
        5 => pass.prop_map(Op::Pass),
        10 => charge.prop_map(|(request, succeeds)| Op::Charge { request, succeeds }),
        10 => (request.clone(), any::<bool>()).prop_map(|(request, by_purchase)| Op::Answer { request, by_purchase }),
        1 => request.clone().prop_map(|request| Op::Abandon { request }),
        2 => Just(Op::Resume),
        1 => (request, any::<bool>()).prop_map(|(request, dispute)| Op::Revoke { request, dispute }),
        1 => prop::bool::weighted(0.8).prop_map(Op::Switch),
    ]
}

/// What is known outside of the ledger.
struct Walk {
    world: World,
    limit: i64,
    cooldown: u32,
    /// Requests in their order; the processor charges each at most once, as one key sees to.
    requests: Vec<(RechargeId, Timestamp)>,
    charged: BTreeMap<RechargeId, bool>,
    answered: BTreeSet<RechargeId>,
}

fn requested(event: &Event) -> Option<(RechargeRequested, Timestamp)> {
    match &event.fact {
        Fact::RechargeRequested(request) => Some((request.clone(), event.occurred_at)),
        _ => None,
    }
}

impl Walk {
    fn new(limit_packages: i64, cooldown: u32) -> Self {
        let mut walk = Self {
            world: World::new(),
            limit: limit_packages * PRICE,
            cooldown,
            requests: Vec::new(),
            charged: BTreeMap::new(),
            answered: BTreeSet::new(),
        };
        let policy = walk.policy(true);
        walk.run(&Command::ConfigureAutoRecharge(Some(policy))).unwrap();
        walk
    }

    fn policy(&self, enabled: bool) -> AutoRechargePolicy {
        AutoRechargePolicy {
            enabled,
            threshold: credits(THRESHOLD),
            package: RechargePackage {
                package_id: reference("pack"),
                package_version: None,
                credits: credits(PACKAGE),
                bonus_credits: None,
                price: usd(PRICE),
                validity_days: None,
            },
            amount: None,
            monthly_limit: Some(usd(self.limit)),
            cooldown_seconds: self.cooldown,
        }
    }

    fn run(&mut self, command: &Command) -> Result<(), CommandError> {
        let before = self.world.log.len();
        let answer = self.world.run(command).map(drop);
        self.look(before);
        answer
    }

    /// What must hold of every request, at the moment that it is made.
    fn look(&mut self, before: usize) {
        let made: Vec<_> = self.world.log[before..].iter().filter_map(requested).collect();
        for (request, at) in made {
            assert!(request.unrestricted_balance < credits(THRESHOLD));
            assert!(request.unrestricted_balance + request.credits > credits(THRESHOLD), "one charge lifts it above");
            if let Some((last, asked_at)) = self.requests.last().copied() {
                let ended_at = self.ended(last).expect("no two requests overlap");
                assert!(at >= asked_at + TimeDelta::seconds(self.cooldown.into()), "it cools down");
                let is_over = self.resumed_since(ended_at) || self.paid_since(ended_at);
                let declined = self.failure(last).is_some_and(RechargeFailure::backs_off) && !is_over;
                let pause = TimeDelta::seconds(self.cooldown.max(BACK_OFF_SECONDS_MIN).into());
                assert!(!declined || at >= ended_at + pause, "it backs off");
            }
            self.requests.push((request.recharge_id, at));
        }
    }

    /// When the request was first answered in the log.
    fn ended(&self, id: RechargeId) -> Option<Timestamp> {
        self.world.log.iter().find_map(|event| match &event.fact {
            Fact::RechargeCompleted(f) if f.recharge_id == id => Some(event.occurred_at),
            Fact::RechargeFailed(f) if f.recharge_id == id => Some(event.occurred_at),
            _ => None,
        })
    }

    /// How the log ended it last.
    fn failure(&self, id: RechargeId) -> Option<RechargeFailure> {
        self.world.log.iter().rev().find_map(|event| match &event.fact {
            Fact::RechargeCompleted(f) if f.recharge_id == id => Some(None),
            Fact::RechargeFailed(f) if f.recharge_id == id => Some(Some(f.failure)),
            _ => None,
        })?
    }

    fn resumed_since(&self, at: Timestamp) -> bool {
        self.world.log.iter().any(|event| matches!(event.fact, Fact::RechargeResumed(_)) && event.occurred_at >= at)
    }

    /// A payment of an earlier request that arrives late shows that the card works.
    fn paid_since(&self, at: Timestamp) -> bool {
        self.world.log.iter().any(|event| matches!(event.fact, Fact::RechargeCompleted(_)) && event.occurred_at >= at)
    }

    fn request(&self, place: usize) -> Option<(RechargeId, Timestamp)> {
        self.requests.iter().rev().nth(place).copied()
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Spend(amount) => {
                let amount = amount.min(self.world.state.available(None).get());
                if amount > 0 {
                    let amount = credits(amount).into();
                    self.run(&Command::Consume(Consume { amount, usage: Arc::default() })).unwrap();
                }
            }
            Op::Pass(seconds) => {
                self.world.tick(seconds);
                let before = self.world.log.len();
                self.world.settle();
                self.look(before);
            }
            Op::Charge { request, succeeds } => self.charge(request, succeeds),
            Op::Answer { request, by_purchase } => self.answer(request, by_purchase),
            Op::Abandon { request } => self.abandon(request),
            Op::Resume => self.run(&Command::ResumeRecharge(ResumeRecharge { cause: ResumeCause::Person })).unwrap(),
            Op::Revoke { request, dispute } => self.revoke(request, dispute),
            Op::Switch(enabled) => {
                let policy = self.policy(enabled);
                self.run(&Command::ConfigureAutoRecharge(Some(policy))).unwrap();
            }
        }
    }

    /// Nothing is sent for a request that the log has ended; one key has one outcome.
    fn charge(&mut self, place: usize, succeeds: bool) {
        let Some((id, _)) = self.request(place) else { return };
        if self.ended(id).is_none() {
            self.charged.entry(id).or_insert(succeeds);
        }
    }

    fn answer(&mut self, place: usize, by_purchase: bool) {
        let Some((id, _)) = self.request(place) else { return };
        let Some(paid) = self.charged.get(&id).copied() else { return };
        if !paid {
            let failure = RechargeFailure::Declined;
            let refused =
                self.run(&Command::FailRecharge(FailRecharge { recharge_id: id, failure, detail: None, link: None }));
            assert!(matches!(refused, Ok(()) | Err(CommandError::RechargeEnded(_))), "{refused:?}");
            return;
        }
        let command = if by_purchase {
            self.recorded(id)
        } else {
            Command::CompleteRecharge(CompleteRecharge { recharge_id: id, metadata: Metadata::default() })
        };
        let answered = self.run(&command);
        assert!(matches!(answered, Ok(()) | Err(CommandError::PaymentReferenceUsed(_))), "{answered:?}");
        self.answered.insert(id);
    }

    fn recorded(&self, id: RechargeId) -> Command {
        let offer = self.world.log.iter().find_map(|event| match &event.fact {
            Fact::RechargeRequested(f) if f.recharge_id == id => Some(f.offer()),
            _ => None,
        });
        Command::RecordPurchase(RecordPurchase {
            offer: offer.expect("it was asked for"),
            payment_reference: id.payment_reference(),
            expiry: Expiry::Never,
            metadata: Metadata::default(),
        })
    }

    fn abandon(&mut self, place: usize) {
        let Some((id, _)) = self.request(place).filter(|(id, _)| !self.charged.contains_key(id)) else { return };
        let failure = RechargeFailure::Abandoned;
        let told =
            self.run(&Command::FailRecharge(FailRecharge { recharge_id: id, failure, detail: None, link: None }));
        assert!(matches!(told, Ok(()) | Err(CommandError::RechargeEnded(_))), "{told:?}");
    }

    fn revoke(&mut self, place: usize, dispute: bool) {
        let Some((id, _)) = self.request(place).filter(|(id, _)| self.answered.contains(id)) else { return };
        let revoked = self.run(&Command::RevokePurchase(RevokePurchase {
            purchase_id: id.purchase(&self.world.organization),
            extent: RevokeExtent::Rest,
            cause: if dispute { RevokeCause::Dispute } else { RevokeCause::Refund },
            reference: reference("re_1"),
            reason: note("asked"),
        }));
        if revoked.is_ok() {
            assert!(self.world.state.recharge().suspended.is_some(), "somebody looks first");
        }
    }

    /// What must hold after every step.
    fn check(&self) {
        let recharge = self.world.state.recharge();
        let credited: Vec<_> = self.world.log.iter().filter(|e| matches!(e.fact, Fact::PurchaseCompleted(_))).collect();
        assert_eq!(credited.len(), self.answered.len(), "what is known to be paid is credited once");
        let open: Vec<_> = self.requests.iter().filter(|(id, _)| self.ended(*id).is_none()).collect();
        assert!(open.len() <= 1);
        assert_eq!(recharge.in_flight.as_ref().map(|request| request.recharge_id), open.first().map(|(id, _)| *id));
        for (_, asked_at) in open {
            assert!(self.world.now < *asked_at + TimeDelta::hours(PENDING_HOURS_MAX), "a stuck one expires");
        }
        self.check_months();
        // Level-triggered: there is always a reason.
        let reason = recharge.order(self.world.state.unrestricted_balance(), self.world.now);
        assert!(reason.is_err(), "a recharge is due and was not asked for");
        if recharge.suspended.is_none()
            && recharge.in_flight.is_some()
            && self.world.state.balance() < credits(THRESHOLD)
        {
            assert!(matches!(reason, Err(NoRecharge::InFlight { .. } | NoRecharge::Disabled)), "{reason:?}");
        }
    }

    /// No month is asked for more than the limit by requests that may have been charged: those that failed for certain
    /// do not count, unless they turned out to be paid.
    fn check_months(&self) {
        let mut months = BTreeMap::<(i32, u32), i64>::new();
        for (id, at) in &self.requests {
            let late = self.failure(*id).is_none() && self.late(*id);
            let may_be_charged = match self.failure(*id) {
                None => !late,
                Some(failure) => failure == RechargeFailure::TimedOut,
            };
            if may_be_charged {
                *months.entry((at.year(), at.month())).or_default() += PRICE;
            }
        }
        assert!(months.values().all(|spent| *spent <= self.limit), "{months:?}");
    }

    /// Whether it failed for certain before it was found to be paid: a fact that no limit can undo.
    fn late(&self, id: RechargeId) -> bool {
        self.world.log.iter().any(|event| {
            matches!(&event.fact, Fact::RechargeFailed(f) if f.recharge_id == id && f.failure != RechargeFailure::TimedOut)
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn c19_recharges_follow_the_naive_model(
        ops in proptest::collection::vec(ops(), 1..120),
        limit_packages in 1..5_i64,
        cooldown in prop_oneof![Just(0_u32), Just(60), Just(3_600)],
    ) {
        let mut walk = Walk::new(limit_packages, cooldown);
        walk.world.is_checked = false;
        for op in ops {
            walk.step(op);
            walk.check();
        }
    }
}

/// The histories reach what they are meant to try.
#[test]
fn recharge_histories_reach_every_end() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeMap::<String, usize>::new();
    for _ in 0..150 {
        let ops = proptest::collection::vec(ops(), 120).new_tree(&mut runner).unwrap().current();
        let mut walk = Walk::new(2, 60);
        walk.world.is_checked = false;
        ops.into_iter().for_each(|op| walk.step(op));
        for event in &walk.world.log {
            let name = match &event.fact {
                Fact::RechargeFailed(f) => format!("{:?}", f.failure),
                Fact::RechargeSuspended(f) => format!("suspended {:?}", f.cause),
                Fact::RechargeCompleted(f) => format!("completed {}", f.counted_again),
                _ => continue,
            };
            *seen.entry(name).or_default() += 1;
        }
    }
    for wanted in [
        "Declined",
        "Abandoned",
        "TimedOut",
        "completed false",
        "suspended Declined",
        "suspended Dispute",
        "suspended Refund",
        "suspended TimedOut",
    ] {
        assert!(seen.contains_key(wanted), "no {wanted} in {seen:?}");
    }
}
