//! A walk of random commands in both worlds, compared after each.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use domain::commands::*;
use domain::grant::Category;
use domain::ids::{ConsumptionId, GrantId, PurchaseId, ReservationId};
use domain::price::PriceBooks;
use domain::*;
use proptest::prelude::*;
use uuid::Uuid;

use crate::model::{End, Ids, Model, Stage};
use crate::model_prices::{books, priced_usage};
use crate::model_run::model_run;
use crate::properties::Op;
use crate::scenarios_merges::crowded;
use crate::support::*;

const OPERATIONS: [Option<&str>; 4] = [None, Some("chat.a"), Some("chat.b"), Some("mail")];
const POLICIES: [OverPolicy; 3] = [OverPolicy::Reject, OverPolicy::TakeAvailable, OverPolicy::Overdraft];
const APPLIES: [&[&str]; 5] = [&[], &[], &["chat.*"], &["mail"], &["chat.a", "mail"]];

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
    /// Grants that only take up room.
    crowd: BTreeSet<GrantId>,
}

const STRANGER: u128 = 7;

impl Walk {
    pub fn new() -> Self {
        let mut world = World::new();
        // Most walks cross the end of a month, and the second version comes into force on the way.
        world.now = start() - TimeDelta::seconds(30);
        Self { world, model: Model::default(), books: Arc::new(books()), crowd: BTreeSet::new() }
    }

    /// A walk on which every purchase meets the limit of open grants.
    pub fn crowded() -> Self {
        let mut walk = Self { world: crowded(), ..Self::new() };
        walk.crowd = walk.world.state.lots().iter().map(grant::Lot::id).collect();
        walk.model.crowd = walk.crowd.len();
        walk.model.totals.granted = i128::try_from(walk.crowd.len()).unwrap();
        walk
    }

    pub fn step(&mut self, op: &Op) -> Result<(), TestCaseError> {
        self.model.ids = Ids::of(self.world.next_settlement());
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
        let before = self.model.clone();
        self.model.ids = Ids::of(self.world.command_id());
        self.model.now = micros(self.world.now);
        let expected = model_run(&mut self.model, &command);
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
            Op::BuyForTheMinute { amount, payment, minutes } => {
                let end = (now - start()).num_minutes() + 1 + minutes;
                purchase(*amount, &format!("pay_{payment}"), Expiry::At(start() + TimeDelta::minutes(end)))
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
            .filter(|lot| lot.effective || !self.crowd.contains(&lot.id()))
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
