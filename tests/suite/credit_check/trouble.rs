//! The ledger gives no answer: before the handler, after it, and for too long.

use std::time::Duration;

use credit_check::{CreditCheck, Ledger, Settings, Unreachable};
use paid_images::{PICTURE, organization};
use serde_json::json;

use super::service::{Service, World, charges, quick};
use super::wire::State;
use crate::support::node::ADMIN_KEY;

const PRICE: i64 = PICTURE as i64;
const SECOND: Duration = Duration::from_secs(1);

/// Holds of three seconds.
fn short() -> Settings {
    Settings { handler_deadline: SECOND, confirm_within: SECOND, reserve_within: SECOND, ..quick() }
}

/// The wire's state changes once the credits are held and before the handler is done, for handlers that sleep 300 ms.
async fn while_it_works(world: &World, state: State) {
    tokio::time::sleep(Duration::from_millis(150)).await;
    world.wire.is(state);
}

/// The ledger falls silent while the handler works, so that the caller is told that the charge is on its way; then the
/// hold ends.
async fn outlives_its_hold(world: &World, path: &str, prompt: &str) {
    let asked = world.service.ask(path, prompt, Some("k"));
    let (answer, ()) = tokio::join!(asked, while_it_works(world, State::Silent));
    assert_eq!((answer.status, answer.body["code"].as_str()), (503, Some("charge_pending")), "{}", answer.body);
    tokio::time::sleep(4 * SECOND).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_ledger_nothing_runs_unless_that_is_wanted() {
    let world = World::with_credits(quick(), 1_000).await;
    let open = Settings { unreachable: Unreachable::RunUncharged, ..quick() };
    let generous = CreditCheck::new(Ledger::new(&world.wire.url, ADMIN_KEY).unwrap(), organization, open.clone());
    let generous = Service::start(generous).await;
    let stranger = CreditCheck::new(Ledger::new(&world.wire.url, "not-a-key").unwrap(), organization, open);
    let stranger = Service::start(stranger).await;
    let refused = stranger.ask("/images", "a cat", None).await;
    assert_eq!((refused.status, refused.body["code"].as_str()), (500, Some("charge_refused")), "a refusal is believed");

    world.wire.is(State::Silent);
    let (closed, opened) =
        tokio::join!(world.service.ask("/images", "a cat", None), generous.ask("/images", "a cat", None));
    assert_eq!((closed.status, closed.body["code"].as_str()), (503, Some("ledger_unreachable")), "{}", closed.body);
    assert!(closed.headers.contains_key("retry-after"));
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert_eq!((world.service.runs(), generous.runs(), stranger.runs()), (0, 1, 0));
    world.wire.is(State::Sound);
    assert_eq!(generous.ask("/images", "a cat", None).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_waits_until_its_charge_is_durable() {
    let world = World::with_credits(quick(), 1_000).await;
    let service = &world.service;
    let asked = service.ask("/images", "sleep 300 a cat", None);
    let silence = async {
        while_it_works(&world, State::Silent).await;
        while service.runs() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(charges(&world.database.pool).await, []);
        world.wire.is(State::Sound);
    };
    let started = std::time::Instant::now();
    let (answer, ()) = tokio::join!(asked, silence);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(started.elapsed() >= Duration::from_millis(700), "it left before its charge: {:?}", started.elapsed());
    assert_eq!(world.settled().await, (1_000 - PRICE, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_asked_for_again_and_charges_once() {
    let world = World::with_credits(quick(), 1_000).await;
    let service = &world.service;
    let asked = service.ask("/images", "sleep 300 a cat", Some("k"));
    let trouble = async {
        while_it_works(&world, State::NoAnswers).await;
        while charges(&world.database.pool).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.wire.is(State::Sound);
    };
    let (answer, ()) = tokio::join!(asked, trouble);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((world.settled().await, charges(&world.database.pool).await.len()), ((1_000 - PRICE, 0), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_when_the_work_is_done_has_been_charged() {
    let world = World::with_credits(quick(), 1_000).await;
    let service = &world.service;
    let client = service.client("acme");
    let asked = client.request("POST", "/images").json(&json!({"prompt": "sleep 300 a cat"}));
    let asked = client.send(asked.timeout(Duration::from_millis(900)));
    let (answer, ()) = tokio::join!(asked, while_it_works(&world, State::Silent));
    assert!(answer.is_err(), "the caller has gone");
    assert_eq!((service.runs(), charges(&world.database.pool).await.len()), (1, 0));
    world.wire.is(State::Sound);
    assert_eq!(world.settled().await, (1_000 - PRICE, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_comes_too_late_is_told_and_charged_without_its_hold() {
    let world = World::with_credits(short(), 1_000).await;
    let service = &world.service;
    outlives_its_hold(&world, "/images", "sleep 300 a cat").await;
    world.wire.is(State::Sound);
    assert_eq!(world.settled().await, (1_000 - PRICE, 0));
    let charged = charges(&world.database.pool).await;
    assert_eq!(charged, [(service.answered.lock().unwrap()[0].0, PRICE)]);
    let again = service.ask("/images", "a cat", Some("k")).await;
    assert_eq!((again.status, again.body["code"].as_str()), (409, Some("already_charged")), "{}", again.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cost_nothing_has_its_key_also_when_its_hold_has_expired() {
    let world = World::with_credits(short(), 1_000).await;
    let service = &world.service;
    outlives_its_hold(&world, "/chat", "sleep 300").await;
    world.wire.is(State::Sound);
    assert_eq!(world.settled().await, (1_000, 0), "it cost nothing, and nothing stays held");
    let run = service.answered.lock().unwrap()[0].0;
    assert_eq!(charges(&world.database.pool).await, [(run, 0)]);
    let again = service.ask("/chat", "three dear words", Some("k")).await;
    assert_eq!((again.status, again.body["code"].as_str()), (409, Some("already_charged")), "{}", again.body);
    assert_eq!((world.settled().await, service.runs()), ((1_000, 0), 1));
    assert_eq!(charges(&world.database.pool).await, [(run, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cost_nothing_gives_way_to_one_that_began_after_its_hold_expired() {
    let world = World::with_credits(short(), 1_000).await;
    let near = near(&world).await;
    outlives_its_hold(&world, "/chat", "sleep 300").await;
    let again = near.ask("/chat", "three dear words", Some("k")).await;
    assert_eq!(again.status, 200, "{}", again.body);
    world.wire.is(State::Sound);
    assert_eq!(world.settled().await, (997, 0), "one key, one run");
    assert_eq!(charges(&world.database.pool).await, [(near.answered.lock().unwrap()[0].0, 3)]);
}

/// The same service at another place, with a wire of its own to the ledger.
async fn near(world: &World) -> Service {
    let check = CreditCheck::new(Ledger::new(world.node.url(), ADMIN_KEY).unwrap(), organization, short());
    Service::start(check).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_begins_after_a_hold_has_expired_takes_the_place_of_its_late_charge() {
    let world = World::with_credits(short(), 1_000).await;
    let near = near(&world).await;
    outlives_its_hold(&world, "/images", "sleep 300 a cat").await;
    let again = near.ask("/images", "a cat", Some("k")).await;
    assert_eq!(again.status, 200, "{}", again.body);
    world.wire.is(State::Sound);
    assert_eq!(world.settled().await, (1_000 - PRICE, 0), "one key, one charge");
    assert_eq!(charges(&world.database.pool).await, [(near.answered.lock().unwrap()[0].0, PRICE)]);
}
