//! A tiny world around one organization: its state, its whole log and a clock. Every accepted command is checked
//! against what must hold of any.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{TimeDelta, TimeZone, Utc};
use domain::commands::*;
use domain::grant::{Allocation, Category, Currency, Money, OperationPattern};
use domain::text::{Label, Metadata, Note, ReferenceText};
use domain::usage::Usage;
use domain::*;

#[derive(Clone)]
pub struct World {
    pub organization: OrganizationId,
    pub state: Organization,
    pub log: Vec<Event>,
    by_entity: History,
    pub now: Timestamp,
    pub commands: u128,
    settlements: u128,
    pub welcome: Option<free_credits::Welcome>,
    /// Off only while a test fills a world: the checks look at everything after every command.
    pub is_checked: bool,
}

/// Settlements have ids of their own, so that the n-th command has the same id whatever time has caused before it.
const SETTLEMENT: u128 = 1 << 64;

pub fn start() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()
}

impl World {
    pub fn new() -> Self {
        Self {
            organization: OrganizationId::try_new("acme").unwrap(),
            state: Organization::default(),
            log: Vec::new(),
            by_entity: History::new(),
            now: start(),
            commands: 0,
            settlements: 0,
            welcome: None,
            is_checked: true,
        }
    }

    /// Runs a command so often, without looking; the next command is checked again.
    pub fn fill(&mut self, times: usize, command: &Command) {
        self.is_checked = false;
        for _ in 0..times {
            self.run(command).unwrap();
        }
        self.is_checked = true;
    }

    pub fn tick(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    /// Settles what is due, then runs the command; answers its events.
    pub fn run(&mut self, command: &Command) -> Result<Vec<Event>, CommandError> {
        self.settle();
        self.commands += 1;
        self.step(command, self.command_id())
    }

    pub fn settle(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while self.state.next_due().is_some_and(|due| due <= self.now) {
            let id = self.next_settlement();
            self.settlements += 1;
            let piece = self.step(&Command::Settle, id).expect("a settlement is never refused");
            assert!(!piece.is_empty(), "a settlement of something due emits it: {:?}", self.state);
            assert!(piece.len() <= limits::MAX_SETTLED_EVENTS);
            events.extend(piece);
        }
        events
    }

    /// Runs a command as it is, without settling.
    fn step(&mut self, command: &Command, id: CommandId) -> Result<Vec<Event>, CommandError> {
        let before = self.state.clone();
        let decision = self.decide(command, id);
        assert_eq!(self.state, before, "deciding changes nothing");
        let (events, after) = decision?;
        if self.is_checked {
            self.check(&events, &after);
        }
        for event in &events {
            if let Some(entity) = event.fact.entity_id() {
                self.by_entity.entry(entity).or_default().push(self.log.len() as u64, event.clone());
            }
            self.log.push(event.clone());
        }
        self.state = after;
        Ok(events)
    }

    pub fn next_settlement(&self) -> CommandId {
        CommandId::without_key(uuid::Uuid::from_u128(SETTLEMENT + self.settlements))
    }

    pub fn command_id(&self) -> CommandId {
        CommandId::without_key(uuid::Uuid::from_u128(self.commands))
    }

    fn decide(&self, command: &Command, command_id: CommandId) -> Result<(Vec<Event>, Organization), CommandError> {
        let mut history = History::new();
        loop {
            let (organization, welcome) = (&self.organization, self.welcome.as_ref());
            let context = Context { organization, command_id, now: self.now, history: &history, welcome };
            match decide(&self.state, command, &context)? {
                Decision::Accepted { events, after } => return Ok((events, after)),
                Decision::NeedsHistory(entity) => {
                    let found = self.by_entity.get(&entity).cloned().unwrap_or_default();
                    assert!(history.insert(entity, found).is_none(), "asked twice for {entity}");
                }
            }
        }
    }

    fn check(&self, events: &[Event], after: &Organization) {
        let mut folded = self.state.clone();
        for event in events {
            let text = serde_json::to_string(event).unwrap();
            let back: Event = serde_json::from_str(&text).unwrap();
            assert_eq!(&back, event, "{text}");
            let last = folded.last_event_at().unwrap_or(event.occurred_at);
            assert!(event.occurred_at >= last, "time never runs backwards: {event:?} after {last}");
            let balance = folded.balance();
            let moved = movement(event);
            check_said(&folded, event);
            evolve(&mut folded, &back);
            assert_eq!(folded.balance() - balance, moved, "an event moves the balance by its amount: {event:?}");
            folded.check_books().unwrap();
            check_lots(&folded);
            let figures = folded.figures();
            let carried = (event.balance_after, event.restricted_after, event.reserved_after, event.available_after);
            assert_eq!(
                carried,
                (figures.balance, figures.restricted, figures.reserved, figures.available),
                "{event:?}"
            );
        }
        assert_eq!(&folded, after, "folding the events gives the state after the command");
        let text = serde_json::to_string(after).unwrap();
        assert_eq!(&serde_json::from_str::<Organization>(&text).unwrap(), after, "a snapshot comes back as it was");
        let between_pieces = after.next_due().is_some_and(|due| due <= self.now);
        let has_repaid = after.lots().iter().all(|lot| lot.repays.is_zero());
        assert!(has_repaid || between_pieces, "what repays has repaid: {after:?}");
        if after.debt().is_positive() && !between_pieces {
            assert_eq!(after.free(None), Credits::ZERO, "C16: free credits repay debt at once: {after:?}");
        }
    }

    pub fn figures(&self) -> (i64, i64, i64) {
        let f = self.state.figures();
        (f.balance.get(), f.reserved.get(), f.available.get())
    }
}

fn check_lots(state: &Organization) {
    let lots = state.lots();
    assert!(
        lots.windows(2).all(|pair| pair[0].terms.burn_order() < pair[1].terms.burn_order()),
        "burn order: {lots:?}"
    );
    for lot in lots {
        assert!(lot.remaining.is_positive(), "no lot is empty: {lot:?}");
        assert!(lot.held >= Credits::ZERO && lot.held <= lot.remaining, "a hold fits its lot: {lot:?}");
        assert!(
            lot.owed.values().all(|owed| owed.is_positive()) && lot.owed() <= lot.held && lot.repays <= lot.unheld(),
            "what is owed fits its lot: {lot:?}"
        );
    }
    let held = state.reservations().flat_map(|(_, r)| &r.allocations).map(|a| a.amount).sum::<Credits>();
    assert_eq!(held, lots.iter().map(|lot| lot.held).sum(), "holds belong to reservations");
    assert!(state.debt() >= Credits::ZERO);
}

/// What an event says of the state before it, so that a projector needs no state.
fn check_said(before: &Organization, event: &Event) {
    match &event.fact {
        Fact::GrantVoided(f) => {
            let is_effective = before.lots().iter().any(|lot| lot.id() == f.grant.grant_id && lot.effective);
            assert_eq!(f.scheduled, !is_effective, "{event:?}");
        }
        Fact::ReservationConfirmed(f) => {
            assert_eq!(grant::total(&f.allocations), f.from_hold + grant::total(&f.from_free), "{event:?}");
            let reservation = before.reservation(f.reservation_id).expect("it was open");
            let by_lot = |parts: [&[Allocation]; 2]| {
                let mut sums = BTreeMap::new();
                for part in parts.into_iter().flatten() {
                    let sum = sums.entry(part.grant_id).or_insert(Credits::ZERO);
                    *sum = *sum + part.amount;
                }
                sums
            };
            let (taken, held) =
                (by_lot([&f.allocations, &f.released]), by_lot([&reservation.allocations, &f.from_free]));
            assert_eq!(taken, held, "{event:?}");
        }
        _ => {}
    }
}

/// By how much an event moves the balance, from its own fields: what a row of `credit_transactions` shows.
fn movement(event: &Event) -> Credits {
    match &event.fact {
        Fact::CreditsGranted(f) if f.terms.effective_at > event.occurred_at => Credits::ZERO,
        Fact::CreditsGranted(f) => f.terms.amount,
        Fact::GrantBecameEffective(f) => f.grant.amount,
        Fact::GrantExpired(f) => -f.grant.amount,
        Fact::GrantVoided(f) if f.scheduled => Credits::ZERO,
        Fact::GrantVoided(f) => -f.grant.amount,
        Fact::GrantRestored(f) => f.amount,
        Fact::PurchaseCompleted(f) => f.terms.amount,
        Fact::PurchaseRevoked(f) => -f.amount,
        Fact::PurchaseReinstated(f) => grant::total(&f.returned),
        Fact::CreditsConsumed(f) => -f.amount,
        Fact::ConsumptionRefunded(f) => f.amount - f.restored,
        Fact::ReservationConfirmed(f) => -f.amount,
        Fact::CreditsAdjustedUp(f) => f.terms.amount,
        Fact::CreditsAdjustedDown(f) => -f.amount,
        _ => Credits::ZERO,
    }
}

pub fn credits(amount: i64) -> Credits {
    Credits::new(amount)
}

pub fn note(text: &str) -> Note {
    Note::try_new(text).unwrap()
}

pub fn reference(text: &str) -> ReferenceText {
    ReferenceText::try_new(text).unwrap()
}

pub fn usd(amount_minor: i64) -> Money {
    Money { amount_minor, currency: Currency::try_new("USD").unwrap() }
}

pub fn used_for(operation: Option<&str>) -> Arc<Usage> {
    Arc::new(Usage { operation: operation.map(|o| Label::try_new(o).unwrap()), ..Usage::default() })
}

pub fn a_grant(amount: i64) -> Grant {
    Grant {
        amount: credits(amount),
        category: Category::Promotional,
        priority: 100,
        effective_at: None,
        expiry: Expiry::Never,
        applies_to: vec![],
        reason: note("welcome"),
        metadata: Metadata::default(),
    }
}

pub fn a_reservation(amount: i64, over: Over, usage: Arc<Usage>) -> Command {
    let amount = credits(amount).into();
    Command::Reserve(Reserve { amount, price_version: None, expires_in_seconds: 900, over, usage })
}

pub fn patterns(of: &[&str]) -> Vec<OperationPattern> {
    of.iter().map(|p| OperationPattern::try_new(p).unwrap()).collect()
}

pub fn purchase(amount: i64, payment: &str, expiry: Expiry) -> Command {
    let offer = Offer {
        credits: credits(amount),
        price: usd(1_000),
        package_id: None,
        package_version: None,
        bonus_credits: None,
    };
    let payment_reference = reference(payment);
    Command::RecordPurchase(RecordPurchase { offer, payment_reference, expiry, metadata: Metadata::default() })
}

pub fn purchase_id(payment: &str) -> ids::PurchaseId {
    ids::PurchaseId::of_reference(&OrganizationId::try_new("acme").unwrap(), payment)
}

/// The name of a refusal without its numbers.
pub fn kind(error: &CommandError) -> String {
    format!("{error:?}").split([' ', '(', '{']).next().unwrap().to_owned()
}
