//! One organization that is told commands, and the events that a projector would be handed for them.

use std::sync::Arc;

use chrono::{TimeDelta, TimeZone, Utc};
use domain::commands::*;
use domain::grant::{Category, Currency, Money, OperationPattern};
use domain::ids::{ConsumptionId, GrantId, PurchaseId, ReservationId};
use domain::text::{Label, Metadata, Note, ReferenceText, Unit};
use domain::usage::{Reference, Usage};
use domain::*;
use store::{EventMetadata, RecordedEvent};
use uuid::Uuid;

pub struct World {
    pub organization: OrganizationId,
    pub state: Organization,
    pub now: Timestamp,
    pub log: Vec<Arc<RecordedEvent>>,
    by_entity: History,
    commands: u128,
}

impl World {
    pub fn new() -> Self {
        Self {
            organization: OrganizationId::try_new("acme").unwrap(),
            state: Organization::default(),
            now: Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap(),
            log: Vec::new(),
            by_entity: History::new(),
            commands: 0,
        }
    }

    pub fn tick(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    /// Settles what is due, then runs the command; answers the id that it made.
    pub fn run(&mut self, command: Command) -> Uuid {
        while self.state.next_due().is_some_and(|due| due <= self.now) {
            self.step(&Command::Settle);
        }
        self.step(&command)
    }

    fn step(&mut self, command: &Command) -> Uuid {
        self.commands += 1;
        let command_id = CommandId::without_key(Uuid::from_u128(self.commands));
        let mut history = History::new();
        let (events, after) = loop {
            let context = Context {
                organization: &self.organization,
                command_id,
                now: self.now,
                history: &history,
                welcome: None,
            };
            match decide(&self.state, command, &context).unwrap_or_else(|error| panic!("{command:?}: {error}")) {
                Decision::Accepted { events, after } => break (events, after),
                Decision::NeedsHistory(entity) => {
                    history.insert(entity, self.by_entity.get(&entity).cloned().unwrap_or_default());
                }
            }
        };
        self.state = after;
        let count = u32::try_from(events.len()).unwrap();
        for (index, event) in (0..).zip(events) {
            if let Some(entity) = event.fact.entity_id() {
                self.by_entity.entry(entity).or_default().push(self.log.len() as u64 + 1, event.clone());
            }
            self.record(command_id, index, count, event);
        }
        command_id.entity(0)
    }

    fn record(&mut self, command_id: CommandId, index: u32, count: u32, event: Event) {
        let sequence = u64::try_from(self.log.len()).unwrap() + 1;
        self.log.push(Arc::new(RecordedEvent {
            organization: self.organization.clone(),
            partition: 3,
            // Events of others lie in between.
            position: sequence * 10,
            sequence,
            event_id: command_id.event(index),
            command_id,
            command_index: index,
            command_count: count,
            entity_id: event.fact.entity_id(),
            event_version: event.fact.version().to_owned(),
            recorded_at: self.now,
            metadata: EventMetadata { actor: "key:ops".to_owned(), request_id: None, causation_id: None },
            idempotency_key: None,
            request_hash: None,
            chain_hash: [0; 32],
            event,
        }));
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

pub fn grant(amount: i64) -> Grant {
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

pub fn restricted(amount: i64, pattern: &str) -> Grant {
    Grant { applies_to: vec![OperationPattern::try_new(pattern).unwrap()], ..grant(amount) }
}

pub fn purchase(amount: i64, minor: i64, payment: &str, expiry: Expiry) -> Command {
    let offer = Offer {
        credits: credits(amount),
        price: usd(minor),
        package_id: Some(reference("pro")),
        package_version: None,
        bonus_credits: None,
    };
    let payment_reference = reference(payment);
    Command::RecordPurchase(RecordPurchase { offer, payment_reference, expiry, metadata: Metadata::default() })
}

pub fn start(amount: i64, minor: i64, payment: &str) -> Command {
    let offer = Offer {
        credits: credits(amount),
        price: usd(minor),
        package_id: None,
        package_version: None,
        bonus_credits: None,
    };
    let payment_reference = reference(payment);
    Command::StartPurchase(StartPurchase { offer, payment_reference, metadata: Metadata::default() })
}

pub fn purchase_id(payment: &str) -> PurchaseId {
    PurchaseId::of_reference(&OrganizationId::try_new("acme").unwrap(), payment)
}

pub fn end(payment: &str, reason: &str) -> EndPurchase {
    EndPurchase { purchase_id: purchase_id(payment), reason: note(reason) }
}

pub fn revoke(payment: &str, extent: RevokeExtent, name: &str) -> Command {
    Command::RevokePurchase(RevokePurchase {
        purchase_id: purchase_id(payment),
        extent,
        cause: RevokeCause::Refund,
        reference: reference(name),
        reason: note("asked for"),
    })
}

pub fn reinstate(payment: &str, name: &str) -> Command {
    let (purchase_id, reference) = (purchase_id(payment), reference(name));
    Command::ReinstatePurchase(ReinstatePurchase { purchase_id, reference, reason: note("won") })
}

pub fn usage(operation: &str) -> Usage {
    let label = |text: &str| Label::try_new(text).unwrap();
    let unit = |text: &str| Unit::try_new(text).unwrap();
    Usage {
        operation: Some(label(operation)),
        subject: Some(label("user-1")),
        quantities: [(unit("tokens"), 7)].into(),
        dimensions: [(unit("model"), label("small"))].into(),
        reference: Some(Reference { kind: unit("job"), id: reference("job-1") }),
        description: Some(note("nightly")),
        ..Usage::default()
    }
}

pub fn consume(amount: i64, operation: &str) -> Command {
    Command::Consume(Consume { amount: credits(amount).into(), usage: Arc::new(usage(operation)) })
}

pub fn refund(consumption: Uuid, amount: i64) -> Command {
    let (consumption_id, amount) = (ConsumptionId::new(consumption), Some(credits(amount)));
    Command::RefundConsumption(RefundConsumption { consumption_id, amount, reason: note("blank page") })
}

pub fn reserve(amount: i64, policy: OverPolicy) -> Command {
    let over = Over { policy, max_amount: None };
    Command::Reserve(Reserve {
        amount: credits(amount).into(),
        price_version: None,
        expires_in_seconds: 900,
        over,
        usage: Arc::new(usage("render")),
    })
}

pub fn confirm(reservation: Uuid, amount: i64) -> Command {
    let quantities = [(Unit::try_new("tokens").unwrap(), 9)].into();
    let reservation_id = ReservationId::new(reservation);
    Command::ConfirmReservation(ConfirmReservation {
        reservation_id,
        amount: Some(credits(amount)),
        quantities,
        books: None,
    })
}

pub fn cancel(reservation: Uuid) -> Command {
    Command::CancelReservation(CancelReservation { reservation_id: ReservationId::new(reservation) })
}

pub fn void(grant: Uuid) -> Command {
    Command::VoidGrant(VoidGrant { grant_id: GrantId::new(grant), reason: note("mistake") })
}

pub fn adjust(amount: i64) -> Command {
    Command::Adjust(Adjust { amount: credits(amount), reason: note("correction") })
}

pub fn settings(threshold: Option<i64>, overdraft_limit: i64) -> Command {
    let low_balance_threshold = threshold.map(credits);
    Command::ChangeSettings(Settings { low_balance_threshold, overdraft_limit: credits(overdraft_limit) })
}
