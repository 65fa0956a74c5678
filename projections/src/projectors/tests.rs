//! Given events, then rows. One life has every kind of event; after each of them the rows agree with the domain's own
//! state. Then what a reader of each table expects to see, row by row.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::commands::*;
use domain::{Command, Fact};
use store::RecordedEvent;

use super::balances::{self, BalanceRows};
use super::grants::{self, Lots};
use super::life::life;
use super::purchases::{self, PurchaseRows};
use super::testing::*;
use super::usage::{self, UsageRows};
use super::{reservations, transactions};
use crate::verify::oracle::Folded;

#[test]
fn a_life_has_every_kind_of_event() {
    let seen: BTreeSet<&str> = life().log.iter().map(|event| event.event.fact.name()).collect();
    let all: BTreeSet<&str> = Fact::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(all.difference(&seen).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn after_every_event_the_rows_agree_with_the_domain() {
    let world = life();
    let mut folded = Folded::before(&world.log[0]);
    let (mut balances, mut lots) = (BalanceRows::new(), Lots::new());
    let mut sum = 0;
    for event in &world.log {
        folded.fold(event);
        let one = std::slice::from_ref(event);
        balances = balances::fold(balances, one).unwrap();
        assert_eq!(balances["acme"], folded.balance(), "{event:?}");
        grants::fold(&mut lots, one).unwrap();
        check_lots(&lots, &folded, event);
        if let Some(row) = transactions::row(event) {
            sum += row.amount;
            assert_eq!(row.balance_after, sum, "{event:?}");
        }
        assert_eq!(sum, folded.state.balance().get(), "an event without a row moves nothing: {event:?}");
        if event.sequence % 97 == 0 {
            check_reservations(&world.log[..usize::try_from(event.sequence).unwrap()], &folded);
        }
    }
    check_reservations(&world.log, &folded);
}

fn check_lots(lots: &Lots, folded: &Folded, event: &RecordedEvent) {
    let open = lots.values().filter(|lot| lot.row.remaining != 0);
    let open = open.map(|lot| (lot.row.grant_id, (lot.row.remaining, lot.row.held, lot.row.status.clone())));
    assert_eq!(open.collect::<std::collections::BTreeMap<_, _>>(), folded.lots(), "{event:?}");
    for lot in lots.values() {
        let whole = lot.whole().expect("it began in this batch");
        let parts = whole.remaining + whole.used + whole.expired + whole.voided + whole.revoked + whole.merged;
        assert_eq!(whole.amount, parts, "{whole:?} after {event:?}");
        let is_open = matches!(whole.status.as_str(), "scheduled" | "active");
        assert_eq!(whole.ended_at.is_none(), is_open, "{whole:?} after {event:?}");
        let months = lot.months.values().map(|m| m.added - m.used - m.expired - m.voided - m.revoked - m.merged);
        let is_paid_for = whole.cost_minor.is_some();
        assert_eq!(months.sum::<i64>(), if is_paid_for { whole.remaining } else { 0 }, "{whole:?} after {event:?}");
    }
}

fn check_reservations(log: &[Arc<RecordedEvent>], folded: &Folded) {
    let (rows, ends) = reservations::fold(log);
    assert!(ends.is_empty(), "each began in this batch");
    let pending = rows.iter().filter(|row| row.status == "pending");
    let open = pending.map(|r| (r.reservation_id, (r.amount, r.overdraft_held, r.created_at, r.expires_at)));
    assert_eq!(open.collect::<std::collections::BTreeMap<_, _>>(), folded.reservations());
}

#[test]
fn events_that_are_folded_again_change_nothing() {
    let log = life().log;
    let balances = balances::fold(BalanceRows::new(), &log).unwrap();
    assert_eq!(balances::fold(balances.clone(), &log).unwrap(), balances);
    let (mut lots, mut purchases, mut usage) = (Lots::new(), PurchaseRows::new(), UsageRows::new());
    let mut fold = || {
        grants::fold(&mut lots, &log).unwrap();
        purchases::fold(&mut purchases, &log).unwrap();
        usage::fold(&mut usage, &log).unwrap();
        (lots.clone(), purchases.clone(), usage.clone())
    };
    assert_eq!(fold(), fold());
}

#[test]
fn an_event_about_something_unknown_is_poison_at_its_position() {
    let log = life().log;
    let first = |name: &str| log.iter().find(|event| event.event.fact.name() == name).cloned().unwrap();
    for name in ["CreditsConsumed", "GrantBecameEffective", "GrantVoided"] {
        let event = first(name);
        let error = grants::fold(&mut Lots::new(), std::slice::from_ref(&event)).unwrap_err();
        assert!(error.to_string().starts_with(&format!("the event at position {} ", event.position)), "{error}");
    }
    for name in ["PurchaseFailed", "PurchaseExpired", "PurchaseRevoked", "PurchaseReinstated"] {
        let event = first(name);
        assert!(purchases::fold(&mut PurchaseRows::new(), &[event]).is_err(), "{name}");
    }
}

#[test]
fn a_balance_that_was_removed_does_not_begin_anew() {
    let log = life().log;
    let error = balances::fold(BalanceRows::new(), &log[5..]).unwrap_err();
    assert!(error.to_string().ends_with("events up to 0, and sequence 6 follows"), "{error}");
}

/// What a statement shows: type, amount, balance, description, reference, operation.
fn statement(world: &World) -> Vec<String> {
    let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let rows = world.log.iter().filter_map(|event| transactions::row(event));
    rows.map(|row| {
        let reference = row.reference_type.zip(row.reference_id).map(|(kind, id)| format!("{kind}:{id}"));
        let (amount, balance) = (row.amount, row.balance_after);
        let labels = [text(row.description), text(reference.as_deref()), text(row.operation), text(row.subject)];
        format!("{} {amount} {balance} {} {}", row.r#type, labels.join(" "), row.actor)
    })
    .collect()
}

#[test]
fn a_statement_shows_each_movement_of_the_balance() {
    let mut world = World::new();
    let later = world.now + chrono::TimeDelta::seconds(60);
    world.run(purchase(100, 1_000, "inv-1", Expiry::Never));
    world.run(Command::Grant(Grant { effective_at: Some(later), expiry: Expiry::In(60), ..grant(30) }));
    let spent = world.run(consume(40, "chat"));
    world.run(refund(spent, 10));
    let held = world.run(reserve(20, OverPolicy::Reject));
    world.run(confirm(held, 0));
    world.tick(120);
    world.run(adjust(-5));
    world.run(revoke("inv-1", RevokeExtent::Rest, "re-1"));
    world.run(reinstate("inv-1", "re-1"));
    let promotion = world.run(Command::Grant(grant(7)));
    world.run(void(promotion));
    assert_eq!(
        statement(&world),
        [
            "purchase 100 100 - payment:inv-1 - - key:ops",
            "consumption -40 60 nightly job:job-1 chat user-1 key:ops",
            "refund 10 70 blank page - - - key:ops",
            "consumption 0 70 nightly job:job-1 render user-1 key:ops",
            "grant 30 100 - - - - key:ops",
            "expiration -30 70 - - - - key:ops",
            "adjustment -5 65 correction - - - key:ops",
            "revocation -100 -35 asked for refund:re-1 - - key:ops",
            "reinstatement 65 30 won - - - key:ops",
            "reinstatement 35 65 won - - - key:ops",
            "grant 7 72 welcome - - - key:ops",
            "void -7 65 mistake - - - key:ops",
        ]
    );
}

#[test]
fn purchases_show_what_became_of_them() {
    let mut world = World::new();
    let row = |world: &World, payment: &str| {
        let mut rows = PurchaseRows::new();
        purchases::fold(&mut rows, &world.log).unwrap();
        let row = &rows[&("acme".to_owned(), purchase_id(payment).entity())];
        let (credits, minor) = (row.revoked_credits, row.refunded_minor);
        format!("{} {credits} {minor} {}", row.status, row.reason.as_deref().unwrap_or("-"))
    };
    world.run(start(100, 900, "a"));
    assert_eq!(row(&world, "a"), "started 0 0 -");
    world.run(Command::FailPurchase(end("a", "no funds")));
    assert_eq!(row(&world, "a"), "failed 0 0 no funds");
    world.run(Command::ExpirePurchase(end("a", "session over")));
    assert_eq!(row(&world, "a"), "expired 0 0 session over");
    world.run(purchase(100, 900, "a", Expiry::Never));
    assert_eq!(row(&world, "a"), "completed 0 0 -");
    world.run(consume(80, "chat"));
    world.run(revoke("a", RevokeExtent::PriceMinor(450), "re-1"));
    assert_eq!(row(&world, "a"), "partly_revoked 50 450 asked for");
    world.run(revoke("a", RevokeExtent::Rest, "re-2"));
    assert_eq!(row(&world, "a"), "revoked 100 900 asked for");
    world.run(reinstate("a", "re-2"));
    assert_eq!(row(&world, "a"), "partly_revoked 50 450 won");
    world.run(reinstate("a", "re-1"));
    assert_eq!(row(&world, "a"), "completed 0 0 won");
}

#[test]
fn reservations_show_how_they_ended() {
    let mut world = World::new();
    world.run(Command::Grant(grant(100)));
    let confirmed = world.run(reserve(10, OverPolicy::TakeAvailable));
    world.run(confirm(confirmed, 150));
    world.run(adjust(100));
    let cancelled = world.run(reserve(10, OverPolicy::Reject));
    world.run(cancel(cancelled));
    world.run(reserve(10, OverPolicy::Overdraft));
    world.tick(900);
    world.run(reserve(10, OverPolicy::Reject));
    let (mut rows, ends) = reservations::fold(&world.log);
    assert!(ends.is_empty());
    rows.sort_by_key(|row| row.sequence);
    let shown = rows.iter().map(|r| (r.status, r.confirmed_amount, r.shortfall, r.over_policy, r.quantities.as_str()));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            ("confirmed", Some(100), Some(50), "take_available", r#"{"tokens":9}"#),
            ("cancelled", None, None, "reject", r#"{"tokens":7}"#),
            ("expired", None, None, "overdraft", r#"{"tokens":7}"#),
            ("pending", None, None, "reject", r#"{"tokens":7}"#),
        ]
    );
    // One that began in an earlier batch.
    let (begun, ends) = reservations::fold(&world.log[2..3]);
    assert_eq!((begun.len(), ends.len()), (0, 1), "{:?}", world.log[2]);
}

#[test]
fn usage_counts_in_the_hour_that_the_caller_names() {
    let mut world = World::new();
    world.run(Command::Grant(grant(1_000)));
    world.run(consume(5, "chat"));
    world.run(consume(6, "chat"));
    let earlier = world.now - chrono::TimeDelta::seconds(1);
    let used_at = domain::usage::Usage { used_at: Some(earlier), ..usage("chat") };
    world.run(Command::Consume(Consume { amount: credits(3).into(), usage: Arc::new(used_at) }));
    let held = world.run(reserve(10, OverPolicy::Reject));
    world.run(confirm(held, 4));
    let mut rows = UsageRows::new();
    usage::fold(&mut rows, &world.log).unwrap();
    let shown = rows.iter().map(|((_, hour, _), (row, sums))| {
        let operation = row.operation.clone().unwrap_or_default();
        format!("{hour} {operation} {} {} {:?}", sums.count, sums.credits, sums.quantities)
    });
    let mut shown: Vec<String> = shown.collect();
    shown.sort();
    assert_eq!(
        shown,
        [
            r#"2025-12-31 23:00:00 UTC chat 1 3 {"tokens": 7}"#,
            r#"2026-01-01 00:00:00 UTC chat 2 11 {"tokens": 14}"#,
            r#"2026-01-01 00:00:00 UTC render 1 4 {"tokens": 9}"#,
        ]
    );
}

#[test]
fn a_series_is_its_labels_and_nothing_runs_together() {
    let mut other = usage("chat");
    other.subject = None;
    let mut moved = usage("chat");
    moved.dimensions.clear();
    let series = [usage("chat"), usage("cha"), other, moved].map(|usage| usage::series(&usage));
    assert_eq!(series.iter().collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(usage::series(&usage("chat")), series[0]);
}
