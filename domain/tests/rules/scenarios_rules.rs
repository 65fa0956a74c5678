//! The rules of time, money and requests (C12-C22), a table each.

use crate::support::*;
use crate::table::table;

#[test]
fn c12_starts_are_inclusive_ends_exclusive_and_due_facts_settle_in_their_order() {
    let t = table(
        "
        grant - 10 ends=0                  | Invalid
        grant - 10 ends=-1                 | Invalid
        grant - 10 starts=10 ends=10       | Invalid
        grant - 10 life=0                  | Invalid
        grant - 10 ends=251700000000       | Invalid
        grant a 100 life=20                | ok | 100 0 100
        grant b 50 starts=10 life=10       | ok | 100 0 100
        reserve r 80 life=20               | ok | 100 80 20
        tick 30                            | ok | 0 0 0 | GrantBecameEffective ReservationExpired GrantExpired GrantExpired LowBalanceReached BalanceExhausted
        ",
    );
    let at = |event: &domain::Event| (event.occurred_at - start()).num_seconds();
    let times: Vec<_> = t.world.log.iter().rev().take(6).rev().map(at).collect();
    assert_eq!(times, [10, 20, 20, 20, 30, 30], "facts have their own time, alerts that of the settlement");
}

#[test]
fn c12_given_times_are_cut_to_the_microsecond() {
    let mut world = World::new();
    let odd = start() + chrono::TimeDelta::nanoseconds(10_000_000_999);
    let grant = domain::commands::Grant { effective_at: Some(odd), ..a_grant(10) };
    world.run(&domain::Command::Grant(grant)).unwrap();
    let due = world.state.next_due().unwrap();
    assert_eq!(due, domain::time::to_micros(odd));
    assert_eq!(due.timestamp_subsec_nanos() % 1_000, 0);
}

#[test]
fn c12_a_renewed_life_ends_before_the_year_10000() {
    let mut t = table("grant g 1");
    let mut buy = purchase(100, "p", domain::commands::Expiry::At(domain::time::end_of_time()));
    t.world.run(&buy).unwrap();
    t.rows("consume c 100 \n tick 1000 \n revoke p 10 \n refund c 50");
    let ends = t.world.state.lots().iter().filter_map(|lot| lot.terms.expires_at);
    assert!(ends.clone().count() > 0 && ends.max().unwrap() <= domain::time::end_of_time());
    buy = purchase(1, "q", domain::commands::Expiry::At(domain::Timestamp::MAX_UTC));
    assert_eq!(kind(&t.world.run(&buy).unwrap_err()), "Invalid");
}

#[test]
fn c14_the_callers_time_of_use_is_a_label_and_deadlines_are_bounded() {
    table(
        "
        grant old 10 life=60
        consume c 1 used=-3024000    | ok | 9 0 9
        consume - 1 used=-3024001    | Invalid
        consume d 1 used=300         | ok | 8 0 8
        consume - 1 used=301         | Invalid
        reserve - 1 used=301         | Invalid
        reserve - 1 life=0           | Invalid
        reserve - 1 life=2592001     | Invalid
        reserve r 1 life=2592000     | ok | 8 1 7
        reserve s 1 life=10          | ok | 8 2 6
        tick 9                       | ok
        tick 1                       | ok | 8 1 7 | ReservationExpired
        confirm s                    | ReservationExpired
        confirm s 1                  | ReservationExpired
        cancel s                     | ReservationExpired
        tick 50                      | ok | 1 1 0
        consume - 1 used=-60         | InsufficientCredits | 1 1 0
        ",
    );
}

#[test]
fn c15_balance_reserved_and_available() {
    let mut t = table(
        "
        grant a 100                       | ok | 100 0 100
        grant chat 50 for=chat.* life=50  | ok | 150 0 100
        grant future 70 starts=500        | ok | 150 0 100
        settings limit=20 low=0           | ok | 150 0 120
        consume - 121                     | InsufficientCredits
        consume - 171 op=chat.a           | InsufficientCredits
        consume - 121 op=mail             | InsufficientCredits
        reserve r 165 op=chat.a           | ok | 150 165 5
        consume - 6 op=chat.a             | InsufficientCredits
        tick 50                           | ok | 150 165 5
        cancel r                          | ok | 100 0 120
        ",
    );
    assert_eq!(t.world.state.available(Some("chat.a")), credits(120));
    t.rows("consume - 120 | ok | -20 0 0\n consume - 1 | InsufficientCredits | -20 0 0");
}

#[test]
fn c16_debt_is_repaid_at_once_by_whatever_becomes_free() {
    table(
        "
        settings limit=100 low=0           | ok | 0 0 100
        grant a 10                         | ok | 10 0 110
        consume c 60                       | ok | -50 0 50
        grant chat 30 for=chat             | ok | -20 0 50
        grant later 20 starts=10           | ok | -20 0 50
        tick 10                            | ok | 0 0 70 | GrantBecameEffective DebtRepaid LowBalanceReached
        refund c 5                         | ok | 5 0 75 | ConsumptionRefunded
        reserve r 30 op=chat               | ok | 5 30 75
        adjust 25                          | ok | 30 30 100 | CreditsAdjustedUp DebtRepaid
        ",
    );
}

#[test]
fn c16_the_overdraft_part_of_a_hold_is_not_debt_and_draws_from_free_credits_first() {
    table(
        "
        settings limit=100 low=0
        grant a 10                        | ok | 10 0 110
        reserve r 60                      | ok | 10 60 50
        reserve - 51                      | InsufficientCredits
        consume - 51                      | InsufficientCredits
        grant b 30                        | ok | 40 60 80
        confirm r                         | ok | -20 0 80
        settings limit=0 low=0            | ok | -20 0 0
        reserve - 1 over=overdraft        | InsufficientCredits
        ",
    );
}

#[test]
fn c17_claw_backs_and_voids_never_touch_held_credits() {
    table(
        "
        buy p 100                         | ok | 100 0 100
        reserve r 40                      | ok | 100 40 60
        revoke p                          | ok | 0 40 0 | PurchaseRevoked LowBalanceReached BalanceExhausted
        cancel r                          | ok | 0 0 0 | ReservationCancelled DebtRepaid
        grant g 50                        | ok | 50 0 50
        reserve s 20                      | ok | 50 20 30
        void g                            | ok | 20 20 0
        void g                            | ok | 20 20 0 | CommandNoted
        confirm s 15                      | ok | 0 0 0 | ReservationConfirmed GrantVoided LowBalanceReached BalanceExhausted
        refund s                          | ok | 0 0 0 | ConsumptionRefunded GrantRestored GrantVoided
        void g                            | ok | 0 0 0 | CommandNoted
        void nothing                      | GrantNotFound
        grant h 5 life=10                 | ok | 5 0 5
        tick 10                           | ok | 0 0 0
        void h                            | GrantClosed
        ",
    );
}

#[test]
fn c17_what_is_released_to_a_revoked_lot_repays_its_debt_even_after_its_end() {
    table(
        "
        buy p 100 life=60                 | ok | 100 0 100
        reserve r 40                      | ok | 100 40 60
        reserve s 10                      | ok | 100 50 50
        revoke p                          | ok | 0 50 0
        tick 60                           | ok | 0 50 0 | GrantExpired
        confirm s                         | ok | -10 40 0
        cancel r                          | ok | -10 0 0 | ReservationCancelled DebtRepaid
        reinstate p                       | ok | 90 0 90
        ",
    );
    table(
        "
        buy p 100 life=60                 | ok | 100 0 100
        reserve r 40                      | ok | 100 40 60
        tick 60                           | ok | 40 40 0
        revoke p                          | ok | 0 40 0
        tick 900                          | ok | 0 0 0 | ReservationExpired DebtRepaid
        revoke p                          | ok | 0 0 0 | PurchaseRevoked
        ",
    );
}

/// What a refund gives back to a voided lot ends there; only what was held had been counted twice.
#[test]
fn c17_a_refund_to_a_voided_lot_leaves_the_claw_back_to_what_is_held() {
    table(
        "
        buy p 78                          | ok | 78 0 78
        consume c 2                       | ok | 76 0 76
        reserve r 1                       | ok | 76 1 75
        revoke p                          | ok | -2 1 0
        void p                            | ok | -2 1 0
        refund c                          | ok | -2 1 0
        cancel r                          | ok | -2 0 0
        ",
    );
}

#[test]
fn c17_a_reinstated_debt_comes_back_although_the_lot_had_ended() {
    table(
        "
        buy p 100 life=60                 | ok | 100 0 100
        consume c 60                      | ok | 40 0 40
        tick 60                           | ok | 0 0 0
        revoke p                          | ok | -60 0 0
        grant g 100                       | ok | 40 0 40
        reinstate p                       | ok | 100 0 100
        tick 1                            | ok | 100 0 100
        tick 100000                       | ok | 100 0 100
        ",
    );
}

#[test]
fn c17_expired_and_voided_credits_are_not_owed() {
    table(
        "
        buy p 100 life=60                 | ok | 100 0 100
        consume c 30                      | ok | 70 0 70
        tick 60                           | ok | 0 0 0
        revoke p                          | ok | -30 0 0
        buy q 100                         | ok | 70 0 70
        consume d 60                      | ok | 10 0 10
        void q                            | ok | 0 0 0
        refund d 25                       | ok | 0 0 0
        revoke q                          | ok | -65 0 0
        ",
    );
}

#[test]
fn c17_the_overdraft_part_of_a_refund_reduces_debt_and_the_rest_is_a_lot() {
    let t = table(
        "
        settings limit=100 low=0
        grant a 10                        | ok | 10 0 110
        consume c 60                      | ok | -50 0 50
        adjust 45                         | ok | -5 0 95
        refund c 50                       | ok | 45 0 145 | ConsumptionRefunded GrantRestored LowBalanceCleared BalanceRecovered
        ",
    );
    let lot = &t.world.state.lots()[0].terms;
    assert_eq!(
        (lot.category, lot.expires_at, lot.cost_basis, lot.purchase_id),
        (domain::grant::Category::Paid, None, None, None)
    );
}

#[test]
fn c18_each_counter_is_gross_and_counts_a_cause_once() {
    let t = table(
        "
        settings limit=100 low=0
        buy p 100 \n grant g 50 life=10 \n adjust 20 \n consume c 160 \n refund c 30
        tick 10 \n adjust -15 \n revoke p \n reinstate p \n void p
        ",
    );
    let totals = t.world.state.totals();
    let counters =
        [totals.purchased, totals.granted, totals.adjusted_up, totals.consumed, totals.refunded].map(|c| c.get());
    assert_eq!(counters, [100, 50, 20, 160, 30]);
    assert_eq!(totals.clawed_back, totals.reinstated);
    assert_eq!(totals.adjusted_down, credits(15));
    t.world.state.check_books().unwrap();
}

#[test]
fn c21_given_amounts_are_at_least_one_and_confirmed_ones_may_be_zero() {
    table(
        "
        grant a 10
        reserve r 5                | ok | 10 5 5
        confirm r 0                | ok | 10 0 10 | ReservationConfirmed
        confirm r 0                | ok | 10 0 10 | CommandNoted
        confirm r                  | ReservationClosed
        refund r                   | RefundExceedsConsumption
        consume - 0                | Invalid
        ",
    );
}

#[test]
fn c22_a_payment_reference_is_used_once() {
    table(
        "
        start p 100              | ok
        start p 100              | PaymentReferenceUsed
        buy p 100                | ok | 100 0 100
        buy p 100                | PaymentReferenceUsed | 100 0 100
        start p 5                | PaymentReferenceUsed
        fail p                   | PurchaseAlreadyPaid
        lapse p                  | PurchaseAlreadyPaid
        start q 10               | ok
        fail q                   | ok | 100 0 100 | PurchaseFailed
        fail q                   | ok | 100 0 100 | CommandNoted
        lapse q                  | ok | 100 0 100 | PurchaseExpired
        buy q 10                 | ok | 110 0 110
        fail r                   | PurchaseNotFound
        ",
    );
}

#[test]
fn c22_ids_derive_from_organization_namespace_key_and_ordinal() {
    use domain::{CommandId, IdempotencyKey, KeyNamespace, OrganizationId};
    let of = |organization: &str, namespace, key: &str| {
        let organization = OrganizationId::try_new(organization).unwrap();
        CommandId::of_key(&organization, &IdempotencyKey::try_new(namespace, key).unwrap())
    };
    let id = of("acme", KeyNamespace::Client, "k");
    assert_eq!(id, of("acme", KeyNamespace::Client, "k"));
    assert_ne!(id, of("acme2", KeyNamespace::Client, "k"));
    assert_ne!(id, of("acme", KeyNamespace::Internal, "k"));
    assert_ne!(id, of("acme", KeyNamespace::Page, "k"));
    assert_ne!(id, of("acme", KeyNamespace::Client, "k2"));
    assert_ne!(of("a", KeyNamespace::Client, "bc"), of("ab", KeyNamespace::Client, "c"), "parts are length-prefixed");
    assert_eq!(id.uuid().get_version_num(), 8);
    let made = [id.entity(0), id.entity(1), id.event(0), id.event(1), id.uuid()];
    assert_eq!(made.iter().collect::<std::collections::HashSet<_>>().len(), made.len());
}
