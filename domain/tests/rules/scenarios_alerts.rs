//! Alerts with hysteresis (C19).

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
