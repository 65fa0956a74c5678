//! Attempts to take money.

use serde_json::{Value, json};

use super::World;
use crate::error::ApiError;
use crate::objects::card::{Card, Decline, TestCard};
use crate::objects::charge::Charge;
use crate::objects::intent::{Intent, Status};

/// Whether the customer takes part in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    OnSession,
    OffSession,
    /// The customer has confirmed.
    Confirmed,
}

impl World {
    /// Tries to take an intent's money from a card.
    ///
    /// # Errors
    /// The card was declined, in Stripe's words; the intent waits for another card.
    pub fn attempt(&mut self, intent: &str, card: &Card, presence: Presence) -> Result<(), ApiError> {
        let row = self.intents.get_mut(intent)?;
        row.card = Some(card.id.clone());
        let declined = match presence {
            Presence::OnSession | Presence::Confirmed => card.card.declines(),
            Presence::OffSession => card.card.declines_off_session(),
        };
        if let Some(decline) = declined {
            return Err(self.decline(intent, card, decline));
        }
        match (card.card, presence) {
            (TestCard::AuthenticationRequired, Presence::OnSession) => {
                self.intents.get_mut(intent)?.status = Status::RequiresAction;
                let shown = self.intents.get(intent)?.show();
                self.emit("payment_intent.requires_action", shown);
            }
            (TestCard::BankDebit, _) => {
                self.intents.get_mut(intent)?.status = Status::Processing;
                let shown = self.intents.get(intent)?.show();
                self.emit("payment_intent.processing", shown);
            }
            (TestCard::Disputed, _) => {
                self.succeed(intent, card)?;
                self.dispute(intent, None, crate::objects::dispute::Status::NeedsResponse)?;
            }
            (_, _) => self.succeed(intent, card)?,
        }
        Ok(())
    }

    /// The money has arrived.
    pub fn succeed(&mut self, intent: &str, card: &Card) -> Result<(), ApiError> {
        let charge = self.charge(intent, card, None)?;
        let row = self.intents.get_mut(intent)?;
        row.status = Status::Succeeded;
        row.last_error = None;
        let shown = row.show();
        self.emit("charge.succeeded", charge);
        self.emit("payment_intent.succeeded", shown);
        Ok(())
    }

    /// The money does not come; another card may be tried.
    pub fn decline(&mut self, intent: &str, card: &Card, decline: Decline) -> ApiError {
        let charge = match self.charge(intent, card, Some(decline)) {
            Ok(charge) => charge,
            Err(error) => return error,
        };
        let mut error = ApiError::card(decline.code, decline.message)
            .with("decline_code", decline.decline_code)
            .with("advice_code", decline.advice_code)
            .with("charge", charge["id"].clone());
        let plain = error.body()["error"].clone();
        let Ok(row) = self.intents.get_mut(intent) else { return error };
        row.status = Status::RequiresPaymentMethod;
        row.last_error = Some(plain);
        row.card = None;
        let shown = row.show();
        error = error.with("payment_intent", shown.clone()).with("payment_method", card.show());
        self.emit("charge.failed", charge);
        self.emit("payment_intent.payment_failed", shown);
        error
    }

    fn charge(&mut self, intent: &str, card: &Card, declined: Option<Decline>) -> Result<Value, ApiError> {
        let (id, created) = (self.chance.id("ch"), self.now());
        let receipt_url = format!("{}/c/receipt/{id}", self.base_url);
        let row = self.intents.get_mut(intent)?;
        row.latest_charge = Some(id.clone());
        let charge = Charge {
            id,
            created,
            intent: row.id.clone(),
            customer: row.customer.clone(),
            card: card.id.clone(),
            currency: row.currency.clone(),
            amount: row.amount,
            amount_refunded: 0,
            declined,
            disputed: false,
            metadata: row.metadata.clone(),
            receipt_url,
        };
        let shown = charge.show();
        self.charges.insert(charge);
        Ok(shown)
    }

    /// Makes an intent that nobody has tried to pay.
    pub fn open_intent(&mut self, intent: Intent) -> String {
        let (id, shown) = (intent.id.clone(), intent.show());
        self.intents.insert(intent);
        self.emit("payment_intent.created", shown);
        id
    }

    /// What an intent waited for has come: the customer's confirmation, or the bank's answer.
    ///
    /// # Errors
    /// It waits for nothing.
    pub fn settle(&mut self, intent: &str, succeeds: bool) -> Result<(), ApiError> {
        let row = self.intents.get(intent)?;
        let waits = matches!(row.status, Status::RequiresAction | Status::Processing);
        let card = row.card.clone().filter(|_| waits);
        let card = card.ok_or_else(|| ApiError::invalid("This payment waits for nothing."))?;
        let card = self.cards.get(&card)?.clone();
        if succeeds {
            self.succeed(intent, &card)?;
        } else {
            let refused = Decline {
                code: "payment_intent_authentication_failure",
                decline_code: None,
                advice_code: None,
                message: "The payment was not confirmed.",
            };
            // An answer to nobody: who waits learns it from the event.
            let _told_by_event = self.decline(intent, &card, refused);
        }
        self.after_settling(intent, succeeds)
    }

    /// # Errors
    /// It has ended already.
    pub fn cancel(&mut self, intent: &str) -> Result<Value, ApiError> {
        let now = self.now();
        let row = self.intents.get_mut(intent)?;
        if matches!(row.status, Status::Succeeded | Status::Canceled | Status::Processing) {
            let message =
                format!("You cannot cancel this PaymentIntent because it has a status of {}.", row.status.name());
            let error = ApiError::invalid(message).with("code", "payment_intent_unexpected_state");
            return Err(error.with("payment_intent", row.show()));
        }
        row.status = Status::Canceled;
        row.canceled_at = Some(now);
        let shown = row.show();
        self.emit("payment_intent.canceled", shown.clone());
        Ok(json!(shown))
    }
}
