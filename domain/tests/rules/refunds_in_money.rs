//! A purchase refunded in parts of its price: the parts take what one refund of their sum would take, to the credit.

use domain::commands::*;
use domain::grant::{Currency, Money};
use domain::*;
use proptest::prelude::*;

use crate::support::*;

fn bought(amount: i64, price_minor: i64) -> World {
    let mut world = World::new();
    let price = Money { amount_minor: price_minor, currency: Currency::try_new("USD").unwrap() };
    world
        .run(&Command::RecordPurchase(RecordPurchase {
            offer: Offer {
                credits: credits(amount),
                price,
                package_id: None,
                package_version: None,
                bonus_credits: None,
            },
            payment_reference: reference("p"),
            expiry: Expiry::Never,
            metadata: Default::default(),
        }))
        .unwrap();
    world
}

fn refund(world: &mut World, extent: RevokeExtent, name: &str) -> Result<(), CommandError> {
    let command = Command::RevokePurchase(RevokePurchase {
        purchase_id: purchase_id("p"),
        extent,
        cause: RevokeCause::Refund,
        reference: reference(name),
        reason: note("refund"),
    });
    world.run(&command).map(|_| ())
}

#[test]
fn rule_6_five_refunds_take_what_one_would() {
    let mut world = bought(10, 100_000);
    for (n, left) in [9, 7, 5, 3, 1].into_iter().enumerate() {
        refund(&mut world, RevokeExtent::PriceMinor(19_999), &format!("r{n}")).unwrap();
        assert_eq!(world.state.balance(), credits(left));
    }
    let too_much = refund(&mut world, RevokeExtent::PriceMinor(6), "r6").unwrap_err();
    assert_eq!(
        too_much,
        CommandError::RefundExceedsPurchase { purchase_id: purchase_id("p"), refundable_minor: 5, requested_minor: 6 }
    );
    refund(&mut world, RevokeExtent::PriceMinor(5), "r7").unwrap();
    assert_eq!(world.state.balance(), credits(0));
}

#[test]
fn rule_6_a_part_below_one_credit_is_a_fact_and_counts_later() {
    let mut world = bought(1, 100);
    refund(&mut world, RevokeExtent::PriceMinor(60), "r1").unwrap();
    assert_eq!(world.state.balance(), credits(1));
    refund(&mut world, RevokeExtent::PriceMinor(40), "r2").unwrap();
    assert_eq!(world.state.balance(), credits(0));
}

#[test]
fn rule_6_a_refund_that_came_again_may_be_made_again() {
    let mut world = bought(10, 1_000);
    refund(&mut world, RevokeExtent::PriceMinor(700), "r1").unwrap();
    let undo = ReinstatePurchase { purchase_id: purchase_id("p"), reference: reference("r1"), reason: note("failed") };
    world.run(&Command::ReinstatePurchase(undo)).unwrap();
    assert_eq!(world.state.balance(), credits(10));
    refund(&mut world, RevokeExtent::PriceMinor(400), "r2").unwrap();
    assert_eq!(world.state.balance(), credits(6));
    refund(&mut world, RevokeExtent::Rest, "r3").unwrap();
    assert_eq!(world.state.balance(), credits(0));
    let nothing_left = refund(&mut world, RevokeExtent::PriceMinor(1), "r4").unwrap_err();
    assert_eq!(nothing_left, CommandError::PurchaseAlreadyRevoked(purchase_id("p")));
}

#[test]
fn rule_6_a_free_purchase_has_no_price_to_refund() {
    let mut world = bought(10, 0);
    let refused = refund(&mut world, RevokeExtent::PriceMinor(1), "r").unwrap_err();
    assert!(matches!(refused, CommandError::RefundExceedsPurchase { refundable_minor: 0, .. }), "{refused}");
}

proptest! {
    #[test]
    fn rule_6_parts_of_a_price_add_up(
        amount in 1..=1_000_000_000_000_000_i64,
        parts in prop::collection::vec(1..=1_000_000_i64, 1..12),
        rest in 0..=1_000_000_i64,
    ) {
        let refunded: i64 = parts.iter().sum();
        let price = refunded + rest;
        let mut world = bought(amount, price);
        for (n, part) in parts.iter().enumerate() {
            refund(&mut world, RevokeExtent::PriceMinor(*part), &format!("r{n}")).unwrap();
        }
        let taken = i128::from(amount) * i128::from(refunded) / i128::from(price);
        prop_assert_eq!(i128::from(world.state.balance().get()), i128::from(amount) - taken);
    }
}
