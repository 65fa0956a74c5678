//! Properties of the price function, over random books.

use chrono::TimeDelta;
use domain::price::book::{Charge, Component};
use domain::price::document::*;
use domain::price::receipt::LineKind;
use domain::price::*;
use domain::usage::Usage;
use domain::*;
use proptest::prelude::*;

use crate::price_books::usage;
use crate::properties::cases;
use crate::support::*;

const UNITS: [&str; 3] = ["request", "input_tokens", "output_tokens"];

fn rates() -> impl Strategy<Value = ExactCredits> {
    let texts =
        ["0.000000000001", "0.0003", "0.5", "0.333333333333", "1", "7.25", "1000000", "999999999999999.999999999999"];
    let texts = proptest::sample::select(texts.to_vec());
    prop_oneof![6 => (1..5_000u64).prop_map(|n| format!("{}.{:03}", n / 1_000, n % 1_000)), 1 => texts.prop_map(str::to_owned)]
        .prop_map(|text| ExactCredits::try_new(&text).unwrap())
        .prop_filter("a rate", |rate| !rate.is_zero())
}

fn tiers() -> impl Strategy<Value = Vec<TierEntry>> {
    (proptest::collection::btree_set(20..400u64, 0..4), proptest::collection::vec(rates(), 5)).prop_map(
        |(ends, rates)| {
            let ends = ends.into_iter().map(Some).chain([None]);
            ends.zip(rates).map(|(up_to, rate)| TierEntry { up_to, rate }).collect()
        },
    )
}

/// The ways of charging: 0 flat, 1 per unit, 2 package, 3 graduated, 4 volume.
fn component(unit: &'static str, ways: &'static [u8]) -> impl Strategy<Value = ComponentEntry> {
    let way = proptest::sample::select(ways);
    (way, rates(), 1..50u64, tiers(), proptest::option::of(1..20u64)).prop_map(move |(way, rate, size, tiers, free)| {
        let empty = ComponentEntry { unit: unit.to_owned(), ..ComponentEntry::default() };
        match way {
            0 => ComponentEntry { flat: Some(rate), ..empty },
            1 => ComponentEntry { per_unit: Some(rate), free, ..empty },
            2 => ComponentEntry { package: Some(PackageEntry { size, price: rate }), free, ..empty },
            3 => ComponentEntry { graduated: Some(tiers), free, ..empty },
            _ => ComponentEntry { volume: Some(tiers), free, ..empty },
        }
    })
}

/// A book with one price in these ways, with or without bounds.
fn books(ways: &'static [u8], with_bounds: bool) -> impl Strategy<Value = PublishedBook> {
    let components = UNITS.map(|unit| component(unit, ways));
    let bounds = (1..20i64, 1..2_000i64, any::<[bool; 2]>());
    let rounding = proptest::sample::select(vec![Rounding::Up, Rounding::Down, Rounding::HalfUp, Rounding::HalfEven]);
    (components, bounds, rounding).prop_filter_map(
        "a plain request costs something",
        move |(components, (least, more, has), rounding)| {
            let entry = PriceEntry {
                operation: "op".to_owned(),
                components: components.to_vec(),
                minimum: (with_bounds && has[0]).then(|| credits(least)),
                maximum: (with_bounds && has[1]).then(|| credits(least + more)),
                ..PriceEntry::default()
            };
            let document = Document { rounding, prices: vec![entry], ..Document::default() };
            let book = PriceBook::try_new(document).ok()?;
            Some(PublishedBook { version: 1, valid_from: start(), book })
        },
    )
}

fn used(quantities: [u64; 3]) -> Usage {
    usage("op", &[(UNITS[0], quantities[0]), (UNITS[1], quantities[1]), (UNITS[2], quantities[2])], &[])
}

/// Prices usage after other usage of the same month.
fn after(book: &PublishedBook, before: &[[u64; 3]], last: [u64; 3]) -> Result<Receipt, PriceError> {
    let mut monthly = MonthlyUse::default();
    for quantities in before {
        monthly.count(&price(book, &used(*quantities), &monthly, start())?, start());
    }
    price(book, &used(last), &monthly, start())
}

fn plus(a: [u64; 3], b: [u64; 3]) -> [u64; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn quantities() -> impl Strategy<Value = [u64; 3]> {
    prop_oneof![4 => [0..300u64, 0..300u64, 0..300u64], 1 => [0..5u64, 0..5u64, 0..5u64]]
}

/// What a receipt says, computed by hand from its own lines.
fn by_hand(receipt: &Receipt) -> i64 {
    const SCALE: i128 = 1_000_000_000_000;
    let trillionths = |exact: &ExactCredits| {
        let text = exact.to_string();
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        format!("{whole}{decimals:0<12}").parse::<i128>().unwrap()
    };
    let parts = receipt.lines.iter().flat_map(|line| &line.parts);
    let sum: i128 = parts.map(|part| trillionths(&part.rate) * i128::from(part.times)).sum();
    assert_eq!(sum, trillionths(&receipt.sum));
    let (whole, rest) = (sum / SCALE, sum % SCALE);
    let up = match receipt.rounding {
        Rounding::Up => rest > 0,
        Rounding::Down => false,
        Rounding::HalfUp => rest * 2 >= SCALE,
        Rounding::HalfEven => rest * 2 > SCALE || (rest * 2 == SCALE && whole % 2 == 1),
    };
    let rounded = i64::try_from(whole + i128::from(up)).unwrap();
    let least = receipt.minimum.map_or(rounded, |least| rounded.max(least.get()));
    let bounded = receipt.maximum.map_or(least, |most| least.min(most.get()));
    if sum == 0 { 0 } else { bounded }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(2_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn graduated_charges_add_up(book in books(&[1, 3], false), before in quantities(), a in quantities(), b in quantities()) {
        let parts = (after(&book, &[before], a), after(&book, &[before, a], b), after(&book, &[before], plus(a, b)));
        if let (Ok(first), Ok(second), Ok(together)) = parts {
            prop_assert_eq!(first.sum.checked_add(second.sum), Some(together.sum));
        }
    }

    #[test]
    fn more_use_never_costs_less(book in books(&[0, 1, 2, 3], true), before in quantities(), a in quantities(), more in quantities()) {
        if let (Ok(less), Ok(more)) = (after(&book, &[before], a), after(&book, &[before], plus(a, more))) {
            prop_assert!(less.amount <= more.amount, "{}\n{}", less, more);
        }
    }

    #[test]
    fn a_receipt_is_enough_to_compute_the_amount_again(book in books(&[0, 1, 2, 3, 4], true), before in quantities(), last in quantities()) {
        if let Ok(receipt) = after(&book, &[before], last) {
            prop_assert_eq!(receipt.amount.get(), by_hand(&receipt));
            for line in &receipt.lines {
                let units: u64 = line.parts.iter().map(|part| part.times).sum();
                let counts_units = !matches!(line.kind, LineKind::Flat | LineKind::Package);
                prop_assert!(line.parts.iter().all(|part| part.times > 0), "no part is empty: {:?}", line);
                prop_assert!(!counts_units || units == line.quantity, "every unit is in one part: {:?}", line);
            }
            let text = serde_json::to_string(&receipt).unwrap();
            prop_assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
        }
    }

    #[test]
    fn rule_7_no_quantity_panics(
        book in books(&[0, 1, 2, 3, 4], true),
        extremes in proptest::collection::vec([extreme(), extreme(), extreme()], 1..5),
    ) {
        let mut monthly = MonthlyUse::default();
        for quantities in extremes {
            match price(&book, &used(quantities), &monthly, start()) {
                Ok(receipt) => {
                    prop_assert!(receipt.amount >= Credits::ZERO && receipt.amount <= Credits::MAX_AMOUNT);
                    prop_assert_eq!(receipt.amount.get(), by_hand(&receipt));
                    monthly.count(&receipt, start());
                }
                Err(error) => prop_assert_eq!(error, PriceError::TooLarge),
            }
        }
    }

    #[test]
    fn the_month_begins_at_its_first_microsecond(book in books(&[3, 4], false), q in quantities(), micros in 0..3i64) {
        let boundary = time::start_of_next_month(start()).unwrap();
        let mut monthly = MonthlyUse::default();
        if let Ok(receipt) = price(&book, &used(q), &monthly, start()) {
            monthly.count(&receipt, start());
            let fresh = price(&book, &used(q), &MonthlyUse::default(), boundary);
            let later = price(&book, &used(q), &monthly, boundary + TimeDelta::microseconds(micros));
            prop_assert_eq!(later, fresh);
            let last = price(&book, &used(q), &monthly, boundary - TimeDelta::microseconds(1));
            if let Ok(last) = last {
                let before: Vec<_> = last.positions().map(|position| position.used_before).collect();
                let counted: Vec<_> = receipt.positions().map(|position| position.used_after).collect();
                prop_assert_eq!(before, counted);
            }
        }
    }
}

fn extreme() -> impl Strategy<Value = u64> {
    let edges = [0, 1, 999_999_999_999_999, Usage::MAX_QUANTITY, Usage::MAX_QUANTITY + 1, u64::MAX - 1, u64::MAX];
    prop_oneof![proptest::sample::select(edges.to_vec()), any::<u64>(), 0..100u64]
}

/// The one exception to "more use never costs less", so that nobody takes it for a defect.
#[test]
fn with_volume_tiers_more_use_may_cost_less() {
    let text = "[[prices]]\noperation = 'op'\ncomponents = [{ unit = 'rows', volume = [{ up_to = 10, rate = 3 }, { rate = 2 }] }]";
    let cost = |rows| {
        let book = crate::price_books::published(1, start(), text);
        price(&book, &usage("op", &[("rows", rows)], &[]), &MonthlyUse::default(), start()).unwrap().amount.get()
    };
    assert_eq!([cost(10), cost(11)], [30, 22]);
}

/// A free allowance is used up first, and a charge depends on a counter only where it must.
#[test]
fn only_tiers_and_allowances_are_counted() {
    let text = crate::price_books::book(crate::price_books::API_CALLS);
    let metered = |component: &&Component| component.meter.is_some();
    let components = || text.prices().iter().flat_map(|price| &price.components);
    assert_eq!(components().filter(metered).count(), 2);
    for component in components().filter(metered) {
        assert!(matches!(component.charge, Charge::Graduated(_) | Charge::Volume(_)), "{component:?}");
    }
}
