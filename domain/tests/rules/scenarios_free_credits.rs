//! Welcome bonus and monthly grants.

use chrono::{Months, TimeDelta, TimeZone, Utc};
use domain::commands::*;
use domain::free_credits::*;
use domain::*;
use proptest::prelude::*;

use crate::properties::cases;
use crate::support::*;
use crate::table::table;

pub fn monthly(amount: i64, rollover: Rollover) -> Command {
    let grant = RecurringGrant { amount: credits(amount), rollover, priority: 100, applies_to: Vec::new() };
    Command::ConfigureRecurringGrant(ConfigureRecurringGrant { grant: Some(grant), starts_at: None })
}

fn consume(amount: i64) -> Command {
    Command::Consume(Consume { amount: credits(amount).into(), usage: used_for(None) })
}

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.fact.name()).collect()
}

fn months_later(world: &mut World, months: u32) {
    world.now = start().checked_add_months(Months::new(months)).unwrap();
    world.settle();
}

#[test]
fn a_new_organization_begins_with_its_bonus_once() {
    let mut t = table("");
    t.world.welcome = Some(Welcome { amount: credits(100), validity_days: Some(1), monthly: None });
    t.rows(
        "
        consume - 101        | InsufficientCredits | 0 0 0
        consume a 30         | ok | 70 0 70 | CreditsGranted CreditsConsumed
        grant g 5            | ok | 75 0 75 | CreditsGranted
        tick 86399           | ok | 75 0 75
        tick 1               | ok | 5 0 5
        consume b 5          | ok | 0 0 0
        ",
    );
    let Fact::CreditsGranted(bonus) = &t.world.log[0].fact else { panic!("{:?}", t.world.log[0]) };
    assert_eq!((bonus.terms.rule, bonus.reason.as_str()), (Some(GrantRule::Welcome), "welcome_bonus"));
    let Fact::CreditsConsumed(first) = &t.world.log[1].fact else { panic!("{:?}", t.world.log[1]) };
    let id = CommandId::without_key(uuid::Uuid::from_u128(2)).entity(0);
    assert_eq!(first.consumption_id.entity(), id, "the command's own ids are those without a bonus");
}

#[test]
fn a_new_organization_begins_with_the_monthly_grant_of_the_book_once() {
    let grant = |amount| Monthly { amount, rollover: Rollover::None, priority: 100, applies_to: Vec::new() };
    let mut t = table("");
    let welcome = Welcome { amount: Credits::ZERO, validity_days: None, monthly: Some(grant(credits(100))) };
    t.world.welcome = Some(welcome);
    t.rows(
        "
        consume - 101        | InsufficientCredits | 0 0 0
        consume a 30         | ok | 70 0 70 | RecurringGrantConfigured CreditsGranted CreditsConsumed
        consume b 30         | ok | 40 0 40 | CreditsConsumed
        ",
    );
    let Fact::CreditsConsumed(first) = &t.world.log[2].fact else { panic!("{:?}", t.world.log[2]) };
    let id = CommandId::without_key(uuid::Uuid::from_u128(2)).entity(0);
    assert_eq!(first.consumption_id.entity(), id, "the command's own ids are those without a rule");
    // A later book changes nothing for those who are there already.
    t.world.welcome = Some(Welcome { amount: credits(7), validity_days: None, monthly: Some(grant(credits(900))) });
    months_later(&mut t.world, 2);
    assert_eq!(t.world.figures(), (100, 0, 100), "a cold organization has the periods that passed");
    t.world.run(&monthly(250, Rollover::None)).unwrap();
    months_later(&mut t.world, 3);
    assert_eq!(t.world.figures(), (250, 0, 250), "its own setting takes the rule's place");
}

#[test]
fn an_own_setting_as_the_first_command_is_given_the_books_first_month_and_no_second() {
    let mut world = World::new();
    let rule = Monthly { amount: credits(100), rollover: Rollover::All, priority: 100, applies_to: Vec::new() };
    world.welcome = Some(Welcome { amount: credits(5), validity_days: None, monthly: Some(rule) });
    let events = world.run(&monthly(50, Rollover::All)).unwrap();
    assert_eq!(
        names(&events)[..4],
        ["CreditsGranted", "RecurringGrantConfigured", "CreditsGranted", "RecurringGrantConfigured"]
    );
    assert_eq!(world.figures(), (105, 0, 105));
    months_later(&mut world, 1);
    assert_eq!(world.figures(), (155, 0, 155));
}

#[test]
fn a_month_begins_with_its_grant_and_the_change_of_a_rule_gives_nothing_twice() {
    let mut world = World::new();
    assert_eq!(
        names(&world.run(&monthly(100, Rollover::None)).unwrap())[..2],
        ["RecurringGrantConfigured", "CreditsGranted"]
    );
    world.run(&consume(30)).unwrap();
    world.tick(60);
    world.run(&monthly(50, Rollover::None)).unwrap();
    assert_eq!(world.figures(), (70, 0, 70));
    world.now = start().checked_add_months(Months::new(1)).unwrap() - TimeDelta::microseconds(1);
    world.settle();
    assert_eq!(world.figures(), (70, 0, 70));
    world.tick(1);
    assert_eq!(names(&world.settle())[..2], ["GrantExpired", "CreditsGranted"], "what is left ends first");
    assert_eq!(world.figures(), (50, 0, 50));
    let end = ConfigureRecurringGrant { grant: None, starts_at: None };
    world.run(&Command::ConfigureRecurringGrant(end)).unwrap();
    months_later(&mut world, 9);
    assert_eq!((world.figures(), world.state.next_due()), ((0, 0, 0), None));
}

#[test]
fn what_is_left_rolls_over_as_far_as_the_rule_allows() {
    for (rollover, balances) in [
        (Rollover::None, [100, 100, 100, 100]),
        (Rollover::All, [100, 200, 300, 400]),
        (Rollover::Capped(credits(30)), [100, 130, 130, 130]),
        (Rollover::Capped(credits(250)), [100, 200, 300, 350]),
        (Rollover::Capped(credits(0)), [100, 100, 100, 100]),
    ] {
        let mut world = World::new();
        world.run(&monthly(100, rollover)).unwrap();
        let of_months = [0, 1, 2, 3].map(|month| {
            months_later(&mut world, month);
            world.figures().0
        });
        assert_eq!(of_months, balances, "{rollover:?}");
    }
    let mut world = World::new();
    world.run(&monthly(100, Rollover::Capped(credits(30)))).unwrap();
    world.run(&consume(60)).unwrap();
    months_later(&mut world, 1);
    assert_eq!(world.figures(), (130, 0, 130), "40 were left, 30 of them count on top of 100");
}

#[test]
fn a_start_lies_ahead_and_the_31st_stays_the_31st() {
    let mut world = World::new();
    world.now = Utc.with_ymd_and_hms(2026, 1, 15, 0, 0, 0).unwrap();
    let at = |day: i64| ConfigureRecurringGrant {
        starts_at: Some(world.now + TimeDelta::days(day)),
        grant: Some(RecurringGrant {
            amount: credits(1),
            rollover: Rollover::All,
            priority: 5,
            applies_to: patterns(&["chat.*"]),
        }),
    };
    let (past, ahead) = (at(-1), at(16));
    assert_eq!(kind(&world.run(&Command::ConfigureRecurringGrant(past)).unwrap_err()), "Invalid");
    world.run(&Command::ConfigureRecurringGrant(ahead)).unwrap();
    assert_eq!(world.figures(), (0, 0, 0));
    world.tick(86_400 * 130);
    world.settle();
    let granted = world.log.iter().filter(|event| event.fact.name() == "CreditsGranted");
    let days: Vec<_> = granted.map(|event| event.occurred_at.format("%m-%d").to_string()).collect();
    assert_eq!(days, ["01-31", "02-28", "03-31", "04-30"]);
}

#[test]
fn rule_7_what_does_not_fit_is_skipped_and_time_goes_on() {
    let mut world = World::new();
    world.is_checked = false;
    for n in 0..1_152 {
        world.run(&purchase(1_000_000_000_000_000, &format!("p{n}"), Expiry::Never)).unwrap();
    }
    let events = world.run(&monthly(1_000_000_000_000_000, Rollover::All)).unwrap();
    assert!(names(&events).contains(&"RecurringGrantSkipped"), "{:?}", names(&events));
    world.now = time::end_of_time();
    for (amount, cap) in [(0, 1), (1_000_000_000_000_001, 1), (1, -1), (1, 1_000_000_000_000_001)] {
        let rule = monthly(amount, Rollover::Capped(credits(cap)));
        assert_eq!(kind(&World::new().run(&rule).unwrap_err()), "Invalid");
    }
}

fn rollovers() -> impl Strategy<Value = Rollover> {
    prop_oneof![Just(Rollover::None), Just(Rollover::All), (0..250i64).prop_map(|cap| Rollover::Capped(credits(cap)))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(300), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rule_2_a_cold_organization_gets_exactly_the_periods_that_passed(
        rollover in rollovers(), amount in 1..200i64, days in 0..900i64, spent in 0..200i64, step in 1..40i64,
    ) {
        let mut cold = World::new();
        cold.run(&monthly(amount, rollover)).unwrap();
        let _ = cold.run(&consume(spent));
        let mut warm = World::new();
        warm.run(&monthly(amount, rollover)).unwrap();
        let _ = warm.run(&consume(spent));
        let end = start() + TimeDelta::days(days);
        while warm.now + TimeDelta::days(step) < end {
            warm.tick(86_400 * step);
            warm.settle();
        }
        for world in [&mut cold, &mut warm] {
            world.now = end;
            world.settle();
        }
        prop_assert_eq!(cold.figures(), warm.figures());
        let facts = |world: &World| {
            let moved = |event: &Event| !event.fact.name().contains("Balance");
            let what = |event: &Event| (event.occurred_at, event.fact.name(), event.balance_after);
            world.log.iter().filter(|event| moved(event)).map(what).collect::<Vec<_>>()
        };
        prop_assert_eq!(facts(&cold), facts(&warm));
        let passed = (0..).take_while(|n| start().checked_add_months(Months::new(*n)).unwrap() <= end).count();
        prop_assert_eq!(cold.state.recurring().map(|recurring| recurring.periods as usize), Some(passed));
        if let Rollover::Capped(cap) = rollover {
            prop_assert!(cold.state.balance() <= cap + credits(amount));
        }
    }
}
