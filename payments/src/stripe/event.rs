//! Events, read leniently: the body of a webhook, or an element of the list of events.
//!
//! Invariant: an event whose object cannot be read is still an event: who keeps it decides what to do with it.

use domain::Timestamp;
use domain::grant::Money;
use serde::Deserialize;
use serde_json::Value;

use super::objects::{Dispute, EventHead, Intent, Refund, Session};
use super::reading::{Loose, Reference, Unreadable, instant, money};
use crate::gateway::{
    ChargeId, CustomerId, DisputeSeen, EventId, IntentId, IntentSeen, Pairs, RefundSeen, SessionSeen,
};

/// What happened, with the object as it was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSeen {
    pub id: EventId,
    /// Such as `checkout.session.completed`.
    pub kind: String,
    pub created: Timestamp,
    /// The version of the API that the object was written in.
    pub api_version: Option<String>,
    pub livemode: bool,
    pub object: ObjectSeen,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectSeen {
    Session(SessionSeen),
    Intent(IntentSeen),
    Charge(ChargeSeen),
    Refund(RefundSeen),
    Dispute(DisputeSeen),
    /// A card, as far as it says whose it is.
    Card {
        customer: Option<CustomerId>,
    },
    /// An object that we do not read.
    Other {
        kind: String,
        id: Option<String>,
    },
    /// One that we should read, and cannot.
    Unreadable {
        kind: String,
        id: Option<String>,
        problem: String,
    },
}

/// One try that reached a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeSeen {
    pub id: ChargeId,
    pub intent: Option<IntentId>,
    pub customer: Option<CustomerId>,
    pub amount: Money,
    /// What has gone back so far, in minor units.
    pub refunded_minor: i64,
    pub paid: bool,
    pub metadata: Pairs,
    pub receipt_url: Option<String>,
}

#[derive(Deserialize)]
struct Charge {
    id: String,
    payment_intent: Option<Reference>,
    customer: Option<Reference>,
    amount: i64,
    currency: String,
    #[serde(default)]
    amount_refunded: i64,
    #[serde(default)]
    paid: bool,
    metadata: Option<Loose>,
    receipt_url: Option<String>,
}

impl Charge {
    fn seen(self) -> Result<ChargeSeen, Unreadable> {
        Ok(ChargeSeen {
            id: ChargeId::new(self.id),
            intent: self.payment_intent.map(|intent| IntentId::new(intent.id())),
            customer: self.customer.map(|customer| CustomerId::new(customer.id())),
            amount: money(self.amount, &self.currency)?,
            refunded_minor: self.amount_refunded,
            paid: self.paid,
            metadata: self.metadata.unwrap_or_default().pairs(),
            receipt_url: self.receipt_url,
        })
    }
}

/// A payment method; a detached one is nobody's.
#[derive(Deserialize)]
struct Saved {
    customer: Option<Reference>,
}

impl Saved {
    fn seen(self) -> ObjectSeen {
        ObjectSeen::Card { customer: self.customer.map(|customer| CustomerId::new(customer.id())) }
    }
}

#[derive(Deserialize)]
struct EventBody {
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: Value,
}

/// Reads an event's text.
///
/// # Errors
/// It has no id, type, time or object: nothing that Stripe would have sent.
pub fn read(text: &str) -> Result<EventSeen, Unreadable> {
    let unreadable = |error: serde_json::Error| Unreadable(error.to_string());
    let head: EventHead = serde_json::from_str(text).map_err(unreadable)?;
    let body: EventBody = serde_json::from_str(text).map_err(unreadable)?;
    Ok(EventSeen {
        id: EventId::new(head.id),
        kind: head.kind,
        created: instant(head.created)?,
        api_version: head.api_version,
        livemode: head.livemode,
        object: object(body.data.object),
    })
}

fn object(value: Value) -> ObjectSeen {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let (kind, id) = (text("object").unwrap_or_default(), text("id"));
    let read = match kind.as_str() {
        "checkout.session" => of::<Session>(value).and_then(Session::seen).map(ObjectSeen::Session),
        "payment_intent" => of::<Intent>(value).and_then(Intent::seen).map(ObjectSeen::Intent),
        "charge" => of::<Charge>(value).and_then(Charge::seen).map(ObjectSeen::Charge),
        "refund" => of::<Refund>(value).and_then(Refund::seen).map(ObjectSeen::Refund),
        "dispute" => of::<Dispute>(value).and_then(Dispute::seen).map(ObjectSeen::Dispute),
        "payment_method" => of::<Saved>(value).map(Saved::seen),
        _ => return ObjectSeen::Other { kind, id },
    };
    read.unwrap_or_else(|Unreadable(problem)| ObjectSeen::Unreadable { kind, id, problem })
}

fn of<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, Unreadable> {
    serde_json::from_value(value).map_err(|error| Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::IntentStatus;
    use serde_json::json;

    fn event(object: Value) -> Result<EventSeen, Unreadable> {
        let event = json!({"id": "evt_1", "type": "x.y", "created": 1_800_000_000, "data": {"object": object}});
        read(&event.to_string())
    }

    #[test]
    fn new_fields_absent_fields_and_unknown_values_lose_nothing() {
        let object = event(json!({
            "object": "payment_intent", "id": "pi_1", "created": 1, "status": "requires_a_dance", "amount": 5,
            "currency": "usd", "surprise": {"a": [1]}, "customer": {"id": "cus_1", "object": "customer"},
            "metadata": {"purchaseId": "p", "n": 7}
        }));
        let Ok(EventSeen { object: ObjectSeen::Intent(intent), .. }) = object else { panic!("{object:?}") };
        assert_eq!(intent.status, IntentStatus::Other("requires_a_dance".to_owned()));
        assert_eq!(intent.customer, Some(CustomerId::new("cus_1")));
        assert_eq!(intent.metadata["n"], "7");
        assert_eq!(intent.received_minor, 0);
    }

    #[test]
    fn what_cannot_be_read_is_still_an_event() {
        let odd = event(json!({"object": "refund", "id": "re_1"})).map(|event| event.object);
        assert!(matches!(odd, Ok(ObjectSeen::Unreadable { id: Some(id), .. }) if id == "re_1"));
        let new = event(json!({"object": "quantum_debit"})).map(|event| event.object);
        assert_eq!(new, Ok(ObjectSeen::Other { kind: "quantum_debit".to_owned(), id: None }));
        assert!(read("{}").is_err() && read("<html>").is_err());
    }
}
