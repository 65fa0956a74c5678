//! Commands with every text that a caller may give, as validation leaves them.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};

use domain::commands::*;
use domain::free_credits::{RecurringGrant, Rollover};
use domain::grant::{Category, Currency, Money, OperationPattern};
use domain::ids::{ConsumptionId, GrantId, PurchaseId, ReservationId};
use domain::recharge::{AutoRechargePolicy, RechargeFailure, RechargePackage, ResumeCause, SuspensionCause};
use domain::text::{Label, Link, Metadata, Note, ReferenceText, Unit};
use domain::usage::{Reference, Usage};
use domain::{Command, Credits, EntityId};

use super::fixture::Writer;

/// Every command in which a caller's text, number or metadata comes to stand in the log: each is tried. What is missing
/// says nothing of its own; a command that is added has to be put on one side or the other.
pub(super) const SAYING: [&str; 18] = [
    "adjust",
    "complete_recharge",
    "configure_auto_recharge",
    "configure_recurring_grant",
    "confirm_reservation",
    "consume",
    "expire_purchase",
    "fail_purchase",
    "fail_recharge",
    "grant",
    "record_purchase",
    "refund_consumption",
    "reinstate_purchase",
    "reserve",
    "revoke_purchase",
    "start_purchase",
    "suspend_recharge",
    "void_grant",
];

/// Whether a command says something.
pub(super) fn says(command: &Command) -> bool {
    match command {
        Command::Adjust(_)
        | Command::CompleteRecharge(_)
        | Command::ConfigureAutoRecharge(_)
        | Command::ConfigureRecurringGrant(_)
        | Command::ConfirmReservation(_)
        | Command::Consume(_)
        | Command::ExpirePurchase(_)
        | Command::FailPurchase(_)
        | Command::FailRecharge(_)
        | Command::Grant(_)
        | Command::RecordPurchase(_)
        | Command::RefundConsumption(_)
        | Command::ReinstatePurchase(_)
        | Command::Reserve(_)
        | Command::RevokePurchase(_)
        | Command::StartPurchase(_)
        | Command::SuspendRecharge(_)
        | Command::VoidGrant(_) => true,
        Command::CancelReservation(_)
        | Command::ChangeSettings(_)
        | Command::RequestRecharge
        | Command::ResumeRecharge(_)
        | Command::Settle => false,
    }
}

/// Texts of every kind of character, the troublesome ones often.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x1f\\x7f-\\xa0\"\\\\/]{1,40}",
        "[\\u{d7ff}\\u{e000}\\u{fffd}-\\u{10ffff}]{1,20}",
        "\\\\u[0-9a-f]{4}",
    ]
}

fn metadata() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(7, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    prop::collection::btree_map(text(), value, 0..4).prop_map(|map| map.into_iter().collect())
}

fn sample<S: Strategy>(runner: &mut TestRunner, strategy: S) -> S::Value {
    strategy.new_tree(runner).expect("the strategies reject nothing").current()
}

/// The labels of a consumption, each a text that validation let through.
fn usage(runner: &mut TestRunner) -> Option<Usage> {
    let label = |runner: &mut TestRunner| Label::try_new(&sample(runner, text())).ok();
    let unit = |runner: &mut TestRunner| Unit::try_new(&sample(runner, text())).ok();
    Some(Usage {
        operation: label(runner),
        subject: label(runner),
        description: Note::try_new(&sample(runner, text())).ok(),
        reference: unit(runner)
            .zip(ReferenceText::try_new(&sample(runner, text())).ok())
            .map(|(kind, id)| Reference { kind, id }),
        quantities: unit(runner).map(|unit| (unit, sample(runner, 0..=Usage::MAX_QUANTITY))).into_iter().collect(),
        dimensions: unit(runner).zip(label(runner)).into_iter().collect(),
        metadata: Metadata::try_new(sample(runner, metadata())).ok()?,
        used_at: None,
    })
}

/// What an organization's commands have made, for commands that are about it.
#[derive(Default)]
pub(super) struct Made {
    grants: Vec<EntityId>,
    consumptions: Vec<EntityId>,
    reservations: Vec<EntityId>,
    started: Vec<EntityId>,
    paid: Vec<EntityId>,
    revoked: Vec<(EntityId, ReferenceText)>,
}

impl Made {
    /// An accepted command made this entity, or was about it.
    pub(super) fn note(&mut self, command: &Command, entity: Option<EntityId>) {
        let Some(entity) = entity else { return };
        match command {
            Command::Grant(_) => self.grants.push(entity),
            Command::Consume(_) => self.consumptions.push(entity),
            Command::Reserve(_) => self.reservations.push(entity),
            Command::StartPurchase(_) => self.started.push(entity),
            Command::RecordPurchase(_) => self.paid.push(entity),
            Command::RevokePurchase(c) => self.revoked.push((entity, c.reference.clone())),
            _ => {}
        }
    }
}

/// One of the newest, which is taken: most commands are about a thing once.
fn newest<T>(of: &mut Vec<T>) -> Option<T> {
    of.pop()
}

fn note(runner: &mut TestRunner) -> Option<Note> {
    Note::try_new(&sample(runner, text())).ok()
}

fn reference(runner: &mut TestRunner) -> Option<ReferenceText> {
    ReferenceText::try_new(&sample(runner, text())).ok()
}

fn money(runner: &mut TestRunner) -> Money {
    let currency = Currency::try_new(&sample(runner, "[a-zA-Z]{3}")).expect("three letters");
    Money { amount_minor: sample(runner, 0..1_000_000_i64), currency }
}

fn offer(runner: &mut TestRunner) -> Offer {
    Offer {
        credits: Credits::new(10),
        price: money(runner),
        package_id: reference(runner),
        package_version: sample(runner, proptest::option::of(1..9_u32)),
        bonus_credits: None,
    }
}

fn patterns(runner: &mut TestRunner) -> Vec<OperationPattern> {
    OperationPattern::try_new(&sample(runner, text())).into_iter().collect()
}

/// Asks for more than the organization has, so that a recharge is asked for at once.
fn policy(runner: &mut TestRunner, writer: &Writer) -> Option<AutoRechargePolicy> {
    let threshold = writer.state.unrestricted_balance() + Credits::new(1);
    let credits = threshold + Credits::new(1);
    let package = RechargePackage {
        package_id: reference(runner)?,
        package_version: None,
        credits,
        bonus_credits: None,
        price: money(runner),
        validity_days: None,
    };
    Some(AutoRechargePolicy {
        enabled: true,
        threshold,
        package,
        amount: None,
        monthly_limit: None,
        cooldown_seconds: 0,
    })
}

/// A command with texts as validation left them: `None` where it refused one, or where there is nothing to be about.
pub(super) fn command(runner: &mut TestRunner, writer: &Writer, made: &mut Made) -> Option<Command> {
    let reason = note(runner)?;
    let metadata = Metadata::try_new(sample(runner, metadata())).ok()?;
    let amount = Credits::new(1);
    let in_flight = writer.state.recharge().in_flight.as_ref().map(|request| request.recharge_id);
    Some(match sample(runner, 0..24_u8) {
        0..5 => Command::Consume(Consume { amount: amount.into(), usage: usage(runner)?.into() }),
        5..7 => Command::Reserve(Reserve {
            amount: amount.into(),
            price_version: None,
            expires_in_seconds: domain::limits::MAX_RESERVATION_SECONDS,
            over: Over::default(),
            usage: usage(runner)?.into(),
        }),
        7 => Command::Adjust(Adjust { amount, reason }),
        8 | 9 => Command::Grant(Grant {
            amount: Credits::new(10),
            category: Category::Promotional,
            priority: 100,
            effective_at: None,
            expiry: Expiry::Never,
            applies_to: patterns(runner),
            reason,
            metadata,
        }),
        10 => Command::VoidGrant(VoidGrant { grant_id: GrantId::new(newest(&mut made.grants)?), reason }),
        11 | 12 => Command::StartPurchase(StartPurchase {
            offer: offer(runner),
            payment_reference: reference(runner)?,
            metadata,
        }),
        13 | 14 => Command::RecordPurchase(RecordPurchase {
            offer: offer(runner),
            payment_reference: reference(runner)?,
            expiry: Expiry::Never,
            metadata,
        }),
        15 => {
            let end = EndPurchase { purchase_id: PurchaseId::new(newest(&mut made.started)?), reason };
            if sample(runner, any::<bool>()) { Command::FailPurchase(end) } else { Command::ExpirePurchase(end) }
        }
        16 => Command::RevokePurchase(RevokePurchase {
            purchase_id: PurchaseId::new(newest(&mut made.paid)?),
            extent: RevokeExtent::Rest,
            cause: RevokeCause::Dispute,
            reference: reference(runner)?,
            reason,
        }),
        17 => {
            let (purchase, reference) = newest(&mut made.revoked)?;
            Command::ReinstatePurchase(ReinstatePurchase { purchase_id: PurchaseId::new(purchase), reference, reason })
        }
        18 => Command::RefundConsumption(RefundConsumption {
            consumption_id: ConsumptionId::new(newest(&mut made.consumptions)?),
            amount: None,
            reason,
        }),
        19 => Command::ConfirmReservation(ConfirmReservation {
            reservation_id: ReservationId::new(newest(&mut made.reservations)?),
            amount: Some(amount),
            quantities: usage(runner)?.quantities,
            books: None,
        }),
        20 => Command::ConfigureRecurringGrant(ConfigureRecurringGrant {
            grant: Some(RecurringGrant {
                amount,
                rollover: Rollover::All,
                priority: 100,
                applies_to: patterns(runner),
            }),
            starts_at: None,
        }),
        21 if in_flight.is_none() => Command::ConfigureAutoRecharge(Some(policy(runner, writer)?)),
        21 => Command::CompleteRecharge(CompleteRecharge { recharge_id: in_flight?, metadata }),
        22 => Command::FailRecharge(FailRecharge {
            recharge_id: in_flight?,
            failure: RechargeFailure::Declined,
            detail: note(runner),
            link: Link::try_new(&sample(runner, text())).ok(),
        }),
        _ if writer.state.recharge().suspended.is_some() => {
            Command::ResumeRecharge(ResumeRecharge { cause: ResumeCause::Person })
        }
        _ => Command::SuspendRecharge(SuspendRecharge { cause: SuspensionCause::Asked, reason }),
    })
}
