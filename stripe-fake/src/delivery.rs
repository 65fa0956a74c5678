//! Telling endpoints what happened: at once or when asked, in order or not, once or more often, or never.
//!
//! Invariant: a lost event stays in the list of events, where a reconciliation finds it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::chance::Chance;
use crate::server::Shared;
use crate::signature;

/// Tries after the first that an endpoint did not take.
const RETRIES_MAX: u32 = 8;
/// Before the first retry; doubled for each one after it.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// Within this time shuffled events overtake each other.
const SHUFFLE_WINDOW: Duration = Duration::from_millis(200);
/// How long an endpoint may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub url: String,
    /// Each signs, as while a secret is being replaced.
    pub secrets: Vec<String>,
    /// Which types of event; empty: all.
    #[serde(default)]
    pub types: Vec<String>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    InOrder,
    Shuffled,
}

/// How events reach the endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// Whether events are sent as they happen; else they wait until a delivery is asked for.
    pub automatic: bool,
    pub order: Order,
    /// How many times more than once.
    pub duplicates: u8,
    pub delay_milliseconds: u64,
    /// Of a thousand events, how many are never sent.
    pub lose_permille: u16,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { automatic: true, order: Order::InOrder, duplicates: 0, delay_milliseconds: 0, lose_permille: 0 }
    }
}

impl Delivery {
    /// Which of the events are sent, how often, and in which order.
    pub fn plan(&self, events: Vec<String>, chance: &mut Chance) -> Vec<String> {
        let kept = events.into_iter().filter(|_| !chance.happens(self.lose_permille)).collect::<Vec<_>>();
        let copies = usize::from(self.duplicates) + 1;
        let mut plan: Vec<String> = kept.into_iter().flat_map(|id| std::iter::repeat_n(id, copies)).collect();
        match self.order {
            Order::InOrder => {}
            Order::Shuffled => chance.shuffle(&mut plan),
        }
        plan
    }

    /// After which time a shipment that was planned now is sent.
    fn delay(&self, chance: &mut Chance) -> Duration {
        let delay = Duration::from_millis(self.delay_milliseconds);
        match self.order {
            Order::InOrder => delay,
            Order::Shuffled => {
                let window = u64::try_from(SHUFFLE_WINDOW.as_millis()).expect("it is short");
                delay + Duration::from_millis(chance.below(window))
            }
        }
    }
}

/// An event on its way to all endpoints.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shipment {
    due: Instant,
    /// Keeps events that are due together in order.
    number: u64,
    event: String,
    attempt: u32,
}

/// What an endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    pub event: String,
    pub url: String,
    /// Absent where there was no answer.
    pub status: Option<u16>,
}

impl Sent {
    fn was_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Sends what happens, until the simulation ends.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut waiting: BinaryHeap<Reverse<Shipment>> = BinaryHeap::new();
    let mut number = 0_u64;
    loop {
        let fresh = shared.with(|world| {
            if !world.delivery.automatic {
                return Vec::new();
            }
            let (events, policy) = (world.outbox.drain(..).collect(), world.delivery.clone());
            let plan = policy.plan(events, &mut world.chance);
            plan.into_iter().map(|event| (event, policy.delay(&mut world.chance))).collect::<Vec<_>>()
        });
        for (event, delay) in fresh {
            number += 1;
            waiting.push(Reverse(Shipment { due: Instant::now() + delay, number, event, attempt: 0 }));
        }
        match waiting.peek().map(|Reverse(next)| next.due) {
            None => shared.wake.notified().await,
            Some(due) if due > Instant::now() => {
                tokio::select! { () = shared.wake.notified() => {}, () = tokio::time::sleep_until(due) => {} }
            }
            Some(_) => {
                let Some(Reverse(shipment)) = waiting.pop() else { continue };
                let taken = send(&shared, &shipment.event).await.iter().all(Sent::was_taken);
                if !taken && shipment.attempt < RETRIES_MAX {
                    let due = Instant::now() + RETRY_AFTER * 2_u32.pow(shipment.attempt);
                    waiting.push(Reverse(Shipment { due, attempt: shipment.attempt + 1, ..shipment }));
                }
            }
        }
    }
}

/// Sends what has gathered, by this policy, and answers what the endpoints said.
pub(crate) async fn deliver(shared: &Arc<Shared>, policy: &Delivery) -> Vec<Sent> {
    let plan = shared.with(|world| {
        let events = world.outbox.drain(..).collect();
        policy.plan(events, &mut world.chance)
    });
    let mut sent = Vec::new();
    for event in plan {
        tokio::time::sleep(Duration::from_millis(policy.delay_milliseconds)).await;
        sent.extend(send(shared, &event).await);
    }
    sent
}

/// Sends one event to each endpoint that wants it.
pub(crate) async fn send(shared: &Arc<Shared>, event: &str) -> Vec<Sent> {
    let found = shared.with(|world| {
        let row = world.events.get(event).ok()?;
        let body = serde_json::to_vec(&row.show()).expect("an event is plain JSON");
        let wants =
            |endpoint: &&Endpoint| endpoint.types.is_empty() || endpoint.types.iter().any(|kind| kind == row.kind);
        let endpoints: Vec<Endpoint> = world.endpoints.iter().filter(wants).cloned().collect();
        Some((body, endpoints, world.now()))
    });
    let Some((body, endpoints, now)) = found else { return Vec::new() };
    let mut sent = Vec::new();
    for endpoint in endpoints {
        let header = signature::header(&endpoint.secrets, now, &body);
        let request = shared.client.post(&endpoint.url).header("content-type", "application/json; charset=utf-8");
        let request = request.header("stripe-signature", header).timeout(ANSWER_TIMEOUT).body(body.clone());
        let status = request.send().await.ok().map(|answer| answer.status().as_u16());
        sent.push(Sent { event: event.to_owned(), url: endpoint.url, status });
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_loses_repeats_and_shuffles() {
        let events = || (0..100).map(|n| n.to_string()).collect::<Vec<_>>();
        let policy = Delivery::default();
        assert_eq!(policy.plan(events(), &mut Chance::new(1)), events());
        let lossy = Delivery { lose_permille: 500, ..policy.clone() }.plan(events(), &mut Chance::new(1));
        assert!((20..80).contains(&lossy.len()), "{}", lossy.len());
        let twice = Delivery { duplicates: 1, order: Order::Shuffled, ..policy }.plan(events(), &mut Chance::new(1));
        let mut sorted = twice.clone();
        sorted.sort();
        assert!(twice.len() == 200 && sorted != twice);
    }
}
