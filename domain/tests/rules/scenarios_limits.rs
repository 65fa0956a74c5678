//! Limits that bind callers and not facts (C20), and what strings may be (C23).

use domain::commands::*;
use domain::limits::*;
use domain::text::{Label, Metadata, MetadataError, Note, ReferenceText, Text, TextError};
use domain::usage::Usage;
use domain::*;
use serde_json::json;

use crate::support::*;
use crate::table::table;

fn filled_with_grants() -> World {
    let mut world = World::new();
    world.fill(MAX_OPEN_GRANTS, &Command::Grant(a_grant(1)));
    world
}

#[test]
fn c20_open_grants_are_limited_and_facts_are_not() {
    let mut world = filled_with_grants();
    assert_eq!(kind(&world.run(&Command::Grant(a_grant(1))).unwrap_err()), "TooManyOpen");
    let up = Command::Adjust(Adjust { amount: credits(1), reason: note("fix") });
    assert_eq!(kind(&world.run(&up).unwrap_err()), "TooManyOpen");
    world.run(&purchase(10, "first", Expiry::Never)).unwrap();
    assert_eq!(world.state.lots().len(), MAX_OPEN_GRANTS + 1);
    // Bought later, at the same price and without an end: equal in everything but id and grant time.
    for n in 0..20 {
        world.tick(1);
        let events = world.run(&purchase(10, &format!("p{n}"), Expiry::Never)).unwrap();
        assert!(events.iter().any(|event| event.fact.name() == "GrantMerged"), "{events:?}");
    }
    assert_eq!(world.state.lots().len(), MAX_OPEN_GRANTS + 1);
    let bought = world.state.lots().iter().find(|lot| lot.terms.purchase_id.is_some()).unwrap();
    assert_eq!(bought.remaining, credits(210));
}

#[test]
fn c20_a_merged_purchase_is_taken_back_and_reinstated_by_its_lineage() {
    let mut world = filled_with_grants();
    for name in ["a", "b"] {
        world.run(&purchase(10, name, Expiry::Never)).unwrap();
    }
    let balance = |world: &World| world.state.balance().get() - i64::try_from(MAX_OPEN_GRANTS).unwrap();
    let reason = note("refund");
    let revoke = |name: &str| {
        Command::RevokePurchase(RevokePurchase {
            purchase_id: purchase_id(name),
            extent: RevokeExtent::Rest,
            cause: RevokeCause::Refund,
            reference: reference("r"),
            reason: reason.clone(),
        })
    };
    let reinstate = |name: &str| {
        Command::ReinstatePurchase(ReinstatePurchase {
            purchase_id: purchase_id(name),
            reference: reference("r"),
            reason: reason.clone(),
        })
    };
    for (command, left) in [
        (revoke("b"), 10),
        (reinstate("b"), 20),
        (revoke("b"), 10),
        (revoke("a"), 0),
        (reinstate("b"), 10),
        (reinstate("a"), 20),
        (revoke("a"), 10),
        (revoke("b"), 0),
    ] {
        world.run(&command).unwrap();
        assert_eq!((balance(&world), world.state.debt()), (left, Credits::ZERO), "{command:?}");
    }
}

fn a_hold(usage: Usage) -> Command {
    a_reservation(1, Over::default(), usage.into())
}

#[test]
fn c20_open_reservations_are_limited() {
    let mut t = table("grant a 20000");
    t.world.fill(MAX_OPEN_RESERVATIONS - 1, &a_hold(Usage::default()));
    t.world.run(&a_hold(Usage::default())).unwrap();
    t.rows("reserve - 1 | TooManyOpen | 20000 10000 10000\n consume c 1 | ok | 19999 10000 9999");
    t.rows("tick 899 \n reserve - 1 | TooManyOpen");
    t.world.is_checked = false;
    t.rows("tick 1 | ok | 19999 0 19999\n reserve r 1 | ok | 19999 1 19998");
}

#[test]
fn c20_the_labels_of_open_reservations_are_limited() {
    let mut t = table("grant a 20000");
    let object = [("note".to_owned(), "x".repeat(8_000).into())].into_iter().collect();
    let usage = Usage { metadata: Metadata::try_new(object).unwrap(), ..Usage::default() };
    let fit = MAX_HELD_USAGE_BYTES / usage.bytes();
    t.world.fill(fit, &a_hold(usage.clone()));
    t.world.is_checked = false;
    assert_eq!(kind(&t.world.run(&a_hold(usage)).unwrap_err()), "TooManyOpen");
    t.rows("reserve small 1 | ok");
}

#[test]
fn c20_one_reservation_may_hold_every_lot() {
    let mut world = filled_with_grants();
    world.run(&a_reservation(900, Over::default(), used_for(None))).unwrap();
    assert_eq!(world.state.reservations().next().unwrap().1.allocations.len(), 900);
    let reservation_id = ids::ReservationId::new(world.command_id().entity(0));
    world.run(&Command::CancelReservation(CancelReservation { reservation_id })).unwrap();
    assert_eq!(world.figures(), (900, 0, 900));
}

#[test]
fn c20_too_many_labels_are_refused() {
    let mut world = World::new();
    let usage = Usage { description: Some(note(&"x".repeat(1_000))), ..Usage::default() };
    let consume = |usage: Usage| Command::Consume(Consume { amount: credits(1).into(), usage: usage.into() });
    world.run(&Command::Grant(a_grant(10))).unwrap();
    world.run(&consume(usage)).unwrap();
    let names = (0..33).map(|n| (Text::try_new(&format!("u{n}")).unwrap(), 1));
    let many = Usage { quantities: names.clone().collect(), ..Usage::default() };
    assert_eq!(kind(&world.run(&consume(many)).unwrap_err()), "Invalid");
    let huge = Usage { quantities: names.take(1).map(|(n, _)| (n, u64::MAX)).collect(), ..Usage::default() };
    assert_eq!(kind(&world.run(&consume(huge)).unwrap_err()), "Invalid");
}

#[test]
fn c20_a_confirmation_has_as_few_quantities_as_a_reservation() {
    let mut t = table("grant a 10\n reserve r 5\n");
    let quantities = (0..33).map(|n| (Text::try_new(&format!("u{n}")).unwrap(), 1)).collect();
    let reservation_id = ids::ReservationId::new(t.id("r"));
    let confirm =
        Command::ConfirmReservation(ConfirmReservation { reservation_id, amount: None, quantities, books: None });
    assert_eq!(kind(&t.world.run(&confirm).unwrap_err()), "Invalid");
}

#[test]
fn rule_7_a_total_past_the_limit_is_a_refusal() {
    let mut world = World::new();
    let big = 1_000_000_000_000_000;
    let adjust = |amount: i64| Command::Adjust(Adjust { amount: credits(amount), reason: note("fix") });
    let mut times = 0;
    let refusal = loop {
        if let Err(error) = world.run(&adjust(big)) {
            break error;
        }
        world.run(&adjust(-big)).unwrap();
        times += 1;
    };
    assert_eq!((kind(&refusal).as_str(), times), ("TotalTooLarge", 1_152));
    world.run(&adjust(1)).unwrap();
    assert_eq!(world.figures(), (1, 0, 1));
}

#[test]
fn c23_strings_are_bounded_in_bytes_and_free_of_nul() {
    assert_eq!(Note::try_new("a\0b"), Err(TextError::Nul));
    assert_eq!(Note::try_new(""), Err(TextError::Empty));
    assert!(Label::try_new(&"x".repeat(128)).is_ok() && Label::try_new(&"x".repeat(129)).is_err());
    assert!(Label::try_new(&"é".repeat(64)).is_ok() && Label::try_new(&"é".repeat(65)).is_err());
    assert!(ReferenceText::try_new(&"x".repeat(255)).is_ok() && ReferenceText::try_new(&"x".repeat(256)).is_err());
    assert!(Note::try_new(&"x".repeat(1_000)).is_ok() && Note::try_new(&"x".repeat(1_001)).is_err());
    assert_eq!(domain::grant::OperationPattern::try_new("chat\0*"), Err(TextError::Nul));
}

#[test]
fn c23_metadata_has_no_nul_in_keys_or_values_at_any_depth() {
    for bad in [json!({"a\0": 1}), json!({"a": "\0"}), json!({"a": {"b\0": 1}}), json!({"a": [[{"b": ["x\0"]}]]})] {
        assert_eq!(Metadata::try_new(bad.as_object().unwrap().clone()), Err(MetadataError::Nul), "{bad}");
    }
    let escaped: serde_json::Value = serde_json::from_str(r#"{"a": "\u0000"}"#).unwrap();
    assert_eq!(Metadata::try_new(escaped.as_object().unwrap().clone()), Err(MetadataError::Nul));
}

proptest::proptest! {
    #[test]
    fn c23_numbers_in_metadata_come_back_as_they_went_in(number in proptest::num::f64::NORMAL) {
        let object = [("n".to_owned(), number.into())].into_iter().collect();
        let metadata = Metadata::try_new(object).unwrap();
        let text = serde_json::to_string(&metadata).unwrap();
        let back: Metadata = serde_json::from_str(&text).unwrap();
        proptest::prop_assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }
}
