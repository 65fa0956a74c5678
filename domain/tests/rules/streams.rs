//! The golden streams: short lives of organizations that between them emit every fact, with all optional fields set.

use std::sync::Arc;

use domain::commands::*;
use domain::free_credits::{RecurringGrant, Rollover, Welcome};
use domain::grant::Category;
use domain::limits::MAX_OPEN_GRANTS;
use domain::price::PriceBooks;
use domain::recharge::RechargeFailure;
use domain::text::{Label, Metadata, Text};
use domain::usage::{Reference, Usage};
use domain::*;
use serde_json::json;

use crate::model_prices::BOOK;
use crate::price_books::published;
use crate::scenarios_free_credits::monthly;
use crate::support::*;
use crate::table::{Table, priced_table, table};

/// The streams whose events and final states are checked in.
pub fn golden_streams() -> Vec<(&'static str, World)> {
    vec![
        ("lots", lots().world),
        ("purchases", purchases().world),
        ("claw_backs", claw_backs().world),
        ("repayments", repayments().world),
        ("releases", releases().world),
        ("recharges", recharges().world),
        ("reservations", reservations().world),
        ("prices", prices().world),
        ("free_credits", free_credits()),
    ]
}

fn metadata() -> Metadata {
    Metadata::try_new(json!({"trace": "t-1", "n": [1, {"deep": null}]}).as_object().unwrap().clone()).unwrap()
}

fn full_usage(now: Timestamp) -> Arc<Usage> {
    Arc::new(Usage {
        operation: Some(Label::try_new("chat.gpt").unwrap()),
        quantities: [(Text::try_new("input_tokens").unwrap(), 1_200)].into(),
        dimensions: [(Text::try_new("model").unwrap(), Label::try_new("gpt").unwrap())].into(),
        subject: Some(Label::try_new("user-7").unwrap()),
        description: Some(note("a reply")),
        reference: Some(Reference { kind: Text::try_new("job").unwrap(), id: reference("j-1") }),
        metadata: metadata(),
        used_at: Some(now),
    })
}

fn lots() -> Table {
    let mut t = table("settings limit=50 low=20");
    t.world
        .run(&Command::Grant(Grant {
            category: Category::Paid,
            priority: 7,
            expiry: Expiry::In(3_600),
            applies_to: patterns(&["chat.*"]),
            metadata: metadata(),
            ..a_grant(100)
        }))
        .unwrap();
    t.world.tick(1);
    let usage = full_usage(t.world.now);
    t.world.run(&Command::Consume(Consume { amount: credits(120).into(), usage })).unwrap();
    let consumption_id = ids::ConsumptionId::new(t.world.command_id().entity(0));
    t.rows("grant later 60 starts=10 \n tick 10 \n adjust 40 \n adjust -15 \n tick 3600");
    let refund = RefundConsumption { consumption_id, amount: Some(credits(70)), reason: note("sorry") };
    t.world.run(&Command::RefundConsumption(refund)).unwrap();
    t.rows("grant v 30 \n reserve h 10 \n void v \n cancel h \n grant future 5 starts=9000 life=60 \n consume x 130");
    t
}

fn purchases() -> Table {
    let mut t = table("start p 100 \n fail p \n lapse p \n tick 1 \n buy q 80 life=1000 \n grant g 10");
    t.world
        .run(&Command::StartPurchase(StartPurchase {
            offer: Offer {
                credits: credits(500),
                price: usd(4_900),
                package_id: Some(reference("standard")),
                package_version: Some(2),
                bonus_credits: Some(credits(50)),
            },
            payment_reference: reference("cs_1"),
            metadata: metadata(),
        }))
        .unwrap();
    t.world
        .run(&Command::RecordPurchase(RecordPurchase {
            offer: Offer {
                credits: credits(500),
                price: usd(4_900),
                package_id: Some(reference("standard")),
                package_version: Some(2),
                bonus_credits: Some(credits(50)),
            },
            payment_reference: reference("cs_1"),
            expiry: Expiry::In(86_400),
            metadata: metadata(),
        }))
        .unwrap();
    t.rows("consume c 90 \n reserve r 150 \n revoke cs_1 \n tick 901 \n refund c 40 \n reinstate cs_1 \n revoke q 20 ref=d2");
    t
}

/// Ends while a hold is out whose like has repaid the claw-back.
fn claw_backs() -> Table {
    table("buy p 100 life=100 \n reserve r 40 \n reserve s 40 \n revoke p 60 \n cancel r")
}

fn repayments() -> Table {
    table(
        "buy p 100 life=100 \n buy q 100 \n reserve r 60 \n revoke p ref=d1 cause=dispute \n reinstate p ref=d1 \n revoke p ref=d2
         tick 100 \n cancel r",
    )
}

/// A claw-back of what is held, repaid by others: each way in which a hold ends gives that back.
fn releases() -> Table {
    table(
        "buy p 100 life=9000 \n buy q 100 \n reserve r 30 \n reserve s 30 life=50 \n reserve u 30 \n revoke p
         confirm r 10 \n tick 50 \n cancel u",
    )
}

fn recharges() -> Table {
    let mut t = table(
        "
        policy below=100 package=300 price=900 amount=500 month=20000 cooldown=60 days=30 version=2 bonus=20
        charged 1 \n tick 61 \n consume a 590",
    );
    let request = t.world.state.recharge().in_flight.clone().unwrap();
    t.world
        .run(&Command::FailRecharge(FailRecharge {
            recharge_id: request.recharge_id,
            failure: RechargeFailure::CardUnusable,
            detail: Some(note("expired_card")),
            link: Some(text::Link::try_new("https://pay.example.com/cs_1").unwrap()),
        }))
        .unwrap();
    t.rows("resume \n charged 2 \n tick 3600 \n consume b 560 \n tick 86400");
    t
}

fn reservations() -> Table {
    let mut t = table("settings limit=100 \n grant a 100 \n grant b 50 life=100 for=chat.*");
    let usage = full_usage(t.world.now);
    let over = Over { policy: OverPolicy::TakeAvailable, max_amount: Some(credits(400)) };
    t.world.run(&a_reservation(120, over, usage)).unwrap();
    let reservation_id = ids::ReservationId::new(t.world.command_id().entity(0));
    t.rows("reserve c 10 \n cancel c \n cancel c \n reserve e 10 life=5 \n reserve open 70 \n tick 100");
    t.world
        .run(&Command::ConfirmReservation(ConfirmReservation {
            reservation_id,
            amount: Some(credits(300)),
            quantities: [(Text::try_new("input_tokens").unwrap(), 3_000)].into(),
            books: None,
        }))
        .unwrap();
    t
}

/// Tiers on both sides of a month's end, with everything that usage and its price can have.
fn prices() -> Table {
    let mut t =
        priced_table(PriceBooks::new(vec![published(1, start(), BOOK)]), "grant g 1000 \n grant h 9 for=chat.*");
    let usage = full_usage(t.world.now);
    let (amount, over) = (Amount::Priced(Arc::clone(&t.books)), Over::default());
    t.world.run(&Command::Consume(Consume { amount: amount.clone(), usage: Arc::clone(&usage) })).unwrap();
    for _ in 0..2 {
        let (amount, usage) = (amount.clone(), Arc::clone(&usage));
        let reserve = Reserve { amount, price_version: Some(1), expires_in_seconds: 86_400, over, usage };
        t.world.run(&Command::Reserve(reserve)).unwrap();
    }
    let reservation_id = ids::ReservationId::new(t.world.command_id().entity(0));
    let (quantities, books) = (usage.quantities.clone(), Some(Arc::clone(&t.books)));
    t.world
        .run(&Command::ConfirmReservation(ConfirmReservation { reservation_id, amount: None, quantities, books }))
        .unwrap();
    t.world.now = time::start_of_next_month(t.world.now).unwrap();
    t.rows("consume m priced op=mail #request=25 \n reserve open priced op=chat.a #input_tokens=20");
    t
}

/// A bonus, then a monthly grant until its rollover's cap leaves nothing to give.
fn free_credits() -> World {
    let mut world = World::new();
    world.welcome = Some(Welcome { amount: credits(50), validity_days: Some(30), monthly: None });
    world.run(&monthly(20, Rollover::None)).unwrap();
    let grant = RecurringGrant {
        amount: credits(100),
        rollover: Rollover::Capped(credits(30)),
        priority: 7,
        applies_to: patterns(&["chat.*"]),
    };
    let starts_at = Some(world.now + chrono::TimeDelta::days(1));
    let configure = ConfigureRecurringGrant { grant: Some(grant), starts_at };
    world.run(&Command::ConfigureRecurringGrant(configure)).unwrap();
    world.tick(86_400 * 100);
    world.settle();
    world
}

/// A merge takes as many lots as commands may open: too long a stream to check in.
pub fn merging() -> World {
    let mut world = World::new();
    world.fill(MAX_OPEN_GRANTS, &Command::Grant(a_grant(1)));
    for name in ["a", "b"] {
        world.run(&purchase(10, name, Expiry::Never)).unwrap();
    }
    world
}
