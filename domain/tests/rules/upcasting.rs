//! The upcaster chain, by a worked example: a shape of `CreditsConsumed` from before the first release.

use cqrs_es::persist::{EventUpcaster, SemanticVersionEventUpcaster, SerializedEvent};
use domain::upcast::{UpcastError, upcast, upcasters};
use domain::*;
use serde_json::{Value, json};

/// 0.8.0 had one lot; 0.9.0 had allocations and no overdraft.
fn chain() -> Vec<Box<dyn EventUpcaster>> {
    let to_allocations = |mut payload: Value| {
        let (grant_id, amount) = (payload["grant_id"].take(), payload["amount"].clone());
        let fields = payload.as_object_mut().expect("an event is an object");
        fields.remove("grant_id");
        fields.insert("allocations".to_owned(), json!([{"grant_id": grant_id, "amount": amount}]));
        payload
    };
    let to_overdraft = |mut payload: Value| {
        payload["overdraft"] = 0.into();
        payload
    };
    vec![
        Box::new(SemanticVersionEventUpcaster::new("CreditsConsumed", "0.9.0", Box::new(to_allocations))),
        Box::new(SemanticVersionEventUpcaster::new("CreditsConsumed", "1.0.0", Box::new(to_overdraft))),
    ]
}

fn stored(name: &str, version: &str, payload: Value) -> SerializedEvent {
    let kind = "organization".to_owned();
    SerializedEvent::new("acme".to_owned(), 2, kind, name.to_owned(), version.to_owned(), payload, json!({}))
}

fn consumed(rest: Value) -> Value {
    let mut payload = json!({
        "type": "CreditsConsumed", "occurred_at": "2025-12-01T00:00:00Z", "balance_after": 70, "reserved_after": 0,
        "available_after": 70, "consumption_id": "00000000-0000-8000-8000-000000000001", "amount": 30
    });
    payload.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    payload
}

#[test]
fn an_old_event_is_lifted_through_each_upcaster_in_order() {
    let grant_id = "00000000-0000-8000-8000-000000000002";
    let lot = json!({"allocations": [{"grant_id": grant_id, "amount": 30}]});
    let now = json!({"allocations": lot["allocations"], "overdraft": 0});
    for (version, rest) in [("0.8.0", json!({"grant_id": grant_id})), ("0.9.0", lot), ("1.0.0", now)] {
        let lifted = upcast(stored("CreditsConsumed", version, consumed(rest)), &chain()).unwrap();
        assert_eq!(lifted.event_version, "1.0.0");
        let event: Event = serde_json::from_value(lifted.payload).unwrap();
        let Fact::CreditsConsumed(fact) = event.fact else { panic!("{version}") };
        assert_eq!((fact.allocations[0].amount, fact.overdraft), (Credits::new(30), Credits::ZERO));
    }
}

#[test]
fn an_event_of_another_type_passes_untouched() {
    let event = stored("RechargeResumed", "1.0.0", json!({"type": "RechargeResumed"}));
    assert_eq!(upcast(event.clone(), &chain()).unwrap(), event);
}

#[test]
fn a_version_that_cannot_be_read_or_lifted_is_an_error() {
    for version in ["", "1", "1.0", "one.0.0", "1.0.0-rc1", "1.0.0.0", "-1.0.0"] {
        let error = upcast(stored("CreditsConsumed", version, json!({})), &chain()).unwrap_err();
        assert!(matches!(error, UpcastError::UnreadableVersion { .. }), "{version}: {error}");
    }
    for version in ["0.8.0", "1.0.1", "2.0.0"] {
        let error = upcast(stored("CreditsConsumed", version, json!({})), &upcasters()).unwrap_err();
        assert!(matches!(error, UpcastError::UnknownVersion { .. }), "{version}: {error}");
    }
    let error = upcast(stored("CreditsBurnt", "1.0.0", json!({})), &chain()).unwrap_err();
    assert_eq!(error, UpcastError::UnknownType("CreditsBurnt".to_owned()));
}
