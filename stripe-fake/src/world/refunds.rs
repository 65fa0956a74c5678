//! Money that goes back.

use serde_json::Value;

use super::World;
use crate::error::ApiError;
use crate::objects::Labels;
use crate::objects::refund::{Refund, Status};

/// What is to go back.
#[derive(Debug)]
pub struct RefundOrder {
    pub charge: String,
    /// `None`: all that is left.
    pub amount: Option<i64>,
    pub reason: Option<String>,
    pub metadata: Labels,
    pub status: Status,
}

impl World {
    /// The charge that paid an intent.
    ///
    /// # Errors
    /// None did.
    pub fn paid_charge(&self, intent: &str) -> Result<String, ApiError> {
        let charge = self.intents.get(intent)?.latest_charge.clone();
        let paid = charge.filter(|id| self.charges.get(id).is_ok_and(|charge| charge.paid()));
        paid.ok_or_else(|| {
            ApiError::invalid("This PaymentIntent does not have a successful charge to refund.")
                .with("param", "payment_intent")
        })
    }

    /// # Errors
    /// Not so much is left, or the charge is disputed.
    pub fn refund(&mut self, order: RefundOrder) -> Result<Value, ApiError> {
        let (id, created) = (self.chance.id("re"), self.now());
        let withheld = self.disputes.iter().any(|d| d.charge == order.charge && d.status.withholds());
        let charge = self.charges.get_mut(&order.charge)?;
        let left = charge.amount - charge.amount_refunded;
        let amount = order.amount.unwrap_or(left);
        if withheld {
            let message = format!("Charge {} has been charged back; cannot issue a refund.", charge.id);
            return Err(ApiError::invalid(message).with("code", "charge_disputed"));
        }
        if left == 0 {
            let message = format!("Charge {} has already been refunded.", charge.id);
            return Err(ApiError::invalid(message).with("code", "charge_already_refunded"));
        }
        if amount <= 0 || amount > left {
            let message = format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
            return Err(ApiError::invalid(message).with("param", "amount"));
        }
        charge.amount_refunded += amount;
        let refund = Refund {
            id,
            created,
            charge: charge.id.clone(),
            intent: charge.intent.clone(),
            amount,
            currency: charge.currency.clone(),
            status: order.status,
            reason: order.reason,
            metadata: order.metadata,
        };
        let (charge, shown) = (charge.show(), refund.show());
        self.refunds.insert(refund);
        self.emit("refund.created", shown.clone());
        self.emit("charge.refunded", charge);
        Ok(shown)
    }

    /// A refund's status changes: the bank took it, or did not.
    ///
    /// # Errors
    /// There is no such refund.
    pub fn settle_refund(&mut self, id: &str, status: Status) -> Result<Value, ApiError> {
        let refund = self.refunds.get_mut(id)?;
        let counted = refund.status.counts();
        refund.status = status;
        let (shown, charge, amount) = (refund.show(), refund.charge.clone(), refund.amount);
        self.emit("refund.updated", shown.clone());
        if counted && !status.counts() {
            self.charges.get_mut(&charge)?.amount_refunded -= amount;
            self.emit("refund.failed", shown.clone());
        }
        Ok(shown)
    }
}
