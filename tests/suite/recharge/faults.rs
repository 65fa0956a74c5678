//! Whatever goes wrong between us and Stripe: a request is charged at most once, and what is charged is credited.

use std::time::Duration;

use domain::recharge::{RechargeFailure, SuspensionCause};
use stripe_fake::{Fault, Kind, TestCard};

use super::world::{World, impatient, policy};

/// Longer than the gateway of these tests waits for an answer.
const SILENCE: u64 = 1_300;

const FAULTS: [Kind; 12] = [
    Kind::ErrorBefore { status: 409 },
    Kind::ErrorBefore { status: 429 },
    Kind::ErrorBefore { status: 500 },
    Kind::ErrorAfter { status: 500 },
    Kind::TimeoutBefore { milliseconds: SILENCE },
    Kind::TimeoutAfter { milliseconds: SILENCE },
    Kind::ResetBefore,
    Kind::ResetAfter,
    Kind::HtmlBefore { status: 502 },
    Kind::HtmlAfter { status: 502 },
    Kind::HtmlAfter { status: 200 },
    Kind::GarbageAfter,
];

/// Lets time pass until nothing is open.
async fn outlast(world: &World, step_seconds: i64) {
    for _ in 0..400 {
        if world.ended().await > 0 && world.open().await == 0 {
            return;
        }
        world.pass(step_seconds);
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    panic!("never settled: {:#?}", world.rows().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_ends_in_one_charge_and_one_credit() {
    let runs = FAULTS.map(|kind| async move {
        let world = World::with(2, Some(TestCard::Succeeds), impatient()).await;
        // Three tries of the gateway, and the next claim's, fail.
        world.fake.fault(Fault { times: 5, ..Fault::of_post("/v1/payment_intents", kind) });
        world.configure(policy()).await;
        outlast(&world, 60).await;
        assert_eq!((world.charged().0, world.credited().await.0), (1, 1), "{kind:?}: {:#?}", world.rows().await);
        assert_eq!(world.count("RechargeRequested").await, 1, "{kind:?}");
    });
    futures::future::join_all(runs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_never_comes_to_be_is_abandoned_and_asked_for_anew() {
    let world = World::with(1, Some(TestCard::Succeeds), impatient()).await;
    world
        .fake
        .fault(Fault { times: 10_000, ..Fault::of_post("/v1/payment_intents", Kind::ErrorBefore { status: 500 }) });
    world.configure(policy()).await;
    while world.recharge().await.last_ended.is_none() {
        assert_eq!(world.count("RechargeRequested").await, 1, "no second request while the first is unknown");
        world.pass(1_800);
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    let ended = world.recharge().await.last_ended.unwrap();
    assert_eq!(ended.failure, Some(RechargeFailure::Abandoned));
    world.fake.with(|stripe| stripe.faults.clear());
    world.pass(3_600);
    world.until("paid", |recharge| recharge.last_ended.as_ref().is_some_and(|ended| ended.failure.is_none())).await;
    world.settled().await;
    world.assert_charged(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_nobody_can_be_asked_about_expires_and_suspends() {
    let world = World::with(1, Some(TestCard::Succeeds), impatient()).await;
    // Stripe charges, and is then not to be reached for two days.
    let silence = Kind::TimeoutAfter { milliseconds: SILENCE };
    world.fake.fault(Fault::of_post("/v1/payment_intents", silence));
    let gone = Kind::ErrorBefore { status: 503 };
    world.fake.fault(Fault { method: None, times: 100_000, ..Fault::of_post("/v1/payment_intents", gone) });
    world.configure(policy()).await;
    while world.charged().0 == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    world.pass(2 * 86_400);
    let recharge = world.until("given up", |recharge| recharge.suspended.is_some()).await;
    assert_eq!(recharge.suspended.map(|suspension| suspension.cause), Some(SuspensionCause::TimedOut));
    world.fake.with(|stripe| stripe.faults.clear());
    outlast(&world, 1_800).await;
    world.assert_charged(1).await;
    let recharge = world.recharge().await;
    assert!(recharge.suspended.is_some(), "a person looks first");
    assert_eq!(recharge.month_spent_minor.values().sum::<i64>(), 1_000, "reserved once, charged once");
}
