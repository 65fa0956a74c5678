//! The answer to a command: which of its events speaks for it, and with which status.

use domain::events::Fact;
use http::StatusCode;
use serde::Serialize;
use store::RecordedEvent;
use utoipa::ToSchema;

use super::parts::After;
use super::{
    AdjustmentAnswer, ConsumptionAnswer, ConsumptionRefundAnswer, GrantAnswer, GrantVoidAnswer, NotedAnswer,
    PurchaseAnswer, PurchaseReinstatementAnswer, PurchaseRevocationAnswer, ReservationAnswer, ReservationEndAnswer,
    SettingsAnswer,
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
    let spoken = events.iter().find_map(|event| spoken(&event.event.fact, After::of(event, last)));
    Some(spoken.unwrap_or_else(|| {
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
        | Fact::LowBalanceReached(_)
        | Fact::LowBalanceCleared(_)
        | Fact::BalanceExhausted(_)
        | Fact::BalanceRecovered(_)
        | Fact::AutoRechargeConfigured(_)
        | Fact::RechargeRequested(_)
        | Fact::RechargeCompleted(_)
        | Fact::RechargeFailed(_)
        | Fact::RechargeSuspended(_)
        | Fact::RechargeResumed(_) => return None,
    })
}
