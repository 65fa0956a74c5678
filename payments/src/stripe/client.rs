//! The gateway, on Stripe.

use async_trait::async_trait;
use domain::ids::RechargeId;
use domain::{OrganizationId, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use stripe_client_core::RequestBuilder;

use super::answer::Trouble;
use super::objects::{CardError, Dispute, Intent, List, Named, PaymentMethod, Price, Refund, Session, raw_event};
use super::patience::Patience;
use super::reading::Unreadable;
use super::requests;
use super::settings::StripeSettings;
use super::transport::Transport;
use crate::gateway::{
    Card, ChargeOutcome, Checkout, CheckoutId, CheckoutRequest, CustomerId, DisputeSeen, Doubt, Failure, GatewayError,
    IntentId, IntentSeen, IntentStatus, OffSessionCharge, Page, PaymentGateway, PaymentLabels, PriceId, PriceSeen,
    RawEvent, RefundRequest, RefundSeen, RequestKey, SessionSeen,
};

/// A Stripe account, or a simulation of one.
#[derive(Debug)]
pub struct StripeGateway {
    pub(super) transport: Transport,
}

impl StripeGateway {
    #[must_use]
    pub fn new(settings: StripeSettings, patience: Patience) -> Self {
        Self { transport: Transport::new(settings, patience) }
    }

    async fn all<T: DeserializeOwned>(
        &self,
        page: impl Fn(Option<&str>) -> RequestBuilder,
        id: impl Fn(&T) -> &str,
    ) -> Result<Vec<T>, GatewayError> {
        let mut all: Vec<T> = Vec::new();
        loop {
            let after = all.last().map(|last| id(last).to_owned());
            let list: List<T> = self.transport.get(page(after.as_deref())).await?;
            let ended = !list.has_more || list.data.is_empty();
            all.extend(list.data);
            if ended {
                return Ok(all);
            }
        }
    }
}

/// An object that was read as JSON and says something that we cannot understand.
pub(super) fn odd(Unreadable(problem): Unreadable) -> GatewayError {
    GatewayError::Unknown { why: Doubt::Unreadable { status: 200, problem }, request_id: None }
}

/// What a refusal of an ending means: it has ended otherwise, which reading it shows.
fn ended_already(error: &GatewayError) -> bool {
    matches!(error, GatewayError::Refused { status: 400, .. })
}

#[async_trait]
impl PaymentGateway for StripeGateway {
    async fn ensure_customer(
        &self,
        key: &RequestKey,
        organization: &OrganizationId,
    ) -> Result<CustomerId, GatewayError> {
        let customer: Named = self.transport.post(key, requests::create_customer(organization)).await?;
        Ok(CustomerId::new(customer.id))
    }

    async fn create_checkout(&self, key: &RequestKey, request: &CheckoutRequest) -> Result<Checkout, GatewayError> {
        let session: Session = self.transport.post(key, requests::create_checkout(request)).await?;
        let seen = session.seen().map_err(odd)?;
        let url = seen.url.ok_or_else(|| odd(Unreadable("the session has no page".to_owned())))?;
        Ok(Checkout { id: seen.id, url, expires_at: seen.expires_at, amount: seen.amount })
    }

    async fn expire_checkout(&self, key: &RequestKey, id: &CheckoutId) -> Result<SessionSeen, GatewayError> {
        let expired = self.transport.post::<Session>(key, requests::expire_checkout(id)).await;
        match expired.map_err(GatewayError::from) {
            Ok(session) => session.seen().map_err(odd),
            Err(error) if ended_already(&error) => self.session(id).await,
            Err(error) => Err(error),
        }
    }

    async fn charge_off_session(
        &self,
        key: &RequestKey,
        charge: &OffSessionCharge,
    ) -> Result<ChargeOutcome, GatewayError> {
        match self.transport.post::<Intent>(key, requests::charge_off_session(charge)).await {
            Ok(intent) => outcome(intent.seen().map_err(odd)?),
            Err(Trouble::Card { error, request_id }) => not_paid(*error, request_id),
            Err(Trouble::Gateway(error)) => Err(error),
        }
    }

    async fn cancel_intent(&self, key: &RequestKey, id: &IntentId) -> Result<IntentSeen, GatewayError> {
        let canceled = self.transport.post::<Intent>(key, requests::cancel_intent(id)).await;
        match canceled.map_err(GatewayError::from) {
            Ok(intent) => intent.seen().map_err(odd),
            Err(error) if ended_already(&error) => self.intent(id).await,
            Err(error) => Err(error),
        }
    }

    async fn refund(&self, key: &RequestKey, request: &RefundRequest) -> Result<RefundSeen, GatewayError> {
        let refund: Refund = self.transport.post(key, requests::refund(request)).await?;
        refund.seen().map_err(odd)
    }

    async fn price(&self, id: &PriceId) -> Result<PriceSeen, GatewayError> {
        let price: Price = self.transport.get(requests::price(id)).await?;
        price.seen().map_err(odd)
    }

    async fn saved_cards(&self, customer: &CustomerId) -> Result<Vec<Card>, GatewayError> {
        let list: List<PaymentMethod> = self.transport.get(requests::saved_cards(customer)).await?;
        let cards: Result<Vec<Option<Card>>, Unreadable> = list.data.into_iter().map(PaymentMethod::seen).collect();
        Ok(cards.map_err(odd)?.into_iter().flatten().collect())
    }

    async fn session(&self, id: &CheckoutId) -> Result<SessionSeen, GatewayError> {
        let session: Session = self.transport.get(requests::session(id)).await?;
        session.seen().map_err(odd)
    }

    async fn intent(&self, id: &IntentId) -> Result<IntentSeen, GatewayError> {
        let intent: Intent = self.transport.get(requests::intent(id)).await?;
        intent.seen().map_err(odd)
    }

    async fn refunds_of(&self, intent: &IntentId) -> Result<Vec<RefundSeen>, GatewayError> {
        let refunds = self.all(|after| requests::refunds(intent, after), Refund::id).await?;
        refunds.into_iter().map(|refund| refund.seen().map_err(odd)).collect()
    }

    async fn disputes_of(&self, intent: &IntentId) -> Result<Vec<DisputeSeen>, GatewayError> {
        let disputes = self.all(|after| requests::disputes(intent, after), Dispute::id).await?;
        disputes.into_iter().map(|dispute| dispute.seen().map_err(odd)).collect()
    }

    async fn find_intent(
        &self,
        customer: &CustomerId,
        since: Timestamp,
        attempt: RechargeId,
    ) -> Result<Option<IntentSeen>, GatewayError> {
        let intents = self.all(|after| requests::intents(Some(customer), since, after), Intent::id).await?;
        for intent in intents {
            let intent = intent.seen().map_err(odd)?;
            if PaymentLabels::attempt(&intent.metadata) == Some(attempt) {
                return Ok(Some(intent));
            }
        }
        Ok(None)
    }

    async fn events(
        &self,
        from: Timestamp,
        to: Timestamp,
        after: Option<&str>,
    ) -> Result<Page<RawEvent>, GatewayError> {
        let list: List<Box<RawValue>> = self.transport.get(requests::events(from, to, after)).await?;
        let items = list.data.iter().map(|text| raw_event(text)).collect::<Result<Vec<_>, _>>().map_err(odd)?;
        let next = items.last().filter(|_| list.has_more).map(|last| last.id.to_string());
        Ok(Page { items, next })
    }

    async fn intents(&self, from: Timestamp, after: Option<&str>) -> Result<Page<IntentSeen>, GatewayError> {
        let list: List<Intent> = self.transport.get(requests::intents(None, from, after)).await?;
        let items = list.data.into_iter().map(Intent::seen).collect::<Result<Vec<_>, _>>().map_err(odd)?;
        let next = items.last().filter(|_| list.has_more).map(|last| last.id.to_string());
        Ok(Page { items, next })
    }
}

/// A charge that Stripe answered with an intent.
fn outcome(intent: IntentSeen) -> Result<ChargeOutcome, GatewayError> {
    let id = intent.id;
    Ok(match intent.status {
        IntentStatus::Succeeded => ChargeOutcome::Succeeded { intent: id, charge: intent.charge },
        IntentStatus::Processing => ChargeOutcome::Processing { intent: id },
        IntentStatus::RequiresAction => ChargeOutcome::NeedsCustomer { intent: id, url: intent.confirm_url },
        IntentStatus::RequiresPaymentMethod | IntentStatus::Canceled => {
            ChargeOutcome::Declined { intent: id, failure: intent.failure.unwrap_or_default() }
        }
        status @ (IntentStatus::RequiresConfirmation | IntentStatus::RequiresCapture | IntentStatus::Other(_)) => {
            return Err(odd(Unreadable(format!("a charge that is {status:?}"))));
        }
    })
}

/// A charge that Stripe answered with 402.
fn not_paid(error: CardError, request_id: Option<String>) -> Result<ChargeOutcome, GatewayError> {
    let Some(intent) = error.payment_intent.clone() else {
        let why = Doubt::Unreadable { status: 402, problem: "a declined card without its intent".to_owned() };
        return Err(GatewayError::Unknown { why, request_id });
    };
    let intent = intent.seen().map_err(odd)?;
    let failure: Failure = error.failure();
    if failure.code.as_deref() == Some("authentication_required") {
        return Ok(ChargeOutcome::NeedsCustomer { intent: intent.id, url: intent.confirm_url });
    }
    Ok(ChargeOutcome::Declined { intent: intent.id, failure })
}
