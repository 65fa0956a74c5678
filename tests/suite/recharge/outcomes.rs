//! What becomes of a recharge, card by card.

use domain::recharge::{AutoRechargePolicy, RechargeFailure, ResumeCause, SuspensionCause};
use stripe_fake::{Fault, Kind, TestCard};

use super::world::{COOLDOWN, PACKAGE, PRICE_MINOR, World, policy, usd};

/// The longest back-off after two declines.
const BACKED_OFF: i64 = 4 * COOLDOWN;

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_card_is_charged_once_for_each_crossing() {
    let world = World::new(1, Some(TestCard::Succeeds)).await;
    world.configure(policy()).await;
    for times in 1..=3 {
        world.until("paid", |recharge| recharge.in_flight.is_none()).await;
        world.settled().await;
        world.assert_charged(times).await;
        assert_eq!(world.balance().await, PACKAGE);
        world.spend_all().await;
        assert_eq!(world.recharge().await.in_flight, None, "it cools down");
        world.pass(COOLDOWN);
        world.until("asked again", |recharge| recharge.in_flight.is_some()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_declines_suspend_and_a_person_or_a_new_card_resumes() {
    let world = World::new(1, Some(TestCard::DeclinedLater)).await;
    world.configure(policy()).await;
    for declines in 1..=3 {
        world.until("declined", |recharge| recharge.declines_in_a_row == declines).await;
        world.settled().await;
        world.pass(BACKED_OFF);
    }
    let recharge = world.recharge().await;
    assert_eq!(recharge.suspended.map(|suspension| suspension.cause), Some(SuspensionCause::Declined));
    assert_eq!(world.count("RechargeRequested").await, 3);
    // Nobody can pay later what was given up.
    let open = world.fake.with(|stripe| stripe.intents.iter().filter(|i| i.status.name() != "canceled").count());
    assert_eq!(open, 0);

    world.resume(ResumeCause::Person).await;
    world.until("declined again", |recharge| recharge.declines_in_a_row == 1).await;
    world.save_card(TestCard::Succeeds);
    world.pass(BACKED_OFF);
    world.until("paid", |recharge| recharge.last_ended.as_ref().is_some_and(|ended| ended.failure.is_none())).await;
    world.settled().await;
    world.assert_charged(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_wants_its_holder_suspends_and_cannot_be_paid_behind_our_back() {
    let world = World::new(1, Some(TestCard::AuthenticationRequired)).await;
    world.configure(policy()).await;
    let recharge = world.until("suspended", |recharge| recharge.suspended.is_some()).await;
    assert_eq!(recharge.suspended.map(|suspension| suspension.cause), Some(SuspensionCause::ActionRequired));
    world.settled().await;
    let statuses = world.fake.with(|stripe| stripe.intents.iter().map(|i| i.status.name()).collect::<Vec<_>>());
    assert_eq!(statuses, ["canceled"]);
    world.pass(86_400);
    world.assert_charged(0).await;
    assert_eq!(world.count("PurchaseFailed").await, 1);

    world.save_card(TestCard::Succeeds);
    world.resume(ResumeCause::NewCard).await;
    world.until("paid", |recharge| recharge.last_ended.as_ref().is_some_and(|ended| ended.failure.is_none())).await;
    world.settled().await;
    world.assert_charged(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_charge_can_mend_suspends_at_once() {
    for (card, cause, failure) in [
        (Some(TestCard::Expired), SuspensionCause::CardUnusable, RechargeFailure::CardUnusable),
        (Some(TestCard::Lost), SuspensionCause::CardUnusable, RechargeFailure::CardUnusable),
        (None, SuspensionCause::NoCard, RechargeFailure::NoCard),
    ] {
        let world = World::new(1, card).await;
        world.configure(policy()).await;
        let recharge = world.until("suspended", |recharge| recharge.suspended.is_some()).await;
        assert_eq!(recharge.suspended.map(|suspension| suspension.cause), Some(cause));
        assert_eq!(recharge.last_ended.and_then(|ended| ended.failure), Some(failure));
        world.settled().await;
        world.assert_charged(0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_stripe_refuses_is_not_sent_again() {
    let world = World::new(1, Some(TestCard::Succeeds)).await;
    world.fake.fault(Fault::of_post("/v1/payment_intents", Kind::ErrorBefore { status: 400 }));
    world.configure(policy()).await;
    let recharge = world.until("suspended", |recharge| recharge.suspended.is_some()).await;
    assert_eq!(recharge.suspended.map(|suspension| suspension.cause), Some(SuspensionCause::Refused));
    world.settled().await;
    world.assert_charged(0).await;
    world.resume(ResumeCause::Person).await;
    world.pass(COOLDOWN);
    world.until("paid", |recharge| recharge.last_ended.as_ref().is_some_and(|ended| ended.failure.is_none())).await;
    world.assert_charged(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_arrives_days_later_is_credited_once() {
    let world = World::new(1, Some(TestCard::BankDebit)).await;
    world.configure(policy()).await;
    let intent = loop {
        let intent = world.fake.with(|stripe| stripe.intents.iter().next().map(|intent| intent.id.clone()));
        match intent {
            Some(intent) => break intent,
            None => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    world.pass(24 * 3_600 + 1);
    let recharge = world.until("given up", |recharge| recharge.suspended.is_some()).await;
    assert_eq!(recharge.suspended.map(|suspension| suspension.cause), Some(SuspensionCause::TimedOut));
    assert_eq!(world.open().await, 1, "it is looked at all the same");
    world.pass(3_600);
    world.fake.with(|stripe| stripe.settle(&intent, true)).unwrap();
    // A look that was under way when the money came is followed by another one.
    while world.open().await > 0 {
        world.pass(600);
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    world.assert_charged(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_for_a_recharge_that_nobody_wants_any_more() {
    let world = World::new(1, Some(TestCard::Succeeds)).await;
    // The cards cannot be read, so nothing is fixed and sent yet.
    let fault =
        Fault { method: Some("GET".to_owned()), times: 4, ..Fault::of_post("/v1/", Kind::ErrorBefore { status: 503 }) };
    world.fake.fault(fault);
    world.configure(policy()).await;
    world.until("asked", |recharge| recharge.in_flight.is_some()).await;
    world.run(domain::Command::ConfigureAutoRecharge(None)).await;
    world.pass(3_600);
    let recharge = world.until("withdrawn", |recharge| recharge.in_flight.is_none()).await;
    assert_eq!(recharge.last_ended.and_then(|ended| ended.failure), Some(RechargeFailure::Withdrawn));
    world.settled().await;
    world.assert_charged(0).await;
    assert_eq!(recharge.month_spent_minor.values().sum::<i64>(), 0, "the month is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_never_charged_for_more_than_its_limit() {
    let world = World::new(1, Some(TestCard::Succeeds)).await;
    let limit = usd(3 * PRICE_MINOR - 1);
    world.configure(AutoRechargePolicy { monthly_limit: Some(limit), cooldown_seconds: 0, ..policy() }).await;
    for _ in 0..4 {
        world.settled().await;
        world.spend_all().await;
    }
    world.settled().await;
    world.assert_charged(2).await;
}
