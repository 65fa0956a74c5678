//! A first walk through the aggregate.
use chrono::{TimeDelta, TimeZone, Utc};
use domain::commands::*;
use domain::grant::Category;
use domain::text::{Metadata, Note};
use domain::usage::Usage;
use domain::*;
use std::sync::Arc;

fn step(state: &mut Organization, n: u128, now: Timestamp, command: Command) -> Result<Vec<Event>, CommandError> {
    let organization = OrganizationId::try_new("acme").unwrap();
    let mut history = History::new();
    loop {
        let context = Context {
            organization: &organization,
            command_id: CommandId::without_key(uuid::Uuid::from_u128(n)),
            now,
            history: &history,
        };
        match decide(state, &command, &context)? {
            Decision::Accepted { events, after } => {
                let mut folded = state.clone();
                for event in &events {
                    let text = serde_json::to_string(event).unwrap();
                    let back: Event = serde_json::from_str(&text).unwrap();
                    assert_eq!(&back, event, "{text}");
                    evolve(&mut folded, &back);
                }
                assert_eq!(folded, after);
                let text = serde_json::to_string(&after).unwrap();
                assert_eq!(serde_json::from_str::<Organization>(&text).unwrap(), after);
                *state = after;
                return Ok(events);
            }
            Decision::NeedsHistory(id) => {
                history.insert(id, Vec::new());
            }
        }
    }
}

#[test]
fn walk() {
    let mut state = Organization::default();
    let t = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
    let grant = Command::Grant(Grant {
        amount: Credits::new(1000),
        category: Category::Paid,
        priority: 100,
        effective_at: None,
        expiry: Expiry::In(60),
        applies_to: vec![],
        reason: Note::try_new("hi").unwrap(),
        metadata: Metadata::default(),
    });
    step(&mut state, 1, t, grant).unwrap();
    let usage = Arc::new(Usage::default());
    step(&mut state, 2, t, Command::Consume(Consume { amount: Credits::new(950), usage: usage.clone() })).unwrap();
    let r = step(
        &mut state,
        3,
        t,
        Command::Reserve(Reserve {
            amount: Credits::new(30),
            expires_in_seconds: 10,
            over: Over::default(),
            usage: usage.clone(),
        }),
    )
    .unwrap();
    println!("{}", serde_json::to_string_pretty(&r).unwrap());
    assert_eq!(
        state.figures(),
        Balance {
            balance: Credits::new(50),
            reserved: Credits::new(30),
            available: Credits::new(20),
            debt: Credits::ZERO
        }
    );
    let later = t + TimeDelta::seconds(61);
    assert!(state.next_due().unwrap() < later);
    let events = step(&mut state, 4, later, Command::Settle).unwrap();
    println!("{}", serde_json::to_string_pretty(&events).unwrap());
    assert_eq!(state.balance(), Credits::ZERO);
    assert_eq!(state.next_due(), None);
}
