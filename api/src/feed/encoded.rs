//! An event in the form in which it leaves the server, made once for all who follow; and the three forms of a page.
//!
//! Invariant: an event is the same JSON text in a page, in NDJSON and in a server-sent event; a page of an end customer's
//! gets its type, sequence and balance, and nothing else of it.

use bytes::Bytes;
use domain::OrganizationId;
use store::RecordedEvent;

use super::{Page, Place};
use crate::answers::EventView;

/// An event as JSON, with what a reader is chosen by.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    pub partition: u16,
    pub position: u64,
    pub organization: OrganizationId,
    pub sequence: u64,
    /// The stored name.
    pub kind: &'static str,
    pub json: Bytes,
    /// The organization's balance right after it.
    pub balance_after: i64,
}

/// How much of an event a reader is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Whole,
    /// Only that something happened, and the balance: for browser tokens.
    Signal,
}

impl From<&RecordedEvent> for Encoded {
    fn from(event: &RecordedEvent) -> Self {
        Self {
            partition: event.partition,
            position: event.position,
            organization: event.organization.clone(),
            sequence: event.sequence,
            kind: event.event.fact.name(),
            balance_after: event.event.balance_after.get(),
            json: serde_json::to_vec(&EventView::from(event)).expect("an event is plain values").into(),
        }
    }
}

/// One event a line.
#[must_use]
pub fn ndjson(page: &Page) -> Bytes {
    let mut lines = Vec::with_capacity(page.bytes());
    for event in &page.events {
        lines.extend_from_slice(&event.json);
        lines.push(b'\n');
    }
    lines.into()
}

/// `{"data": [...], "<name>": <next>}`.
#[must_use]
pub fn json(page: &Page, name: &str, next: &serde_json::Value) -> Bytes {
    let mut text = Vec::with_capacity(page.bytes());
    text.extend_from_slice(b"{\"data\":[");
    for (n, event) in page.events.iter().enumerate() {
        if n > 0 {
            text.push(b',');
        }
        text.extend_from_slice(&event.json);
    }
    text.extend_from_slice(format!("],\"{name}\":{next}}}").as_bytes());
    text.into()
}

/// Server-sent events, each with the id behind which its reader resumes.
#[must_use]
pub fn sse(from: &Place, page: &Page, shape: Shape) -> Bytes {
    let mut text = Vec::with_capacity(page.bytes());
    let mut place = from.clone();
    for event in &page.events {
        place.pass(event);
        text.extend_from_slice(format!("id: {place}\ndata: ").as_bytes());
        match shape {
            Shape::Whole => text.extend_from_slice(&event.json),
            Shape::Signal => text.extend_from_slice(signal(event).as_bytes()),
        }
        text.extend_from_slice(b"\n\n");
    }
    text.into()
}

fn signal(event: &Encoded) -> String {
    let Encoded { kind, sequence, balance_after, .. } = event;
    format!("{{\"type\":\"{kind}\",\"sequence\":{sequence},\"balance\":{balance_after}}}")
}
