//! Histories of payments, told in any order and any number of times, against the ledger's own rules.

use chrono::{TimeDelta, TimeZone, Utc};
use domain::commands::{Amount, Consume, Offer, RecordPurchase, ReinstatePurchase, RevokeExtent};
use domain::commands::{Expiry, RevokePurchase, StartPurchase};
use domain::grant::Currency;
use domain::ids::PurchaseId;
use domain::text::{Metadata, Note, ReferenceText};
use domain::usage::Usage;
use domain::{Command, CommandError, CommandId, Context, Credits, Decision, History, Organization};
use domain::{OrganizationId, PastEvents, decide};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const CREDITS: i64 = 1_001;
const PRICE_MINOR: i64 = 999;

fn usd(amount_minor: i64) -> Money {
    Money { amount_minor, currency: Currency::try_new("USD").unwrap() }
}

fn at(minutes: i64) -> Timestamp {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn reversal(cause: RevokeCause, amount_minor: i64, standing: Standing) -> Reversal {
    Reversal { cause, amount: usd(amount_minor), created: at(0), standing }
}

/// One organization's account with a purchase that has been started, as a process manager sees it.
struct Account {
    organization: OrganizationId,
    state: Organization,
    log: History,
    commands: u128,
    events: u64,
    completions: usize,
}

impl Account {
    fn new() -> Self {
        let organization = OrganizationId::try_new("acme").unwrap();
        let (state, log) = (Organization::default(), History::new());
        let mut account = Self { organization, state, log, commands: 0, events: 0, completions: 0 };
        let metadata = Metadata::default();
        account
            .run(Command::StartPurchase(StartPurchase { offer: offer(), payment_reference: paid(), metadata }))
            .unwrap();
        account
    }

    fn purchase(&self) -> PurchaseId {
        PurchaseId::of_reference(&self.organization, paid().as_str())
    }

    fn run(&mut self, command: Command) -> Result<(), CommandError> {
        self.commands += 1;
        let command_id = CommandId::without_key(Uuid::from_u128(self.commands));
        let mut history = History::new();
        let (events, after) = loop {
            let organization = &self.organization;
            let context = Context { organization, command_id, now: at(0), history: &history, welcome: None };
            match decide(&self.state, &command, &context)? {
                Decision::Accepted { events, after } => break (events, after),
                Decision::NeedsHistory(entity) => {
                    history.insert(entity, self.log.get(&entity).cloned().unwrap_or_default());
                }
            }
        };
        for event in events {
            let entity = event.fact.entity_id();
            self.events += 1;
            entity.into_iter().for_each(|entity| self.log.entry(entity).or_default().push(self.events, event.clone()));
        }
        self.state = after;
        Ok(())
    }

    fn booked(&self) -> Booked {
        Booked::of(self.log.get(&self.purchase().entity()).into_iter().flat_map(PastEvents::events))
    }

    /// As a worker does with what it knows: step by step, until nothing differs.
    fn settle(&mut self, facts: &Facts) {
        for _ in 0..100 {
            let Some(step) = difference(&self.booked(), facts).unwrap() else { return };
            let command = self.command(&step);
            self.run(command).unwrap();
        }
        panic!("no end: {:?} {facts:?}", self.booked());
    }

    fn command(&mut self, step: &Step) -> Command {
        let (purchase_id, reason) = (self.purchase(), Note::try_new("told").unwrap());
        match step.clone() {
            Step::Complete => {
                self.completions += 1;
                let (expiry, metadata) = (Expiry::Never, Metadata::default());
                Command::RecordPurchase(RecordPurchase { offer: offer(), payment_reference: paid(), expiry, metadata })
            }
            Step::Revoke { reference, cause, amount_minor, nth: _ } => {
                let extent = RevokeExtent::PriceMinor(amount_minor);
                Command::RevokePurchase(RevokePurchase { purchase_id, extent, cause, reference, reason })
            }
            Step::Reinstate { reference, nth: _ } => {
                Command::ReinstatePurchase(ReinstatePurchase { purchase_id, reference, reason })
            }
        }
    }

    fn spend(&mut self, credits: i64) {
        let usage = Usage::default().into();
        self.run(Command::Consume(Consume { amount: Amount::Given(Credits::new(credits)), usage })).unwrap();
    }

    fn balance(&self) -> i64 {
        self.state.balance().get()
    }
}

fn offer() -> Offer {
    let (credits, price) = (Credits::new(CREDITS), usd(PRICE_MINOR));
    Offer { credits, price, package_id: None, package_version: None, bonus_credits: None }
}

fn paid() -> ReferenceText {
    ReferenceText::try_new("checkout:1").unwrap()
}

/// A reversal's whole story: how it goes on, and where it ends.
fn story() -> impl Strategy<Value = (RevokeCause, i64, Vec<Standing>)> {
    let cause = prop_oneof![Just(RevokeCause::Refund), Just(RevokeCause::Dispute)];
    let stages = [Standing::Announced, Standing::Taken, Standing::Returned];
    let path =
        (0..3_usize, 1..=3_usize).prop_map(move |(from, count)| stages.into_iter().skip(from).take(count).collect());
    (cause, 1..=PRICE_MINOR, path)
}

/// Every fact that is ever true, each of them alone.
fn news(stories: &[(RevokeCause, i64, Vec<Standing>)]) -> Vec<Facts> {
    let told = |(n, (cause, amount, path)): (usize, &(RevokeCause, i64, Vec<Standing>))| -> Vec<Facts> {
        let one = |standing: &Standing| (format!("re_{n}"), reversal(*cause, *amount, *standing));
        path.iter().map(|standing| Facts { received: None, reversals: [one(standing)].into() }).collect()
    };
    stories.iter().enumerate().flat_map(told).collect()
}

/// What the money says that is gone.
fn gone(facts: &Facts) -> i64 {
    let taken = facts.reversals.values().filter(|reversal| reversal.standing == Standing::Taken);
    taken.map(|reversal| reversal.amount.amount_minor).sum::<i64>().min(PRICE_MINOR)
}

fn settled(told: &[Facts], spent: i64) -> (Account, Facts) {
    let (mut account, mut known) = (Account::new(), Facts::default());
    for facts in told {
        known.merge(facts.clone());
        account.settle(&known);
        if spent > 0 && known.received.is_some() && account.balance() == CREDITS {
            account.spend(spent);
        }
    }
    (account, known)
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_ends_in_the_same_credits(
        stories in prop::collection::vec(story(), 0..4),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        seed in any::<u64>(),
    ) {
        let mut told = news(&stories);
        told.push(Facts { received: Some(usd(PRICE_MINOR)), reversals: BTreeMap::new() });
        let again: Vec<Facts> = order.iter().map(|index| index.get(&told).clone()).collect();
        told.extend(again);
        // A cheap shuffle that follows from the seed.
        told.sort_by_cached_key(|facts| {
            use std::hash::{DefaultHasher, Hash, Hasher};
            let mut hasher = DefaultHasher::new();
            (seed, format!("{facts:?}")).hash(&mut hasher);
            hasher.finish()
        });
        let (account, known) = settled(&told, 0);
        prop_assert_eq!(account.completions, 1);
        prop_assert_eq!(account.balance(), CREDITS - CREDITS * gone(&known) / PRICE_MINOR);
        prop_assert_eq!(account.booked().taken_minor_in_all(), gone(&known));
    }

    #[test]
    fn what_was_spent_is_owed_and_comes_back(
        stories in prop::collection::vec(story(), 0..4), spent in 1..=CREDITS, reverse in any::<bool>(),
    ) {
        let mut told = news(&stories);
        if reverse {
            told.reverse();
        }
        told.insert(0, Facts { received: Some(usd(PRICE_MINOR)), reversals: BTreeMap::new() });
        let (account, known) = settled(&told, spent);
        prop_assert_eq!(account.balance(), CREDITS - spent - CREDITS * gone(&known) / PRICE_MINOR);
    }
}

#[test]
fn nothing_is_booked_before_the_money_is_there_or_for_other_money() {
    let account = Account::new();
    let refunded = [("re_1".to_owned(), reversal(RevokeCause::Refund, 10, Standing::Taken))];
    let early = Facts { received: None, reversals: refunded.into() };
    assert_eq!(difference(&account.booked(), &early), Ok(None));
    let of = |received| Facts { received: Some(received), reversals: BTreeMap::new() };
    let euros = Money { currency: Currency::try_new("EUR").unwrap(), ..usd(PRICE_MINOR) };
    for received in [usd(PRICE_MINOR - 1), usd(PRICE_MINOR + 1), usd(0), euros] {
        let review = Review::Amount { asked: usd(PRICE_MINOR), received };
        assert_eq!(difference(&account.booked(), &of(received)), Err(review));
    }
    assert_eq!(difference(&Booked::default(), &of(usd(PRICE_MINOR))), Err(Review::Orphan));
}

#[test]
fn what_a_person_took_back_is_left_alone() {
    let mut account = Account::new();
    let mut facts = Facts { received: Some(usd(PRICE_MINOR)), reversals: BTreeMap::new() };
    account.settle(&facts);
    let (purchase_id, reason) = (account.purchase(), Note::try_new("by hand").unwrap());
    let (cause, extent) = (RevokeCause::Refund, RevokeExtent::PriceMinor(900));
    let reference = ReferenceText::try_new("by-hand").unwrap();
    account.run(Command::RevokePurchase(RevokePurchase { purchase_id, extent, cause, reference, reason })).unwrap();
    facts.reversals.insert("re_1".to_owned(), reversal(RevokeCause::Refund, 500, Standing::Taken));
    account.settle(&facts);
    assert_eq!((account.booked().taken_minor("re_1"), account.balance()), (99, 0), "no more than the price goes back");
}

#[test]
fn more_money_than_can_be_counted_went_back_whole() {
    let disputes =
        ["dp_1", "dp_2"].map(|id| (id.to_owned(), reversal(RevokeCause::Dispute, i64::MAX, Standing::Taken)));
    let facts = Facts { received: Some(usd(PRICE_MINOR)), reversals: disputes.into() };
    assert!(facts.went_back());
    let mut account = Account::new();
    account.settle(&facts);
    assert_eq!((account.booked().taken_minor_in_all(), account.balance()), (PRICE_MINOR, 0));
}
