//! What is told of every fact that there is, and what the guide for receivers shows of it.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{TimeZone, Utc};
use domain::CommandId;
use store::EventMetadata;

use super::*;

const GUIDE: &str = include_str!("../../../docs/notifications.md");

fn acme() -> OrganizationId {
    OrganizationId::try_new("acme").expect("valid")
}

/// The first version of a fact, as the domain keeps it for ever.
fn golden(name: &str) -> Event {
    let mut event = stored(name);
    if let Fact::GrantExpired(fact) = &mut event.fact {
        // The golden one's credits were all held.
        fact.grant.amount = Credits::new(150);
    }
    event
}

fn stored(name: &str) -> Event {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../domain/golden/{name}/1.0.0.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("a golden event")
}

fn recorded(event: Event) -> RecordedEvent {
    RecordedEvent {
        organization: acme(),
        partition: 0,
        position: 9,
        sequence: 42,
        event_id: Uuid::from_u128(0x0198_c1f8_0000_8000_8000_0000_0000_0001),
        command_id: CommandId::without_key(Uuid::nil()),
        command_index: 0,
        command_count: 1,
        entity_id: event.fact.entity_id(),
        recorded_at: event.occurred_at,
        event,
        event_version: "1.0.0".to_owned(),
        metadata: EventMetadata::default(),
        idempotency_key: None,
        request_hash: None,
        chain_hash: [0; 32],
    }
}

fn ending() -> Ending {
    Ending {
        organization: acme(),
        grant_id: GrantId::new(Uuid::from_u128(7)),
        category: "promotional".to_owned(),
        remaining: Credits::new(250),
        expires_at: Utc.with_ymd_and_hms(2026, 1, 8, 0, 0, 0).unwrap(),
    }
}

/// One notification of each type, as the guide shows it.
fn examples() -> BTreeMap<&'static str, Notification> {
    let mut examples = BTreeMap::new();
    for name in TOLD {
        let mut event = golden(name);
        // What its golden file does not show.
        match &mut event.fact {
            Fact::RechargeFailed(f) => f.failure = RechargeFailure::Declined,
            Fact::PurchaseRevoked(f) => f.cause = RevokeCause::Refund,
            _ => {}
        }
        let told = of_event(&recorded(event.clone())).expect("it is told of");
        examples.entry(told.name).or_insert(told);
        match &mut event.fact {
            Fact::RechargeFailed(f) => f.failure = RechargeFailure::ActionRequired,
            Fact::PurchaseRevoked(f) => f.cause = RevokeCause::Dispute,
            _ => continue,
        }
        let told = of_event(&recorded(event)).expect("it is told of");
        examples.insert(told.name, told);
    }
    let now = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
    let told = of_ending(&ending(), now);
    examples.insert(told.name, told);
    examples
}

#[test]
fn the_search_asks_for_exactly_what_is_told_of() {
    let told = |name: &&str| of_event(&recorded(golden(name))).is_some();
    let found: Vec<&str> = domain::Fact::ALL.iter().map(|(name, _)| *name).filter(told).collect();
    let (mut found, mut asked) = (found, TOLD.to_vec());
    found.sort_unstable();
    asked.sort_unstable();
    assert_eq!(found, asked);
}

#[test]
fn every_kind_is_told_by_some_event_or_time() {
    let examples = examples();
    let kinds: Vec<&str> =
        Kind::ALL.iter().map(|kind| kind.name()).filter(|name| !examples.contains_key(name)).collect();
    assert_eq!(kinds, Vec::<&str>::new(), "never told");
    assert_eq!(examples.len(), Kind::ALL.len());
}

#[test]
fn a_grant_that_ended_while_all_of_it_was_held_is_told_of_when_it_comes_back() {
    assert_eq!(of_event(&recorded(stored("GrantExpired"))), None);
}

#[test]
fn a_refund_that_is_undone_is_no_won_dispute() {
    let mut event = golden("PurchaseReinstated");
    let Fact::PurchaseReinstated(fact) = &mut event.fact else { panic!("another fact") };
    fact.cause = RevokeCause::Refund;
    assert_eq!(of_event(&recorded(event)), None);
}

#[test]
fn the_id_is_the_events_and_a_grants_is_its_own_for_each_end() {
    let event = recorded(golden("LowBalanceReached"));
    assert_eq!(of_event(&event).map(|told| told.id), Some(event.event_id));
    let now = event.recorded_at;
    let (one, again) = (of_ending(&ending(), now), of_ending(&ending(), now + std::time::Duration::from_secs(60)));
    assert_eq!(one.id, again.id);
    let later = Ending { expires_at: ending().expires_at + std::time::Duration::from_secs(1), ..ending() };
    assert_ne!(of_ending(&later, now).id, one.id);
}

/// The guide's JSON: whole notifications, and type with data alone.
fn shown() -> Vec<Value> {
    let blocks = GUIDE.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let bodies = blocks.flat_map(|block| serde_json::Deserializer::from_str(block).into_iter::<Value>());
    bodies.filter_map(Result::ok).filter(|body| body["type"].is_string()).collect()
}

#[test]
fn the_guide_shows_every_type_as_it_is_sent() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (name, example) in examples() {
        let body: Value = serde_json::from_str(&example.body).expect("JSON");
        let short = json!({"type": name, "data": body["data"]});
        let mut of_type = shown().into_iter().filter(|shown| shown["type"] == name).peekable();
        seen += usize::from(of_type.peek().is_some());
        let differs = of_type.any(|shown| shown != body && shown != short);
        if differs || !shown().contains(&short) {
            wrong.push(short.to_string());
        }
    }
    assert!(wrong.is_empty(), "docs/notifications.md ({seen} types) should show\n{}", wrong.join("\n"));
}
