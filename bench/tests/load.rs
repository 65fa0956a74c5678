//! The load generator against a server that answers as told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use ledger_bench::load::{self, Kind, Order, Pace, Plan, Target, Work};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const STALL: Duration = Duration::from_millis(500);

fn plan(connections: u32, pace: Pace, requests_max: u64) -> Plan {
    Plan { connections, pace, warm_up: Duration::ZERO, measured: Duration::from_secs(60), requests_max }
}

fn work(kind: Kind, organizations: u64) -> Work {
    Work { kind, prefix: "t".to_owned(), organizations, order: Order::Round }
}

async fn serve(router: Router) -> anyhow::Result<Target> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let target = Target::try_new(listener.local_addr()?, "key")?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(target)
}

#[tokio::test]
async fn a_bounded_run_counts_every_command_once() -> anyhow::Result<()> {
    let keys = Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
    let seen = Arc::clone(&keys);
    let consume = move |headers: HeaderMap| async move {
        let key = headers["idempotency-key"].to_str().map(str::to_owned).unwrap_or_default();
        let is_new = seen.lock().is_ok_and(|mut keys| keys.insert(key));
        if is_new { StatusCode::CREATED } else { StatusCode::CONFLICT }
    };
    let target = serve(Router::new().route("/v1/organizations/{org}/consumptions", post(consume))).await?;
    let measured = load::run(&target, work(Kind::Consume, 3), plan(8, Pace::Closed, 500)).await?;
    assert_eq!((measured.commands, measured.latency.len()), (500, 500));
    assert_eq!(measured.statuses, [(201, 500)].into());
    Ok(())
}

#[tokio::test]
async fn a_batch_counts_only_what_was_accepted() -> anyhow::Result<()> {
    let commands = |Json(body): Json<Value>| async move {
        let items = body["commands"].as_array().map_or(0, Vec::len);
        let results: Vec<Value> = (0..items).map(|n| json!({ "status": if n == 0 { 402 } else { 201 } })).collect();
        Json(json!({ "results": results }))
    };
    let target = serve(Router::new().route("/v1/commands", post(commands))).await?;
    let measured = load::run(&target, work(Kind::Batch(10), 3), plan(2, Pace::Closed, 5)).await?;
    assert_eq!((measured.commands, measured.statuses), (45, [(200, 5)].into()));
    Ok(())
}

#[tokio::test]
async fn a_confirmation_follows_its_reservation() -> anyhow::Result<()> {
    let router = Router::new()
        .route("/v1/organizations/t-0/reservations", post(|| async { (StatusCode::CREATED, r#"{"id": "r7"}"#) }))
        .route("/v1/organizations/t-0/reservations/r7/confirm", post(|| async { "{}" }));
    let measured = load::run(&serve(router).await?, work(Kind::Pair, 1), plan(1, Pace::Closed, 10)).await?;
    assert_eq!(measured.statuses, [(201, 5), (200, 5)].into());
    Ok(())
}

#[tokio::test]
async fn a_fixed_rate_counts_the_wait_behind_a_stall() -> anyhow::Result<()> {
    let count = Arc::new(AtomicU64::new(0));
    let consume = move || async move {
        if count.fetch_add(1, Ordering::Relaxed) == 0 {
            tokio::time::sleep(STALL).await;
        }
        StatusCode::CREATED
    };
    let target = serve(Router::new().route("/v1/organizations/t-0/consumptions", post(consume))).await?;
    let pace = Pace::Fixed { requests_per_second: 100 };
    let measured = load::run(&target, work(Kind::Consume, 1), plan(1, pace, 50)).await?;
    // One connection: everything that was due during the stall waited for its end.
    let half = Duration::from_micros(measured.latency.value_at_quantile(0.5));
    assert!(half > STALL / 5, "the median is {half:?}: the stall is hidden");
    Ok(())
}

#[test]
fn load_goes_to_this_machine_only() -> anyhow::Result<()> {
    assert!(Target::try_new("127.0.0.1:80".parse()?, "key").is_ok());
    assert!(Target::try_new("192.0.2.1:80".parse()?, "key").is_err());
    Ok(())
}
