//! The commands that tell the ledger what became of a recharge.
//!
//! Invariant: a key derives from the recharge and from what is told, never from the try: told twice is told once.

use domain::commands::{CompleteRecharge, EndPurchase, FailRecharge, StartPurchase};
use domain::events::RechargeRequested;
use domain::ids::RechargeId;
use domain::recharge::RechargeFailure;
use domain::text::{Link, Note};
use domain::{Command, OrganizationId};
use store::CommandRequest;

use crate::command::{internal, metadata, payment_metadata};
use crate::gateway::{ChargeId, IntentId};

/// The purchase of a recharge begins before anything is charged, so that a webhook finds it.
#[must_use]
pub fn start(organization: &OrganizationId, request: &RechargeRequested) -> CommandRequest {
    let id = request.recharge_id;
    let command = StartPurchase {
        offer: request.offer(),
        payment_reference: id.payment_reference(),
        metadata: metadata([("recharge_id", Some(id.to_string()))]),
    };
    asked(organization, id, "start", Command::StartPurchase(command))
}

#[must_use]
pub fn paid(
    organization: &OrganizationId,
    id: RechargeId,
    intent: &IntentId,
    charge: Option<&ChargeId>,
) -> CommandRequest {
    let metadata = payment_metadata(intent, charge);
    asked(organization, id, "paid", Command::CompleteRecharge(CompleteRecharge { recharge_id: id, metadata }))
}

#[must_use]
pub fn failed(
    organization: &OrganizationId,
    id: RechargeId,
    failure: RechargeFailure,
    detail: Option<&str>,
    link: Option<Link>,
) -> CommandRequest {
    let detail = detail.and_then(note);
    let command = FailRecharge { recharge_id: id, failure, detail, link };
    asked(organization, id, "failed", Command::FailRecharge(command))
}

/// The purchase that had begun ends with its recharge.
#[must_use]
pub fn purchase_failed(organization: &OrganizationId, id: RechargeId, reason: &str) -> CommandRequest {
    let reason = note(reason).unwrap_or_else(|| note("failed").expect("a word is a note"));
    let command = EndPurchase { purchase_id: id.purchase(organization), reason };
    asked(organization, id, "purchase-failed", Command::FailPurchase(command))
}

/// The processor's texts are not ours to refuse: what is too long is cut.
fn note(text: &str) -> Option<Note> {
    const BYTES_MAX: usize = 1_000;
    let text: String = text.chars().filter(|letter| *letter != '\0').collect();
    Note::try_new(&text[..text.floor_char_boundary(BYTES_MAX)]).ok()
}

fn asked(organization: &OrganizationId, id: RechargeId, what: &str, command: Command) -> CommandRequest {
    let mut request = internal("recharge", organization, &format!("recharge:{id}:{what}"), command);
    request.metadata.causation_id = Some(id.to_string());
    request
}
