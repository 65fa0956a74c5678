//! Purchases whose lots have merged (C20): each is taken back as if they had not (C17).

use std::sync::LazyLock;

use chrono::TimeDelta;
use domain::commands::*;
use domain::limits::MAX_OPEN_GRANTS;
use domain::*;

use crate::support::*;

/// A world with as many scheduled grants as commands may open: they are no part of any figure, and every purchase is past
/// the limit.
pub fn crowded() -> World {
    static CROWDED: LazyLock<World> = LazyLock::new(|| {
        let mut world = World::new();
        world.now = start() - TimeDelta::seconds(30);
        let effective_at = Some(world.now + TimeDelta::days(365));
        world.fill(MAX_OPEN_GRANTS, &Command::Grant(Grant { effective_at, ..a_grant(1) }));
        world
    });
    CROWDED.clone()
}

/// Purchases of ten credits each.
fn bought(mut world: World, names: &[&str], life: Option<i64>) -> World {
    let end = life.map_or(Expiry::Never, |seconds| Expiry::At(world.now + TimeDelta::seconds(seconds)));
    for name in names {
        world.tick(1);
        world.run(&purchase(10, name, end)).unwrap();
    }
    world
}

/// The same in one lot.
fn merged(names: &[&str], life: Option<i64>) -> World {
    let world = bought(crowded(), names, life);
    assert_eq!(world.state.lots().len(), MAX_OPEN_GRANTS + 1);
    world
}

fn revoke(name: &str) -> Command {
    Command::RevokePurchase(RevokePurchase {
        purchase_id: purchase_id(name),
        extent: RevokeExtent::Rest,
        cause: RevokeCause::Refund,
        reference: reference("r"),
        reason: note("refund"),
    })
}

fn reinstate(name: &str) -> Command {
    Command::ReinstatePurchase(ReinstatePurchase {
        purchase_id: purchase_id(name),
        reference: reference("r"),
        reason: note("won"),
    })
}

fn consume(amount: i64) -> Command {
    Command::Consume(Consume { amount: credits(amount).into(), usage: used_for(None) })
}

fn refund(consumption: CommandId) -> Command {
    Command::RefundConsumption(RefundConsumption {
        consumption_id: ids::ConsumptionId::new(consumption.entity(0)),
        amount: None,
        reason: note("sorry"),
    })
}

fn void(name: &str) -> Command {
    Command::VoidGrant(VoidGrant { grant_id: purchase_id(name).grant(), reason: note("void") })
}

/// Balance and debt.
fn standing(world: &World) -> (i64, i64) {
    (world.state.balance().get(), world.state.debt().get())
}

/// Runs commands and says how things stand after each.
fn after_each(world: &mut World, commands: &[Command]) -> Vec<(i64, i64)> {
    let mut all = Vec::new();
    for command in commands {
        world.run(command).unwrap();
        all.push(standing(world));
    }
    all
}

#[test]
fn c20_a_merged_purchase_that_expired_unused_is_not_owed() {
    for order in [["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"]] {
        let mut world = merged(&["a", "b", "c"], Some(100));
        world.tick(100);
        let stands = after_each(&mut world, &order.map(revoke));
        assert_eq!(stands, [(0, 0); 3], "{order:?}");
    }
}

#[test]
fn c20_a_merged_purchase_that_was_voided_unused_is_not_owed() {
    let mut world = merged(&["a", "b"], None);
    assert_eq!(after_each(&mut world, &[void("a"), revoke("b"), revoke("a")]), [(0, 0); 3]);
}

#[test]
fn c20_what_was_spent_of_merged_purchases_is_owed_once() {
    for order in [["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"], ["c", "b", "a"]] {
        for spent in [1, 10, 17, 30] {
            let mut world = merged(&["a", "b", "c"], Some(100));
            world.run(&consume(spent)).unwrap();
            world.tick(100);
            let stands = after_each(&mut world, &order.map(revoke));
            assert_eq!(stands[2], (-spent, spent), "{order:?}: {stands:?}");
        }
    }
}

/// Whichever of them is refunded, and whether the others ever are.
#[test]
fn c20_each_merged_purchase_owes_what_it_would_owe_alone() {
    let names = ["a", "b", "c"];
    let orders = [["a", "b", "c"], ["a", "c", "b"], ["b", "a", "c"], ["b", "c", "a"], ["c", "a", "b"], ["c", "b", "a"]];
    for order in orders {
        for spent in [5, 17] {
            for (before, lapse) in [(0, true), (1, true), (0, false)] {
                let stands = [merged(&names, Some(100)), bought(World::new(), &names, Some(100))].map(|mut world| {
                    world.run(&consume(spent)).unwrap();
                    let mut stands =
                        after_each(&mut world, &order[..before].iter().map(|n| revoke(n)).collect::<Vec<_>>());
                    if lapse {
                        world.tick(100);
                    }
                    stands
                        .extend(after_each(&mut world, &order[before..].iter().map(|n| revoke(n)).collect::<Vec<_>>()));
                    stands
                });
                assert_eq!(stands[0], stands[1], "{order:?}, {spent} spent, {before} before the end");
            }
        }
    }
}

#[test]
fn c20_a_merged_purchase_that_was_taken_back_before_the_rest_expired_leaves_that_unowed() {
    for (first, then) in [("a", ["b", "c"]), ("b", ["c", "a"]), ("c", ["a", "b"])] {
        let mut world = merged(&["a", "b", "c"], Some(100));
        assert_eq!(after_each(&mut world, &[revoke(first)]), [(20, 0)]);
        world.tick(100);
        assert_eq!(after_each(&mut world, &then.map(revoke)), [(0, 0); 2], "{first} first");
    }
}

#[test]
fn c20_a_merged_purchase_that_is_reinstated_can_be_taken_back_again() {
    for (first, other) in [("a", "b"), ("b", "a")] {
        let mut world = merged(&["a", "b"], Some(100));
        world.run(&consume(5)).unwrap();
        world.tick(100);
        // Five were spent: one of the two owes them, and reinstating it gives them back.
        world.run(&revoke(first)).unwrap();
        world.run(&revoke(other)).unwrap();
        assert_eq!(standing(&world), (-5, 5));
        world.run(&reinstate(first)).unwrap();
        world.run(&reinstate(other)).unwrap();
        assert_eq!(standing(&world), (0, 0));
        world.run(&revoke(other)).unwrap();
        world.run(&revoke(first)).unwrap();
        assert_eq!(standing(&world), (-5, 5), "{first} first");
    }
}

#[test]
fn c20_what_lapsed_of_a_merged_purchase_is_laid_on_no_purchase_that_was_not_standing_then() {
    let mut world = merged(&["a", "b"], Some(100));
    assert_eq!(after_each(&mut world, &[revoke("b")]), [(10, 0)]);
    world.tick(100);
    assert_eq!(after_each(&mut world, &[reinstate("b"), revoke("a")]), [(10, 0); 2]);
    assert_eq!(after_each(&mut world, &[revoke("b")]), [(0, 0)]);
}

#[test]
fn c20_a_refunded_purchase_s_credits_that_come_back_and_expire_are_no_other_purchase_s() {
    let mut world = merged(&["a", "b"], Some(100));
    world.run(&consume(10)).unwrap();
    let spent = world.command_id();
    assert_eq!(after_each(&mut world, &[revoke("a"), refund(spent)]), [(0, 0), (10, 0)]);
    world.tick(100);
    assert_eq!(after_each(&mut world, &[revoke("b")]), [(-10, 10)]);
}

/// A dispute that is won after the end gives a lot of its own, beside the one that is still held: what ends of the two is
/// no purchase's twice.
#[test]
fn c20_nothing_is_owed_of_a_merged_purchase_that_was_reinstated_after_its_end_and_expired_again() {
    for held in [5, 10] {
        let mut world = merged(&["a", "b"], Some(100));
        world.run(&a_reservation(held, Over::default(), used_for(None))).unwrap();
        assert_eq!(after_each(&mut world, &[revoke("b")]), [(10, 0)]);
        world.tick(100);
        assert_eq!(after_each(&mut world, &[reinstate("b")]), [(10 + held, 0)]);
        world.tick(900);
        assert_eq!(after_each(&mut world, &["a", "b"].map(revoke)), [(0, 0); 2], "{held} held");
    }
}

/// Of its own lineage, although it was taken from the other's lot; also while another claw-back of it stands.
#[test]
fn c20_what_comes_back_of_a_merged_purchase_after_its_end_is_its_own() {
    let mut world = merged(&["a", "b"], Some(100));
    let (amount, over, usage) = (credits(10).into(), Over::default(), used_for(None));
    world
        .run(&Command::Reserve(Reserve { amount, price_version: None, expires_in_seconds: 150, over, usage }))
        .unwrap();
    for (wanted, why) in [(4, "other"), (6, "r")] {
        world
            .run(&Command::RevokePurchase(RevokePurchase {
                purchase_id: purchase_id("b"),
                extent: RevokeExtent::Credits(credits(wanted)),
                cause: RevokeCause::Dispute,
                reference: reference(why),
                reason: note("dispute"),
            }))
            .unwrap();
    }
    world.tick(100);
    assert_eq!(after_each(&mut world, &[reinstate("b")]), [(16, 0)]);
    let open = world.state.lots().iter().find(|lot| lot.effective && lot.closed.is_none()).unwrap();
    assert_eq!((open.terms.purchase_id, open.remaining), (Some(purchase_id("b")), credits(6)));
    world.tick(900);
    assert_eq!(after_each(&mut world, &["a", "b"].map(revoke)), [(0, 0); 2]);
}

#[test]
fn c20_a_refunded_purchase_s_lot_that_its_reinstated_credits_join_is_shared_again() {
    let mut world = merged(&["a", "b"], None);
    world.run(&consume(20)).unwrap();
    let spent = world.command_id();
    assert_eq!(after_each(&mut world, &[revoke("a"), refund(spent), reinstate("a")]), [(-10, 10), (10, 0), (20, 0)]);
    let joined = world.state.lots().iter().find(|lot| lot.effective).unwrap();
    let void = Command::VoidGrant(VoidGrant { grant_id: joined.id(), reason: note("void") });
    assert_eq!(after_each(&mut world, &[void, revoke("a"), revoke("b")]), [(0, 0); 3]);
}

/// The same where the limit no longer binds, so that it gets its own lot while the other is open.
#[test]
fn c20_nothing_is_owed_of_a_merged_purchase_that_was_reinstated_beside_the_other_and_expired() {
    for names in [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"]] {
        let mut world = merged(&names, Some(1_000));
        world.run(&a_reservation(20, Over::default(), used_for(None))).unwrap();
        assert_eq!(after_each(&mut world, &[revoke(names[1])]), [(10, 10)]);
        // Repays the debt, so that as much comes back as a lot of its own when the hold expires.
        world.run(&purchase(10, "repays", Expiry::Never)).unwrap();
        world.tick(900);
        world.settle();
        let crowd = world.state.lots().iter().filter(|lot| !lot.effective).map(grant::Lot::id);
        for grant_id in crowd.take(3).collect::<Vec<_>>() {
            world.run(&Command::VoidGrant(VoidGrant { grant_id, reason: note("room") })).unwrap();
        }
        assert_eq!(after_each(&mut world, &[reinstate(names[1])]), [(30, 0)]);
        world.tick(1_000);
        assert_eq!(after_each(&mut world, &names.map(revoke)), [(10, 0); 2], "{names:?}");
    }
}

#[test]
fn c20_nothing_is_owed_of_what_was_refunded_of_merged_purchases_after_their_end_and_expired_again() {
    let mut world = merged(&["a", "b"], Some(100));
    world.run(&consume(20)).unwrap();
    let spent = world.command_id();
    world.tick(100);
    assert_eq!(after_each(&mut world, &[refund(spent)]), [(20, 0)]);
    world.tick(100);
    assert_eq!(after_each(&mut world, &["a", "b"].map(revoke)), [(0, 0); 2]);
}

/// What time causes is dated by its own time, and so is the merge that follows from it (C12): the facts after it, too.
#[test]
fn c12_a_merge_that_time_causes_is_dated_by_it() {
    let mut world = merged(&["a", "b"], Some(5_000));
    for expires_in_seconds in [10, 20] {
        let amount = credits(10).into();
        let (over, usage) = (Over::default(), used_for(None));
        world.run(&Command::Reserve(Reserve { amount, price_version: None, expires_in_seconds, over, usage })).unwrap();
    }
    assert_eq!(after_each(&mut world, &["a", "b"].map(revoke)), [(10, 10), (0, 20)]);
    // Repays both debts, so that as much comes back with each hold: the second joins the first.
    world.run(&purchase(25, "repays", Expiry::In(30))).unwrap();
    let began = world.now;
    world.tick(100);
    let dated = world.settle().into_iter().map(|event| ((event.occurred_at - began).num_seconds(), event.fact.name()));
    assert_eq!(
        dated.collect::<Vec<_>>(),
        [
            (10, "ReservationExpired"),
            (10, "RepaymentReturned"),
            (20, "ReservationExpired"),
            (20, "RepaymentReturned"),
            (20, "GrantMerged"),
            (30, "GrantExpired"),
        ]
    );
}

#[test]
fn c20_credits_that_came_back_to_a_merged_lot_and_then_expired_are_not_owed() {
    for order in [["a", "b"], ["b", "a"]] {
        let mut world = merged(&["a", "b"], Some(100));
        world.run(&consume(20)).unwrap();
        let spent = world.command_id();
        world.run(&refund(spent)).unwrap();
        world.tick(100);
        assert_eq!(after_each(&mut world, &order.map(revoke)), [(0, 0); 2], "{order:?}");
    }
}

#[test]
fn c20_what_is_held_of_a_merged_purchase_repays_its_debt_when_it_is_released() {
    let mut world = merged(&["a", "b"], Some(100));
    world.run(&a_reservation(20, Over::default(), used_for(None))).unwrap();
    let reservation_id = ids::ReservationId::new(world.command_id().entity(0));
    world.run(&revoke("b")).unwrap();
    assert_eq!(standing(&world), (10, 10));
    world.tick(100);
    world.run(&Command::CancelReservation(CancelReservation { reservation_id })).unwrap();
    assert_eq!(standing(&world), (0, 0));
    world.run(&revoke("a")).unwrap();
    assert_eq!(standing(&world), (0, 0));
}

#[test]
fn c20_what_is_held_of_a_reinstated_merged_purchase_repays_no_other_debt() {
    let mut world = merged(&["a", "b"], Some(100));
    world.run(&a_reservation(20, Over::default(), used_for(None))).unwrap();
    let reservation_id = ids::ReservationId::new(world.command_id().entity(0));
    world.run(&revoke("b")).unwrap();
    world.run(&reinstate("b")).unwrap();
    assert_eq!(standing(&world), (20, 0));
    let limit = Settings { low_balance_threshold: None, overdraft_limit: credits(7) };
    world.run(&Command::ChangeSettings(limit)).unwrap();
    world.run(&consume(7)).unwrap();
    world.tick(100);
    world.run(&Command::CancelReservation(CancelReservation { reservation_id })).unwrap();
    assert_eq!(standing(&world), (-7, 7));
}

#[test]
fn c20_lots_of_two_lineages_merge_only_where_either_history_names_the_other() {
    let mut world = merged(&["a"], None);
    world.run(&consume(10)).unwrap();
    let spent = world.command_id();
    world.run(&revoke("a")).unwrap();
    // Repays the debt at once.
    world.run(&purchase(10, "b", Expiry::Never)).unwrap();
    world.tick(1);
    world.run(&purchase(10, "c", Expiry::Never)).unwrap();
    world.tick(1);
    // The purchase was taken back, so the refund makes a lot that is not the first of its lineage.
    world.run(&refund(spent)).unwrap();
    let bought = world.state.lots().iter().filter(|lot| lot.terms.purchase_id.is_some());
    let roots = bought.map(|lot| (lot.terms.root(), lot.remaining.get())).collect::<Vec<_>>();
    assert_eq!(roots, [(purchase_id("c").grant(), 10), (purchase_id("a").grant(), 10)]);
    assert_eq!(after_each(&mut world, &["c", "b"].map(revoke)), [(10, 0), (0, 0)]);
}
