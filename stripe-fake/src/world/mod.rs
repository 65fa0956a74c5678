//! The whole state of the simulated account, and what may happen in it. Everything here is synchronous: one lock, one
//! order.

mod checkout;
mod disputes;
mod payments;
mod refunds;
mod table;

use std::collections::VecDeque;

use serde_json::Value;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::delivery::{Delivery, Endpoint};
use crate::error::ApiError;
use crate::faults::Faults;
use crate::idempotency::Keys;
use crate::objects::card::{Card, TestCard};
use crate::objects::charge::Charge;
use crate::objects::customer::Customer;
use crate::objects::dispute::Dispute;
use crate::objects::endpoint::WebhookEndpoint;
use crate::objects::event::Event;
use crate::objects::intent::Intent;
use crate::objects::price::Price;
use crate::objects::product::Product;
use crate::objects::refund::Refund;
use crate::objects::session::Session;

pub use checkout::Next;
pub use payments::Presence;
pub use refunds::RefundOrder;
pub use table::{Row, Table};

/// A request as it came, for tests that count.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub key: Option<String>,
}

/// The account.
#[derive(Debug)]
pub struct World {
    pub chance: Chance,
    pub clock: Clock,
    pub base_url: String,
    pub customers: Table<Customer>,
    pub products: Table<Product>,
    pub prices: Table<Price>,
    pub cards: Table<Card>,
    pub sessions: Table<Session>,
    pub intents: Table<Intent>,
    pub charges: Table<Charge>,
    pub refunds: Table<Refund>,
    pub disputes: Table<Dispute>,
    pub events: Table<Event>,
    pub webhook_endpoints: Table<WebhookEndpoint>,
    /// Events that no endpoint was sent yet.
    pub outbox: VecDeque<String>,
    pub endpoints: Vec<Endpoint>,
    pub delivery: Delivery,
    pub faults: Faults,
    pub keys: Keys,
    pub seen: Vec<Seen>,
    /// The key of the request in work.
    pub current_key: Option<String>,
}

impl World {
    #[must_use]
    pub fn new(seed: u64, base_url: String) -> Self {
        Self {
            chance: Chance::new(seed),
            clock: Clock::default(),
            base_url,
            customers: Table::new("customer"),
            products: Table::new("product"),
            prices: Table::new("price"),
            cards: Table::new("PaymentMethod"),
            sessions: Table::new("checkout.session"),
            intents: Table::new("payment_intent"),
            charges: Table::new("charge"),
            refunds: Table::new("refund"),
            disputes: Table::new("dispute"),
            events: Table::new("event"),
            webhook_endpoints: Table::new("webhook_endpoint"),
            outbox: VecDeque::new(),
            endpoints: Vec::new(),
            delivery: Delivery::default(),
            faults: Faults::default(),
            keys: Keys::default(),
            seen: Vec::new(),
            current_key: None,
        }
    }

    #[must_use]
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Records what happened, to be told to the endpoints.
    pub fn emit(&mut self, kind: &'static str, object: Value) {
        let id = self.chance.id("evt");
        let event =
            Event { id: id.clone(), created: self.now(), kind, object, idempotency_key: self.current_key.clone() };
        self.events.insert(event);
        self.outbox.push_back(id);
    }

    /// A card that was saved, or a new one that behaves as the test card of this name does.
    pub fn card_of(&mut self, id: &str, customer: Option<&str>) -> Result<Card, ApiError> {
        match TestCard::of_token(id) {
            Some(card) => {
                let id = self.chance.id("pm");
                let card = Card { id, created: self.now(), customer: customer.map(str::to_owned), card };
                self.cards.insert(card.clone());
                Ok(card)
            }
            None => self.cards.get(id).cloned(),
        }
    }

    /// The sum of all successful charges that carry this metadata, and how many they are: what tests ask first.
    #[must_use]
    pub fn charged(&self, name: &str, value: &str) -> (usize, i64) {
        let matches = |charge: &&Charge| charge.paid() && charge.metadata.get(name).is_some_and(|v| v == value);
        let amounts: Vec<i64> = self.charges.iter().filter(matches).map(|charge| charge.amount).collect();
        (amounts.len(), amounts.iter().sum())
    }
}
