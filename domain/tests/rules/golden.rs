//! Golden files: every stored shape of every event decodes, lifts and re-encodes for ever; every golden stream folds to
//! its checked-in state. `UPDATE_GOLDEN=1` writes what is missing, and the states; it never changes an event's file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cqrs_es::persist::SerializedEvent;
use domain::fingerprint::STATE_FINGERPRINT;
use domain::upcast::{upcast, upcasters};
use domain::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::streams::{golden_streams, merging};

fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(path)
}

fn is_updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

/// The checked-in text; where there is none, `fresh` is written or the test fails.
fn checked_in(path: &Path, fresh: &str) -> String {
    if !path.exists() {
        assert!(is_updating(), "{} is missing: UPDATE_GOLDEN=1 writes it", path.display());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, fresh).unwrap();
    }
    fs::read_to_string(path).unwrap()
}

/// An event of each kind as this code writes it; of several, the one that says most.
fn samples() -> BTreeMap<&'static str, Event> {
    let mut samples = BTreeMap::<&str, Event>::new();
    let worlds = golden_streams().into_iter().map(|(_, world)| world).chain([merging()]);
    for event in worlds.flat_map(|world| world.log).filter(|event| !is_filed_again(event)) {
        let said = |event: &Event| (event.fact.version(), serde_json::to_string(event).unwrap().len());
        let says_more = samples.get(event.fact.name()).is_none_or(|sample| said(&event) > said(sample));
        if says_more {
            samples.insert(event.fact.name(), event);
        }
    }
    samples
}

/// A merge that moves nothing: filed a second time, under the purchase that the lot joined.
fn is_filed_again(event: &Event) -> bool {
    matches!(&event.fact, Fact::GrantMerged(f) if f.grant.amount.is_zero())
}

/// Names and types without values.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(items) => items.iter().take(1).map(shape).collect(),
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Null => Value::Null,
    }
}

fn stored(name: &str, version: &str, payload: Value) -> SerializedEvent {
    let (kind, meta) = ("organization".to_owned(), Value::Null);
    SerializedEvent::new("acme".to_owned(), 1, kind, name.to_owned(), version.to_owned(), payload, meta)
}

#[test]
fn golden_events_have_the_shape_that_this_code_writes() {
    let samples = samples();
    for (name, version) in Fact::ALL {
        let sample = samples.get(name).unwrap_or_else(|| panic!("no golden stream emits {name}"));
        let text = checked_in(&golden(name).join(format!("{version}.json")), &pretty(sample));
        let (file, fresh) = (serde_json::from_str(&text).unwrap(), serde_json::to_value(sample).unwrap());
        assert_eq!(shape(&file), shape(&fresh), "the shape of {name} changed: give it a new version and an upcaster");
    }
}

#[test]
fn golden_events_decode_lift_and_re_encode() {
    for (name, current) in Fact::ALL {
        for file in fs::read_dir(golden(name)).unwrap_or_else(|e| panic!("{name}: {e}")) {
            let path = file.unwrap().path();
            let version = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let payload: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let lifted = upcast(stored(name, &version, payload.clone()), &upcasters()).unwrap();
            let event: Event = serde_json::from_value(lifted.payload).unwrap();
            assert_eq!(event.fact.name(), *name, "{}", path.display());
            let written = event.fact.version();
            assert!(written == *current || written == version, "{}: {written}", path.display());
            if written == version {
                assert_eq!(serde_json::to_value(&event).unwrap(), payload, "{}", path.display());
            }
        }
    }
}

/// A server of before goes on reading it until the upgrade is over.
#[test]
fn the_end_of_a_reservation_is_written_in_the_oldest_shape_that_says_all_of_it() {
    for name in ["ReservationConfirmed", "ReservationCancelled", "ReservationExpired"] {
        for version in ["1.0.0", "1.1.0"] {
            let text = fs::read_to_string(golden(name).join(format!("{version}.json"))).unwrap();
            let event: Event = serde_json::from_str(&text).unwrap();
            assert_eq!(event.fact.version(), version, "{name}");
        }
    }
}

fn fold(events: &[Event]) -> Organization {
    let mut state = Organization::default();
    for event in events {
        evolve(&mut state, event);
        assert_eq!(state.balance(), event.balance_after, "{event:?}");
    }
    state
}

#[test]
fn c11_golden_streams_fold_to_their_states_and_the_fingerprint_says_so() {
    let mut digest = Sha256::new();
    for (name, world) in golden_streams() {
        let folder = golden("streams").join(name);
        let text = checked_in(&folder.join("events.json"), &pretty(&world.log));
        let events: Vec<Event> = serde_json::from_str(&text).unwrap();
        let state = fold(&events);
        let state_file = folder.join("state.json");
        if is_updating() {
            fs::write(&state_file, pretty(&state)).unwrap();
        }
        let expected: Value = serde_json::from_str(&checked_in(&state_file, &pretty(&state))).unwrap();
        assert_eq!(serde_json::to_value(&state).unwrap(), expected, "{name} folds to another state");
        digest.update(serde_json::to_string(&state).unwrap());
    }
    let fingerprint = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(STATE_FINGERPRINT, fingerprint, "paste it into fingerprint.rs: snapshots of before must not be used");
}
