//! Whatever goes wrong between us and Stripe: a request is charged at most once, and what is charged is credited.

use std::time::Duration;

use domain::Credits;
use domain::ids::{PurchaseId, RechargeId};
use domain::recharge::{RechargeFailure, SuspensionCause};
use futures::StreamExt;
use payments::gateway::{CustomerId, OffSessionCharge, PaymentLabels, PaymentMethodId};
use payments::recharge::Attempts;
use store::Clock;
use stripe_fake::{Fault, Kind, TestCard};
use uuid::Uuid;

use super::world::{World, impatient, policy, usd};

/// Longer than the gateway of these tests waits for an answer.
const SILENCE: u64 = 1_300;

const FAULTS: [Kind; 14] = Kind::each(SILENCE);

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
    // A few at a time: each has connections of its own.
    futures::stream::iter(runs).for_each_concurrent(3, |run| run).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_a_charge_whose_answer_was_lost_is_no_failure() {
    let world = World::with(1, Some(TestCard::Succeeds), impatient()).await;
    // One lost answer, then refusals: of the gateway's own second try, and of the next ones.
    world.fake.fault(Fault::of_post("/v1/payment_intents", Kind::ResetAfter));
    world.fake.fault(Fault { times: 3, ..Fault::of_post("/v1/payment_intents", Kind::ErrorBefore { status: 400 }) });
    world.configure(policy()).await;
    outlast(&world, 60).await;
    world.assert_charged(1).await;
    assert_eq!(world.recharge().await.suspended, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shut_is_never_sent_and_what_is_fixed_is_never_shut() {
    let world = World::new(0, None).await;
    let attempts = Attempts::new(world.pool.clone());
    let charge = OffSessionCharge {
        customer: CustomerId::new("cus_1"),
        payment_method: PaymentMethodId::new("pm_1"),
        amount: usd(1_000),
        labels: PaymentLabels {
            organization_id: world.organization.clone(),
            purchase_id: PurchaseId::new(Uuid::from_u128(1)),
            package_id: None,
            credits: Credits::new(1),
            attempt_id: None,
        },
    };
    let insert = "INSERT INTO payments.recharge_attempts
        (recharge_id, organization_id, partition, position, requested_at, next_at)
        VALUES ($1, 'acme', 0, $2, now(), now())";
    let row = async |n: u128| {
        let id = Uuid::from_u128(n);
        let place = i64::try_from(n).unwrap();
        sqlx::query(insert).bind(id).bind(place).execute(&world.pool).await.unwrap();
        RechargeId::new(id)
    };
    let (shut, fixed) = (row(1).await, row(2).await);
    assert!(attempts.shut(shut).await.unwrap());
    assert_eq!(attempts.freeze(shut, &charge).await.unwrap(), None);
    assert!(!attempts.sending(shut, world.clock.now()).await.unwrap());
    assert_eq!(attempts.freeze(fixed, &charge).await.unwrap(), Some(charge.clone()));
    assert!(!attempts.shut(fixed).await.unwrap());
    let other = OffSessionCharge { payment_method: PaymentMethodId::new("pm_2"), ..charge.clone() };
    assert_eq!(attempts.freeze(fixed, &other).await.unwrap(), Some(charge), "the first stays");
}
