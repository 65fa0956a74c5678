//! When a recharge is asked for, how it ends, and what stops recharging (C19).

use crate::support::usd;
use crate::table::table;

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
        charged 1                           | ok | 598 0 598 | PurchaseCompleted RechargeCompleted
        charged 1                           | ok | 598 0 598 | CommandNoted
        failed 1 declined                   | RechargeEnded
        failed 2 declined                   | RechargeNotFound
        charged 2                           | RechargeNotFound
        consume - 598                       | ok | 0 0 0 | CreditsConsumed LowBalanceReached BalanceExhausted RechargeRequested
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
    let t = table("settings limit=5000\n policy off\n consume - 2400\n policy below=100 package=500\n");
    assert_eq!(of(&t).credits.get(), 3_000, "2,500 would only reach the threshold, and the next credit spent cross it");
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
        policy below=100 package=500 price=0                | Invalid
        ",
    );
}

#[test]
fn c19_the_month_has_a_limit_and_the_next_month_asks_again() {
    let mut t = table(
        "
        policy below=100 package=500 price=1000 month=2500  | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        charged 1                                           | ok | 500 0 500
        consume - 500                                       | ok | 0 0 0
        charged 2                                           | ok | 500 0 500
        consume - 500 | ok | 0 0 0 | CreditsConsumed LowBalanceReached BalanceExhausted
        recharge                                            | RechargeNotDue
        tick 2678399                                        | ok | 0 0 0 |
        tick 1                                              | ok | 0 0 0 | RechargeRequested
        failed 3 declined                                   | ok | 0 0 0 | RechargeFailed
        tick 120                                            | ok | 0 0 0 | RechargeRequested
        ",
    );
    t.rows("charged 3 | ok | 500 0 500 | PurchaseCompleted RechargeCompleted");
    let recharge = t.world.state.recharge();
    assert_eq!(
        recharge.month_spent_minor(usd(0).currency, t.world.now),
        2_000,
        "the late charge and the one in flight"
    );
}

#[test]
fn c19_recharges_cool_down() {
    table(
        "
        policy below=100 package=500 cooldown=60            | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        charged 1                                           | ok | 500 0 500
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
fn c19_a_bad_card_is_not_tried_as_fast_as_it_can_be() {
    table(
        "
        policy below=100 package=500                        | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        failed 1 declined                                   | ok | 0 0 0 | RechargeFailed
        tick 119                                            | ok | 0 0 0 |
        policy below=100 package=500                        | ok | 0 0 0 | AutoRechargeConfigured
        tick 1                                              | ok | 0 0 0 | RechargeRequested
        tick 600                                            | ok | 0 0 0 |
        failed 2 abandoned                                  | ok | 0 0 0 | RechargeFailed
        tick 119                                            | ok | 0 0 0 |
        tick 1                                              | ok | 0 0 0 | RechargeRequested
        failed 3 withdrawn                                  | ok | 0 0 0 | RechargeFailed RechargeRequested
        failed 4 declined                                   | ok | 0 0 0 | RechargeFailed
        tick 239                                            | ok | 0 0 0 |
        tick 1                                              | ok | 0 0 0 | RechargeRequested
        ",
    );
}

#[test]
fn c19_three_declines_suspend_until_a_person_resumes_or_the_card_changes() {
    const DECLINED: &str = "
        policy below=100 package=500                        | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        failed 1 declined                                   | ok | 0 0 0 | RechargeFailed
        tick 120                                            | ok | 0 0 0 | RechargeRequested
        failed 2 declined                                   | ok | 0 0 0 | RechargeFailed
        tick 240                                            | ok | 0 0 0 | RechargeRequested
        failed 3 declined                                   | ok | 0 0 0 | RechargeFailed RechargeSuspended
        tick 86400                                          | ok | 0 0 0 |
        recharge                                            | RechargeNotDue";
    table(DECLINED).rows(
        "
        resume                                              | ok | 0 0 0 | RechargeResumed RechargeRequested
        resume                                              | ok | 0 0 0 | CommandNoted
        suspend                                             | ok | 0 0 0 | RechargeSuspended
        suspend                                             | ok | 0 0 0 | CommandNoted
        card                                                | ok | 0 0 0 | CommandNoted
        charged 4                                           | ok | 500 0 500 | PurchaseCompleted RechargeCompleted
        consume - 500 | ok | 0 0 0 | CreditsConsumed LowBalanceReached BalanceExhausted
        ",
    );
    table(DECLINED).rows("card | ok | 0 0 0 | RechargeResumed RechargeRequested");
    for failure in ["no_card", "card_unusable", "action_required"] {
        let mut t = table(&format!("policy \n failed 1 {failure} | ok | 0 0 0 | RechargeFailed RechargeSuspended"));
        t.rows("tick 86400 | ok | 0 0 0 | \n card | ok | 0 0 0 | RechargeResumed RechargeRequested");
    }
    let mut t = table("policy \n failed 1 refused | ok | 0 0 0 | RechargeFailed RechargeSuspended");
    t.rows("card | ok | 0 0 0 | CommandNoted \n resume | ok | 0 0 0 | RechargeResumed RechargeRequested");
}

#[test]
fn c19_money_that_went_back_never_asks_for_the_next_charge() {
    let revoked = |suspended: &str| format!("PurchaseRevoked{suspended} LowBalanceReached BalanceExhausted");
    let charged = "policy below=100 package=500 \n charged 1 | ok | 500 0 500";
    table(charged).rows(&format!("revoke recharge-1 | ok | 0 0 0 | {}", revoked(" RechargeSuspended")));
    table(charged).rows(&format!("revoke recharge-1 cause=dispute | ok | 0 0 0 | {}", revoked(" RechargeSuspended")));
    table(charged).rows(
        "
        revoke recharge-1 cause=dispute | ok
        reinstate recharge-1            | ok | 500 0 500
        consume - 500                   | ok | 0 0 0 | CreditsConsumed LowBalanceReached BalanceExhausted
        card                            | ok | 0 0 0 | CommandNoted
        resume                          | ok | 0 0 0 | RechargeResumed RechargeRequested
        ",
    );
    // An ordinary purchase: a refund is ours to give, a dispute is distrust.
    let bought = "buy p 500 \n policy below=100 package=500 | ok | 500 0 500";
    table(bought).rows(&format!("revoke p | ok | 0 0 0 | {} RechargeRequested", revoked("")));
    table(bought).rows(&format!("revoke p cause=dispute | ok | 0 0 0 | {}", revoked(" RechargeSuspended")));
    // A dispute outweighs what a new card would end.
    table("buy p 500 \n policy below=100 \n consume - 450 \n failed 1 card_unusable").rows(
        "
        revoke p cause=dispute          | ok | -450 0 0 | PurchaseRevoked RechargeSuspended LowBalanceReached BalanceExhausted
        card                            | ok | -450 0 0 | CommandNoted
        ",
    );
    table("buy p 500 \n revoke p cause=dispute | ok | 0 0 0 | PurchaseRevoked LowBalanceReached BalanceExhausted");
}

#[test]
fn c19_a_payment_ends_its_recharge_once_whoever_hears_of_it_first() {
    let asked =
        "policy below=100 package=500 bonus=50 version=3 | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested";
    let mut t = table(asked);
    t.rows(
        "
        paid 1      | ok | 500 0 500 | PurchaseCompleted RechargeCompleted
        charged 1   | ok | 500 0 500 | CommandNoted
        paid 1      | PaymentReferenceUsed
        failed 1 declined | RechargeEnded
        ",
    );
    assert_eq!(t.world.state.recharge().in_flight, None);
    table(asked).rows(
        "
        charged 1   | ok | 500 0 500 | PurchaseCompleted RechargeCompleted
        paid 1      | PaymentReferenceUsed
        ",
    );
    let mut t = table(asked);
    t.rows("failed 1 abandoned | ok \n paid 1 | ok | 500 0 500 | PurchaseCompleted RechargeCompleted");
    assert_eq!(t.world.state.recharge().month_spent_minor(usd(0).currency, t.world.now), 1_000, "it counts after all");
}

#[test]
fn c19_switching_off_needs_no_more_than_that() {
    table(
        "
        switch_off                              | ok | 0 0 0 | CommandNoted
        policy below=100 package=500            | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        switch_off                              | ok | 0 0 0 | AutoRechargeConfigured
        switch_off                              | ok | 0 0 0 | CommandNoted
        failed 1 abandoned                      | ok | 0 0 0 | RechargeFailed
        tick 86400                              | ok | 0 0 0 |
        ",
    );
}

#[test]
fn c19_each_currency_has_its_own_month() {
    let mut t = table("policy below=100 package=500 price=1000 month=1000 \n charged 1 \n consume - 500");
    assert!(t.world.state.recharge().in_flight.is_none(), "the month is spent");
    let mut policy = t.world.state.recharge().policy.clone().unwrap();
    let eur = |minor| domain::grant::Money { amount_minor: minor, currency: "EUR".to_owned().try_into().unwrap() };
    policy.package.price = eur(900);
    policy.monthly_limit = Some(eur(900));
    t.world.run(&domain::Command::ConfigureAutoRecharge(Some(policy))).unwrap();
    t.rows("charged 2 | ok | 500 0 500 \n consume - 500 | ok | 0 0 0");
    let recharge = t.world.state.recharge();
    let spent = |money: domain::grant::Money| recharge.month_spent_minor(money.currency, t.world.now);
    assert_eq!((spent(usd(0)), spent(eur(0)), recharge.in_flight.is_none()), (1_000, 900, true));
}

#[test]
fn c19_an_unanswered_recharge_times_out_and_its_late_success_still_credits_once() {
    let mut t = table(
        "
        policy below=100 package=500 price=1000 days=30     | ok | 0 0 0 | AutoRechargeConfigured RechargeRequested
        policy below=100 package=900 price=9000             | ok | 0 0 0 | AutoRechargeConfigured
        tick 86399                                          | ok | 0 0 0 |
        tick 1                                              | ok | 0 0 0 | RechargeFailed RechargeSuspended
        charged 1                                           | ok | 500 0 500 | PurchaseCompleted RechargeCompleted
        ",
    );
    let recharge = t.world.state.recharge();
    assert_eq!(recharge.month_spent_minor(usd(0).currency, t.world.now), 1_000, "reserved once, charged once");
    t.rows("tick 2592000 | ok | 0 0 0 ");
}
