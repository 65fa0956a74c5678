//! Walks that once told the domain and the model apart, kept as they were found.

use crate::properties::Op;
use crate::walk::Walk;

fn agree(ops: &[Op]) {
    let mut walk = Walk::new();
    for op in ops {
        walk.step(op).unwrap();
    }
}

#[test]
fn c17_a_refund_ends_no_lot_that_a_reinstatement_opened_again() {
    agree(&[
        Op::Buy { amount: 1, payment: 0, life: 0 },
        Op::Buy { amount: 118, payment: 1, life: 16 },
        Op::Reserve { amount: 25, seconds: 60, over: 0, more: None, operation: 0 },
        Op::Revoke { which: 1, credits: Some(1), reference: 0 },
        Op::Void(1),
        Op::Revoke { which: 1, credits: None, reference: 2 },
        Op::Confirm { which: 0, amount: None },
        Op::Reinstate { which: 1, reference: 2 },
        Op::Refund { which: 0, amount: None },
    ]);
}
