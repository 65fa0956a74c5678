//! The acceptance of the credit check: whatever fails, every handler that answered 200 is charged exactly once, and no
//! other is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use paid_images::PICTURE;
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::service::{Service, World, charges, quick};
use super::wire::State;
use crate::acceptance::{crashes, pause};
use crate::support::node::Node;

/// Callers at once.
const CALLERS: usize = 16;
/// Answers of 200 that a run is worth something with, and how long a slow machine may take for them.
const ANSWERS_MIN: usize = 50;
const ENOUGH_WITHIN: Duration = Duration::from_secs(120);
/// Holds of crashed runs end by their deadline; the sweeper is at most two seconds behind it.
const SWEPT_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn every_handler_that_answered_200_is_charged_exactly_once_and_no_other_is() {
    let mut world = World::with_credits(quick(), 1_000_000_000).await;
    world.wire.is(State::Torn);
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(call_until(Arc::clone(&stop), Arc::clone(&seen), caller, world.service.client("acme")));
    }
    for _ in 0..crashes() {
        tokio::time::sleep(pause()).await;
        world.node.kill();
        world.node = Node::start(&world.database.url).await;
        world.wire.leads_to(world.node.url());
    }
    let enough = async {
        while seen.load(Ordering::Relaxed) < ANSWERS_MIN {
            tokio::time::sleep(pause()).await;
        }
    };
    tokio::time::timeout(ENOUGH_WITHIN, enough).await.expect("callers are answered between the crashes");
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = callers.join_next().await {
        ended.expect("a caller does not panic");
    }
    world.wire.is(State::Sound);
    world.service.credits.settled().await;

    let answered = answered(&world.service);
    let charged = charges(&world.database.pool).await;
    assert!(seen.load(Ordering::Relaxed) <= answered.len(), "answers without a handler");
    let once: BTreeMap<Uuid, i64> = charged.iter().copied().collect();
    assert_eq!(once.len(), charged.len(), "a run was charged twice");
    assert_eq!(once.keys().collect::<Vec<_>>(), answered.keys().collect::<Vec<_>>(), "charged runs and answered ones");
    for (run, amount) in once {
        let tokens = answered[&run];
        assert!(amount == i64::try_from(PICTURE).unwrap() || amount == tokens, "{amount} for {tokens} tokens");
    }
    assert_no_hold_stays(&world).await;
}

fn answered(service: &Service) -> BTreeMap<Uuid, i64> {
    let answered = service.answered.lock().unwrap();
    answered.iter().map(|(run, tokens)| (*run, i64::try_from(*tokens).expect("few"))).collect()
}

/// Calls that succeed, fail, panic, take long, and are left before they are answered.
async fn call_until(
    stop: Arc<AtomicBool>,
    seen: Arc<AtomicUsize>,
    caller: usize,
    client: crate::support::http::Client,
) {
    const PROMPTS: [&str; 8] =
        ["a cat", "fail", "sleep 5 a dog", "panic", "sleep 20 two words", "a", "sleep 3 fail", "x"];
    for n in caller.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let path = if n % 3 == 0 { "/images" } else { "/chat" };
        let mut request = client.request("POST", path).json(&json!({"prompt": PROMPTS[n % PROMPTS.len()]}));
        if n % 4 == 1 {
            request = request.header("Idempotency-Key", format!("{caller}-{n}"));
        }
        if n % 5 == 2 {
            let millis = u64::try_from(n * 7 % 60).expect("small");
            request = request.timeout(Duration::from_millis(millis));
        }
        if let Ok(answer) = client.send(request).await {
            assert!([200, 500, 502, 503].contains(&answer.status), "{} {}", answer.status, answer.body);
            seen.fetch_add(usize::from(answer.status == 200), Ordering::Relaxed);
        }
    }
}

/// Whatever was held has ended.
async fn assert_no_hold_stays(world: &World) {
    let open = async || -> i64 {
        sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM store.events WHERE event_type = 'CreditsReserved')
                  - (SELECT count(DISTINCT entity_id) FROM store.events
                     WHERE event_type IN ('ReservationConfirmed', 'ReservationCancelled', 'ReservationExpired'))",
        )
        .fetch_one(&world.database.pool)
        .await
        .unwrap()
    };
    let swept = async {
        while open().await > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(SWEPT_WITHIN, swept).await.expect("no reservation stays open past its deadline");
    assert_eq!(world.settled().await.1, 0);
}
