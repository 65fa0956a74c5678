//! What to do next about an attempt: a pure function of what the log and the attempt's row say.
//!
//! Invariant: a charge is sent only while its request is open in the log, always with the bytes and the key that were
//! written down first, and never later than [`SEND_WITHIN`] after the request. The log gives a request up later than
//! that, so nothing is sent for a request that has been given up.

use domain::Timestamp;
use domain::recharge::RechargeFailure;

use super::attempt::{Attempt, Standing};
use super::limits::{DOUBTS_BEFORE_SEARCH, FOUND_WITHIN, LOOK_UP_WITHIN, SEND_WITHIN};
use crate::gateway::{IntentId, OffSessionCharge};

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Find a card, start the purchase, and write down what will be sent.
    Prepare,
    Send(OffSessionCharge),
    /// Ask what became of a known payment.
    Look(IntentId),
    /// Look for the payment among the customer's.
    Search {
        charge: OffSessionCharge,
        not_found: NotFound,
    },
    /// Nothing was sent, and nothing will be.
    Withdraw(&'static str),
    /// The outcome is in the log: nothing is left to do but to say so here.
    Finish(Outcome),
}

/// What it means that a payment cannot be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFound {
    SendAgain,
    /// It may still appear.
    Wait,
    /// There is none.
    Abandon,
    /// The log has ended it already.
    Forget(RechargeFailure),
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Paid,
    Failed(RechargeFailure),
}

/// The next step at `now`.
#[must_use]
pub fn next(attempt: &Attempt, standing: Standing, now: Timestamp) -> Next {
    let may_send = now < attempt.requested_at + SEND_WITHIN;
    match (standing, &attempt.charge) {
        (Standing::Paid, _) => Next::Finish(Outcome::Paid),
        (Standing::Failed(failure), None) => Next::Finish(Outcome::Failed(failure)),
        (Standing::Failed(failure), Some(charge)) => after_the_end(attempt, charge, failure, now),
        (Standing::Withdrawn, None) => Next::Withdraw("recharging was switched off or suspended before it was sent"),
        (Standing::Open, None) if !may_send => Next::Withdraw("nobody could send it in time"),
        (Standing::Open, None) => Next::Prepare,
        (Standing::Open | Standing::Withdrawn, Some(charge)) => open(attempt, charge, may_send, now),
    }
}

fn open(attempt: &Attempt, charge: &OffSessionCharge, may_send: bool, now: Timestamp) -> Next {
    if let Some(intent) = &attempt.intent {
        return Next::Look(intent.clone());
    }
    let charge = charge.clone();
    if !may_send {
        let is_settled = attempt.last_sent_at.is_none_or(|at| now >= at + FOUND_WITHIN);
        return Next::Search { charge, not_found: if is_settled { NotFound::Abandon } else { NotFound::Wait } };
    }
    if attempt.doubts >= DOUBTS_BEFORE_SEARCH {
        return Next::Search { charge, not_found: NotFound::SendAgain };
    }
    Next::Send(charge)
}

/// Only a time-out ends a request whose charge may exist; every other failure was told by the processor.
fn after_the_end(attempt: &Attempt, charge: &OffSessionCharge, failure: RechargeFailure, now: Timestamp) -> Next {
    if failure != RechargeFailure::TimedOut {
        return Next::Finish(Outcome::Failed(failure));
    }
    if let Some(intent) = &attempt.intent {
        return Next::Look(intent.clone());
    }
    let is_over = now >= attempt.requested_at + LOOK_UP_WITHIN;
    let not_found = if is_over { NotFound::Forget(failure) } else { NotFound::Wait };
    Next::Search { charge: charge.clone(), not_found }
}
