//! What the processor's answers mean for a recharge.
//!
//! Invariant: only a payment that is known to have ended without money is a failure; what is not understood stays open.

use domain::recharge::RechargeFailure;

use crate::gateway::{ChargeId, ChargeOutcome, Failure, GatewayError, IntentId, IntentSeen, IntentStatus};

/// What is known of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Paid {
        intent: IntentId,
        charge: Option<ChargeId>,
    },
    /// The bank works at it.
    Processing {
        intent: IntentId,
    },
    /// Not paid, and open at the processor: it is cancelled before it counts as failed, so that nobody can pay it later.
    Unpaid {
        intent: IntentId,
        failure: RechargeFailure,
        detail: Option<String>,
    },
    /// Ended at the processor without money.
    Ended {
        failure: RechargeFailure,
        detail: Option<String>,
    },
    /// The processor says something that this program does not know.
    Unclear {
        intent: IntentId,
        problem: String,
    },
}

#[must_use]
pub fn of_charge(outcome: ChargeOutcome) -> Verdict {
    match outcome {
        ChargeOutcome::Succeeded { intent, charge } => Verdict::Paid { intent, charge },
        ChargeOutcome::Processing { intent } => Verdict::Processing { intent },
        ChargeOutcome::NeedsCustomer { intent, .. } => {
            Verdict::Unpaid { intent, failure: RechargeFailure::ActionRequired, detail: None }
        }
        ChargeOutcome::Declined { intent, failure } => {
            Verdict::Unpaid { intent, failure: of_failure(&failure), detail: detail(&failure) }
        }
    }
}

#[must_use]
pub fn of_intent(seen: IntentSeen) -> Verdict {
    let intent = seen.id;
    let known = seen.failure.as_ref();
    let (detail, failure) = (known.and_then(detail), known.map(of_failure));
    match seen.status {
        IntentStatus::Succeeded => Verdict::Paid { intent, charge: seen.charge },
        IntentStatus::Processing => Verdict::Processing { intent },
        IntentStatus::Canceled => Verdict::Ended { failure: failure.unwrap_or(RechargeFailure::Abandoned), detail },
        IntentStatus::RequiresPaymentMethod => {
            Verdict::Unpaid { intent, failure: failure.unwrap_or(RechargeFailure::Declined), detail }
        }
        IntentStatus::RequiresAction | IntentStatus::RequiresConfirmation => {
            Verdict::Unpaid { intent, failure: RechargeFailure::ActionRequired, detail }
        }
        IntentStatus::RequiresCapture => unclear(intent, "requires_capture"),
        IntentStatus::Other(status) => unclear(intent, &status),
    }
}

fn unclear(intent: IntentId, status: &str) -> Verdict {
    let problem = format!("payment {intent} has the status {status}, which no recharge should have");
    Verdict::Unclear { intent, problem }
}

/// Whether the card may work later, never again, or with its holder only.
#[must_use]
pub fn of_failure(failure: &Failure) -> RechargeFailure {
    const NEEDS_CUSTOMER: [&str; 2] = ["authentication_required", "payment_intent_authentication_failure"];
    const UNUSABLE_CODES: [&str; 4] = ["expired_card", "incorrect_number", "invalid_number", "invalid_expiry_year"];
    const UNUSABLE_DECLINES: [&str; 8] = [
        "lost_card",
        "stolen_card",
        "pickup_card",
        "restricted_card",
        "expired_card",
        "invalid_account",
        "revocation_of_all_authorizations",
        "stop_payment_order",
    ];
    let is = |field: &Option<String>, known: &[&str]| field.as_deref().is_some_and(|code| known.contains(&code));
    if is(&failure.code, &NEEDS_CUSTOMER) || is(&failure.decline_code, &NEEDS_CUSTOMER) {
        RechargeFailure::ActionRequired
    } else if is(&failure.advice_code, &["do_not_try_again"])
        || is(&failure.code, &UNUSABLE_CODES)
        || is(&failure.decline_code, &UNUSABLE_DECLINES)
    {
        RechargeFailure::CardUnusable
    } else {
        RechargeFailure::Declined
    }
}

/// For people: the bank's word where there is one.
fn detail(failure: &Failure) -> Option<String> {
    failure.decline_code.clone().or_else(|| failure.code.clone())
}

/// Why a request that was refused is not sent again; `None` where it may be accepted once the settings are right.
#[must_use]
pub fn of_refusal(error: &GatewayError) -> Option<(RechargeFailure, String)> {
    const NOT_AUTHORIZED: [u16; 2] = [401, 403];
    match error {
        GatewayError::Unknown { .. } => None,
        GatewayError::Refused { status, .. } if NOT_AUTHORIZED.contains(status) => None,
        GatewayError::Refused { param, code, message, .. } => {
            let is_card = param.as_deref() == Some("payment_method");
            let failure = if is_card { RechargeFailure::CardUnusable } else { RechargeFailure::Refused };
            Some((failure, code.clone().unwrap_or_else(|| message.clone())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_apart() {
        let failure = |code: &str, decline: &str, advice: &str| {
            let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            of_failure(&Failure { code: some(code), decline_code: some(decline), advice_code: some(advice) })
        };
        for (code, decline, advice, expected) in [
            ("card_declined", "insufficient_funds", "try_again_later", RechargeFailure::Declined),
            ("card_declined", "generic_decline", "", RechargeFailure::Declined),
            ("", "", "", RechargeFailure::Declined),
            ("card_declined", "generic_decline", "do_not_try_again", RechargeFailure::CardUnusable),
            ("card_declined", "stolen_card", "", RechargeFailure::CardUnusable),
            ("expired_card", "", "", RechargeFailure::CardUnusable),
            ("authentication_required", "authentication_required", "", RechargeFailure::ActionRequired),
            ("card_declined", "authentication_required", "do_not_try_again", RechargeFailure::ActionRequired),
        ] {
            assert_eq!(failure(code, decline, advice), expected, "{code} {decline} {advice}");
        }
    }

    #[test]
    fn a_refusal_of_the_account_is_not_the_customers_fault() {
        let refused = |status, param: Option<&str>| GatewayError::Refused {
            status,
            code: None,
            param: param.map(str::to_owned),
            message: "no".to_owned(),
            request_id: None,
        };
        assert_eq!(of_refusal(&refused(401, None)), None);
        assert_eq!(of_refusal(&refused(400, None)).map(|(failure, _)| failure), Some(RechargeFailure::Refused));
        let card = of_refusal(&refused(400, Some("payment_method")));
        assert_eq!(card.map(|(failure, _)| failure), Some(RechargeFailure::CardUnusable));
    }
}
