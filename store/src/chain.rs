//! The hash chain along a stream (CORRECTNESS C30): each row's hash covers the hash before it and every field of the
//! row, so that a changed, removed or inserted row breaks every hash behind it.
//!
//! Invariant: two rows that differ in any field have different encodings; NULL is not the empty text.
//! Absent: the position. It is assigned inside the append; `verify` checks positions on their own.

use domain::{CommandId, EntityId, OrganizationId, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::log::{AppendCommand, NewEvent};

/// A link's hash.
pub type ChainHash = [u8; 32];

/// Leads the hashed bytes: a change of the encoding is a new number, and `verify` keeps reading the old one.
pub const FORMAT_VERSION: u64 = 1;

/// What the first event of a stream follows.
pub const GENESIS: ChainHash = [0; 32];

/// The aggregate type of every stream: the one that cqrs-es knows the organization by.
pub const AGGREGATE_TYPE: &str = <domain::Organization as cqrs_es::Aggregate>::TYPE;

/// The length that stands for NULL: no text is that long.
const NULL_LENGTH: u64 = u64::MAX;

/// The fields of one row that its hash covers.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    pub partition: u16,
    pub aggregate_type: &'a str,
    pub organization: &'a str,
    pub sequence: u64,
    pub event_id: Uuid,
    pub event_type: &'a str,
    pub event_version: &'a str,
    pub command_id: Uuid,
    pub command_index: u32,
    pub command_count: u32,
    pub entity_id: Option<EntityId>,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    pub idempotency_key: Option<&'a str>,
    pub request_hash: Option<&'a [u8]>,
    pub payload: &'a str,
    pub metadata: &'a str,
}

/// The hash of the row that follows the row with hash `previous`.
#[must_use]
pub fn next(previous: &ChainHash, link: &Link<'_>) -> ChainHash {
    let mut encoder = Encoder(Sha256::new());
    encoder.number(FORMAT_VERSION);
    encoder.bytes(previous);
    encoder.number(link.partition.into());
    encoder.bytes(link.aggregate_type.as_bytes());
    encoder.bytes(link.organization.as_bytes());
    encoder.number(link.sequence);
    encoder.bytes(link.event_id.as_bytes());
    encoder.bytes(link.event_type.as_bytes());
    encoder.bytes(link.event_version.as_bytes());
    encoder.bytes(link.command_id.as_bytes());
    encoder.number(link.command_index.into());
    encoder.number(link.command_count.into());
    encoder.optional(link.entity_id.as_ref().map(|id| id.as_bytes().as_slice()));
    encoder.bytes(&link.occurred_at.timestamp_micros().to_be_bytes());
    encoder.bytes(&link.recorded_at.timestamp_micros().to_be_bytes());
    encoder.optional(link.idempotency_key.map(str::as_bytes));
    encoder.optional(link.request_hash);
    encoder.bytes(link.payload.as_bytes());
    encoder.bytes(link.metadata.as_bytes());
    encoder.0.finalize().into()
}

/// Sets the hash of every event of a command whose stream ends with `previous`; answers the last one.
pub fn seal(previous: ChainHash, partition: u16, command: &mut AppendCommand) -> ChainHash {
    let AppendCommand { organization, command_id, key, events, .. } = command;
    let stored_key = key.as_ref().map(|(key, hash)| (key.stored(), *hash));
    events.iter_mut().fold(previous, |previous, event| {
        // The key stands on the command's first event only.
        let key = stored_key.as_ref().filter(|_| event.command_index == 0);
        let key = key.map(|(key, hash)| (key.as_str(), hash.as_slice()));
        event.chain_hash = next(&previous, &link(partition, organization, *command_id, key, event));
        event.chain_hash
    })
}

fn link<'a>(
    partition: u16,
    organization: &'a OrganizationId,
    command_id: CommandId,
    key: Option<(&'a str, &'a [u8])>,
    event: &'a NewEvent,
) -> Link<'a> {
    Link {
        partition,
        aggregate_type: AGGREGATE_TYPE,
        organization: organization.as_str(),
        sequence: event.sequence,
        event_id: event.event_id,
        event_type: event.event_type,
        event_version: event.event_version,
        command_id: command_id.uuid(),
        command_index: event.command_index,
        command_count: event.command_count,
        entity_id: event.entity_id,
        occurred_at: event.occurred_at,
        recorded_at: event.recorded_at,
        idempotency_key: key.map(|(key, _)| key),
        request_hash: key.map(|(_, hash)| hash),
        payload: &event.payload,
        metadata: &event.metadata,
    }
}

/// Feeds fields with their lengths, so that no field can flow into the next.
struct Encoder(Sha256);

impl Encoder {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(u64::try_from(bytes.len()).expect("a length fits 64 bits").to_be_bytes());
        self.0.update(bytes);
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => self.0.update(NULL_LENGTH.to_be_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn example() -> Link<'static> {
        Link {
            partition: 3,
            aggregate_type: AGGREGATE_TYPE,
            organization: "acme",
            sequence: 7,
            event_id: Uuid::from_u128(1),
            event_type: "CreditsConsumed",
            event_version: "1.0.0",
            command_id: Uuid::from_u128(2),
            command_index: 0,
            command_count: 1,
            entity_id: Some(Uuid::from_u128(3)),
            occurred_at: DateTime::from_timestamp_micros(1_700_000_000_000_001).expect("in range"),
            recorded_at: DateTime::from_timestamp_micros(1_700_000_000_000_002).expect("in range"),
            idempotency_key: Some("c:order-1"),
            request_hash: Some(&[9; 32]),
            payload: r#"{"amount":1}"#,
            metadata: "{}",
        }
    }

    #[test]
    fn c30_every_field_is_covered() {
        let base = example();
        let later = DateTime::from_timestamp_micros(1_700_000_000_000_003).expect("in range");
        let changed = [
            Link { partition: 4, ..base },
            Link { aggregate_type: "other", ..base },
            Link { organization: "acme2", ..base },
            Link { sequence: 8, ..base },
            Link { event_id: Uuid::from_u128(9), ..base },
            Link { event_type: "CreditsReserved", ..base },
            Link { event_version: "1.0.1", ..base },
            Link { command_id: Uuid::from_u128(9), ..base },
            Link { command_index: 1, ..base },
            Link { command_count: 2, ..base },
            Link { entity_id: Some(Uuid::from_u128(9)), ..base },
            Link { entity_id: None, ..base },
            Link { occurred_at: later, ..base },
            Link { recorded_at: later, ..base },
            Link { idempotency_key: Some("i:order-1"), ..base },
            Link { idempotency_key: None, ..base },
            Link { request_hash: Some(&[8; 32]), ..base },
            Link { request_hash: None, ..base },
            Link { payload: r#"{"amount": 1}"#, ..base },
            Link { metadata: "{ }", ..base },
        ];
        let mut hashes: Vec<ChainHash> = changed.iter().map(|link| next(&GENESIS, link)).collect();
        hashes.push(next(&GENESIS, &base));
        hashes.push(next(&[1; 32], &base));
        let all = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), all);
    }

    #[test]
    fn c30_null_is_not_empty_and_fields_do_not_run_together() {
        let base = example();
        let pairs = [
            (Link { idempotency_key: None, ..base }, Link { idempotency_key: Some(""), ..base }),
            (Link { request_hash: None, ..base }, Link { request_hash: Some(&[]), ..base }),
            (Link { payload: "ab", metadata: "c", ..base }, Link { payload: "a", metadata: "bc", ..base }),
        ];
        for (left, right) in pairs {
            assert_ne!(next(&GENESIS, &left), next(&GENESIS, &right));
        }
    }

    /// The encoding is fixed for ever: computed once with another implementation (Python's hashlib).
    #[test]
    fn c30_the_encoding_is_the_published_one() {
        assert_eq!(
            hex::encode(next(&GENESIS, &example())),
            "15fbc47b9441c9877d5021cf38a8f3ea8e626f8708339e555b1fe708d3596e9f"
        );
    }
}
