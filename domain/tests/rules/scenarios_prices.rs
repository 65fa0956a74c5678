//! Consumptions and reservations by usage, a table each.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::price::limits::MAX_METERS;
use domain::price::{ExactCredits, MonthlyUse, PriceBooks, Receipt, price};
use domain::*;

use crate::price_books::{API_CALLS, STANDARD, published, usage};
use crate::support::*;
use crate::table::{Table, priced_table};

/// The recipe of tiered prices, from the beginning of time.
fn api_calls(rows: &str) -> Table {
    priced_table(PriceBooks::new(vec![published(1, Timestamp::UNIX_EPOCH, API_CALLS)]), rows)
}

fn receipts(table: &Table) -> Vec<Receipt> {
    let receipt = |event: &Event| match &event.fact {
        Fact::CreditsConsumed(f) => f.receipt.clone(),
        Fact::ReservationConfirmed(f) => f.receipt.clone(),
        _ => None,
    };
    table.world.log.iter().filter_map(receipt).map(|receipt| (*receipt).clone()).collect()
}

/// Where each receipt found the counter, and where it left it.
fn positions(table: &Table) -> Vec<(u64, u64)> {
    let receipts = receipts(table);
    receipts.iter().flat_map(Receipt::positions).map(|p| (p.used_before, p.used_after)).collect()
}

#[test]
fn a_consumption_is_priced_by_the_use_of_the_month() {
    let t = api_calls(
        "
        grant g 20000
        consume free priced op=api.list #request=1000        | ok | 20000 0 20000 | CreditsConsumed
        consume one  priced op=api.list                      | ok | 19999 0 19999
        consume tier priced op=api.users #request=9100       | ok | 10919 0 10919
        consume given 20 op=api.list #request=500            | ok | 10899 0 10899
        consume last priced op=api.list #request=2           | ok | 10897 0 10897
        consume none priced op=api.list #request=0           | ok | 10897 0 10897 | CreditsConsumed
        ",
    );
    assert_eq!(positions(&t), [(0, 1000), (1000, 1001), (1001, 10101), (10101, 10103)]);
    let tier = &receipts(&t)[2];
    assert_eq!(tier.sum, ExactCredits::try_new("9079.8").unwrap(), "8,999 at 1 and 101 at 0.8: {tier}");
}

#[test]
fn what_is_not_affordable_or_has_no_price_is_refused_and_counts_nothing() {
    let t = api_calls(
        "
        grant g 10
        consume - priced op=api.list #request=1011     | InsufficientCredits | 10 0 10
        consume - priced op=mail #request=1            | Unpriced
        consume - priced op=api.list #requests=1       | Unpriced
        consume - priced op=api.list @zone=eu          | Unpriced
        consume - priced                               | Unpriced
        consume ok priced op=api.list #request=1010    | ok | 0 0 0
        ",
    );
    assert_eq!(positions(&t), [(0, 1010)]);
}

#[test]
fn a_month_begins_to_the_microsecond_by_the_time_of_the_decision() {
    let mut t = api_calls("grant g 100");
    let boundary = time::start_of_next_month(start()).unwrap();
    t.world.now = boundary - TimeDelta::microseconds(1);
    t.rows(
        "
        consume a priced op=api.list #request=1005 used=1       | ok | 95 0 95
        consume b priced op=api.list #request=1                 | ok | 94 0 94",
    );
    t.world.now = boundary;
    t.rows(
        "
        consume c priced op=api.list #request=1005 used=-3600   | ok | 89 0 89
        ",
    );
    assert_eq!(positions(&t), [(0, 1005), (1005, 1006), (0, 1005)]);
    assert_eq!(t.world.state.monthly_use().counters(boundary).map(|(_, used)| used).collect::<Vec<_>>(), [1005]);
    assert_eq!(t.world.state.monthly_use().counters(start()).count(), 0);
}

#[test]
fn a_reservation_holds_an_estimate_and_its_confirmation_is_priced_by_what_was_used() {
    let t = api_calls(
        "
        grant g 100
        reserve r priced op=api.list #request=1010   | ok | 100 10 90
        reserve - priced op=api.list #request=91     | InsufficientCredits
        reserve s priced op=api.list #request=50     | ok | 100 60 40
        confirm r #request=1005                      | ok | 95 50 45 | ReservationConfirmed
        confirm r #request=1005                      | ok | 95 50 45 | CommandNoted
        confirm r #request=1006                      | ReservationClosed
        confirm r                                    | ReservationClosed
        confirm r 5                                  | ok | 95 50 45 | CommandNoted
        confirm s #request=51                        | ConfirmExceedsReservation | 95 50 45
        confirm s #request=50                        | ok | 45 0 45
        ",
    );
    assert_eq!(positions(&t), [(0, 1005), (1005, 1055)], "what was only reserved has not been used");
}

/// Whichever is dearer: behind a free allowance, or where tiers fall before them. A hold that ends gives its place back.
#[test]
fn a_reservation_is_priced_behind_the_open_ones_or_as_if_alone() {
    let t = api_calls(
        "
        grant g 30000
        reserve r priced op=api.list #request=9995   | ok | 30000 8995 21005
        reserve s priced op=api.list #request=1010   | ok | 30000 9804 20196
        reserve t priced op=api.list #request=1010   | ok | 30000 10612 19388
        cancel r                                     | ok | 30000 1617 28383
        reserve u priced op=api.list #request=1010   | ok | 30000 2627 27373
        confirm u                                    | ok | 29990 1617 28373
        confirm s                                    | ok | 29181 808 28373
        confirm t                                    | ok | 28373 0 28373
        ",
    );
    assert_eq!(positions(&t), [(0, 1010), (1010, 2020), (2020, 3030)]);
}

#[test]
fn a_confirmation_of_all_that_was_reserved_never_asks_for_more_than_is_held() {
    let t = api_calls(
        "
        grant g 100
        reserve r priced op=api.list #request=1010   | ok | 100 10 90
        consume c priced op=api.list #request=1000   | ok | 100 10 90
        confirm r                                    | ok | 90 0 90
        confirm r                                    | ok | 90 0 90 | CommandNoted
        reserve q priced op=api.list #request=20     | ok | 90 20 70
        cancel q                                     | ok | 90 0 90
        reserve s 7 op=api.list #request=3           | ok | 90 7 83
        confirm s                                    | ok | 83 0 83
        reserve t 7 op=api.list #request=3           | ok | 83 7 76
        confirm t #request=4                         | ok | 79 0 79
        reserve u 7 op=api.list #request=3           | ok | 79 7 72
        confirm u #request=3                         | ok | 76 0 76
        confirm u                                    | ReservationClosed
        ",
    );
    assert_eq!(positions(&t), [(0, 1000), (1000, 2010), (2010, 2014), (2014, 2017)]);
    let capped = &receipts(&t)[1];
    assert_eq!(capped.amount, credits(1010), "the receipt shows the price, the event what was asked for: {capped}");
}

#[test]
fn over_decides_what_a_dearer_confirmation_does() {
    api_calls(
        "
        grant g 100
        reserve r priced op=api.search #request=10 over=take max=60     | ok | 100 20 80
        confirm r #request=20                                           | ok | 60 0 60
        reserve s priced op=api.search #request=20 over=overdraft       | ok | 60 40 20
        confirm s #request=1000                                         | ok | 10 0 10
        reserve - priced op=api.search #request=4 over=take max=7       | Invalid
        reserve - priced op=api.search #request=6                       | InsufficientCredits
        reserve z priced op=api.search #request=0                       | ok | 10 0 10
        confirm z                                                       | ok | 10 0 10
        ",
    );
}

/// 10 credits a call, then 11 from a minute later on, then never 12.
fn dearer() -> PriceBooks {
    let at = |seconds: i64| start() + TimeDelta::seconds(seconds);
    let book = |price: &str| STANDARD.replace("per_unit = 10 ", price);
    PriceBooks::new(vec![
        published(1, at(0), STANDARD),
        published(2, at(60), &book("per_unit = 11 ")),
        published(3, at(3600), &book("per_unit = 12 ")),
    ])
}

#[test]
fn a_reservation_keeps_the_version_that_priced_it() {
    priced_table(
        dearer(),
        "
        grant g 100
        reserve r priced op=gpt-4            | ok | 100 10 90
        reserve s priced op=gpt-4 version=1  | ok | 100 20 80
        reserve - priced op=gpt-4 version=2  | Unpriced
        tick 60
        consume c priced op=gpt-4            | ok | 89 20 69
        confirm r                            | ok | 79 10 69
        confirm s #request=1                 | ok | 69 0 69
        reserve t priced op=gpt-4            | ok | 69 11 58
        reserve u priced op=gpt-4 version=1  | ok | 69 21 48
        confirm u                            | ok | 59 11 48
        reserve - priced op=gpt-4 version=4  | Unpriced
        ",
    );
}

#[test]
fn a_version_that_is_not_at_hand_is_a_refusal_and_an_amount_still_confirms() {
    let mut t = priced_table(dearer(), "grant g 100 \n reserve r priced op=gpt-4 \n");
    t.books = Arc::new(PriceBooks::new(vec![published(2, start(), STANDARD)]));
    t.rows("confirm r | Unpriced | 100 10 90 \n confirm r 9 | ok | 91 0 91");
}

#[test]
fn a_refund_gives_credits_back_and_not_use() {
    let t = api_calls(
        "
        grant g 100
        consume a priced op=api.list #request=1020   | ok | 80 0 80
        refund a                                     | ok | 100 0 100
        consume b priced op=api.list #request=1      | ok | 99 0 99
        ",
    );
    assert_eq!(positions(&t), [(0, 1020), (1020, 1021)]);
}

#[test]
fn an_estimate_equals_the_charge_of_the_same_instant() {
    let mut t = api_calls("grant g 5000 \n consume a priced op=api.list #request=900");
    let book = published(1, Timestamp::UNIX_EPOCH, API_CALLS);
    for calls in [99, 1, 1, 1_000] {
        let usage = usage("api.list", &[("request", calls)], &[]);
        let estimate = price(&book, &usage, t.world.state.monthly_use(), t.world.now).unwrap();
        t.rows(&format!("consume x priced op=api.list #request={calls}"));
        assert_eq!(receipts(&t).last(), Some(&estimate));
        let log = &t.world.log;
        let Some(Fact::CreditsConsumed(fact)) = log.last().map(|event| &event.fact) else { panic!("{log:?}") };
        assert_eq!(fact.amount, estimate.amount);
    }
}

#[test]
fn c20_the_counters_of_a_month_are_limited() {
    let price = |n: usize| {
        let component = "{ unit = 'rows', free = 1, per_unit = 1 }";
        format!("[[prices]]\noperation = 'op{n}'\ncomponents = [{component}]\n")
    };
    let full = (0..MAX_METERS).map(price).collect::<String>();
    let books = PriceBooks::new(vec![
        published(1, start(), &full),
        published(2, start() + TimeDelta::seconds(1), &price(MAX_METERS)),
    ]);
    let mut t = priced_table(books, "grant g 10");
    t.world.is_checked = false;
    for n in 0..MAX_METERS {
        t.rows(&format!("consume x priced op=op{n} #rows=1"));
    }
    t.world.is_checked = true;
    t.rows(&format!("consume x priced op=op7 #rows=1 | ok | 9 0 9\n tick 1\n consume x priced op=op{MAX_METERS} #rows=1 | TooManyOpen"));
    t.world.now = time::start_of_next_month(t.world.now).unwrap();
    t.rows(&format!("consume x priced op=op{MAX_METERS} #rows=1 | ok | 9 0 9"));
}

/// A counter that nobody has moved is at nothing, in any month.
#[test]
fn an_organization_begins_with_no_use() {
    assert_eq!(MonthlyUse::default().counters(start()).count(), 0);
    assert_eq!(Organization::default().monthly_use(), &MonthlyUse::default());
}

#[test]
fn an_estimates_version_can_be_asked_for_within_an_hour_and_only_if_it_was_in_force() {
    let at = |seconds| start() + TimeDelta::seconds(seconds);
    let books = [(1, 0), (2, 100), (3, 500), (4, 500), (5, 90_000)];
    let books = PriceBooks::new(books.map(|(version, from)| published(version, at(from), STANDARD)).to_vec());
    let outcome = |version, now| match books.estimated(version, now) {
        Ok(published) => Ok(published.version),
        Err(error) => Err(error.to_string().contains("over since")),
    };
    let microsecond = TimeDelta::microseconds(1);
    assert_eq!(outcome(1, at(3_700) - microsecond), Ok(1));
    assert_eq!(outcome(1, at(3_700)), Err(true), "an hour after the second one began");
    assert_eq!(outcome(2, at(3_700)), Ok(2));
    assert_eq!(outcome(3, at(500)), Err(false), "it was replaced at the instant it began");
    assert_eq!(outcome(4, at(89_000)), Ok(4), "it is in force");
    assert_eq!(outcome(5, at(89_000)), Err(false), "it is still to come");
    assert_eq!(outcome(6, at(89_000)), Err(false));
}

#[test]
fn an_estimate_is_the_charge_of_the_same_moment() {
    let mut t = api_calls("grant g 20000\nconsume a priced op=api.list #request=990");
    for quantity in [5, 20, 9_100, 3] {
        let books = Arc::new(PriceBooks::new(vec![published(1, Timestamp::UNIX_EPOCH, API_CALLS)]));
        let usage = Arc::new(usage("api.list", &[("request", quantity)], &[]));
        let consume = commands::Consume { amount: commands::Amount::Priced(books), usage };
        let (organization, history) = (t.world.organization.clone(), History::new());
        let command_id = CommandId::without_key(uuid::Uuid::nil());
        let context =
            Context { organization: &organization, command_id, now: t.world.now, history: &history, welcome: None };
        let estimated = estimate(t.world.state.clone(), &consume, &context).unwrap();
        let before = t.world.figures();
        assert_eq!((estimated.balance.get(), estimated.available.get()), (before.0, before.2));
        t.world.run(&Command::Consume(consume)).unwrap();
        assert_eq!(receipts(&t).last(), estimated.receipt.as_deref());
        assert_eq!(before.0 - t.world.figures().0, estimated.amount.get());
    }
}
