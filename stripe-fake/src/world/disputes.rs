//! Disputes, from their opening to their end.

use serde_json::Value;

use super::World;
use crate::error::ApiError;
use crate::objects::dispute::{Dispute, Status};

impl World {
    /// The holder of the card disputes a payment; `None`: all of it.
    ///
    /// # Errors
    /// It was not paid.
    pub fn dispute(&mut self, intent: &str, amount: Option<i64>, status: Status) -> Result<Value, ApiError> {
        let (id, created) = (self.chance.id("du"), self.now());
        let charge = self.paid_charge(intent)?;
        let charge = self.charges.get_mut(&charge)?;
        charge.disputed = true;
        let dispute = Dispute {
            id,
            created,
            charge: charge.id.clone(),
            intent: intent.to_owned(),
            amount: amount.unwrap_or(charge.amount),
            currency: charge.currency.clone(),
            status,
        };
        let shown = dispute.show();
        self.disputes.insert(dispute);
        self.emit("charge.dispute.created", shown.clone());
        if status.withholds() {
            self.emit("charge.dispute.funds_withdrawn", shown.clone());
        }
        Ok(shown)
    }

    /// A dispute goes on, or ends.
    ///
    /// # Errors
    /// It has ended already.
    pub fn move_dispute(&mut self, id: &str, status: Status) -> Result<Value, ApiError> {
        let dispute = self.disputes.get_mut(id)?;
        if dispute.status.is_closed() {
            return Err(ApiError::invalid("This dispute is already closed."));
        }
        let withheld = dispute.status.withholds();
        dispute.status = status;
        let shown = dispute.show();
        if withheld && !status.withholds() {
            self.emit("charge.dispute.funds_reinstated", shown.clone());
        }
        if !withheld && status.withholds() {
            self.emit("charge.dispute.funds_withdrawn", shown.clone());
        }
        let kind = if status.is_closed() { "charge.dispute.closed" } else { "charge.dispute.updated" };
        self.emit(kind, shown.clone());
        Ok(shown)
    }
}
