//! The rules of DESIGN section 3, a table each.

use crate::table::table;

#[test]
fn rule_1_the_burn_order_is_total_and_recorded() {
    let mut t = table(
        "
        grant never    10                        | ok | 10 0 10
        grant later    10 life=200               | ok | 20 0 20
        grant sooner   10 life=100 paid          | ok | 30 0 30
        grant first    10 priority=0 paid        | ok | 40 0 40
        grant last     10 priority=1000 life=50  | ok | 50 0 50
        grant paid     10 paid                   | ok | 60 0 60
        grant past     10 starts=-5              | ok | 70 0 70
        consume all    70                        | ok | 0 0 0 | CreditsConsumed LowBalanceReached BalanceExhausted
        ",
    );
    let log = &t.world.log;
    let domain::Fact::CreditsConsumed(fact) = &log[log.len() - 3].fact else { panic!("{log:?}") };
    let drawn: Vec<_> = fact.allocations.iter().map(|a| a.grant_id.entity()).collect();
    let order = ["first", "sooner", "later", "past", "never", "paid", "last"].map(|name| t.id(name));
    assert_eq!(drawn, order);
    t.rows("refund all 15 | ok | 15 0 15\n consume again 10 | ok | 5 0 5");
    let lots: Vec<_> = t.world.state.lots().iter().map(|lot| (lot.id().entity(), lot.remaining.get())).collect();
    assert_eq!(lots, [(t.id("last"), 5)], "undone newest first: 10 to `last`, 5 to `paid`, which burns first");
}

#[test]
fn rule_2_time_is_settled_before_a_command_is_decided() {
    table(
        "
        grant a 100 life=60          | ok | 100 0 100
        grant b 50 starts=30         | ok | 100 0 100
        consume - 101                | InsufficientCredits | 100 0 100
        tick 29                      | ok | 100 0 100
        tick 1                       | ok | 150 0 150 | GrantBecameEffective
        tick 29                      | ok | 150 0 150
        tick 1                       | ok | 50 0 50 | GrantExpired
        consume - 51                 | InsufficientCredits | 50 0 50
        consume c 50                 | ok | 0 0 0
        ",
    );
}

#[test]
fn rule_3_held_credits_do_not_expire_while_held() {
    table(
        "
        grant a 100 life=60    | ok | 100 0 100
        reserve r 80           | ok | 100 80 20
        tick 60                | ok | 80 80 0 | GrantExpired
        confirm r 50           | ok | 0 0 0 | ReservationConfirmed GrantExpired LowBalanceReached BalanceExhausted
        refund r 10            | ok | 10 0 10 | ConsumptionRefunded GrantRestored BalanceRecovered
        tick 59                | ok | 10 0 10
        tick 1                 | ok | 0 0 0
        ",
    );
}

#[test]
fn rule_4_a_reservation_ends_exactly_once() {
    table(
        "
        grant a 100                        | ok | 100 0 100
        reserve r 40                       | ok | 100 40 60
        consume - 61                       | InsufficientCredits
        confirm r 41                       | ConfirmExceedsReservation | 100 40 60
        confirm r 30                       | ok | 70 0 70
        confirm r 30                       | ok | 70 0 70 | CommandNoted
        confirm r                          | ReservationClosed
        confirm r 29                       | ReservationClosed
        cancel r                           | ReservationClosed | 70 0 70
        reserve s 10                       | ok | 70 10 60
        cancel s                           | ok | 70 0 70
        cancel s                           | ok | 70 0 70 | CommandNoted
        confirm s                          | ReservationClosed | 70 0 70
        reserve t 10 over=take             | ok | 70 10 60
        confirm t 100                      | ok | 0 0 0
        confirm t 100                      | ok | 0 0 0 | CommandNoted
        confirm t 70                       | ReservationClosed
        adjust 20                          | ok | 20 0 20
        reserve u 10 over=overdraft        | ok | 20 10 10
        confirm u 50                       | ok | -30 0 0
        adjust 20                          | ok | -10 0 0 | CreditsAdjustedUp DebtRepaid LowBalanceReached
        adjust 20                          | ok | 10 0 10
        reserve v 10 over=overdraft max=15 | ok | 10 10 0
        confirm v 16                       | ConfirmExceedsReservation | 10 10 0
        confirm v 15                       | ok | -5 0 0
        confirm nothing                    | ReservationNotFound
        cancel nothing                     | ReservationNotFound
        ",
    );
}

#[test]
fn rule_5_a_refund_gives_back_along_the_recorded_allocation() {
    table(
        "
        grant a 50 life=100          | ok | 50 0 50
        grant b 50                   | ok | 100 0 100
        consume c 80                 | ok | 20 0 20
        refund c 81                  | RefundExceedsConsumption | 20 0 20
        refund c 20                  | ok | 40 0 40
        tick 100                     | ok | 40 0 40
        refund c 61                  | RefundExceedsConsumption
        refund c 60                  | ok | 100 0 100
        refund c                     | RefundExceedsConsumption
        refund c 1                   | RefundExceedsConsumption
        tick 99                      | ok | 100 0 100
        tick 1                       | ok | 50 0 50 | GrantExpired
        refund nothing               | ConsumptionNotFound
        ",
    );
}

#[test]
fn rule_6_a_refunded_purchase_leaves_an_overdraft_where_it_was_spent() {
    table(
        "
        buy p 100                  | ok | 100 0 100
        consume c 70               | ok | 30 0 30
        revoke p                   | ok | -70 0 0
        consume - 1                | InsufficientCredits
        revoke p                   | PurchaseAlreadyRevoked
        grant g 50                 | ok | -20 0 0
        grant h 50                 | ok | 30 0 30
        reinstate p ref=other      | RevocationNotFound
        reinstate p                | ok | 130 0 130
        reinstate p                | RevocationNotFound
        revoke p 60 ref=d2         | ok | 70 0 70
        revoke p 60 ref=d3         | ok | 30 0 30
        revoke p ref=d4            | PurchaseAlreadyRevoked
        revoke q                   | PurchaseNotFound
        start q 10                 | ok
        revoke q                   | PurchaseNotPaid
        ",
    );
}

#[test]
fn rule_7_amounts_are_bounded() {
    table(
        "
        grant - 0                              | Invalid
        grant - -1                             | Invalid
        grant - 1000000000000001               | Invalid
        grant - 9223372036854775807            | Invalid
        buy - 0                                | Invalid
        consume - 0                            | Invalid
        consume - -5                           | Invalid
        reserve - 0                            | Invalid
        refund - 0                             | Invalid
        adjust 0                               | Invalid
        adjust -9223372036854775808            | Invalid
        adjust 1000000000000001                | Invalid
        settings limit=-1                      | Invalid
        settings low=-1                        | Invalid
        settings limit=1000000000000001        | Invalid
        confirm - -1                           | Invalid
        revoke - 0                             | Invalid
        policy below=-1                        | Invalid
        policy package=0                       | Invalid
        grant a 1000000000000000               | ok | 1000000000000000 0 1000000000000000
        consume c 1000000000000000             | ok | 0 0 0
        ",
    );
}

#[test]
fn rule_8_facts_alert_once() {
    table(
        "
        grant a 100                 | ok | 100 0 100 | CreditsGranted
        settings low=50             | ok | 100 0 100 | SettingsChanged
        consume - 50                | ok | 50 0 50 | CreditsConsumed
        consume - 1                 | ok | 49 0 49 | CreditsConsumed LowBalanceReached
        consume - 1                 | ok | 48 0 48 | CreditsConsumed
        consume - 48                | ok | 0 0 0 | CreditsConsumed BalanceExhausted
        ",
    );
}

#[test]
fn rule_9_what_a_command_needs_of_history_is_looked_up() {
    let mut t = table("grant a 10\n consume c 10\n");
    assert!(t.world.state.lots().is_empty(), "nothing of the past is kept");
    t.rows("refund c 4 | ok | 4 0 4\n refund c 6 | ok | 10 0 10\n refund c 1 | RefundExceedsConsumption");
}

#[test]
fn rule_10_the_books_balance_after_every_event() {
    let t = table(
        "
        settings limit=50
        buy p 100 life=50
        grant g 100 starts=10 for=chat
        reserve r 120 op=chat over=overdraft | ok | 100 120 30
        tick 10
        revoke p
        confirm r 200
        tick 100
        adjust 500
        ",
    );
    t.world.state.check_books().unwrap();
}
