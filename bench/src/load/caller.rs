//! The requests of one connection, in order.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::Context as _;
use serde::Deserialize;

use super::connection::Reply;
use super::target::{Call, Target};
use super::webhook;
use super::work::{self, Kind, Work};

/// What a run's connections share.
pub struct Shared {
    pub target: Target,
    pub work: Work,
    /// The next command's number.
    next: Cell<u64>,
}

impl Shared {
    #[must_use]
    pub const fn new(target: Target, work: Work) -> Self {
        Self { target, work, next: Cell::new(0) }
    }

    fn take(&self, count: u64) -> u64 {
        self.next.replace(self.next.get() + count)
    }
}

/// What the confirmation after a reservation needs.
struct Held {
    organization: String,
    reservation: String,
}

/// One connection's side of the conversation.
pub struct Caller {
    shared: Rc<Shared>,
    organization: String,
    held: Option<Held>,
    shows_balance: bool,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Deserialize)]
struct BatchAnswer {
    results: Vec<ItemAnswer>,
}

#[derive(Deserialize)]
struct ItemAnswer {
    status: u16,
}

impl Caller {
    #[must_use]
    pub const fn new(shared: Rc<Shared>) -> Self {
        Self { shared, organization: String::new(), held: None, shows_balance: false }
    }

    /// The next request.
    ///
    /// # Errors
    /// See [`Target::post`].
    pub fn ask(&mut self) -> anyhow::Result<Call> {
        let shared = Rc::clone(&self.shared);
        match shared.work.kind {
            Kind::Grant => self.single(&shared, "grants", work::grant_body()),
            Kind::Consume => self.single(&shared, "consumptions", work::consume_body()),
            Kind::Priced => self.single(&shared, "consumptions", work::priced_body()),
            Kind::Estimate => {
                let body = work::estimate_body(&shared.work.organization(shared.take(1)));
                shared.target.post("/v1/estimates", None, body)
            }
            Kind::Webhook => webhook::call(&shared.target, &shared.work.key(shared.take(1))),
            Kind::Refused => self.single(&shared, "consumptions", work::refused_body()),
            Kind::Pair => match self.held.take() {
                Some(held) => confirm(&shared, &held),
                None => self.single(&shared, "reservations", work::reserve_body()),
            },
            Kind::Batch(size) | Kind::BatchGrant(size) => {
                let body = shared.work.batch(shared.take(u64::from(size)), size);
                shared.target.post("/v1/commands", None, body)
            }
            Kind::Balance => read(&shared, "balance"),
            Kind::Screen => {
                self.shows_balance = !self.shows_balance;
                read(&shared, if self.shows_balance { "balance" } else { "transactions" })
            }
        }
    }

    fn single(&mut self, shared: &Shared, collection: &str, body: String) -> anyhow::Result<Call> {
        let number = shared.take(1);
        self.organization = shared.work.organization(number);
        let path = format!("/v1/organizations/{}/{collection}", self.organization);
        shared.target.post(&path, Some(&shared.work.key(number)), body)
    }

    /// How many commands were done as they should be.
    ///
    /// # Errors
    /// A success whose body is not what it should be.
    pub fn accept(&mut self, reply: &Reply) -> anyhow::Result<u64> {
        let done = matches!(reply.status, 200 | 201);
        match self.shared.work.kind {
            Kind::Grant
            | Kind::Consume
            | Kind::Priced
            | Kind::Estimate
            | Kind::Webhook
            | Kind::Balance
            | Kind::Screen => Ok(u64::from(done)),
            Kind::Refused => Ok(u64::from(reply.status == 402)),
            Kind::Pair => {
                if reply.status == 201 {
                    let made: Made = serde_json::from_slice(&reply.body).context("the reservation has no id")?;
                    self.held = Some(Held { organization: self.organization.clone(), reservation: made.id });
                }
                Ok(u64::from(done))
            }
            Kind::Batch(_) | Kind::BatchGrant(_) if !done => Ok(0),
            Kind::Batch(_) | Kind::BatchGrant(_) => {
                let answer: BatchAnswer = serde_json::from_slice(&reply.body).context("the batch has no results")?;
                let accepted = answer.results.iter().filter(|item| matches!(item.status, 200 | 201)).count();
                Ok(accepted.try_into().expect("a count of items fits 64 bits"))
            }
        }
    }
}

fn read(shared: &Shared, what: &str) -> anyhow::Result<Call> {
    let organization = shared.work.organization(shared.take(1));
    shared.target.get(&format!("/v1/organizations/{organization}/{what}"))
}

fn confirm(shared: &Shared, held: &Held) -> anyhow::Result<Call> {
    let path = format!("/v1/organizations/{}/reservations/{}/confirm", held.organization, held.reservation);
    let key = shared.work.key(shared.take(1));
    shared.target.post(&path, Some(&key), work::confirm_body())
}
