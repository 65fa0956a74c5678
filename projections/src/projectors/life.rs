//! The life of one organization that has every kind of event.

use domain::commands::*;
use domain::free_credits::{RecurringGrant, Rollover};
use domain::recharge::{AutoRechargePolicy, RechargeFailure, RechargePackage, ResumeCause};
use domain::text::Metadata;
use domain::{Command, Fact, ids::RechargeId};

use super::testing::*;

/// Every kind of event, at least once.
pub fn life() -> World {
    let mut world = World::new();
    money(&mut world);
    holds(&mut world);
    payments(&mut world);
    repayments(&mut world);
    recharges(&mut world);
    crowd(&mut world);
    monthly(&mut world);
    world
}

/// Grants, spending, refunds, adjustments, debt.
fn money(world: &mut World) {
    world.run(settings(None, 500));
    world.run(Command::Grant(grant(100)));
    let all = world.run(consume(100, "chat"));
    world.run(refund(all, 100));
    world.run(Command::Grant(restricted(40, "mail.*")));
    let later = world.now + chrono::TimeDelta::seconds(60);
    world.run(Command::Grant(Grant { effective_at: Some(later), expiry: Expiry::In(600), ..grant(30) }));
    let never = world.run(Command::Grant(Grant { effective_at: Some(later), ..grant(20) }));
    world.run(void(never));
    world.tick(60);
    let spent = world.run(consume(90, "chat"));
    world.run(refund(spent, 35));
    world.run(adjust(-15));
    let indebted = world.run(consume(200, "chat"));
    world.run(refund(indebted, 50));
    world.run(adjust(400));
    world.tick(600);
    // Taken from a lot that has expired since: it comes back as a lot of its own.
    world.run(refund(spent, 55));
    let voided = world.run(Command::Grant(Grant { priority: 0, ..grant(10) }));
    let drawn = world.run(consume(4, "chat"));
    world.run(void(voided));
    world.run(refund(drawn, 4));
}

/// Reservations and their ends, also beyond the hold and after their lots have ended.
fn holds(world: &mut World) {
    let short = world.run(reserve(30, OverPolicy::Reject));
    world.run(confirm(short, 20));
    let kept = world.run(reserve(30, OverPolicy::Reject));
    world.run(cancel(kept));
    world.run(cancel(kept));
    world.run(reserve(25, OverPolicy::Reject));
    world.tick(900);
    let over = world.run(reserve(10, OverPolicy::Overdraft));
    world.run(confirm(over, 2_000));
    world.run(adjust(2_000));
    let taking = world.run(reserve(5, OverPolicy::TakeAvailable));
    world.run(Command::Grant(Grant { expiry: Expiry::In(60), ..grant(3_000) }));
    let held = world.run(reserve(700, OverPolicy::Reject));
    world.run(confirm(taking, 9_000));
    world.tick(60);
    world.run(confirm(held, 300));
}

/// Purchases and what becomes of them.
fn payments(world: &mut World) {
    world.run(start(100, 900, "late"));
    world.run(Command::FailPurchase(end("late", "no funds")));
    world.run(purchase(100, 900, "late", Expiry::Never));
    world.run(start(100, 900, "never"));
    world.run(Command::ExpirePurchase(end("never", "session over")));
    world.run(purchase(1_000, 10_000, "big", Expiry::In(3_600)));
    world.run(consume(600, "chat"));
    let held = world.run(reserve(100, OverPolicy::Reject));
    world.run(revoke("big", RevokeExtent::PriceMinor(9_500), "re-1"));
    world.run(cancel(held));
    world.run(reinstate("big", "re-1"));
    world.tick(3_600);
    world.run(revoke("big", RevokeExtent::Rest, "re-2"));
    world.run(reinstate("big", "re-2"));
    world.run(revoke("late", RevokeExtent::Rest, "re-3"));
    world.run(adjust(5_000));
}

/// Claw-backs of held credits, which other credits repay.
fn repayments(world: &mut World) {
    world.run(purchase(100, 900, "lent", Expiry::In(60)));
    let held = world.run(reserve(80, OverPolicy::Reject));
    world.run(revoke("lent", RevokeExtent::Rest, "re-4"));
    world.run(reinstate("lent", "re-4"));
    world.run(revoke("lent", RevokeExtent::Rest, "re-5"));
    world.tick(60);
    world.run(cancel(held));
}

/// Automatic recharges.
fn recharges(world: &mut World) {
    let package = RechargePackage {
        package_id: reference("pro"),
        package_version: Some(1),
        bonus_credits: None,
        credits: credits(20_000),
        price: usd(2_000),
        validity_days: Some(30),
    };
    let policy = AutoRechargePolicy {
        enabled: true,
        threshold: credits(9_000),
        package,
        amount: None,
        monthly_limit: None,
        cooldown_seconds: 60,
    };
    let fail = |world: &mut World| {
        let recharge_id = RechargeId::new(requested(world));
        let failure = RechargeFailure::CardUnusable;
        world.run(Command::FailRecharge(FailRecharge { recharge_id, failure, detail: None, link: None }));
    };
    world.run(Command::ConfigureAutoRecharge(Some(policy)));
    fail(world);
    world.tick(120);
    world.run(Command::ResumeRecharge(ResumeRecharge { cause: ResumeCause::Person }));
    let recharge_id = RechargeId::new(requested(world));
    world.run(Command::CompleteRecharge(CompleteRecharge { recharge_id, metadata: Metadata::default() }));
}

fn requested(world: &World) -> uuid::Uuid {
    let last = world.log.iter().rev().find(|event| matches!(event.event.fact, Fact::RechargeRequested(_)));
    last.and_then(|event| event.entity_id).expect("a recharge was asked for")
}

/// So many lots that facts merge.
fn crowd(world: &mut World) {
    for n in 0..910 {
        world.run(purchase(5, 50, &format!("small-{n}"), Expiry::Never));
    }
    world.run(consume(29_900, "chat"));
}

/// A monthly grant that debt does not touch, and a month without one because all of the last is left.
fn monthly(world: &mut World) {
    let grant = RecurringGrant {
        amount: credits(100),
        rollover: Rollover::Capped(credits(0)),
        priority: 1_000,
        applies_to: vec![domain::grant::OperationPattern::try_new("free.*").expect("short")],
    };
    let configure = |grant| Command::ConfigureRecurringGrant(ConfigureRecurringGrant { grant, starts_at: None });
    world.run(configure(Some(grant)));
    world.tick(32 * 86_400);
    world.run(configure(None));
}
