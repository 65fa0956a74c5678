//! The commands that bring the ledger to what is known of a payment.
//!
//! Invariant: a key names the purchase, the reversal, what is done and for which time, and no amount: of two workers that
//! judge by different facts, one is heard, and looks again.

use domain::commands::{EndPurchase, Expiry, RecordPurchase, ReinstatePurchase, RevokeExtent, RevokePurchase};
use domain::events::PurchaseStarted;
use domain::ids::{PurchaseId, RechargeId};
use domain::text::Note;
use domain::{Command, OrganizationId};
use store::CommandRequest;

use crate::checkout::CheckoutTerms;
use crate::command::{internal, payment_metadata};
use crate::facts::Step;
use crate::gateway::IntentSeen;
use crate::recharge;

/// Whose commands they are, in the events' metadata.
const PROCESS: &str = "payments";

pub(super) fn of(
    organization: &OrganizationId,
    started: &PurchaseStarted,
    step: &Step,
    seen: &IntentSeen,
) -> CommandRequest {
    let purchase_id = started.purchase_id;
    match step {
        Step::Complete => complete(organization, started, seen),
        Step::Revoke { reference, cause, amount_minor, nth } => {
            let extent = RevokeExtent::PriceMinor(*amount_minor);
            let reason = note(&format!("{reference} at Stripe"));
            let command = RevokePurchase { purchase_id, extent, cause: *cause, reference: reference.clone(), reason };
            let key = format!("payment:{purchase_id}:revoke:{reference}:{nth}");
            internal(PROCESS, organization, &key, Command::RevokePurchase(command))
        }
        Step::Reinstate { reference, nth } => {
            let reason = note(&format!("{reference} at Stripe is over"));
            let command = ReinstatePurchase { purchase_id, reference: reference.clone(), reason };
            let key = format!("payment:{purchase_id}:reinstate:{reference}:{nth}");
            internal(PROCESS, organization, &key, Command::ReinstatePurchase(command))
        }
    }
}

/// A recharge's purchase is completed with the recharge, whoever hears of the payment first.
fn complete(organization: &OrganizationId, started: &PurchaseStarted, seen: &IntentSeen) -> CommandRequest {
    if let Some(id) = RechargeId::of_reference(&started.payment_reference) {
        return recharge::paid(organization, id, &seen.id, seen.charge.as_ref());
    }
    let command = RecordPurchase {
        offer: started.offer.clone(),
        payment_reference: started.payment_reference.clone(),
        expiry: CheckoutTerms::read(&started.metadata).map_or(Expiry::Never, |terms| terms.expiry()),
        metadata: payment_metadata(&seen.id, seen.charge.as_ref()),
    };
    let key = format!("payment:{}:complete", started.purchase_id);
    internal(PROCESS, organization, &key, Command::RecordPurchase(command))
}

/// A page that closed unpaid (`expired`), or a payment that failed days later.
#[must_use]
pub fn ended(organization: &OrganizationId, purchase_id: PurchaseId, expired: bool) -> CommandRequest {
    let (word, reason) = if expired { ("expired", "the checkout expired") } else { ("failed", "the payment failed") };
    let end = EndPurchase { purchase_id, reason: note(reason) };
    let command = if expired { Command::ExpirePurchase(end) } else { Command::FailPurchase(end) };
    internal(PROCESS, organization, &format!("payment:{purchase_id}:{word}"), command)
}

fn note(text: &str) -> Note {
    Note::try_new(text).expect("a few words and an id of the processor are a note")
}
