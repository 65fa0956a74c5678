//! Purchases that are taken back while their credits are held, spent or voided, and given back (C17).

use domain::*;

use crate::support::*;
use crate::table::table;

/// Two holds, and a claw-back that counts one of them: the first that comes back repays it, wherever the lot is by then.
#[test]
fn c17_a_claw_back_is_repaid_once_however_many_holds_come_back() {
    let held_twice = "
        buy p 100 life=100                | ok | 100 0 100
        reserve r 40                      | ok | 100 40 60
        reserve s 40                      | ok | 100 80 20
        revoke p 60                       | ok | 40 80 0
        ";
    let overdrawn = "
        settings limit=50 low=0
        tick 100                          | ok | 40 40 50
        consume c 30                      | ok | 10 40 20
        cancel s                          | ok | -30 0 20 | ReservationCancelled GrantExpired LowBalanceReached BalanceExhausted
        ";
    table(&format!("{held_twice} cancel r | ok | 40 40 0 | ReservationCancelled DebtRepaid \n {overdrawn}"));
    table(&format!(
        "{held_twice}
        tick 100                          | ok | 40 80 0
        cancel r                          | ok | 40 40 0 | ReservationCancelled DebtRepaid
        {overdrawn}"
    ));
    // What is spent of two holds is what no claw-back has counted, as far as there is any.
    table(&format!(
        "{held_twice}
        tick 100                          | ok | 40 80 0
        confirm r 40                      | ok | 0 40 0
        cancel s                          | ok | 0 0 0 | ReservationCancelled DebtRepaid"
    ));
    table(&format!(
        "{held_twice}
        confirm r 10                      | ok | 30 40 0
        tick 100                          | ok | 30 40 0
        cancel s                          | ok | 0 0 0"
    ));
}

/// Two claw-backs of one purchase count what is held; a dispute that is won undoes its own alone.
#[test]
fn c17_reinstating_one_claw_back_leaves_the_others_to_what_is_held() {
    let taken_twice = "
        buy p 100 life=100                | ok | 100 0 100
        reserve r 100                     | ok | 100 100 0
        revoke p 10 ref=x                 | ok | 90 100 0
        revoke p 50 ref=y                 | ok | 40 100 0
        ";
    for (won, stands, rest) in [("x", "50 100 0", 50), ("y", "90 100 0", 90)] {
        let held = format!("{taken_twice} reinstate p ref={won} | ok | {stands} \n");
        table(&format!(
            "{held} tick 100 \n cancel r | ok | 0 0 0 | ReservationCancelled DebtRepaid GrantExpired LowBalanceReached BalanceExhausted"
        ));
        table(&format!("{held} cancel r | ok | {rest} 0 {rest}"));
    }
}

/// Nothing is spent, and other credits repay a claw-back of what is held: they come back when that does, wherever its lot is.
#[test]
fn c17_what_repaid_a_claw_back_comes_back_with_the_held_credits() {
    let repaid = "
        buy a 10 life=100                 | ok | 10 0 10
        buy b 10                          | ok | 20 0 20
        reserve r 10                      | ok | 20 10 10
        revoke a                          | ok | 10 10 0 | PurchaseRevoked DebtRepaid
        ";
    let gone = "tick 100 \n revoke b | ok | 0 0 0";
    table(&format!("{repaid} cancel r | ok | 10 0 10 | ReservationCancelled RepaymentReturned \n {gone}"));
    table(&format!("{repaid} tick 100 \n cancel r | ok | 10 0 10 | ReservationCancelled RepaymentReturned \n {gone}"));
    table(&format!("{repaid} void a | ok | 10 10 0 \n cancel r | ok | 10 0 10 \n {gone}"));
    table(&format!("{repaid} tick 900 | ok | 10 0 10 | GrantExpired ReservationExpired RepaymentReturned \n {gone}"));
    table(&format!("{repaid} confirm r 4 | ok | 6 0 6 \n tick 100 \n revoke b | ok | -4 0 0"));
    // A debt that is left is repaid first.
    table(&format!(
        "{repaid} settings limit=6 low=0 \n consume c 6 \n cancel r | ok | 4 0 10 | ReservationCancelled DebtRepaid RepaymentReturned"
    ));
}

/// A log from before a repayment came back says nothing of what a release repays: it folds to what it was.
#[test]
fn c17_a_release_repays_what_its_event_says_and_nothing_else() {
    let t = table(
        "
        buy p 100                         | ok | 100 0 100
        reserve r 40                      | ok | 100 40 60
        revoke p                          | ok | 0 40 0
        grant g 40                        | ok | 40 40 0 | CreditsGranted DebtRepaid
        cancel r                          | ok | 40 0 40 | ReservationCancelled RepaymentReturned
        ",
    );
    let mut state = Organization::default();
    for event in &t.world.log {
        let mut event = event.clone();
        match &mut event.fact {
            Fact::RepaymentReturned(_) => continue,
            Fact::ReservationCancelled(f) => f.repays.clear(),
            _ => {}
        }
        evolve(&mut state, &event);
    }
    let lots: Vec<_> = state.lots().iter().map(|lot| (lot.id(), lot.remaining, lot.repays)).collect();
    assert_eq!(lots, [(purchase_id("p").grant(), credits(40), Credits::ZERO)]);
    assert_eq!(state.next_due(), None, "time causes nothing");
}

/// Whether or not all of it was spent in between.
#[test]
fn c17_a_refund_gives_back_what_was_spent_of_a_voided_lot_that_was_opened_again() {
    for (spent, rest) in [(29, 1), (30, 0)] {
        table(&format!(
            "
            buy p 100                     | ok | 100 0 100
            consume c 50                  | ok | 50 0 50
            revoke p 30                   | ok | 20 0 20
            void p                        | ok | 0 0 0
            reinstate p                   | ok | 30 0 30
            consume d {spent}             | ok | {rest} 0 {rest}
            refund d                      | ok | 30 0 30
            "
        ));
    }
}
