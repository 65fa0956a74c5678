//! Many consumers, many nodes: one charge for each request.

use std::time::{Duration, Instant};

use domain::recharge::AutoRechargePolicy;
use futures::future::join_all;
use stripe_fake::TestCard;

use super::world::{COOLDOWN, PACKAGE, PRICE_MINOR, World, complete, consume, policy, usd};

/// How long crowds are sent before the machine is taken to be broken.
const SENT_FOR: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_consumers_cross_at_once_and_are_charged_once() {
    let world = World::new(2, Some(TestCard::Succeeds)).await;
    world.configure(policy()).await;
    world.settled().await;
    world.assert_charged(1).await;
    for crossings in 2..=3 {
        // Past the cool-down, so that only the crossing asks.
        world.pass(COOLDOWN);
        // One crowd finds as much as there is, the next one what was bought meanwhile: others take the place of the refused.
        let (mut spent, started) = (0, Instant::now());
        while spent < usize::try_from(PACKAGE).unwrap() {
            assert!(started.elapsed() < SENT_FOR, "{spent} were taken");
            let answers = join_all((0..1_000).map(|n| world.run_on(n % 2, consume(1)))).await;
            spent += answers.iter().filter(|answer| answer.is_ok()).count();
        }
        world.settled().await;
        world.assert_charged(crossings).await;
    }
    assert_eq!(world.count("RechargeRequested").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_outlives_its_claim_is_worked_at_twice_and_charged_once() {
    const SILENCE: Duration = Duration::from_secs(4);
    let world = World::new(2, Some(TestCard::Succeeds)).await;
    let silence = stripe_fake::Kind::TimeoutAfter { milliseconds: 4_000 };
    world.fake.fault(stripe_fake::Fault::of_post("/v1/payment_intents", silence));
    world.configure(policy()).await;
    while world.charged().0 == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let charged = Instant::now();
    // Its worker waits for an answer, and has it no longer.
    world.pass(150);
    let sends = "SELECT sends FROM payments.recharge_attempts";
    while sqlx::query_scalar::<_, i32>(sends).fetch_one(&world.pool).await.unwrap() < 2 {
        assert!(charged.elapsed() < SILENCE, "no other worker took it");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // By then both have been answered, and have told the ledger.
    tokio::time::sleep(SILENCE).await;
    world.settled().await;
    world.assert_charged(1).await;
    assert_eq!((world.count("RechargeCompleted").await, world.balance().await), (1, PACKAGE));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_never_pass_the_months_limit() {
    let world = World::new(2, Some(TestCard::Succeeds)).await;
    let limit = usd(4 * PRICE_MINOR);
    world.configure(AutoRechargePolicy { monthly_limit: Some(limit), cooldown_seconds: 0, ..policy() }).await;
    for _ in 0..8 {
        join_all((0..200).map(|n| world.run_on(n % 2, consume(5)))).await;
        world.settled().await;
        assert!(world.charged().1 <= limit.amount_minor, "{:?}", world.charged());
    }
    world.assert_charged(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_before_the_answer_and_one_after_it_change_nothing() {
    let world = World::new(2, Some(TestCard::Succeeds)).await;
    let silence = stripe_fake::Kind::TimeoutAfter { milliseconds: 700 };
    world.fake.fault(stripe_fake::Fault::of_post("/v1/payment_intents", silence));
    world.configure(policy()).await;
    let asked = world.until("asked", |recharge| recharge.in_flight.is_some()).await.in_flight.unwrap();
    while world.charged().0 == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // The inbox of the other node hears of the payment first.
    world.run_on(1, complete(asked.recharge_id)).await.unwrap();
    assert_eq!(world.recharge().await.in_flight, None);
    world.settled().await;
    world.run_on(1, complete(asked.recharge_id)).await.unwrap();
    world.assert_charged(1).await;
    assert_eq!(world.balance().await, PACKAGE);
}
