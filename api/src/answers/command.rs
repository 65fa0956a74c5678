//! The answer to a command: which of its events speaks for it, and with which status.

use domain::events::Fact;
use http::StatusCode;
use serde::Serialize;
use store::RecordedEvent;
use utoipa::ToSchema;

use super::parts::After;
use super::{
    AdjustmentAnswer, AutoRechargeAnswer, AutoRechargeResumption, ConsumptionAnswer, ConsumptionRefundAnswer,
    GrantAnswer, GrantVoidAnswer, NotedAnswer, PurchaseAnswer, PurchaseReinstatementAnswer, PurchaseRevocationAnswer,
    RecurringGrantAnswer, ReservationAnswer, ReservationEndAnswer, SettingsAnswer,
};

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Answer<'a> {
    Grant(GrantAnswer<'a>),
    GrantVoid(GrantVoidAnswer<'a>),
    Purchase(PurchaseAnswer<'a>),
    PurchaseRevocation(PurchaseRevocationAnswer<'a>),
    PurchaseReinstatement(PurchaseReinstatementAnswer<'a>),
    Consumption(ConsumptionAnswer<'a>),
    ConsumptionRefund(ConsumptionRefundAnswer<'a>),
    Reservation(ReservationAnswer<'a>),
    ReservationEnd(ReservationEndAnswer<'a>),
    Adjustment(AdjustmentAnswer<'a>),
    Settings(SettingsAnswer<'a>),
    RecurringGrant(RecurringGrantAnswer<'a>),
    AutoRecharge(AutoRechargeAnswer<'a>),
    AutoRechargeResumption(AutoRechargeResumption<'a>),
    Noted(NotedAnswer<'a>),
}

/// An answer with its status.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<'a> {
    pub status: StatusCode,
    pub answer: Answer<'a>,
}

/// The outcome that a command's events tell: the first fact that answers a command speaks, the others follow from it.
#[must_use]
pub fn outcome(events: &[RecordedEvent]) -> Option<Outcome<'_>> {
    let (first, last) = (events.first()?, events.last()?);
    // A new organization's monthly grant may come along with its first command: one that was asked for comes last.
    let is_monthly = |event: &&RecordedEvent| matches!(event.event.fact, Fact::RecurringGrantConfigured(_));
    let mut own = events.iter().filter(|event| !is_monthly(event));
    let found = own.find_map(|event| spoken(&event.event.fact, After::of(event, last)));
    let monthly =
        || events.iter().rfind(is_monthly).and_then(|event| spoken(&event.event.fact, After::of(event, last)));
    Some(found.or_else(monthly).unwrap_or_else(|| {
        let command = first.event.fact.name();
        ok(Answer::Noted(NotedAnswer { command, entity_id: first.entity_id, after: After::of(first, last) }))
    }))
}

fn created(answer: Answer<'_>) -> Outcome<'_> {
    Outcome { status: StatusCode::CREATED, answer }
}

fn ok(answer: Answer<'_>) -> Outcome<'_> {
    Outcome { status: StatusCode::OK, answer }
}

fn spoken<'a>(fact: &'a Fact, after: After<'a>) -> Option<Outcome<'a>> {
    Some(match fact {
        // A grant by rule comes along with a command and does not answer it.
        Fact::CreditsGranted(f) if f.terms.rule.is_some() => return None,
        Fact::CreditsGranted(f) => created(Answer::Grant(GrantAnswer::of(f, after))),
        Fact::GrantVoided(f) => ok(Answer::GrantVoid(GrantVoidAnswer::of(f, after))),
        Fact::PurchaseCompleted(f) => created(Answer::Purchase(PurchaseAnswer::of(f, after))),
        Fact::PurchaseRevoked(f) => ok(Answer::PurchaseRevocation(PurchaseRevocationAnswer::of(f, after))),
        Fact::PurchaseReinstated(f) => ok(Answer::PurchaseReinstatement(PurchaseReinstatementAnswer::of(f, after))),
        Fact::CreditsConsumed(f) => created(Answer::Consumption(ConsumptionAnswer::consumed(f, after))),
        Fact::ConsumptionRefunded(f) => ok(Answer::ConsumptionRefund(ConsumptionRefundAnswer::of(f, after))),
        Fact::CreditsReserved(f) => created(Answer::Reservation(ReservationAnswer::of(f, after))),
        Fact::ReservationConfirmed(f) => ok(Answer::Consumption(ConsumptionAnswer::confirmed(f, after))),
        Fact::ReservationCancelled(f) => ok(Answer::ReservationEnd(ReservationEndAnswer::cancelled(f, after))),
        Fact::CreditsAdjustedUp(f) => created(Answer::Adjustment(AdjustmentAnswer::up(f, after))),
        Fact::CreditsAdjustedDown(f) => created(Answer::Adjustment(AdjustmentAnswer::down(f, after))),
        Fact::SettingsChanged(f) => ok(Answer::Settings(SettingsAnswer::of(f, after))),
        Fact::RecurringGrantConfigured(f) => ok(Answer::RecurringGrant(RecurringGrantAnswer::of(f, after))),
        Fact::AutoRechargeConfigured(f) => ok(Answer::AutoRecharge(AutoRechargeAnswer::of(f, after))),
        Fact::RechargeResumed(f) => ok(Answer::AutoRechargeResumption(AutoRechargeResumption::of(f, after))),
        Fact::CommandNoted(f) => ok(Answer::Noted(NotedAnswer { command: &f.command, entity_id: f.entity_id, after })),
        Fact::GrantBecameEffective(_)
        | Fact::GrantExpired(_)
        | Fact::GrantRestored(_)
        | Fact::GrantMerged(_)
        | Fact::PurchaseStarted(_)
        | Fact::PurchaseFailed(_)
        | Fact::PurchaseExpired(_)
        | Fact::ReservationExpired(_)
        | Fact::DebtRepaid(_)
        | Fact::RepaymentReturned(_)
        | Fact::LowBalanceReached(_)
        | Fact::LowBalanceCleared(_)
        | Fact::BalanceExhausted(_)
        | Fact::BalanceRecovered(_)
        | Fact::RecurringGrantSkipped(_)
        | Fact::RechargeRequested(_)
        | Fact::RechargeCompleted(_)
        | Fact::RechargeFailed(_)
        | Fact::RechargeSuspended(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::testing::Given;
    use crate::answers::{first_outcome_of, noted};
    use crate::request::Kind;
    use serde_json::{Value, json};
    use uuid::Uuid;

    fn answer(events: &[RecordedEvent]) -> (u16, Value) {
        let outcome = outcome(events).expect("there are events");
        (outcome.status.as_u16(), serde_json::to_value(&outcome.answer).expect("plain values"))
    }

    fn id(answer: &Value) -> Uuid {
        answer["id"].as_str().and_then(|text| text.parse().ok()).expect("an id")
    }

    #[test]
    fn a_consumption_answers_what_the_design_promises() {
        let mut given = Given::new();
        let granted = given.when(Kind::Grant, None, &json!({"amount": 100, "reason": "welcome"}));
        let (status, grant) = answer(&granted);
        assert_eq!((status, &grant["category"], &grant["balance_after"]), (201, &json!("promotional"), &json!(100)));
        let consumed = given.when(Kind::Consume, None, &json!({"amount": 95, "operation": "chat"}));
        assert_eq!(consumed.len(), 2, "the alert is part of the command");
        let (status, consumption) = answer(&consumed);
        assert_eq!(
            consumption,
            json!({
                "id": consumption["id"],
                "amount": 95,
                "allocations": [{"grant_id": grant["id"], "amount": 95}],
                "overdraft": 0,
                "operation": "chat",
                "organization_id": "acme",
                "balance_after": 5,
                "reserved_after": 0,
                "available_after": 5,
                "created_at": "2026-01-02T03:04:05Z",
                "sequence": 3,
            })
        );
        assert_eq!(status, 201);
    }

    #[test]
    fn every_kind_of_command_has_an_answer_of_its_own() {
        let mut given = Given::new();
        let (_, grant) = answer(&given.when(Kind::Grant, None, &json!({"amount": 100, "reason": "r"})));
        let price = json!({"amount_minor": 500, "currency": "usd"});
        let bought = json!({"credits": 50, "price": price, "payment_reference": "inv-1"});
        let (_, purchase) = answer(&given.when(Kind::RecordPurchase, None, &bought));
        let (_, consumption) = answer(&given.when(Kind::Consume, None, &json!({"amount": 7})));
        let (_, reservation) = answer(&given.when(Kind::Reserve, None, &json!({"amount": 9})));
        let (_, second) = answer(&given.when(Kind::Reserve, None, &json!({"amount": 9})));
        for (kind, target, body, status, field) in [
            (Kind::RefundConsumption, Some(&consumption), json!({"amount": 3, "reason": "r"}), 200, "refunded_in_all"),
            (Kind::ConfirmReservation, Some(&reservation), json!({"amount": 4}), 200, "confirmation"),
            (Kind::CancelReservation, Some(&second), json!({}), 200, "released"),
            (Kind::RevokePurchase, Some(&purchase), json!({"reason": "r"}), 200, "not_owed"),
            (Kind::VoidGrant, Some(&grant), json!({"reason": "r"}), 200, "held"),
            (Kind::Adjust, None, json!({"amount": 5, "reason": "r"}), 201, "grant_id"),
            (Kind::Adjust, None, json!({"amount": -5, "reason": "r"}), 201, "allocations"),
            (Kind::ChangeSettings, None, json!({"overdraft_limit": 10}), 200, "overdraft_limit"),
        ] {
            let (answered, body) = answer(&given.when(kind, target.map(id), &body));
            assert_eq!((answered, body[field].is_null()), (status, false), "{kind:?} {body}");
            assert!(body["sequence"].is_u64() && body["command"].is_null(), "{kind:?} {body}");
        }
    }

    #[test]
    fn ending_a_reservation_again_finds_the_first_outcome() {
        let mut given = Given::new();
        given.when(Kind::Grant, None, &json!({"amount": 100, "reason": "r"}));
        let (_, reservation) = answer(&given.when(Kind::Reserve, None, &json!({"amount": 99})));
        let target = Some(id(&reservation));
        let first = given.when(Kind::ConfirmReservation, target, &json!({}));
        let again = given.when(Kind::ConfirmReservation, target, &json!({}));
        let (command, entity) = noted(&again).expect("a noted command");
        let history = given.entity(entity);
        assert_eq!(first_outcome_of(command, &history), first.first());
    }
}
