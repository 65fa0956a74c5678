//! What happens on the page of a checkout session.

use super::{Presence, World};
use crate::error::ApiError;
use crate::objects::card::TestCard;
use crate::objects::intent::{Intent, Status as IntentStatus};
use crate::objects::session::Status;

/// Where the customer goes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Back to the page, which says why.
    Page,
    /// To confirm the payment.
    Confirm(String),
    /// Back to the shop.
    Return(String),
}

impl World {
    /// Sessions whose time is up.
    pub fn expire_due_sessions(&mut self) {
        let now = self.now();
        let due = |s: &&crate::objects::session::Session| s.status == Status::Open && s.expires_at <= now;
        let due: Vec<String> = self.sessions.iter().filter(due).map(|session| session.id.clone()).collect();
        for id in due {
            // It is open, and so it can expire.
            let _expired = self.expire_session(&id);
        }
    }

    /// # Errors
    /// It is not open.
    pub fn expire_session(&mut self, id: &str) -> Result<(), ApiError> {
        let session = self.open_session(id)?;
        session.status = Status::Expired;
        let (shown, intent) = (session.show(), session.intent.clone());
        if let Some(intent) = intent {
            // One that has been paid keeps its session from being open.
            let _canceled = self.cancel(&intent);
        }
        self.emit("checkout.session.expired", shown);
        Ok(())
    }

    fn open_session(&mut self, id: &str) -> Result<&mut crate::objects::session::Session, ApiError> {
        let session = self.sessions.get_mut(id)?;
        if session.status == Status::Open {
            return Ok(session);
        }
        Err(ApiError::invalid("Only Checkout Sessions with a status in [\"open\"] can be expired or paid."))
    }

    /// The customer pays with a card.
    ///
    /// # Errors
    /// The session is not open.
    pub fn pay_session(&mut self, id: &str, card: TestCard) -> Result<Next, ApiError> {
        let intent = self.intent_of(id)?;
        let customer =
            self.sessions.get(id)?.customer.clone().filter(|_| self.intents.get(&intent).is_ok_and(|i| i.saves_card));
        let card = self.card_of(card.token(), customer.as_deref())?;
        match self.attempt(&intent, &card, Presence::OnSession) {
            Err(declined) => {
                let message = declined.body()["error"]["message"].as_str().unwrap_or_default().to_owned();
                self.open_session(id)?.notice = Some(message);
                Ok(Next::Page)
            }
            Ok(()) if self.intents.get(&intent)?.status == IntentStatus::RequiresAction => {
                Ok(Next::Confirm(self.intents.get(&intent)?.confirm_url.clone()))
            }
            Ok(()) => {
                self.complete_session(id)?;
                Ok(Next::Return(self.sessions.get(id)?.return_url()))
            }
        }
    }

    /// The session's intent, which its first attempt makes.
    fn intent_of(&mut self, id: &str) -> Result<String, ApiError> {
        if let Some(intent) = self.open_session(id)?.intent.clone() {
            return Ok(intent);
        }
        let intent = self.chance.id("pi");
        let confirm_url = format!("{}/c/confirm/{intent}", self.base_url);
        let created = self.now();
        let session = self.open_session(id)?;
        session.intent = Some(intent.clone());
        let row = Intent {
            id: intent,
            created,
            amount: session.amount,
            currency: session.currency.clone(),
            customer: session.customer.clone(),
            card: None,
            description: None,
            status: IntentStatus::RequiresPaymentMethod,
            latest_charge: None,
            last_error: None,
            canceled_at: None,
            saves_card: session.saves_card,
            metadata: session.intent_metadata.clone(),
            confirm_url,
        };
        Ok(self.open_intent(row))
    }

    fn complete_session(&mut self, id: &str) -> Result<(), ApiError> {
        let intent = self.sessions.get(id)?.intent.clone().unwrap_or_default();
        let paid = self.intents.get(&intent)?.status == IntentStatus::Succeeded;
        let session = self.sessions.get_mut(id)?;
        session.status = Status::Complete;
        session.paid = paid;
        let shown = session.show();
        self.emit("checkout.session.completed", shown);
        Ok(())
    }

    /// An intent has settled: the session that made it, if one did, goes on.
    pub(super) fn after_settling(&mut self, intent: &str, succeeds: bool) -> Result<(), ApiError> {
        let session = self.sessions.iter().find(|session| session.intent.as_deref() == Some(intent));
        let Some((id, status)) = session.map(|session| (session.id.clone(), session.status)) else { return Ok(()) };
        match (status, succeeds) {
            (Status::Open, true) => self.complete_session(&id),
            (Status::Open, false) => {
                self.sessions.get_mut(&id)?.notice = Some("The payment was not confirmed.".to_owned());
                Ok(())
            }
            (Status::Complete | Status::Expired, _) => {
                let session = self.sessions.get_mut(&id)?;
                session.paid = succeeds;
                let shown = session.show();
                let kind = if succeeds {
                    "checkout.session.async_payment_succeeded"
                } else {
                    "checkout.session.async_payment_failed"
                };
                self.emit(kind, shown);
                Ok(())
            }
        }
    }

    /// The session that an intent belongs to.
    #[must_use]
    pub fn session_of(&self, intent: &str) -> Option<&crate::objects::session::Session> {
        self.sessions.iter().find(|session| session.intent.as_deref() == Some(intent))
    }
}
