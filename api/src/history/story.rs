//! A quarter in the life of five made-up organizations, the same on every machine.
//!
//! Invariant: nothing is left that time could change: at the end no reservation is open and no credits will expire.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{TimeDelta, TimeZone, Utc};
use domain::commands::{
    ConfirmReservation, Consume, Expiry, Grant, Offer, Over, OverPolicy, RecordPurchase, RefundConsumption, Reserve,
    RevokeCause, RevokeExtent, RevokePurchase, Settings,
};
use domain::grant::{Category, Currency, DEFAULT_PRIORITY, Money};
use domain::ids::{ConsumptionId, PurchaseId, ReservationId};
use domain::text::{Label, Metadata, Note, ReferenceText, Text, Unit};
use domain::usage::Usage;
use domain::{Command, CommandId, Credits, IdempotencyKey, KeyNamespace, OrganizationId, Timestamp};

/// One command of the story.
pub struct Step {
    pub at: Timestamp,
    pub organization: OrganizationId,
    pub key: IdempotencyKey,
    pub command: Command,
}

/// January to March 2026.
const DAYS: i64 = 90;

/// The whole story in the order of its times.
#[must_use]
pub fn story() -> Vec<Step> {
    let mut teller = Teller { steps: Vec::new(), seed: 7 };
    acme(&mut teller);
    globex(&mut teller);
    hooli(&mut teller);
    initech(&mut teller);
    umbrella(&mut teller);
    teller.steps.sort_by(|a, b| (a.at, a.key.text()).cmp(&(b.at, b.key.text())));
    teller.steps
}

/// Large and growing: chats and images, embeddings by reservation.
fn acme(teller: &mut Teller) {
    teller.buy("acme", 1, 50_000, (45_000, "USD"), Expiry::Never);
    teller.buy("acme", 58, 50_000, (45_000, "USD"), Expiry::Never);
    for day in 2..DAYS {
        for _ in 0..3 + day / 30 {
            teller.chat("acme", day, &["ann", "bob", "cleo"]);
        }
        teller.image("acme", day, "cleo");
        if day % 3 == 0 {
            teller.embed("acme", day);
        }
    }
}

/// Buys every month what ends after forty days, and does not use all of it.
fn globex(teller: &mut Teller) {
    let forty_days = Expiry::In(40 * 24 * 3_600);
    teller.buy("globex", 4, 10_000, (9_500, "EUR"), forty_days);
    teller.buy("globex", 35, 10_000, (9_500, "EUR"), forty_days);
    teller.buy("globex", 63, 10_000, (9_500, "EUR"), Expiry::Never);
    for day in 5..DAYS {
        teller.chat("globex", day, &["dora", "emil"]);
    }
}

/// Lives on promotions, bought once and asked for half of the money back.
fn hooli(teller: &mut Teller) {
    for week in 0..12 {
        teller.promote("hooli", week * 7, 500);
    }
    teller.buy("hooli", 9, 5_000, (5_000, "USD"), Expiry::Never);
    let purchase_id = PurchaseId::of_reference(&organization("hooli"), "hooli-9");
    let revocation = RevokePurchase {
        purchase_id,
        extent: RevokeExtent::PriceMinor(2_500),
        cause: RevokeCause::Refund,
        reference: reference("refund-1"),
        reason: note("half of it was not needed"),
    };
    teller.tell("hooli", 50, Command::RevokePurchase(revocation));
    for day in 0..DAYS {
        teller.chat("hooli", day, &["fay"]);
    }
}

/// Works on credit, and owes.
fn initech(teller: &mut Teller) {
    let settings = Settings { low_balance_threshold: None, overdraft_limit: Credits::new(2_000) };
    teller.tell("initech", 10, Command::ChangeSettings(settings));
    teller.buy("initech", 11, 3_000, (3_000, "USD"), Expiry::Never);
    for day in 12..DAYS {
        teller.mail("initech", day, "gus");
    }
}

/// Bought once, tried it, was given something back, and left.
fn umbrella(teller: &mut Teller) {
    teller.buy("umbrella", 20, 2_000, (2_000, "USD"), Expiry::Never);
    for day in 21..25 {
        let consumed = teller.chat("umbrella", day, &["hal"]);
        if day == 24 {
            let amount = Some(Credits::new(10));
            let consumption_id = ConsumptionId::new(entity("umbrella", &consumed));
            let refund = RefundConsumption { consumption_id, amount, reason: note("the answer was cut off") };
            teller.tell("umbrella", 26, Command::RefundConsumption(refund));
        }
    }
}

struct Teller {
    steps: Vec<Step>,
    seed: u64,
}

impl Teller {
    /// Adds a command at some time of a day's work; answers its key.
    fn tell(&mut self, name: &str, day: i64, command: Command) -> String {
        let minute = self.below(600);
        self.tell_at(name, day, 8 * 60 + minute, command)
    }

    fn tell_at(&mut self, name: &str, day: i64, minute: i64, command: Command) -> String {
        let start = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single().expect("one instant");
        let at = start + TimeDelta::days(day) + TimeDelta::minutes(minute);
        let key = format!("history-{:04}", self.steps.len());
        self.steps.push(Step { at, organization: organization(name), key: key_of(&key), command });
        key
    }

    /// The next number of the story: splitmix64.
    fn below(&mut self, bound: i64) -> i64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((mixed ^ (mixed >> 31)) % bound.unsigned_abs()).expect("it is below the bound")
    }

    fn buy(&mut self, name: &str, day: i64, credits: i64, (amount_minor, currency): (i64, &str), expiry: Expiry) {
        let currency = Currency::try_new(currency).expect("a code in form");
        let offer = Offer {
            credits: Credits::new(credits),
            price: Money { amount_minor, currency },
            package_id: None,
            package_version: None,
            bonus_credits: None,
        };
        let payment_reference = reference(&format!("{name}-{day}"));
        let metadata = Metadata::default();
        // In the morning, before the day's work.
        self.tell_at(
            name,
            day,
            7 * 60,
            Command::RecordPurchase(RecordPurchase { offer, payment_reference, expiry, metadata }),
        );
    }

    /// Credits of a week.
    fn promote(&mut self, name: &str, day: i64, credits: i64) {
        let grant = Grant {
            amount: Credits::new(credits),
            category: Category::Promotional,
            priority: DEFAULT_PRIORITY,
            effective_at: None,
            expiry: Expiry::In(7 * 24 * 3_600),
            applies_to: Vec::new(),
            reason: note("weekly allowance"),
            metadata: Metadata::default(),
        };
        self.tell_at(name, day, 7 * 60, Command::Grant(grant));
    }

    /// A credit for ten tokens.
    fn chat(&mut self, name: &str, day: i64, subjects: &[&str]) -> String {
        let (input, output) = (200 + self.below(1_800), 50 + self.below(700));
        let subject = subjects[usize::try_from(self.below(3)).expect("it is small") % subjects.len()];
        let model = if self.below(4) == 0 { "large" } else { "small" };
        let usage = usage(
            "chat.completion",
            subject,
            &[("input_tokens", input), ("output_tokens", output)],
            &[("model", model)],
        );
        self.consume(name, day, (input + output) / 10, usage)
    }

    fn image(&mut self, name: &str, day: i64, subject: &str) {
        let images = 1 + self.below(4);
        let usage = usage("image.generation", subject, &[("images", images)], &[]);
        self.consume(name, day, 40 * images, usage);
    }

    fn mail(&mut self, name: &str, day: i64, subject: &str) {
        let mails = 20 + self.below(80);
        let usage = usage("email.send", subject, &[("emails", mails)], &[]);
        self.consume(name, day, mails, usage);
    }

    fn consume(&mut self, name: &str, day: i64, amount: i64, usage: Usage) -> String {
        let amount = Credits::new(amount);
        self.tell(name, day, Command::Consume(Consume { amount: amount.into(), usage: Arc::new(usage) }))
    }

    /// Reserves an estimate in the evening, and confirms what it really took.
    fn embed(&mut self, name: &str, day: i64) {
        let documents = 100 + self.below(400);
        let usage = usage("batch.embedding", "nightly", &[("documents", documents)], &[]);
        let over = Over { policy: OverPolicy::Reject, max_amount: None };
        let (amount, usage) = (Credits::new(500), Arc::new(usage));
        let reserve = Command::Reserve(Reserve {
            amount: amount.into(),
            price_version: None,
            expires_in_seconds: 3_600,
            over,
            usage,
        });
        let key = self.tell_at(name, day, 20 * 60, reserve);
        let confirm = ConfirmReservation {
            reservation_id: ReservationId::new(entity(name, &key)),
            amount: Some(Credits::new(documents)),
            quantities: BTreeMap::new(),
            books: None,
        };
        self.tell_at(name, day, 20 * 60 + 30, Command::ConfirmReservation(confirm));
    }
}

fn usage(operation: &str, subject: &str, quantities: &[(&str, i64)], dimensions: &[(&str, &str)]) -> Usage {
    let quantity = |(unit, quantity): &(&str, i64)| (text(unit), quantity.unsigned_abs());
    Usage {
        operation: Some(text(operation)),
        subject: Some(text(subject)),
        quantities: quantities.iter().map(quantity).collect::<BTreeMap<Unit, u64>>(),
        dimensions: dimensions.iter().map(|(name, value)| (text(name), text(value))).collect::<BTreeMap<Unit, Label>>(),
        ..Usage::default()
    }
}

fn organization(name: &str) -> OrganizationId {
    OrganizationId::try_new(name).expect("a name of ours is in form")
}

fn key_of(text: &str) -> IdempotencyKey {
    IdempotencyKey::try_new(KeyNamespace::Client, text).expect("a key of ours is in form")
}

/// The first id that the command with this key makes.
fn entity(name: &str, key: &str) -> domain::EntityId {
    CommandId::of_key(&organization(name), &key_of(key)).entity(0)
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::try_new(text).expect("a text of ours is short and not empty")
}

fn note(reason: &str) -> Note {
    text(reason)
}

fn reference(id: &str) -> ReferenceText {
    text(id)
}
