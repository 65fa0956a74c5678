//! Alerts with hysteresis, and when a recharge is asked for (C19).

use crate::table::table;

#[test]
fn c19_the_first_credits_arm_and_are_judged() {
    table(
        "
        settings low=50             | ok | 0 0 0 | SettingsChanged
        adjust 40                   | ok | 40 0 40 | CreditsAdjustedUp LowBalanceReached
        ",
    );
    table("grant a 100 starts=10 | ok | 0 0 0 | CreditsGranted\n tick 10 | ok | 100 0 100 | GrantBecameEffective");
}

#[test]
fn c19_low_re_arms_at_ten_percent_above_by_a_top_up_or_by_settings() {
    table(
        "
        grant a 200                 | ok | 200 0 200 | CreditsGranted
        settings low=100            | ok | 200 0 200 | SettingsChanged
        consume c 100               | ok | 100 0 100 | CreditsConsumed
        consume d 1                 | ok | 99 0 99   | CreditsConsumed LowBalanceReached
        refund d                    | ok | 100 0 100 | ConsumptionRefunded
        refund c 9                  | ok | 109 0 109 | ConsumptionRefunded
        consume - 10                | ok | 99 0 99   | CreditsConsumed
        refund c 11                 | ok | 110 0 110 | ConsumptionRefunded LowBalanceCleared
        consume - 11                | ok | 99 0 99   | CreditsConsumed LowBalanceReached
        grant b 2                   | ok | 101 0 101 | CreditsGranted
        consume - 2                 | ok | 99 0 99   | CreditsConsumed LowBalanceReached
        settings low=100            | ok | 99 0 99   | SettingsChanged LowBalanceReached
        settings low=50             | ok | 99 0 99   | SettingsChanged
        consume - 50                | ok | 49 0 49   | CreditsConsumed LowBalanceReached
        ",
    );
}

#[test]
fn c19_the_threshold_is_a_tenth_of_the_last_top_up_at_most_1000() {
    let t = table("buy p 50000 | ok\n");
    assert_eq!(t.world.state.low_balance_threshold().get(), 1_000);
    let t = table("buy p 50000\n grant g 300 \n");
    assert_eq!(t.world.state.low_balance_threshold().get(), 30);
}

#[test]
fn c19_holds_and_restricted_lots_do_not_count_and_exhausted_re_arms_above_zero() {
    table(
        "
        grant a 100                 | ok | 100 0 100 | CreditsGranted
        grant chat 500 for=chat     | ok | 600 0 100 | CreditsGranted
        settings low=0 limit=50     | ok | 600 0 150 | SettingsChanged
        reserve r 100               | ok | 600 100 50 | CreditsReserved
        confirm r                   | ok | 500 0 50  | ReservationConfirmed BalanceExhausted
        consume c 10                | ok | 490 0 40  | CreditsConsumed LowBalanceReached
        refund c                    | ok | 500 0 50  | ConsumptionRefunded LowBalanceCleared
        refund r 1                  | ok | 501 0 51  | ConsumptionRefunded GrantRestored BalanceRecovered
        consume - 1                 | ok | 500 0 50  | CreditsConsumed BalanceExhausted
        ",
    );
}

#[test]
fn c19_a_crossing_asks_for_one_recharge_in_the_same_command() {
    table(
        "
        buy p 1000                          | ok
        policy below=100 package=500        | ok | 1000 0 1000 | AutoRechargeConfigured
        recharge                            | RechargeNotDue
        consume - 901                       | ok | 99 0 99 | CreditsConsumed LowBalanceReached RechargeRequested
        consume - 1                         | ok | 98 0 98 | CreditsConsumed
        recharge                            | RechargeNotDue
        charged 1 ch_1                      | ok | 598 0 598 | PurchaseCompleted RechargeCompleted
        charged 1 ch_1                      | ok | 598 0 598 | CommandNoted
        failed 1 declined                   | RechargeEnded
        failed 2 declined                   | RechargeNotFound
        charged 2 ch_2                      | RechargeNotFound
        consume - 598                       | ok | 0 0 0 | CreditsConsumed LowBalanceReached BalanceExhausted RechargeRequested
        charged 2 ch_1                      | PaymentReferenceUsed
        ",
    );
}

#[test]
fn c19_a_recharge_buys_whole_packages_to_above_the_threshold_in_one_charge() {
    let t = table(
        "
        settings limit=5000
        policy below=100 package=500 amount=700
        consume - 10
        ",
    );
    let of = |t: &crate::table::Table| t.world.state.recharge().in_flight.clone().unwrap();
    assert_eq!((of(&t).credits.get(), of(&t).price.amount_minor), (1_000, 2_000));
    let t = table("settings limit=5000\n policy off\n consume - 2200\n policy below=100 package=500\n");
    assert_eq!(of(&t).credits.get(), 2_500, "2,300 are missing");
}

#[test]
fn c19_a_policy_that_could_never_work_is_refused() {
    table(
        "
        policy below=500 package=500                        | RechargeCannotLift
        policy below=500 package=500 off                    | ok
        policy below=500 package=200 amount=500             | ok
        policy below=100 package=1 amount=1001              | Invalid
        policy below=100 package=500 days=0                 | Invalid
        policy below=100 package=500 days=36501             | Invalid
        policy below=100 package=500 month=-1               | Invalid
        ",
    );
}

#[test]
fn c19_the_month_has_a_limit_and_the_next_month_asks_again() {
    let mut t = table(
        "
        policy below=100 package=500 price=1000 month=2500  | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        charged 1 a                                         | ok | 500 0 500
        consume - 500                                       | ok | 0 0 0
        charged 2 b                                         | ok | 500 0 500
        consume - 500 | ok | 0 0 0 | CreditsConsumed LowBalanceReached BalanceExhausted
        recharge                                            | RechargeNotDue
        tick 2678399                                        | ok | 0 0 0 |
        tick 1                                              | ok | 0 0 0 | RechargeRequested
        failed 3 declined                                   | ok | 0 0 0 | RechargeFailed RechargeRequested
        ",
    );
    t.rows("charged 3 late | ok | 500 0 500 | PurchaseCompleted RechargeCompleted");
    let recharge = t.world.state.recharge();
    assert_eq!(recharge.month_spent_minor(t.world.now), 2_000, "the late charge and the one in flight");
}

#[test]
fn c19_recharges_cool_down() {
    table(
        "
        policy below=100 package=500 cooldown=60            | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        charged 1 a                                         | ok | 500 0 500
        consume - 500 | ok | 0 0 0 | CreditsConsumed LowBalanceReached BalanceExhausted
        tick 59                                             | ok | 0 0 0 |
        tick 1                                              | ok | 0 0 0 | RechargeRequested
        failed 2 declined                                   | ok | 0 0 0 | RechargeFailed
        tick 119                                            | ok | 0 0 0 |
        tick 1                                              | ok | 0 0 0 | RechargeRequested
        ",
    );
}

#[test]
fn c19_three_declines_suspend_until_a_person_resumes() {
    table(
        "
        policy below=100 package=500                        | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        failed 1 declined                                   | ok | 0 0 0 | RechargeFailed RechargeRequested
        failed 2 abandoned                                  | ok | 0 0 0 | RechargeFailed RechargeRequested
        failed 3 declined                                   | ok | 0 0 0 | RechargeFailed RechargeRequested
        failed 4 declined                                   | ok | 0 0 0 | RechargeFailed RechargeSuspended
        recharge                                            | RechargeNotDue
        resume                                              | ok | 0 0 0 | RechargeResumed RechargeRequested
        resume                                              | ok | 0 0 0 | CommandNoted
        suspend                                             | ok | 0 0 0 | RechargeSuspended
        suspend                                             | ok | 0 0 0 | CommandNoted
        charged 5 a                                         | ok | 500 0 500 | PurchaseCompleted RechargeCompleted
        consume - 500 | ok | 0 0 0 | CreditsConsumed LowBalanceReached BalanceExhausted
        ",
    );
    for failure in ["card_unusable", "action_required", "refused"] {
        table(&format!("policy \n failed 1 {failure} | ok | 0 0 0 | RechargeFailed RechargeSuspended"));
    }
}

#[test]
fn c19_an_unanswered_recharge_times_out_and_its_late_success_still_credits_once() {
    let mut t = table(
        "
        policy below=100 package=500 price=1000 days=30     | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        policy below=100 package=900 price=9000             | ok | 0 0 0 | AutoRechargeConfigured
        tick 86399                                          | ok | 0 0 0 |
        tick 1                                              | ok | 0 0 0 | RechargeFailed RechargeSuspended
        charged 1 a                                         | ok | 500 0 500 | PurchaseCompleted RechargeCompleted
        ",
    );
    let recharge = t.world.state.recharge();
    assert_eq!(recharge.month_spent_minor(t.world.now), 1_000, "reserved once, charged once");
    t.rows("tick 2592000 | ok | 0 0 0 ");
}
